"""The table of routes: what there is, who may use it, and how it is described at /schema."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from pasand.web import (
    api_events,
    api_explain,
    api_mapped,
    api_member_data,
    api_merging,
    api_pages,
    api_records,
    api_rules,
    api_schemas,
    api_search,
    api_sessions,
    api_state,
    api_taste,
    picture_site,
    pin_site,
    site,
    taste_site,
)

__all__ = ["ROUTES", "Handler", "Operation", "Parameter"]

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the query string."""

    name: str
    text: str
    type: str = "string"
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path. ``scope`` empty means open; ``api`` False keeps it undocumented."""

    method: str
    path: str
    handler: Handler
    summary: str
    scope: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: str = ""
    answer: str = ""
    status: int = 200
    api: bool = True
    errors: tuple[int, ...] = field(default=(400, 401, 403))


def _parameters(*rows: tuple[str, str] | tuple[str, str, str]) -> tuple[Parameter, ...]:
    return tuple(Parameter(*row) for row in rows)


_PAGE = _parameters(
    ("member_id", "Whose page; a session's own member when left out."),
    ("device", "phone, tablet, desktop, tv or other."),
    ("surface", "home (with a hero) or browse."),
    ("country", "Two-letter code; the member's own when left out."),
    ("locale", "Language tag, such as en-IN."),
    ("rows", "How many rows at most.", "integer"),
    ("columns", "How many cells a row at most.", "integer"),
    ("cursor", "The cursor of the page before: goes on without repeats."),
    ("at", "RFC 3339: the page for another time; server keys only, not logged."),
)
_SEARCH = (
    Parameter("q", "What to search for, at most 200 letters; never syntax.", required=True),
    *(one for one in _PAGE if one.name in ("member_id", "device", "country", "locale")),
)
_CELL = _parameters(
    ("page_id", "The page."),
    ("row", "Row index on the page, from 0; without it, the page is explained.", "integer"),
    ("column", "Cell index in the row, from 0.", "integer"),
    ("item_id", "Why this title is, or is not, on the page."),
)
_ITEM, _MEMBER = "/v1/items/{item_id}", "/v1/members/{member_id}"

ROUTES: tuple[Operation, ...] = (
    Operation(
        "POST", "/v1/events", api_events.post_events, "Send a batch of events.",
        "events:write", body="EventBatch", answer="EventResults", status=202,
        errors=(400, 401, 403, 413),
    ),
    Operation(
        "POST", "/v1/events/segment", api_mapped.post_segment,
        "Send calls of Segment's tracking interface.", "events:write",
        body="SegmentCalls", answer="MappedResults", status=202, errors=(400, 401, 403, 413),
    ),
    Operation(
        "POST", "/v1/events/ga4", api_mapped.post_ga4,
        "Send a body of Google Analytics' Measurement Protocol.", "events:write",
        body="Ga4Body", answer="MappedResults", status=202, errors=(400, 401, 403, 413),
    ),
    Operation(
        "POST", "/v1/sessions", api_sessions.post_session,
        "Sign a member, whose events a browser key may then send.",
        "events:write", body="SessionRequest", answer="Session", status=201,
        errors=(400, 401, 403, 413),
    ),
    Operation(
        "GET", "/v1/page", api_pages.get_page, "Ask for a whole page.",
        "page:read", _PAGE, answer="Page",
    ),
    Operation(
        "GET", "/v1/search", api_search.get_search, "Find titles by their words and people.",
        "page:read", _SEARCH, answer="SearchResults",
    ),
    Operation(
        "GET", "/v1/explain", api_explain.get_explanation,
        "Why an item stands in its cell, or why a page is as it is.",
        "page:read", _CELL, answer="Explanation", errors=(400, 401, 403, 404, 410),
    ),
    Operation("GET", _ITEM, api_records.get_item, "An item.", "page:read", answer="StoredItem",
              errors=(400, 401, 403, 404)),
    Operation("PUT", _ITEM, api_records.put_item, "Add or replace an item.", "items:write",
              body="Item", answer="ItemResult", errors=(400, 401, 403, 413)),
    Operation("DELETE", _ITEM, api_records.delete_item, "Take an item out.", "items:write",
              status=204, errors=(400, 401, 403, 404)),
    Operation("GET", _ITEM + "/similar", api_records.get_similar, "Items like this one.",
              "page:read", _parameters(("k", "How many, 1 to 200.", "integer")),
              answer="SimilarItems", errors=(400, 401, 403, 404)),
    Operation("POST", _ITEM + "/artworks", picture_site.post_artwork,
              "Make a picture an item's artwork.", "items:write",
              _parameters(("artwork_id", "Its id; made of what it shows when left out.")),
              body="Picture", answer="Artwork", status=201, errors=(400, 401, 403, 404, 413)),
    Operation("GET", _MEMBER, api_records.get_member, "A member.", "members:read",
              answer="StoredMember", errors=(400, 401, 403, 404)),
    Operation("PUT", _MEMBER, api_records.put_member, "Add or replace a member.",
              "members:write", body="Member", answer="MemberResult",
              errors=(400, 401, 403, 413)),
    Operation("DELETE", _MEMBER, api_records.delete_member, "Take a member out.",
              "members:write", status=204, errors=(400, 401, 403, 404)),
    Operation("GET", _MEMBER + "/profile", api_taste.get_profile, "What is known of a member.",
              "members:read", answer="Profile"),
    Operation("DELETE", _MEMBER + "/history/{item_id}", api_taste.delete_history,
              "Take an item out of a member's history.", "members:write", status=204),
    Operation("PUT", _MEMBER + "/taste", api_taste.put_taste,
              "Reset, mute or unmute tastes.", "members:write", body="TasteChange",
              answer="Profile", errors=(400, 401, 403, 413)),
    Operation("PUT", _MEMBER + "/personalisation", api_taste.put_personalisation,
              "Switch learning from a member on or off.", "members:write",
              body="Personalisation", answer="PersonalisationResult",
              errors=(400, 401, 403, 404, 413)),
    Operation("POST", _MEMBER + "/merge", api_merging.post_merge,
              "Make an anonymous visitor's history the member's.", "members:write",
              body="MergeRequest", answer="MergeResult", errors=(400, 401, 403, 404, 413)),
    Operation("PUT", _MEMBER + "/pin", api_taste.put_pin,
              "Set the PIN that it takes to leave the household's kids' profiles.",
              "members:write", body="PinChange", status=204, errors=(400, 401, 403, 404, 413)),
    Operation("GET", _MEMBER + "/export", api_member_data.get_export,
              "Everything that is held of a member.", "members:read", answer="Export",
              errors=(400, 401, 403, 404)),
    Operation("DELETE", _MEMBER + "/data", api_member_data.delete_data,
              "Erase a member for ever.", "admin", answer="Erasure", status=202),
    Operation("GET", "/v1/rules", api_rules.get_rules, "The operators' rules.", "admin",
              answer="Rules"),
    Operation("POST", "/v1/rules", api_rules.post_rule,
              "Add a rule, or replace the one of its id.", "admin", body="NewRule",
              answer="StoredRule", errors=(400, 401, 403, 413)),
    Operation("DELETE", "/v1/rules/{rule_id}", api_rules.delete_rule, "Remove a rule.", "admin",
              status=204, errors=(400, 401, 403, 404)),
    Operation("POST", "/v1/rules/preview", api_rules.post_preview,
              "What a rule would change on members' pages; nothing is stored.", "admin",
              body="RulePreview", answer="RuleChanges", errors=(400, 401, 403, 413)),
    *(
        Operation(
            "GET", f"/schema/{name}", handler, f"The JSON Schema of {text}.",
            answer="JsonSchema", errors=(400,),
        )
        for name, handler, text in (
            ("event", api_schemas.get_event_schema, "an event"),
            ("item", api_schemas.get_item_schema, "an item"),
            ("member", api_schemas.get_member_schema, "a member"),
        )
    ),
    Operation("GET", "/health/live", api_state.get_live, "The process runs.", answer="Live",
              errors=(400,)),
    Operation("GET", "/health/ready", api_state.get_ready, "Pages can be served.", answer="Ready",
              errors=(400, 503)),
    Operation("GET", "/metrics", api_state.get_metrics, "Metrics for Prometheus.", errors=(400,),
              answer="text"),
    Operation("POST", "/owner/batch", api_state.post_owner_batch, "", api=False),
    Operation("POST", "/owner/ledger", api_state.post_ledger, "", api=False),
    Operation("POST", "/owner/keeping", api_member_data.post_keeping, "", api=False),
    Operation("GET", "/", site.get_members, "", api=False),
    Operation("GET", "/home", site.get_home, "", api=False),
    Operation("GET", "/taste", taste_site.get_taste, "", api=False),
    Operation("POST", "/taste", taste_site.post_taste, "", api=False),
    Operation("GET", "/taste/export", taste_site.get_export, "", api=False),
    Operation("GET", "/pin", pin_site.get_pin, "", api=False),
    Operation("POST", "/pin", pin_site.post_pin, "", api=False),
    Operation("POST", "/session", site.choose_member, "", api=False),
    Operation("POST", "/session/key", site.enter_key, "", api=False),
    Operation("POST", "/session/leave", site.leave, "", api=False),
    Operation("GET", "/artwork/{artwork_id}/{signature}", picture_site.get_artwork, "", api=False),
)  # fmt: skip

"""What answers look like, as schemas of the OpenAPI document.

An answer may gain fields, so callers should not refuse those they do not know. We do: a test
holds every answer to exactly the fields named here.
"""

from __future__ import annotations

from typing import Any

from pasand.domain.catalog import ITEM_TYPES
from pasand.domain.events import DEVICES
from pasand.domain.ids import ID_PATTERN
from pasand.domain.profile import RECENT_CODES

__all__ = ["answer_schemas"]

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FLAG: Schema = {"type": "boolean"}
_ID: Schema = {"type": "string", "pattern": ID_PATTERN}
_TIME: Schema = {"type": "string", "description": "RFC 3339 in UTC."}
_DAY: Schema = {"type": "string", "description": "A date, or RFC 3339 where it is no midnight."}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_AGE: Schema = {"type": "integer", "minimum": 0, "maximum": 21}
_ANY: Schema = {"type": "object"}


def answer_schemas() -> dict[str, Schema]:
    """Return the schema of every answer, and of their parts, by name."""
    return {**_pages(), **_explanations(), **_records(), **_profiles(), **_rules(), **_states()}


def thing(needed: dict[str, Schema], **more: Schema) -> Schema:
    """Return the schema of an object: fields that are always there, and fields that may be."""
    return {"type": "object", "properties": {**needed, **more}, "required": list(needed)}


def several(entry: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": entry}


def part(name: str) -> Schema:
    """Return a reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(schema: Schema) -> Schema:
    """Return a schema of the same value, or null."""
    if "$ref" in schema or "anyOf" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


_WORDS = several(_TEXT)


def _pages() -> dict[str, Schema]:
    cell = {
        "item_id": _ID, "title": _TEXT, "type": {"enum": list(ITEM_TYPES)},
        "year": maybe({"type": "integer"}), "maturity": _AGE, "runtime_minutes": maybe(_NUMBER),
        "genres": _WORDS, "artwork_id": maybe(_ID), "artwork_url": maybe(_TEXT),
        "palette": _WORDS, "reason": _TEXT, "match": maybe(_COUNT), "progress": maybe(_NUMBER),
        "rank": maybe(_COUNT), "badges": _WORDS, "in_list": _FLAG,
        "thumb": maybe({"type": "integer", "minimum": -1, "maximum": 2}),
        "propensity": maybe(_SHARE), "artwork_propensity": _SHARE,
    }  # fmt: skip
    row = {
        "row_id": _TEXT, "kind": _TEXT, "title": _TEXT, "title_key": _TEXT, "title_values": _ANY,
        "evidence": _TEXT, "evidence_key": _TEXT, "shape": _TEXT,
        "cells": several(part("Cell")),
    }  # fmt: skip
    page = {
        "page_id": _ID, "member_id": _ID, "at": _TIME, "device": {"enum": list(DEVICES)},
        "locale": _TEXT, "language": _TEXT, "plan": _TEXT, "snapshot": _TEXT,
        "catalog_version": _COUNT,
        "profile_version": _COUNT, "seed": _COUNT, "degraded": maybe(part("Degraded")),
        "cursor": maybe(_ID), "rows": several(part("Row")), "poster": _FLAG,
    }  # fmt: skip
    results = {
        "member_id": _ID, "query": _TEXT, "meant": maybe(_TEXT), "count": _COUNT,
        "cells": several(part("Cell")),
    }  # fmt: skip
    return {
        "Page": thing(page, consent=_FLAG),
        "SearchResults": thing(results),
        "Row": thing(row),
        "Cell": thing(cell, synopsis=_TEXT),
        "Degraded": thing({"level": {**_COUNT, "maximum": 5}, "reasons": _WORDS}),
        "Title": thing({"item_id": _ID, "title": _TEXT}),
    }


def _explanations() -> dict[str, Schema]:
    because = thing({"name": _TEXT, "label": _TEXT, "share": _SHARE})
    explanation = {
        "item_id": _ID, "row": _TEXT, "reason": _TEXT, "parts": several(because),
        "because": maybe(part("Title")), "propensity": maybe(_SHARE), "artwork_id": _TEXT,
        "artwork_propensity": _SHARE, "picture": _TEXT, "sentences": _WORDS,
    }  # fmt: skip
    place = {"row": _COUNT, "column": _COUNT}
    explained_cell = {
        "column": _COUNT, "item_id": _ID, "title": _TEXT, "reason": _TEXT, "because": maybe(_ID),
        "match": maybe(_COUNT),
    }  # fmt: skip
    explained_row = {
        "row": _COUNT, "row_id": _TEXT, "kind": _TEXT, "title": _TEXT, "why": _TEXT,
        "cells": several(thing(explained_cell, rank=_COUNT, score=_NUMBER, parts=_ANY)),
    }  # fmt: skip
    candidate = {"item_id": _ID, "rank": _COUNT, "score": _NUMBER, "parts": _ANY,
                 **{name: maybe(_COUNT) for name in place}}  # fmt: skip
    way = thing({"item_id": _ID, "shown": _FLAG, "why": _TEXT}, title=_TEXT, stage=_TEXT, **place)
    explained = {
        "page_id": _ID, "member_id": _ID, "at": _TIME, "device": _TEXT, "plan": _TEXT,
        "snapshot": _TEXT, "catalog_version": _COUNT, "profile_version": _COUNT,
        "rules_version": _COUNT, "seed": _COUNT, "exact": _FLAG, "differs": _WORDS,
        "rows": several(thing(explained_row, worth=_NUMBER)),
    }  # fmt: skip
    considered = {
        "sources": _ANY, "filters": several(_ANY), "failed": _ANY, "rules": several(_ANY),
        "rows_not_shown": several(_ANY), "candidates": several(thing(candidate)), "item": way,
    }  # fmt: skip
    return {
        "CellExplanation": thing(explanation),
        "PageExplanation": thing(explained, **considered),
        "Explanation": {"anyOf": [part("CellExplanation"), part("PageExplanation")]},
    }


def _records() -> dict[str, Schema]:
    error = {"code": _TEXT, "message": _TEXT, "field": _TEXT, "fix": _TEXT, "request_id": _TEXT}
    verdict = {"index": _COUNT, "status": {"enum": ["accepted", "duplicate", "rejected"]}}
    mapped = {
        "index": _COUNT, "status": {"enum": ["accepted", "duplicate", "rejected", "ignored"]}
    }  # fmt: skip
    item = {
        "type": {"enum": list(ITEM_TYPES)}, "genres": _WORDS, "tags": _WORDS, "people": _WORDS,
        "year": {"type": "integer"}, "released": _DAY, "available_from": _TIME,
        "available_until": _TIME, "regions": _WORDS, "runtime_minutes": _NUMBER,
        "synopsis": _TEXT, "language": _TEXT, "series_id": _ID, "season": _COUNT,
        "episode": _COUNT, "price": _NUMBER, "currency": _TEXT, "stock": _COUNT,
        "artworks": several(part("Artwork")), "extra": _ANY,
    }  # fmt: skip
    always = {"item_id": _ID, "title": _TEXT, "type": item.pop("type"), "maturity": _AGE}
    member = {
        "member_id": _ID, "kids": _FLAG, "maturity_ceiling": _AGE, "personalised": _FLAG,
        "consent": _FLAG,
    }  # fmt: skip
    named = {
        name: _TEXT for name in ("account_id", "name", "language", "country", "time_zone")
    }  # fmt: skip
    artwork = thing({"artwork_id": _ID}, file=_TEXT, palette=_WORDS, facts=_ANY, url=_TEXT)
    answers = {
        "EventResult": thing(verdict, code=_TEXT, field=_TEXT, message=_TEXT, warnings=_WORDS),
        "EventResults": thing({"results": several(part("EventResult"))}),
        "MappedResult": thing(
            mapped, event_id=_TEXT, code=_TEXT, field=_TEXT, message=_TEXT, warnings=_WORDS
        ),
        "MappedResults": thing({"results": several(part("MappedResult"))}),
        "JsonSchema": _ANY,
        "Artwork": artwork,
        "StoredItem": thing(always, **item),
        "SimilarItem": thing({**always, "score": _NUMBER}, **item),
        "SimilarItems": thing({"item_id": _ID, "items": several(part("SimilarItem"))}),
        "ItemResult": thing({"item": part("StoredItem"), "warnings": _WORDS}),
        "StoredMember": thing(member, **named, consent=_FLAG),
        "MemberResult": thing({"member": part("StoredMember"), "warnings": _WORDS}),
        "Session": thing({"session": _TEXT, "member_id": _ID, "expires_in_s": _COUNT}),
        "Error": thing({"error": thing(error)}),
    }
    return answers


def _profiles() -> dict[str, Schema]:
    title = {"item_id": _ID, "title": _TEXT}
    dated = {**title, "at": _TIME, "when": _TEXT}
    unfinished = {
        **dated, "progress": maybe(_SHARE), "position_s": _NUMBER, "duration_s": _NUMBER,
        "words": _TEXT,
    }  # fmt: skip
    habit = {
        "device": _TEXT, "words": _TEXT, "share": _SHARE, "part_of_day": _TEXT,
        "weekday": maybe(_TEXT), "hours": several(_COUNT),
    }  # fmt: skip
    taste = {
        "name": _TEXT, "strength": _NUMBER, "words": _TEXT, "because": several(part("Title")),
        "muted": _FLAG,
    }  # fmt: skip
    recent = {"item_id": _ID, "what": {"enum": list(RECENT_CODES)}, "at": _TIME, "value": _NUMBER}
    profile = {
        "member_id": _ID, "name": _TEXT, "events": _COUNT, "bytes": _COUNT, "bytes_hash": _TEXT,
        "since": maybe(_TIME), "latest": maybe(_TIME), "oldest": maybe(_TIME), "pages": _COUNT,
        "text": _WORDS, "genres": several(part("Taste")), "tags": several(part("Taste")),
        "people": several(part("Taste")), "pictures": several(part("Taste")),
        "liked": several(part("ThumbedTitle")),
        "disliked": several(part("ThumbedTitle")), "hidden_titles": several(part("DatedTitle")),
        "on_list": several(part("DatedTitle")), "watching": several(thing(unfinished)),
        "passed_by": several(thing({**title, "times": _COUNT})),
        "history": several(thing({**dated, "did": _TEXT}, progress=maybe(_SHARE))),
        "habits": several(thing(habit)), "searches": _WORDS, "muted": _WORDS,
        "muted_words": several(thing({"name": _TEXT, "facet": _TEXT, "words": _TEXT})),
        "learning": _FLAG, "not_named": _COUNT,
        "thumbs": {"type": "object", "additionalProperties": {"type": "integer"}},
        "places": {"type": "object", "additionalProperties": _COUNT}, "finished": several(_ID),
        "recent": several(thing(recent)),
    }  # fmt: skip
    return {
        "Profile": thing(profile),
        "Taste": thing(taste),
        "DatedTitle": thing(dated),
        "ThumbedTitle": thing({**dated, "much": _FLAG}),
        "MergeResult": thing({"member_id": _ID, "visitor_id": _ID, "merged": _FLAG}),
        "PersonalisationResult": thing({"member_id": _ID, "personalised": _FLAG}),
    }


def _rules() -> dict[str, Schema]:
    rule = {
        "rule_id": _ID, "rule": _TEXT, "author": _TEXT, "created": _TIME, "from": maybe(_TIME),
        "until": maybe(_TIME), "on": _FLAG, "acts": _FLAG,
    }  # fmt: skip
    place = maybe(thing({"row": _COUNT, "row_id": _TEXT, "column": _COUNT}))
    cells = several(thing({"item_id": _ID, "title": _TEXT, "from": place, "to": place}))
    change = {"enter": cells, "leave": cells, "move": cells}
    changes = {
        "rule": _TEXT, "verb": _TEXT, "items": _COUNT, "examples": several(part("Title")),
        "warnings": _WORDS, "members": _COUNT, "changed": _COUNT, "acts_on": _COUNT,
        "cells": thing({name: _COUNT for name in change}),
        "pages": several(thing({"member_id": _ID, "acts": _FLAG, **change})),
    }  # fmt: skip
    return {
        "Rule": thing(rule),
        "Rules": thing({"version": _COUNT, "rules": several(part("Rule"))}),
        "StoredRule": thing({**rule, "version": _COUNT, "items": _COUNT, "warnings": _WORDS}),
        "RuleChanges": thing(changes),
    }


def _states() -> dict[str, Schema]:
    counts = {"type": "object", "additionalProperties": _COUNT}
    ready = {
        "status": {"enum": ["ready", "degraded"]}, "reasons": _WORDS, "items": _COUNT,
        "snapshot": _TEXT, "log_offset": _COUNT, "pages_not_logged": _COUNT,
        "page_processes": counts,
    }  # fmt: skip
    erasure = {"erasure_id": _TEXT, "state": {"enum": ["pending", "scrubbing", "done"]}}
    held = {"type": "array", "items": {"type": "object"}}
    export = {
        "member_id": _ID, "ids": _WORDS, "at": _TEXT, "profile": {"type": "object"}, "held": held,
    }  # fmt: skip
    return {
        "Live": thing({"status": {"enum": ["live"]}}),
        "Ready": thing(ready),
        "Erasure": thing(erasure),
        "Export": thing(export),
    }

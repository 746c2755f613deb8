"""The OpenAPI 3.1 document at /schema, made from the table of routes and the known fields."""

from __future__ import annotations

import re
from typing import Any

from pasand import __version__
from pasand.domain.events import DEVICES
from pasand.domain.fields import nullable
from pasand.domain.ids import ID_PATTERN
from pasand.domain.payloads import SEARCH_TEXT_MAX
from pasand.domain.schemas import SCHEMAS
from pasand.domain.times import moment
from pasand.web.answer_schemas import answer_schemas
from pasand.web.routes import ROUTES, Operation

__all__ = ["document"]

_ID = {"type": "string", "pattern": ID_PATTERN}
_WORDS = {"type": "array", "items": {"type": "string", "maxLength": 100}, "maxItems": 64}
_PLACE = {"type": "integer", "minimum": 0, "maximum": 999}
#: What the values of parameters look like. An installation may set other limits of rows.
_PARAMETERS: dict[str, dict[str, Any]] = {
    "member_id": _ID, "cursor": _ID, "page_id": _ID, "artwork_id": _ID,
    "row": _PLACE, "column": _PLACE,
    "device": {"enum": list(DEVICES)}, "surface": {"enum": ["home", "browse"]},
    "country": {"type": "string", "pattern": "^[A-Za-z]{2}$"},
    "locale": {"type": "string", "pattern": "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$"},
    "rows": {"type": "integer", "minimum": 1, "maximum": 60},
    "columns": {"type": "integer", "minimum": 1, "maximum": 60},
    "k": {"type": "integer", "minimum": 1, "maximum": 200},
    "at": {"type": "string", "format": "date-time"},
    "q": {"type": "string", "minLength": 1, "maxLength": SEARCH_TEXT_MAX},
}  # fmt: skip
#: The body of an upload: the picture itself, or where it is to be fetched from.
_PICTURE: dict[str, Any] = {
    "required": True,
    "content": {
        **{f"image/{kind}": {} for kind in ("jpeg", "png", "webp", "avif")},
        "application/json": {"schema": {"$ref": "#/components/schemas/PictureAddress"}},
    },
}
_ERROR_TEXT = {
    400: "A field or parameter is malformed.",
    401: "No key or session was sent.",
    403: "The key or session may not do this.",
    404: "There is nothing under this id.",
    410: "This was there once and is kept no longer; what is still known is in `known`.",
    413: "The body is too large.",
    429: "Too much waits to be written; Retry-After says when to send it again.",
    503: "The store cannot be read or written now; Retry-After says when to try again.",
}


def document() -> dict[str, Any]:
    """Return the whole document."""
    paths: dict[str, Any] = {}
    for operation in ROUTES:
        if operation.api:
            paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pasand",
            "version": __version__,
            "description": "Events in, one personal page out.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    names = re.findall(r"{(\w+)}", operation.path)
    parameters = [{"name": n, "in": "path", "required": True, "schema": _ID} for n in names]
    parameters += [
        {
            "name": p.name,
            "in": "query",
            "required": p.required,
            "description": p.text,
            "schema": _PARAMETERS.get(p.name, {"type": p.type}),
        }
        for p in operation.parameters
    ]
    described: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": {str(operation.status): _answer(operation)},
    }
    busy = () if not operation.scope else (503,) if operation.method == "GET" else (429, 503)
    for status in (*operation.errors, *busy):
        described["responses"][str(status)] = {
            "description": _ERROR_TEXT[status],
            "content": _json("Error"),
        }
    if operation.scope:
        described["security"] = [{"key": []}]
        described["description"] = f"Needs the scope {operation.scope}."
    if operation.body == "Picture":
        described["requestBody"] = _PICTURE
    elif operation.body:
        described["requestBody"] = {"required": True, "content": _json(operation.body)}
    return described


def _answer(operation: Operation) -> dict[str, Any]:
    if operation.status == 204:
        return {"description": "Done."}
    if operation.answer == "text":
        return {"description": "Text.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    return {"description": "The answer.", "content": _json(operation.answer)}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _schemas() -> dict[str, Any]:
    text = {"type": "string"}
    anything = {"type": "object"}
    return {
        **answer_schemas(),
        # What the address or the session says need not be said again.
        "Event": _record("event", "member_id"),
        "Item": _record("item", "item_id"),
        "Member": _record("member", "member_id"),
        "EventBatch": _object(
            {
                "events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
                "sent_at": nullable(moment.schema),
            },
            "events",
        ),
        "SessionRequest": _object({"member_id": _ID}, "member_id"),
        "SegmentCalls": anything | {"description": "A call of Segment's, or a batch of them."},
        "Ga4Body": _object({"events": {"type": "array", "items": anything}}, "events"),
        "TasteChange": _object({"reset": _WORDS, "mute": _WORDS, "unmute": _WORDS}),
        "MergeRequest": _object({"visitor_id": {"type": "string"}}, "visitor_id"),
        "Personalisation": _object({"personalised": {"type": "boolean"}}, "personalised"),
        "NewRule": _object(
            {"rule": text, "rule_id": _ID, "from": text, "until": text, "on": {"type": "boolean"}},
            "rule",
        ),
        "RulePreview": _object(
            {
                "rule": text,
                "rule_id": _ID,
                "member_ids": {"type": "array", "items": _ID},
                "members": {"type": "integer", "minimum": 0, "maximum": 50},
                "device": {"enum": list(DEVICES)},
            },
            "rule",
        ),
        "PictureAddress": _object({"address": {"type": "string", "format": "uri"}}, "address"),
        "PinChange": _object(
            {"pin": {"type": "string", "pattern": "^([0-9]{4})?$"}, "current": text}, "pin"
        ),
    }


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def _record(name: str, known: str) -> dict[str, Any]:
    """Return the published schema of a record, of which one field is ``known`` already."""
    schema = {word: value for word, value in SCHEMAS[name]().items() if word != "$schema"}
    return schema | {"required": [field for field in schema["required"] if field != known]}

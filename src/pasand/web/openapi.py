"""The OpenAPI 3.1 document at /schema, made from the table of routes and the known fields."""

from __future__ import annotations

import re
from typing import Any

from pasand import __version__
from pasand.domain.catalog import ITEM_TYPES
from pasand.domain.events import CALLER_KINDS, DEVICES
from pasand.domain.ids import ID_PATTERN
from pasand.web.routes import ROUTES, Operation

__all__ = ["document"]

_ID = {"type": "string", "pattern": ID_PATTERN}
_TIME = {
    "oneOf": [{"type": "string", "format": "date-time"}, {"type": "number"}],
    "description": "RFC 3339, or Unix seconds or milliseconds.",
}
_WORDS = {"type": "array", "items": {"type": "string", "maxLength": 100}, "maxItems": 64}
_ERROR_TEXT = {
    400: "A field or parameter is malformed.",
    401: "No key or session was sent.",
    403: "The key or session may not do this.",
    404: "There is nothing under this id.",
    413: "The body is too large.",
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
            "schema": {"type": p.type},
        }
        for p in operation.parameters
    ]
    described: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": {str(operation.status): _answer(operation)},
    }
    for status in operation.errors:
        described["responses"][str(status)] = {
            "description": _ERROR_TEXT[status],
            "content": _json("Error"),
        }
    if operation.scope:
        described["security"] = [{"key": []}]
        described["description"] = f"Needs the scope {operation.scope}."
    if operation.body:
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
    text, number = {"type": "string"}, {"type": "number"}
    whole = {"type": ["integer", "null"]}
    event = {
        "event_id": _ID, "kind": {"enum": list(CALLER_KINDS)}, "occurred_at": _TIME,
        "member_id": _ID, "account_id": text, "item_id": _ID, "artwork_id": _ID,
        "device": {"enum": list(DEVICES)}, "device_id": text, "session_id": text,
        "page_id": text, "surface": text, "row": whole, "column": whole, "country": text,
        "language": text, "time_zone": text, "payload": {"type": "object"},
    }  # fmt: skip
    item = {
        "item_id": _ID, "title": {"type": "string", "maxLength": 500},
        "type": {"enum": list(ITEM_TYPES)}, "genres": _WORDS, "tags": _WORDS, "people": _WORDS,
        "year": whole, "maturity": {"type": ["integer", "string"]}, "released": _TIME,
        "available_from": _TIME, "available_until": _TIME, "regions": _WORDS,
        "runtime_minutes": number, "synopsis": {"type": "string", "maxLength": 5000},
        "language": text, "series_id": text, "season": whole, "episode": whole,
        "price": number, "currency": text, "stock": whole, "artworks": {"type": "array"},
    }  # fmt: skip
    member = {
        "member_id": _ID, "account_id": text, "name": text, "kids": {"type": "boolean"},
        "maturity_ceiling": {"type": "integer", "minimum": 0, "maximum": 21},
        "language": text, "country": text, "time_zone": text,
        "personalised": {"type": "boolean"},
    }  # fmt: skip
    result = {
        "index": {"type": "integer"}, "status": {"enum": ["accepted", "duplicate", "rejected"]},
        "code": text, "field": text, "message": text, "warnings": _WORDS,
    }  # fmt: skip
    error = {"code": text, "message": text, "field": text, "fix": text, "request_id": text}
    return {
        "Object": {"type": "object"},
        "Event": _object(event, "event_id", "kind"),
        "EventBatch": _object(
            {
                "events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
                "sent_at": _TIME,
            },
            "events",
        ),
        "EventResults": _object(
            {"results": {"type": "array", "items": _object(result, "index", "status")}}, "results"
        ),
        "Item": _object(item),
        "Member": _object(member),
        "TasteChange": _object({"reset": _WORDS, "mute": _WORDS, "unmute": _WORDS}),
        "Page": _object(
            {"page_id": text, "rows": {"type": "array", "items": {"type": "object"}}},
            "page_id",
            "rows",
        ),
        "Error": _object({"error": _object(error, *error)}, "error"),
    }


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}

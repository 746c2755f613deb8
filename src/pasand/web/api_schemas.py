"""GET /schema/event, /schema/item and /schema/member: what may be sent, as JSON Schemas."""

from __future__ import annotations

from starlette.requests import Request

from pasand.domain.schemas import event_schema, item_schema, member_schema
from pasand.web.answers import Json

__all__ = ["get_event_schema", "get_item_schema", "get_member_schema"]


async def get_event_schema(request: Request) -> Json:
    """Return the schema of an event."""
    return _published(event_schema())


async def get_item_schema(request: Request) -> Json:
    """Return the schema of an item."""
    return _published(item_schema())


async def get_member_schema(request: Request) -> Json:
    """Return the schema of a member."""
    return _published(member_schema())


def _published(schema: dict[str, object]) -> Json:
    return Json(schema)

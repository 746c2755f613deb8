"""Answers: JSON by msgspec, and the one table from errors to status codes.

An error carries its code, the field, what to do, and the request's id; never a stack trace.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from pasand.errors import (
    CallerError,
    Gone,
    HomeBusy,
    InvalidInput,
    NotAllowed,
    NotFound,
    OperatorError,
    Overloaded,
    PasandError,
    StoreUnavailable,
    TooMuch,
)

__all__ = ["Json", "body_of", "error_answer", "json_of"]

#: Clients that were turned away together come back over this many seconds.
RETRY_AFTER_S_MAX = 5

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode

STATUS: tuple[tuple[type[PasandError], int], ...] = (
    (NotFound, 404),
    (Gone, 410),
    (NotAllowed, 403),
    (TooMuch, 413),
    (InvalidInput, 400),
    (CallerError, 400),
    (Overloaded, 429),
    (StoreUnavailable, 503),
    (HomeBusy, 503),
    (OperatorError, 503),
)


class Json(Response):
    """An answer in JSON."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the encoded content."""
        return _encode(content)


def error_answer(request: Request, error: Exception, more: Mapping[str, Any] | None = None) -> Json:
    """Return the answer for an error, with ``more`` beside it; what nobody foresaw is logged and
    stays opaque.
    """
    request_id = request.scope.setdefault("request_id", secrets.token_hex(8))
    if isinstance(error, PasandError):
        status = next(code for kind, code in STATUS if isinstance(error, kind))
        if isinstance(error, NotAllowed) and error.code == "no_credentials":
            status = 401
        text, code, field, fix = error.message, error.code, error.field, error.fix
    else:
        _log.exception("request %s failed", request_id, exc_info=error)
        status, code, field = 500, "internal_error", ""
        text = "Something went wrong on our side."
        fix = "Try again; if it stays, give the operator this request id."
    detail = {"code": code, "message": text, "field": field, "fix": fix, "request_id": request_id}
    later = str(1 + secrets.randbelow(RETRY_AFTER_S_MAX))
    headers = {"Retry-After": later} if status in (429, 503) else None
    return Json({"error": detail, **(more or {})}, status, headers)


async def body_of(request: Request, bytes_max: int) -> bytes:
    """Return the request's body; TooMuch as soon as it grows over the limit."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > bytes_max:
            raise TooMuch(
                f"The body is larger than {bytes_max:,} bytes.", fix="Send smaller batches."
            )
        parts.append(part)
    return b"".join(parts)


def json_of(data: bytes, kind: Any = Any) -> Any:
    """Return decoded JSON; InvalidInput says where it is malformed."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        path = str(error).partition("`$")[2].strip("`. ") or "body"
        raise InvalidInput(
            f"The body has another shape than expected: {error}.",
            field=path,
            fix="See /schema.",
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"The body is not valid JSON: {error}.", field="body", fix="Send UTF-8 JSON."
        ) from error
    except RecursionError as error:
        raise InvalidInput(
            "The body is nested too deeply.", field="body", fix="Send flatter JSON."
        ) from error

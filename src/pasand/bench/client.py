"""A keep-alive HTTP client with a key, for checks and benchmarks that speak as a caller would."""

from __future__ import annotations

import http.client
from typing import Any

import msgspec

from pasand.bench.children import Serving
from pasand.errors import OperatorError

__all__ = ["Client"]


class Client:
    """Speaks JSON to a running server."""

    def __init__(self, server: Serving, secret: str) -> None:
        self._connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def get(self, path: str) -> Any:
        """Return the JSON at ``path``."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        """Return the answer to ``body``, sent as JSON."""
        return self._ask("POST", path, msgspec.json.encode(body))

    def put(self, path: str, body: Any) -> Any:
        """Return the answer to ``body``, put as JSON."""
        return self._ask("PUT", path, msgspec.json.encode(body))

    def delete(self, path: str) -> None:
        """Delete what is at ``path``."""
        self._ask("DELETE", path, None)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        self._connection.request(method, path, body, self._headers)
        response = self._connection.getresponse()
        data = response.read()
        if response.status >= 400:
            raise OperatorError(f"{method} {path} answered {response.status}: {data[:300]!r}")
        return msgspec.json.decode(data) if data else None

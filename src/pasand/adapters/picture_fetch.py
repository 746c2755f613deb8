"""PictureFetcher over HTTPS: from hosts that the operator names, and to the address that was
checked.

The name is resolved once, every address it has must be a public one, and the connection goes to
one of these, so that a name cannot point elsewhere between the check and the call. Redirects are
not followed.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from pasand.errors import InvalidInput, NotAllowed, TooMuch

__all__ = ["HttpsFetcher", "is_public", "resolved"]

_SECONDS = 10.0
_PIECE = 1 << 16
#: Where IPv6 carries an IPv4 address in its last 32 bits.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Resolve = Callable[[str], list[str]]
#: Opens a connection: host (for the certificate), address, timeout.
Connect = Callable[[str, str, float], socket.socket]


def resolved(host: str) -> list[str]:
    """Return the addresses of a host."""
    found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return sorted({str(entry[4][0]) for entry in found})


def secured(host: str, address: str, timeout: float) -> socket.socket:
    """Return a connection to ``address`` that shows the certificate of ``host``."""
    plain = socket.create_connection((address, 443), timeout=timeout)
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def is_public(address: str) -> bool:
    """Return whether an address is one of the open internet, whatever it is wrapped in."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if found.teredo is not None:
            return False
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


class HttpsFetcher:
    """Fetches from ``hosts`` and no other; without any, it fetches nothing."""

    def __init__(
        self,
        hosts: Collection[str],
        resolve: Resolve = resolved,
        connect: Connect = secured,
        seconds: float = _SECONDS,
    ) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._resolve = resolve
        self._connect = connect
        self._seconds = seconds

    def fetch(self, address: str, bytes_max: int) -> bytes:
        """Return the bytes behind an address."""
        host, path = self._allowed(address)
        connection = http.client.HTTPSConnection(host, timeout=self._seconds)
        until_s = time.monotonic() + self._seconds
        try:
            connection.sock = self._connect(host, self._checked(host), self._seconds)
            headers = {"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "pasand"}
            connection.request("GET", path, headers=headers)
            with connection.getresponse() as answer:
                if answer.status != 200:
                    raise InvalidInput(
                        f"The address answers with {answer.status}.",
                        field="address",
                        fix="Give the address of the picture itself; redirects are not followed.",
                    )
                return _body(answer, bytes_max, until_s)
        except (OSError, http.client.HTTPException) as error:
            raise InvalidInput(
                f"The address does not answer: {type(error).__name__}.", field="address"
            ) from error
        finally:
            connection.close()

    def _allowed(self, address: str) -> tuple[str, str]:
        """Return the host and path of an address from which may be fetched."""
        if not self._hosts:
            raise NotAllowed(
                "Nothing is fetched from addresses here.",
                field="address",
                fix='Send the picture itself, or name hosts: pictures.fetch_hosts = ["..."].',
            )
        try:
            parts = urlsplit(address)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            parts, host, port = urlsplit(""), "", None
        clean = address.isascii() and address.isprintable() and " " not in address
        if parts.scheme != "https" or not host or not clean or parts.username is not None:
            raise InvalidInput(
                "This is no address of a picture.", field="address", fix="Give https://host/path."
            )
        if host not in self._hosts or port not in (None, 443):
            raise NotAllowed(
                f"Nothing is fetched from {host[:100]}.",
                field="address",
                fix="Ask the operator to name it in pictures.fetch_hosts.",
            )
        path = parts.path or "/"
        return host, f"{path}?{parts.query}" if parts.query else path

    def _checked(self, host: str) -> str:
        """Return the address to connect to; none of the host's may lie inside a network."""
        found = self._resolve(host)
        if not found or not all(map(is_public, found)):
            raise NotAllowed(f"{host} does not lie on the open internet.", field="address")
        return found[0]


def _body(answer: http.client.HTTPResponse, bytes_max: int, until_s: float) -> bytes:
    parts, size = [], 0
    while part := answer.read1(_PIECE):
        size += len(part)
        if size > bytes_max:
            raise TooMuch(f"The address gives more than {bytes_max:,} bytes.", field="address")
        if time.monotonic() > until_s:
            raise InvalidInput("The address takes too long.", field="address")
        parts.append(part)
    if answer.length:
        raise InvalidInput("The address ended in the middle of its answer.", field="address")
    return b"".join(parts)

"""Fetching: from named hosts alone, to the address that was checked, without following anybody."""

from __future__ import annotations

import socket
import threading

import pytest

from pasand.adapters.picture_fetch import HttpsFetcher, is_public
from pasand.errors import InvalidInput, NotAllowed, PasandError, TooMuch

INSIDE = (
    "127.0.0.1", "10.0.0.1", "172.16.9.9", "192.168.1.1", "169.254.169.254", "0.0.0.0", "::1",
    "100.64.0.1", "224.0.0.1", "255.255.255.255", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "::", "ff02::1", "not an address", "192.0.2.1",
)  # fmt: skip


class Host:
    """A host that answers once with given bytes, and remembers whom it was called as."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.called: list[tuple[str, str]] = []

    def connect(self, host: str, address: str, timeout: float) -> socket.socket:
        self.called.append((host, address))
        ours, theirs = socket.socketpair()

        def serve() -> None:
            with theirs:
                theirs.recv(65_536)
                theirs.sendall(self.answer)

        threading.Thread(target=serve, daemon=True).start()
        return ours


def fetcher(host: Host, *addresses: str) -> HttpsFetcher:
    return HttpsFetcher(["img.example"], lambda name: list(addresses), host.connect, seconds=5)


def ok(body: bytes, head: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_networks_are_told(address: str) -> None:
    assert not is_public(address)


def test_public_addresses_are_told() -> None:
    assert all(map(is_public, ("93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8")))


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    host, asked = Host(ok(b"picture")), []

    def resolve(name: str) -> list[str]:
        asked.append(name)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    made = HttpsFetcher(["img.example"], resolve, host.connect)
    assert made.fetch("https://IMG.example/a.jpg?x=1", 100) == b"picture"
    assert host.called == [("img.example", "93.184.216.34")] and asked == ["img.example"]


@pytest.mark.parametrize("inside", INSIDE)
def test_a_host_with_one_address_inside_is_not_called(inside: str) -> None:
    host = Host(ok(b"picture"))
    with pytest.raises(NotAllowed, match="open internet"):
        fetcher(host, "93.184.216.34", inside).fetch("https://img.example/a", 100)
    assert not host.called


@pytest.mark.parametrize(
    "address",
    [
        "http://img.example/a", "https://other.example/a", "https://img.example:8443/a",
        "https://me@img.example/a", "https://img.example@127.0.0.1/a", "file:///etc/passwd",
        "https://img.example/a b", "https://img.example/\r\nHost: x", "https://[::1", "", "ftp://x",
        "https://127.0.0.1/a", "https://img.example.evil/a", "https://img.example:99999/",
    ],
)  # fmt: skip
def test_other_addresses_are_refused(address: str) -> None:
    host = Host(ok(b"picture"))
    with pytest.raises((NotAllowed, InvalidInput)):
        fetcher(host, "93.184.216.34").fetch(address, 100)
    assert not host.called


def test_without_hosts_nothing_is_fetched() -> None:
    with pytest.raises(NotAllowed, match="Nothing is fetched"):
        HttpsFetcher([]).fetch("https://img.example/a", 100)


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (ok(b"", "302 Found", "Location: http://127.0.0.1/\r\n"), InvalidInput),
        (ok(b"gone", "404 Not Found"), InvalidInput),
        (ok(bytes(101)), TooMuch),
        (b"HTTP/1.1 200 OK\r\n\r\n" + bytes(5_000), TooMuch),
        (b"no http at all\r\n\r\n", InvalidInput),
        (b"", InvalidInput),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nshort", InvalidInput),
    ],
)
def test_answers_that_are_no_picture(answer: bytes, wanted: type[PasandError]) -> None:
    with pytest.raises(wanted):
        fetcher(Host(answer), "93.184.216.34").fetch("https://img.example/a", 100)


def test_a_slow_host_is_left() -> None:
    ours, theirs = socket.socketpair()

    def connect(host: str, address: str, timeout: float) -> socket.socket:
        ours.settimeout(timeout)
        return ours

    made = HttpsFetcher(["img.example"], lambda name: ["93.184.216.34"], connect, seconds=0.2)
    with ours, theirs, pytest.raises(InvalidInput, match="does not answer"):
        made.fetch("https://img.example/a", 100)

"""Hostile files sent as pictures: each is refused in plain words, and the server serves on."""

from __future__ import annotations

import os
import re
import signal
import time
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from conftest import Running, start_server
from pasand.adapters.picture_decoder import ChildPictureDecoder
from pasand.bench.children import resident_mb
from pasand.bench.hostile import HIDDEN, crafted, hiding, seeds
from pasand.domain.picture_header import PictureLimits

MEMORY_MB = 512


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    text = f"[web]\nopen_profiles = true\n[pictures]\ndecode_memory_mb = {MEMORY_MB}\n"
    running = start_server(tmp_path_factory.mktemp("gallery"), settings_text=text, pictures=True)
    yield running
    running.stop()


@pytest.fixture
def client(gallery: Running) -> Iterator[httpx.Client]:
    with gallery.client("items:write", "page:read") as one:
        yield one


def sent(client: httpx.Client, data: bytes, item_id: str = "i1", **more: str) -> httpx.Response:
    headers = {"content-type": "application/octet-stream"}
    return client.post(f"/v1/items/{item_id}/artworks", content=data, headers=headers, params=more)


def eventually(check: Callable[[], bool]) -> None:
    """Wait for what the second hand brings about."""
    until_s = time.monotonic() + 20.0
    while not check():
        assert time.monotonic() < until_s, "it did not come about"
        time.sleep(0.05)


def picture(form: str = "JPEG", size: tuple[int, int] = (900, 500)) -> bytes:
    out = BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "camera of a person"
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, form, exif=exif)
    return out.getvalue()


def test_every_crafted_file_is_refused_and_the_server_stays(
    client: httpx.Client, gallery: Running
) -> None:
    before_mb, artworks = resident_mb(os.getpid()) or 0.0, gallery.home.engine.item("i1").artworks
    count = 0
    for name, data in crafted():
        answer = sent(client, data)
        assert answer.status_code in (400, 413), f"{name}: {answer.status_code} {answer.text}"
        error = answer.json()["error"]
        assert error["message"] and error["fix"] and "Traceback" not in answer.text, name
        count += 1
    assert count >= 200
    assert client.get("/health/live").status_code == 200
    assert gallery.home.engine.item("i1").artworks == artworks
    assert (resident_mb(os.getpid()) or 0.0) - before_mb < 300, "what was sent stays in memory"


def test_only_pixels_come_through(client: httpx.Client, gallery: Running) -> None:
    for name, data in hiding():
        answer = sent(client, data, "i2")
        assert answer.status_code in (201, 400), f"{name}: {answer.text}"
        if answer.status_code == 201:
            kept = (gallery.home.path / "artwork" / answer.json()["file"]).read_bytes()
            assert HIDDEN not in kept and b"index.html" not in kept, name
            assert not zipfile.is_zipfile(BytesIO(kept)), name


def test_an_upload_is_written_anew_and_served_in_preset_sizes(
    client: httpx.Client, gallery: Running
) -> None:
    answer = sent(client, picture(), "i3", artwork_id="mine")
    assert answer.status_code == 201, answer.text
    added = answer.json()
    assert added["artwork_id"] == "mine" and added["file"].endswith(".webp") and added["palette"]
    assert added["facts"] == {"width": 900, "height": 500}
    kept = (gallery.home.path / "artwork" / added["file"]).read_bytes()
    assert b"camera" not in kept and b"EXIF" not in kept
    stored = client.get("/v1/items/i3").json()["artworks"]
    assert stored[-1]["url"] == added["url"]
    eventually(lambda: client.get(added["url"]).status_code == 200)
    for width in (320, 640):
        got = client.get(added["url"], params={"w": width})
        assert got.headers["content-type"] == "image/webp"
        with Image.open(BytesIO(got.content)) as shown:
            assert shown.format == "WEBP" and shown.width == width
    again = sent(client, picture("PNG"), "i3", artwork_id="mine").json()
    names = [one["artwork_id"] for one in client.get("/v1/items/i3").json()["artworks"]]
    assert names.count("mine") == 1 and again["url"] != added["url"], (
        "another file, another address"
    )
    eventually(lambda: client.get(added["url"]).status_code == 404)


def test_every_format_is_taken(client: httpx.Client) -> None:
    for name, data in seeds().items():
        assert sent(client, data, "i4").status_code == 201, name


def test_who_may_send_and_for_what(client: httpx.Client, gallery: Running) -> None:
    assert sent(client, picture(), "nowhere").status_code == 404
    assert sent(client, picture(), "i1", artwork_id="../x").status_code == 400
    with gallery.client("page:read") as reader:
        assert sent(reader, picture()).status_code == 403
    with gallery.browser("m1") as session:
        assert sent(session, picture()).status_code == 403
    with gallery.browser() as nobody:
        assert sent(nobody, picture()).status_code == 401


def test_nothing_is_fetched_unless_the_operator_names_hosts(client: httpx.Client) -> None:
    for address in ("https://example.com/a.jpg", "http://169.254.169.254/", "file:///etc/passwd"):
        answer = client.post("/v1/items/i1/artworks", json={"address": address})
        assert answer.status_code == 403 and "fetch_hosts" in answer.json()["error"]["fix"]
    for body in ([], {}, {"address": 7}):
        assert client.post("/v1/items/i1/artworks", json=body).status_code == 400


def test_a_file_over_the_limit_is_refused_while_it_comes(
    fresh: Callable[..., Running], tmp_path: Path
) -> None:
    site = fresh(settings_text="[pictures]\nbytes_max = 2000\n", pictures=True)
    with site.client("items:write") as client:
        answer = sent(client, bytes(3_000))
        assert answer.status_code == 413 and answer.json()["error"]["code"] == "too_much"


def test_a_server_without_a_decoder_says_what_it_needs(site: Running) -> None:
    with site.client("items:write") as client:
        answer = sent(client, picture())
    assert answer.status_code == 503 and "pasand[vision]" in answer.json()["error"]["fix"]


def test_addresses_are_signed(client: httpx.Client, gallery: Running) -> None:
    added = sent(client, picture(size=(64, 36)), "i5").json()
    address = added["url"]
    other = "B" if address[-1] != "B" else "C"
    eventually(lambda: client.get(address).status_code == 200)
    for forged in (address[:-1] + other, address.rpartition("/")[0], address + "x", address + "/é"):
        assert client.get(forged).status_code == 404
    kept = {one.artwork_id for one in gallery.home.engine.item("i5").artworks}
    assert added["artwork_id"] in kept
    with gallery.browser("m1") as session:
        page = session.get("/v1/page").json()
        cells = [cell for row in page["rows"] for cell in row["cells"] if cell["artwork_url"]]
        assert cells and all(cell["artwork_url"].count("/") == 3 for cell in cells)
        told = re.findall(r'/artwork/[^"?&) ]+', session.get("/home").text)
        assert told and all(url.count("/") == 3 for url in told)


def test_a_child_that_dies_costs_no_request() -> None:
    decoder = ChildPictureDecoder(PictureLimits(), count=1)
    try:
        first = decoder.webp(picture(), 320)
        (child,) = decoder.pool.children
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        time.sleep(0.05)
        assert decoder.webp(picture(), 320).data == first.data
        assert child.deaths == 1
    finally:
        decoder.close()

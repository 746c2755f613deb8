"""Pictures as an attacker would send them: crafted ones by name, and mutated ones by number.

All are made here, of small harmless pictures; the same name or number makes the same file.
"""

from __future__ import annotations

import gzip
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

__all__ = ["HIDDEN", "crafted", "hiding", "mutated", "seeds"]

#: What ``hiding`` puts into pictures.
HIDDEN = b"<script>alert(1)</script>"

_PNG = b"\x89PNG\r\n\x1a\n"
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
_ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;">' % (c, c - 1, c - 1, c - 1) for c in b"bcdefgh")
    + b"]><svg>&h;</svg>"
)
#: What makes a player or a shop's tool open other files and addresses.
_LISTS = {
    "m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
    "m3u8-http": b"#EXTM3U\n#EXTINF:1,\nhttp://169.254.169.254/latest/meta-data\n",
    "concat": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\n",
    "mpd": b'<?xml version="1.0"?><MPD><BaseURL>file:///etc/</BaseURL></MPD>',
    "pls": b"[playlist]\nFile1=file:///etc/passwd\n",
    "mvg": b"push graphic-context\nimage over 0,0 0,0 'https://127.0.0.1/x'\n",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n",
    "xpm": b'/* XPM */ static char *x[] = {"1000000 1000000 1 1", "a c #000000"};',
    "ppm": b"P6 1000000 1000000 255\n",
}
_SIZES = (
    (0, 0), (0, 9), (1, 2**31 - 1), (2**31 - 1, 1), (2**31 - 1, 2**31 - 1), (2**32 - 1, 2**32 - 1),
    (65_535, 65_535), (50_000, 50_000), (40_000, 1_001), (32_769, 1), (6_325, 6_325),
)  # fmt: skip


def seeds() -> dict[str, bytes]:
    """Return small good pictures of every format that is taken, some odd in what they hold."""
    from PIL import Image

    plain = Image.linear_gradient("L").resize((48, 27)).convert("RGB")
    plain.paste((200, 40, 30), (8, 4, 30, 20))
    made: dict[str, bytes] = {}
    wanted: tuple[tuple[str, Any, str, dict[str, Any]], ...] = (
        ("jpeg", plain, "JPEG", {"exif": b"Exif\0\0" + b"II*\0" + bytes(40)}),
        ("jpeg-progressive", plain, "JPEG", {"progressive": True, "quality": 30}),
        ("jpeg-cmyk", plain.convert("CMYK"), "JPEG", {}),
        ("png", plain, "PNG", {}),
        ("png-palette", plain.quantize(16), "PNG", {"transparency": 3}),
        ("png-16", plain.convert("I;16"), "PNG", {}),
        ("png-alpha", plain.convert("RGBA"), "PNG", {}),
        ("webp", plain, "WEBP", {}),
        ("webp-lossless", plain.convert("RGBA"), "WEBP", {"lossless": True}),
        ("avif", plain, "AVIF", {"speed": 10}),
    )
    for name, picture, form, options in wanted:
        out = BytesIO()
        picture.save(out, form, **options)
        made[name] = out.getvalue()
    return made


def crafted() -> Iterator[tuple[str, bytes]]:
    """Yield hostile files with names that say what each tries; none is to be taken."""
    good = seeds()
    yield from _wrong_kinds(good)
    yield from _lying_headers(good)
    yield from _bombs()
    yield from _moving()
    for name, data in good.items():
        # Half a picture's pixels are damage; without its last bytes it may still be whole.
        for share in (0.02, 0.1, 0.2, 0.3, 0.4, 0.5):
            yield f"truncated {name} at {share}", data[: int(len(data) * share)]
        yield f"{name} with a hole", data[: len(data) // 3] + bytes(len(data) * 2 // 3)
        yield f"{name} shifted", b"\0" + data
        yield f"{name} twice gzipped", gzip.compress(gzip.compress(data, mtime=0), mtime=0)


def hiding() -> Iterator[tuple[str, bytes]]:
    """Yield good pictures that carry something beside their pixels: they may be taken, it not."""
    good = seeds()
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("index.html", HIDDEN)
    for name, data in good.items():
        yield f"{name} before a zip", data + out.getvalue()
        yield f"{name} before markup", data + HIDDEN
    for marker in (b"\xfe", b"\xe1", b"\xe2", b"\xed"):
        segment = b"\xff" + marker + struct.pack(">H", len(HIDDEN) + 2) + HIDDEN
        yield f"jpeg with a segment {marker.hex()}", good["jpeg"][:2] + segment + good["jpeg"][2:]
    for kind in (b"tEXt", b"iTXt", b"eXIf", b"prIv"):
        text = _chunk(kind, b"Comment\0" + HIDDEN)
        yield f"png with {kind.decode()}", good["png"][:33] + text + good["png"][33:]
    surplus = zlib.compress(bytes(30_000_000), 9)
    yield "png with pixels for a hundred", _png(60, 60, surplus, _chunk(b"tEXt", b"a\0" + HIDDEN))


def mutated(good: dict[str, bytes], number: int) -> bytes:
    """Return a good picture with a few bytes changed, lost, doubled, or taken from another."""
    chance = random.Random(number)
    names = sorted(good)
    data = bytearray(good[chance.choice(names)])
    for _ in range(chance.choice((1, 1, 2, 3, 8, 40))):
        at = chance.randrange(len(data)) if chance.random() < 0.6 else chance.randrange(64)
        at = min(at, len(data) - 1)
        act = chance.randrange(6)
        if act == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif act == 1:
            data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF))
        elif act == 2:
            size = chance.choice((1, 2, 4))
            value = chance.choice((0, 1, 2 ** (8 * size) - 1, 2 ** (8 * size - 1)))
            data[at : at + size] = value.to_bytes(size)
        elif act == 3:
            del data[at : at + chance.randrange(1, 40)]
        elif act == 4:
            data[at:at] = data[at : at + chance.randrange(1, 400)] * chance.choice((1, 2, 50))
        else:
            other = good[chance.choice(names)]
            start = chance.randrange(len(other))
            data[at : at + 60] = other[start : start + chance.randrange(1, 200)]
        if not data:
            return b""
    return bytes(data)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, body: bytes, more: bytes = b"", depth: int = 8) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return _PNG + _chunk(b"IHDR", header) + more + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _wrong_kinds(good: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    yield "one byte", b"\xff"
    yield "zeros", bytes(5_000)
    yield "noise", random.Random(7).randbytes(5_000)
    for name, data in _LISTS.items():
        yield name, data
    for name, data in {"svg": _SVG, "svg of entities": _ENTITIES, "xml": b"<?xml?>" + _SVG}.items():
        yield name, data
        yield f"{name} gzipped", gzip.compress(data, mtime=0)
        yield f"{name} behind blanks", b" \n\t" * 30 + data
        yield f"{name} in UTF-16", data.decode().encode("utf-16")
    yield "html", b"<!doctype html><script>alert(1)</script>"
    yield (
        "a gif",
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04" + bytes(30),
    )
    yield "a bmp", b"BM" + struct.pack("<IHHIIiiHHIIiiII", 90, 0, 0, 54, 40, 9, 9, 1, 24, *[0] * 6)
    yield "a tiff", b"II*\x00\x08\x00\x00\x00" + bytes(60)
    yield "a program", b"\x7fELF\x02\x01\x01" + bytes(100)
    yield "a pdf", b"%PDF-1.7\n1 0 obj<</OpenAction 2 0 R>>endobj"
    for name, data in good.items():
        out = BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("../../etc/passwd", data)
        yield f"a zip of {name}", out.getvalue()
        yield f"a zip before {name}", out.getvalue() + data
        yield f"svg before {name}", _SVG + data
        yield f"a film's head before {name}", b"\0\0\0\x18ftypisom\0\0\0\0isommp41" + data
    yield (
        "a film",
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\x08moov\xff\xff\xff\xffmdat" + bytes(99),
    )
    yield "an endless film", b"\x1aE\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff" + bytes(999)


def _lying_headers(good: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    pixels = zlib.compress(bytes(3 * 48 + 1) * 27)
    for width, height in _SIZES:
        size = f"{width}x{height}"
        yield f"png of {size}", _png(width, height, pixels)
        if width < 65_536 and height < 65_536:
            data = bytearray(good["jpeg"])
            at = data.find(b"\xff\xc0")
            data[at + 5 : at + 9] = struct.pack(">HH", height, width)
            yield f"jpeg of {size}", bytes(data)
        data = bytearray(good["avif"])
        at = data.find(b"ispe")
        data[at + 8 : at + 16] = struct.pack(">II", width, height)
        yield f"avif of {size}", bytes(data)
        # 24 bits a side, less one: what they cannot hold becomes the most that they can.
        sides = b"".join(
            min(max(n - 1, 0), 2**24 - 1).to_bytes(3, "little") for n in (width, height)
        )
        body = b"VP8X\x0a\0\0\0\0\0\0\0" + sides + good["webp"][12:]
        yield f"webp of {size}", b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
    for kind, spoilt in {
        "jpeg": b"\xff\xd8\xff\xe1\xff\xff",
        "png": _PNG + b"\xff\xff\xff\xffIHDR",
    }.items():
        yield f"{kind} of one endless segment", spoilt + bytes(70_000)
    yield "jpeg of a thousand segments", b"\xff\xd8" + b"\xff\xe1\x00\x04ab" * 1_000
    yield "jpeg of fill bytes", b"\xff\xd8" + b"\xff" * 100_000
    yield "png of a broken checksum", good["png"][:29] + b"\0\0\0\0" + good["png"][33:]


def _bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that are large once they are unpacked."""
    for side in (7_000, 20_000, 30_000):
        yield f"png bomb of {side}", _png(side, side, zlib.compress(bytes(30_000_000), 9))
    for kind in (b"zTXt", b"iCCP"):
        deflated = zlib.compress(bytes(60_000_000), 9)
        yield (
            f"png bomb in {kind.decode()}",
            _png(48, 27, b"nothing", _chunk(kind, b"name\0\0" + deflated)),
        )
    yield (
        "png of a million chunks",
        _PNG + _chunk(b"IHDR", bytes(13)) + _chunk(b"tEXt", b"a\0b") * 90_000,
    )
    yield "gzip bomb", gzip.compress(bytes(50_000_000), mtime=0)


def _moving() -> Iterator[tuple[str, bytes]]:
    """Animations, harmless and not."""
    from PIL import Image

    frames = [Image.new("RGB", (32, 18), (9 * n, 20, 60)) for n in range(24)]
    for form in ("PNG", "WEBP", "AVIF"):
        for count in (2, 24):
            out = BytesIO()
            more = {"speed": 10} if form == "AVIF" else {}
            frames[0].save(out, form, save_all=True, append_images=frames[1:count], **more)
            yield f"{form} of {count} frames", out.getvalue()
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    endless = _chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    yield "png of endless frames", out.getvalue()[:33] + endless + out.getvalue()[33:]

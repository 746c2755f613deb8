"""StillFolder on disk, and the contact sheet: stills of films that wait for approval.

A title's folder is named by the hash of its id. Pixels come from our own reader, so they are
written here; what is approved goes the way of every picture from outside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from pasand.domain.ids import short_hash
from pasand.errors import MissingExtra, NotFound
from pasand.video_ports import Pixels

__all__ = ["FolderOfStills", "contact_sheet", "webp_of"]

_CELL = (320, 180)
_LINE = 15


class FolderOfStills:
    """Stills below ``root``, each title's with a ``candidates.json``."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, title_id: str, entry: dict[str, Any], crops: Mapping[str, Pixels]) -> None:
        """Keep a candidate with its pictures by shape; the same one again is replaced."""
        folder = self._folder(title_id)
        folder.mkdir(parents=True, exist_ok=True)
        for shape, pixels in crops.items():
            (folder / f"{entry['candidate_id']}.{shape}.webp").write_bytes(webp_of(pixels))
        others = [
            one for one in self.entries(title_id) if one["candidate_id"] != entry["candidate_id"]
        ]
        self._write(title_id, [*others, entry])

    def entries(self, title_id: str) -> list[dict[str, Any]]:
        """Return a title's candidates, oldest first."""
        try:
            found = json.loads((self._folder(title_id) / "candidates.json").read_bytes())
        except FileNotFoundError:
            return []
        return list(found["candidates"])

    def set_state(self, title_id: str, candidate_id: str, state: str) -> None:
        """Note what became of one."""
        entries = self.entries(title_id)
        for entry in entries:
            if entry["candidate_id"] == candidate_id:
                entry["state"] = state
        self._write(title_id, entries)

    def picture(self, title_id: str, candidate_id: str, shape: str) -> bytes:
        """Return a candidate's picture as a file's bytes."""
        known = {entry["candidate_id"] for entry in self.entries(title_id)}
        path = self._folder(title_id) / f"{candidate_id}.{shape}.webp"
        if candidate_id not in known or not path.is_file():
            raise NotFound(
                f"{title_id} has no candidate {candidate_id[:60]}.",
                fix=f"See pasand artwork candidates --title {title_id}",
            )
        return path.read_bytes()

    def sheet(self, title_id: str) -> Path:
        """Return where a title's contact sheet lies."""
        return self._folder(title_id) / "sheet.jpg"

    def _folder(self, title_id: str) -> Path:
        return self._root / short_hash(title_id.encode())

    def _write(self, title_id: str, entries: list[dict[str, Any]]) -> None:
        path = self._folder(title_id) / "candidates.json"
        draft = path.with_suffix(".part")
        text = json.dumps({"title_id": title_id, "candidates": entries}, indent=1)
        draft.write_text(text, "utf-8")
        draft.replace(path)


def webp_of(pixels: Pixels, quality: int = 90) -> bytes:
    """Return pixels as a WebP file."""
    out = BytesIO()
    _image().fromarray(pixels).save(out, "WEBP", quality=quality, method=2)
    return out.getvalue()


def contact_sheet(path: Path, rows: Sequence[tuple[Sequence[Pixels], str]]) -> None:
    """Write a sheet: one row a still with its crops, and what is to be said of it below."""
    from PIL import ImageDraw

    image = _image()
    columns = max((len(pictures) for pictures, _ in rows), default=1)
    height = _CELL[1] + 2 * _LINE + 6
    sheet = image.new("RGB", (columns * (_CELL[0] + 6), max(len(rows), 1) * height), "#202020")
    draw = ImageDraw.Draw(sheet)
    for row, (pictures, text) in enumerate(rows):
        for column, pixels in enumerate(pictures):
            small = image.fromarray(pixels)
            small.thumbnail(_CELL)
            sheet.paste(small, (column * (_CELL[0] + 6), row * height))
        draw.text((4, row * height + _CELL[1] + 3), text[:200], fill="#e0e0e0")
    sheet.save(path, "JPEG", quality=85)


def _image() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtra(
            "Stills need a library for pictures.", fix="pip install 'pasand[vision]'"
        ) from None
    return Image

"""A picture from outside becomes an item's artwork: decoded apart, written anew, kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pasand.domain.catalog import Artwork, Item
from pasand.domain.ids import check_id, short_hash
from pasand.errors import Overloaded, TooMuch
from pasand.flows.engine import Engine
from pasand.video_ports import DecodedPicture, PictureDecoder, PictureFetcher, PictureShelf

__all__ = ["ARTWORK_COUNT_MAX", "WIDTH_MAX", "Pictures", "kept", "with_artwork"]

#: The width that is kept of a picture: twice a full screen's of most.
WIDTH_MAX = 2_560
ARTWORK_COUNT_MAX = 64
_QUALITY = 88
#: Uploads that are held in memory at once.
_AT_ONCE = 4


@dataclass
class Pictures:
    """What a server does with pictures: takes them, fetches them, gives them in preset sizes."""

    decoder: PictureDecoder
    shelf: PictureShelf
    fetcher: PictureFetcher
    bytes_max: int
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _held: int = 0

    @contextmanager
    def room(self) -> Iterator[None]:
        """Take part of the memory for uploads; Overloaded where none is left."""
        with self._lock:
            if self._held >= _AT_ONCE:
                raise Overloaded("Other pictures are being taken.")
            self._held += 1
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1

    def add(self, engine: Engine, item_id: str, data: bytes, artwork_id: str = "") -> Artwork:
        """Make a picture an item's artwork and return it.

        Raises:
            NotFound: there is no such item.
            InvalidInput, TooMuch: the picture cannot be used.
        """
        engine.item(item_id)
        made = self.decoder.webp(data, WIDTH_MAX, _QUALITY)
        artwork = kept(self.shelf, made, artwork_id)
        with self._lock:
            engine.put_item(with_artwork(engine.item(item_id), artwork))
        return artwork

    def sized(self, file: Path, width: int) -> Path:
        """Return the file of a picture at a preset width."""
        return self.shelf.sized(file, width)

    def close(self) -> None:
        """Let what decodes go."""
        self.shelf.close()


def kept(
    shelf: PictureShelf,
    made: DecodedPicture,
    artwork_id: str = "",
    facts: dict[str, Any] | None = None,
) -> Artwork:
    """Keep a picture and return its artwork, named by what it shows where no name is given."""
    name = check_id(artwork_id or f"up-{short_hash(made.data)}", "artwork_id")
    size = {"width": made.width, "height": made.height}
    return Artwork(
        artwork_id=name,
        file=shelf.put(made.data),
        palette=made.palette,
        facts={**size, **(facts or {})},
    )


def with_artwork(item: Item, artwork: Artwork) -> Item:
    """Return an item with an artwork added, or put in the place of the one of its id."""
    others = item.artworks
    if any(one.artwork_id == artwork.artwork_id for one in others):
        same = artwork.artwork_id
        return replace(
            item, artworks=tuple(artwork if one.artwork_id == same else one for one in others)
        )
    if len(others) >= ARTWORK_COUNT_MAX:
        raise TooMuch(f"{item.item_id} has {len(others)} artworks.", field="item_id")
    return replace(item, artworks=(*others, artwork))

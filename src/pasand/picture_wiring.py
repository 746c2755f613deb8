"""The wiring of pictures: settings become what decodes, keeps and fetches them."""

from __future__ import annotations

from pathlib import Path

from pasand.adapters.picture_decoder import ChildPictureDecoder
from pasand.adapters.picture_fetch import HttpsFetcher
from pasand.adapters.picture_folder import PictureFolder
from pasand.domain.picture_header import PictureLimits
from pasand.flows.picturing import Pictures
from pasand.settings import PictureSettings

__all__ = ["decoder_of", "pictures_of"]


def decoder_of(settings: PictureSettings) -> ChildPictureDecoder:
    """Return what decodes pictures within the settings' limits."""
    limits = PictureLimits(settings.bytes_max, settings.megapixels_max * 1_000_000)
    return ChildPictureDecoder(
        limits, memory_mb=settings.decode_memory_mb, seconds=settings.decode_seconds
    )


def pictures_of(home: Path, settings: PictureSettings) -> Pictures:
    """Return what a server of ``home`` does with pictures."""
    decoder = decoder_of(settings)
    shelf = PictureFolder(home / "artwork", home / "picture-cache", decoder)
    return Pictures(decoder, shelf, HttpsFetcher(settings.fetch_hosts), settings.bytes_max)

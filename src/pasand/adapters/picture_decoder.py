"""PictureDecoder in child processes: limits from the header first, then a child within limits."""

from __future__ import annotations

from pasand.adapters.limited_child import ChildPool
from pasand.domain.picture_header import PictureLimits, check_picture
from pasand.errors import InvalidInput, MissingExtra, TooMuch
from pasand.video_ports import DecodedPicture

__all__ = ["ChildPictureDecoder"]


class ChildPictureDecoder:
    """Decodes within ``limits``, each picture in ``seconds`` and ``memory_mb`` of a child."""

    def __init__(
        self,
        limits: PictureLimits,
        *,
        memory_mb: int = 1_024,
        seconds: int = 10,
        count: int = 2,
    ) -> None:
        self.limits = limits
        self.pool = ChildPool("pasand.adapters.picture_child", memory_mb, count)
        self._seconds = seconds

    def webp(self, data: bytes, width: int, quality: int = 80) -> DecodedPicture:
        """Return a picture as WebP, at most ``width`` wide and never enlarged."""
        check_picture(data, self.limits)
        wanted = {
            "width": width,
            "quality": quality,
            "pixels": self.limits.pixels_max,
            "seconds": self._seconds,
        }
        # A child that waits for its turn at the processor is not slow: twice the time.
        said, made = self.pool.ask(wanted, data, seconds=2.0 * self._seconds)
        if problem := said.get("error"):
            raise _problem(str(problem))
        return DecodedPicture(
            made, int(said["width"]), int(said["height"]), tuple(map(str, said["palette"]))
        )

    def close(self) -> None:
        """Let its processes go."""
        self.pool.close()


def _problem(code: str) -> InvalidInput | TooMuch | MissingExtra:
    """Return what is to be said of what the child found."""
    if code == "missing":
        return MissingExtra("Pictures cannot be decoded here.", fix="pip install 'pasand[vision]'")
    if code in ("large", "moves", "memory"):
        why = {
            "large": "The picture is larger than its header says.",
            "moves": "The picture moves.",
            "memory": "The picture takes more memory than it may.",
        }[code]
        return TooMuch(why, field="picture", fix="Send one still of a smaller size.")
    return InvalidInput(
        "The picture is damaged.", field="picture", fix="Save it again with another tool."
    )

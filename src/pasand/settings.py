"""Settings: one frozen tree, read from ``pasand.toml`` and the environment.

``PASAND_SERVE__PORT=9000`` overrides ``[serve] port``. Every setting has a default, so an empty
home works. An unknown key is an error that names the nearest known one.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from pasand.errors import InvalidSettings

__all__ = [
    "REPLAY_DAYS",
    "LearnSettings",
    "LimitSettings",
    "MappingSettings",
    "PictureSettings",
    "RetentionSettings",
    "ServeSettings",
    "Settings",
    "WebSettings",
    "WeightSettings",
    "convert",
    "load_settings",
]


#: For so long a page that was served can be made again.
REPLAY_DAYS = 30
#: Kinds without which the log alone no longer gives the records and corrections.
KEPT_KINDS = (
    "item_put", "item_deleted", "member_put", "member_deleted", "member_merged",
    "history_removed", "taste_set",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """``host`` and ``port`` to listen on; ``default_country`` for requests that name none;
    ``pages``: how many processes make pages beside the one that listens, 0 for none.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    default_country: str = ""
    default_ceiling: int = 18
    pages: int = 1


@dataclass(frozen=True, slots=True)
class WebSettings:
    """``open_profiles``: anybody who reaches the web page may choose a member (demos only);
    ``posters``: pictures are 2:3 instead of 16:9; ``session_hours``: how long a session lasts.
    """

    open_profiles: bool = False
    posters: bool = False
    session_hours: int = 720


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Bounds on what callers may send and ask for."""

    event_bytes_max: int = 32_768
    batch_bytes_max: int = 500_000
    batch_count_max: int = 1_000
    row_count_max: int = 60
    column_count_max: int = 60


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """What a picture from outside may be, and what decoding one may take. ``fetch_hosts``: hosts
    that pictures may be fetched from; none, and nothing is fetched.
    """

    bytes_max: int = 20_000_000
    megapixels_max: int = 40
    decode_seconds: int = 10
    decode_memory_mb: int = 1_024
    fetch_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LearnSettings:
    """``seed`` of everything random in training; ``ease_item_count_max`` bounds EASE's
    matrix: with more items than that, iALS takes its place. ``sequence_seconds`` is what the
    sequence model may take where PyTorch is installed, 0 for none; ``sequence_blocks``: its depth.
    ``ranker_lessons``: how many requests the ranker learns from, 0 for no ranker.

    ``every_hours`` and ``full_every_hours`` are the schedule of ``pasand learn --watch``; ``keep``:
    how many snapshots stay that nothing needs any more. Those of ``gate_`` are the gate's: how far
    below the live snapshot's a quality may be, the least share of the catalogue in the lists, how
    many targets are ranked, and what its child process may take.
    """

    seed: int = 1
    ease_item_count_max: int = 8_000
    sequence_seconds: int = 900
    sequence_blocks: int = 2
    ranker_lessons: int = 3_000
    every_hours: int = 24
    full_every_hours: int = 168
    keep: int = 5
    gate_margin: float = 0.05
    gate_coverage_min: float = 0.02
    gate_target_count: int = 300
    gate_seconds: int = 600
    gate_memory_mb: int = 8_192

    def __post_init__(self) -> None:
        least = {"every_hours": 1, "full_every_hours": 1, "keep": 0, "gate_margin": 0}
        least |= {"gate_coverage_min": 0, "gate_target_count": 0, "gate_seconds": 1}
        least |= {"sequence_seconds": 0, "sequence_blocks": 1, "ranker_lessons": 0}
        for name, value in (least | {"gate_memory_mb": 512}).items():
            if getattr(self, name) < value:
                raise InvalidSettings(
                    f"learn.{name} is {getattr(self, name)}.",
                    field=f"learn.{name}",
                    fix=f"Set it to {value} or more.",
                )


@dataclass(frozen=True, slots=True)
class WeightSettings:
    """How much each kind of event counts: a ``preset`` (streaming, retail), and what differs
    from it: in ``kinds`` wherever the preset has the kind, or in ``taste``, ``interaction``,
    ``popular`` or ``history`` alone. A kind written beside ``preset`` is put into ``kinds``.
    """

    preset: str = "streaming"
    kinds: Mapping[str, float] = field(default_factory=dict)
    taste: Mapping[str, float] = field(default_factory=dict)
    interaction: Mapping[str, float] = field(default_factory=dict)
    popular: Mapping[str, float] = field(default_factory=dict)
    history: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MappingSettings:
    """Names of events as other systems write them, by the kind they stand for here, where that
    differs from what is known of them; "ignore" lets a name be.
    """

    segment: Mapping[str, str] = field(default_factory=dict)
    ga4: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """How many days events of each kind are kept, 0 for ever. ``page_served`` is the block of a
    page, without which it cannot be replayed; ``kinds`` is for all that have no default.
    """

    hover: int = 30
    scroll: int = 30
    preview: int = 30
    impression: int = 180
    page_served: int = 90
    kinds: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if 0 < self.page_served < REPLAY_DAYS:
            raise InvalidSettings(
                f"Pages are replayed for {REPLAY_DAYS} days.",
                field="retention.page_served",
                fix=f"Set it to {REPLAY_DAYS} or more, or to 0 to keep them for ever.",
            )
        for kind, count in self.days.items():
            if count < 0 or kind in KEPT_KINDS:
                told = f"{kind} cannot be kept for {count} days."
                fix = "Give days, 0 for ever; what profiles and records need is always kept."
                raise InvalidSettings(told, field=f"retention.{kind}", fix=fix)

    @property
    def days(self) -> Mapping[str, int]:
        """Days by kind."""
        bulky = ("hover", "scroll", "preview", "impression", "page_served")
        return {**self.kinds, **{kind: getattr(self, kind) for kind in bulky}}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an installation may set. ``clock`` is "system", or "data" for old data sets,
    whose last event is then one minute ago. ``stages`` patches the plan: one table a stage.
    """

    tenant: str = "default"
    clock: str = "system"
    serve: ServeSettings = field(default_factory=ServeSettings)
    web: WebSettings = field(default_factory=WebSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    pictures: PictureSettings = field(default_factory=PictureSettings)
    learn: LearnSettings = field(default_factory=LearnSettings)
    weights: WeightSettings = field(default_factory=WeightSettings)
    mappings: MappingSettings = field(default_factory=MappingSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    stages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.clock not in ("system", "data"):
            raise InvalidSettings(
                f"clock is {self.clock!r}.", field="clock", fix='Set it to "system" or "data".'
            )


def load_settings(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of ``path`` (which may be missing), overridden by the environment.

    Raises:
        InvalidSettings: the file is not TOML, a key is unknown, or a value has another type.
    """
    raw: dict[str, Any] = {}
    if path.exists():
        try:
            raw = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidSettings(
                f"{path.name} is not valid TOML: {error}.", fix="Correct that line."
            ) from error
    for name, text in sorted((os.environ if environment is None else environment).items()):
        if name.startswith("PASAND_"):
            _set(raw, name.removeprefix("PASAND_").lower().split("__"), text)
    _gather_kinds(raw)
    settings: Settings = convert(raw, Settings, "")
    return settings


def _gather_kinds(raw: dict[str, Any]) -> None:
    """Move the kinds of event that stand beside ``weights.preset`` into ``weights.kinds``."""
    weights = raw.get("weights")
    if isinstance(weights, dict):
        known = {spec.name for spec in fields(WeightSettings)}
        beside = {name: weights.pop(name) for name in set(weights) - known}
        if beside:
            weights["kinds"] = {**weights.get("kinds", {}), **beside}


def convert(raw: Mapping[str, Any], kind: type[Any], where: str) -> Any:
    """Return ``raw`` as a ``kind`` (a dataclass); unknown keys and wrong types are errors."""
    known = {spec.name: spec for spec in fields(kind)}
    for name in raw:
        if name not in known:
            near = get_close_matches(name, known, 1, 0.4)
            raise InvalidSettings(
                f"{where}{name} is not a setting.",
                field=f"{where}{name}",
                fix=f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known)}.",
            )
    values = {}
    for name, value in raw.items():
        default: Any = known[name].default_factory
        if isinstance(default, type) and is_dataclass(default):
            if not isinstance(value, Mapping):
                raise InvalidSettings(f"{where}{name} is a table.", field=f"{where}{name}")
            values[name] = convert(value, default, f"{where}{name}.")
        else:
            values[name] = value
    try:
        return msgspec.convert(values, kind, from_attributes=True)
    except msgspec.ValidationError as error:
        field_name = str(error).rpartition("$.")[2].rstrip("`") or "?"
        raise InvalidSettings(
            f"{where}{field_name} has another type: {error}.", field=f"{where}{field_name}"
        ) from error


def _set(raw: dict[str, Any], path: list[str], text: str) -> None:
    """Put an environment's text into the tree, read as TOML where it is TOML."""
    for name in path[:-1]:
        raw = raw.setdefault(name, {})
    try:
        raw[path[-1]] = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        raw[path[-1]] = text

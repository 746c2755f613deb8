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
    "LearnSettings",
    "LimitSettings",
    "ServeSettings",
    "Settings",
    "WebSettings",
    "convert",
    "load_settings",
]


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """``host`` and ``port`` to listen on; ``default_country`` for requests that name none."""

    host: str = "127.0.0.1"
    port: int = 8765
    default_country: str = ""
    default_ceiling: int = 18


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
class LearnSettings:
    """``seed`` of everything random in training; ``ease_item_count_max`` bounds EASE's matrix;
    ``kinds``: which events are interactions, and what one of each weighs.
    """

    seed: int = 1
    ease_item_count_max: int = 8_000
    kinds: Mapping[str, float] = field(
        default_factory=lambda: {"play_start": 1.0, "rating": 1.0, "purchase": 1.0, "view": 0.2}
    )


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
    learn: LearnSettings = field(default_factory=LearnSettings)
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
    settings: Settings = convert(raw, Settings, "")
    return settings


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

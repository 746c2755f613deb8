"""Vision models by name: which there are, where they lie, and bringing them, checked by sha256."""

from __future__ import annotations

import hashlib
import json
import tomllib
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pasand.adapters.durable_files import sync_folder, write_bytes
from pasand.errors import InvalidInput, NotFound, StoreUnavailable

__all__ = ["Known", "KnownFile", "ModelShelf", "download", "known_models"]

BYTES_MAX = 4 * 2**30
_TRUSTED = "trusted.json"


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file of a model: its name, where it comes from, what it must be."""

    name: str
    address: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Known:
    """A model of the registry. ``reads`` is what its adapter must know of it."""

    name: str
    job: str
    licence: str
    about: str
    files: tuple[KnownFile, ...]
    reads: Mapping[str, Any] = field(default_factory=dict)


@cache
def known_models() -> Mapping[str, Known]:
    """Return the registry, by name."""
    text = (Path(__file__).parent / "vision_models.toml").read_text("utf-8")
    return {
        name: Known(
            name,
            entry["job"],
            entry["licence"],
            entry["about"],
            tuple(KnownFile(**one) for one in entry["files"]),
            entry.get("reads", {}),
        )
        for name, entry in tomllib.loads(text).items()
    }


class ModelShelf:
    """Models in a folder: each in a folder of its name, or its files anywhere below."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, name: str) -> dict[str, Path] | None:
        """Return the paths of a model's files by their names; None unless all are there."""
        found = {}
        for file in _known(name).files:
            own = self.folder / name / file.name
            path = own if own.is_file() else _below(self.folder, file.name)
            if path is None:
                return None
            found[file.name] = path
        return found

    def damage(self, name: str) -> str:
        """Return what is wrong with a model's files, empty where nothing is."""
        found = self.find(name)
        if found is None:
            return "not here"
        trusted = self._trusted().get(name, {})
        for file in _known(name).files:
            want = file.sha256 or trusted.get(file.name, "")
            if not want:
                return f"{file.name}: not known what it should be"
            if _sha256(found[file.name]) != want:
                return f"{file.name} is not what it should be"
        return ""

    def bring(
        self,
        name: str,
        source: Path | None,
        fetch: Callable[[str], bytes],
        trust: bool = False,
    ) -> dict[str, Path]:
        """Put a model's files on the shelf, from a folder or from their addresses.

        A file whose sha256 nobody knows is taken only where the caller trusts it; what it was
        is kept, so that ``damage`` holds it to that.
        """
        model, taken = _known(name), {}
        for file in model.files:
            data = _taken(file, source, fetch)
            found = hashlib.sha256(data).hexdigest()
            if file.sha256 and found != file.sha256:
                text = f"{file.name} is not what it should be: its sha256 is {found}."
                raise InvalidInput(text, field="file", fix=f"Expected {file.sha256}.")
            if not file.sha256 and not trust:
                text = f"Nobody has said what {file.name} should be; its sha256 is {found}."
                raise InvalidInput(text, field="file", fix="Take it as it is with --trust.")
            taken[file.name] = data
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        for file_name, data in taken.items():
            write_bytes(folder / f"{file_name}.new", data)
            (folder / f"{file_name}.new").replace(folder / file_name)
        sync_folder(folder)
        if any(not file.sha256 for file in model.files):
            sums = {
                file_name: hashlib.sha256(data).hexdigest() for file_name, data in taken.items()
            }
            trusted = json.dumps(self._trusted() | {name: sums}, indent=1)
            write_bytes(self.folder / _TRUSTED, trusted.encode())
        return {file_name: folder / file_name for file_name in taken}

    def _trusted(self) -> dict[str, dict[str, str]]:
        path = self.folder / _TRUSTED
        if not path.is_file():
            return {}
        try:
            found: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise InvalidInput(f"{path} is damaged: {error}", field="file") from None
        return found


def download(address: str) -> bytes:
    """Return what lies at an address of the registry; https alone."""
    if not address.startswith("https://"):
        raise InvalidInput(f"{address} is not fetched: it is not https.", field="address")
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            data: bytes = answer.read(BYTES_MAX)
    except OSError as error:
        fix = "Take it from a folder: pasand vision fetch --from FOLDER."
        raise StoreUnavailable(f"{address} cannot be fetched: {error}", fix=fix) from None
    return data


def _known(name: str) -> Known:
    models = known_models()
    if name not in models:
        text = f"There is no vision model {name!r}."
        raise NotFound(text, field="name", fix=f"Known are {', '.join(models)}.")
    return models[name]


def _taken(file: KnownFile, source: Path | None, fetch: Callable[[str], bytes]) -> bytes:
    if source is not None:
        path = _below(source, file.name)
        if path is None:
            raise NotFound(f"{file.name} is not below {source}.", field="from")
        return path.read_bytes()
    if not file.address:
        fix = "Take it from a folder: pasand vision fetch --from FOLDER."
        raise NotFound(f"{file.name} has no address.", field="name", fix=fix)
    return fetch(file.address)


def _below(folder: Path, name: str) -> Path | None:
    return next((p for p in sorted(folder.rglob(name)) if p.is_file()), None)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

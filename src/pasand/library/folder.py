"""A fitted model in a folder: arrays, vocabularies and parameters, checked when they are read.

``model.json`` names the folder of arrays that counts, with the size and SHA-256 of each file; it
is replaced at once, so a model is there whole or not at all. Nothing is pickled, no key is needed,
and the folder may be moved. (An installation's own models are snapshots, which are signed.)
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.errors import InvalidInput, SnapshotDamaged
from pasand.library.fitted import Fitted
from pasand.library.frames import FRAME_KINDS
from pasand.library.labels import Labels
from pasand.library.reading import Given

__all__ = ["read_folder", "write_folder"]

_MANIFEST = "model.json"
_FORMAT = 1
_FIX = "Fit the model again and save it."


def write_folder(
    folder: str | PathLike[str], name: str, params: Mapping[str, Any], fitted: Fitted
) -> None:
    """Write a model; one that was there before goes once the new one is named."""
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    before = _manifest(path)
    arrays = path / f"arrays-{secrets.token_hex(6)}"
    arrays.mkdir()
    files = {}
    for key, value in _kept(fitted).items():
        file = arrays / f"{key}{'.json' if isinstance(value, list) else '.npy'}"
        with file.open("wb") as out:
            if isinstance(value, list):
                out.write(json.dumps(value, ensure_ascii=False).encode())
            else:
                np.save(out, value, allow_pickle=False)
            _flush(out)
        files[file.name] = {"bytes": file.stat().st_size, "sha256": _sha256(file)}
    manifest = {
        "format": _FORMAT,
        "model": name,
        "params": {
            key: value.item() if isinstance(value, np.generic) else value
            for key, value in params.items()
        },
        "frames": fitted.given.frame_kind,
        "folder": arrays.name,
        "files": files,
    }
    draft = path / f".{arrays.name}.json"
    with draft.open("wb") as out:
        out.write(json.dumps(manifest, ensure_ascii=False, indent=1).encode())
        _flush(out)
    draft.replace(path / _MANIFEST)
    if before is not None:
        shutil.rmtree(path / before["folder"], ignore_errors=True)


def read_folder(
    folder: str | PathLike[str], frames: str | None = None
) -> tuple[str, dict[str, Any], Fitted]:
    """Return a model's class, its parameters, and what it was fitted to.

    Raises:
        InvalidInput: there is no model in the folder, or no such kind of frame.
        SnapshotDamaged: a file is not what was written.
    """
    if frames is not None and frames not in FRAME_KINDS:
        raise InvalidInput(
            f"There are no frames of {frames!r}.",
            field="frames",
            fix=f"Choose from {', '.join(FRAME_KINDS)}.",
        )
    path = Path(folder)
    manifest = _manifest(path)
    if manifest is None:
        raise InvalidInput(
            f"There is no saved model in {path}.", field="folder", fix="Name what save() was given."
        )
    try:
        kept = {
            Path(name).stem: _read(path / manifest["folder"] / name, known)
            for name, known in manifest["files"].items()
        }
        given = _given(kept, frames or manifest["frames"])
        fitted = Fitted(given, _below("model.", kept))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotDamaged(f"The model in {path} cannot be read: {error}.", fix=_FIX) from error
    return manifest["model"], manifest["params"], fitted


def _kept(fitted: Fitted) -> dict[str, Any]:
    """Return everything by name: text as lists, all else as arrays."""
    data, given = fitted.interactions, fitted.given
    return {
        **{f"model.{key}": np.asarray(value) for key, value in fitted.arrays.items()},
        **{f"feature.{key}": column for key, column in data.feature.items()},
        "interactions.member": data.member,
        "interactions.item": data.item,
        "interactions.at_ms": data.at_ms,
        "interactions.weight": data.weight,
        "offered": given.offered,
        "member_ids": given.member.value.tolist() if given.member.is_text else given.member.value,
        "item_ids": given.item.value.tolist() if given.item.is_text else given.item.value,
    }


def _given(kept: Mapping[str, Any], frame_kind: str) -> Given:
    member, item = (Labels(_ids(kept[name])) for name in ("member_ids", "item_ids"))
    interactions = Interactions(
        member=kept["interactions.member"],
        item=kept["interactions.item"],
        at_ms=kept["interactions.at_ms"],
        weight=kept["interactions.weight"],
        member_ids=member.names,
        item_ids=item.names,
        feature=_below("feature.", kept),
    )
    return Given(interactions, member, item, kept["offered"], frame_kind)


def _below(prefix: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key.removeprefix(prefix): value for key, value in kept.items() if key.startswith(prefix)
    }


def _ids(kept: Any) -> NDArray[Any]:
    if not isinstance(kept, list):
        return np.asarray(kept)
    ids = np.empty(len(kept), object)
    ids[:] = kept
    return ids


def _read(file: Path, known: Mapping[str, Any]) -> Any:
    if file.stat().st_size != known["bytes"] or _sha256(file) != known["sha256"]:
        raise SnapshotDamaged(f"{file.name} is not what was written.", fix=_FIX)
    if file.suffix == ".json":
        return json.loads(file.read_bytes())
    return np.load(file, mmap_mode="r", allow_pickle=False)


def _manifest(path: Path) -> dict[str, Any] | None:
    """Return what a folder's model is made of, None where there is no model."""
    try:
        found: dict[str, Any] = json.loads((path / _MANIFEST).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SnapshotDamaged(f"{path / _MANIFEST} cannot be read.", fix=_FIX) from error
    wanted = {"model", "params", "frames", "folder", "files"}
    if found.get("format") != _FORMAT or not wanted <= set(found):
        raise SnapshotDamaged(f"{path / _MANIFEST} is of another format.", fix=_FIX)
    names = [found["folder"], *found["files"]]
    if not all(isinstance(name, str) and name == Path(name).name for name in names):
        raise SnapshotDamaged(f"{path / _MANIFEST} names files elsewhere.", fix=_FIX)
    return found


def _sha256(file: Path) -> str:
    digest = sha256()
    with file.open("rb") as source:
        while block := source.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _flush(out: Any) -> None:
    out.flush()
    os.fsync(out.fileno())

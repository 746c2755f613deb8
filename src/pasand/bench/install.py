"""How large an install is: the wheel, built and installed into an empty virtual environment.

Counted are the core's dependencies: everything in site-packages beside pip, setuptools and
Pasand itself, as installed (compiled Python files included). A megabyte is 1,000,000 bytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from pasand.bench.figures import Measured
from pasand.errors import InvalidInput, OperatorError

__all__ = ["OWN", "measure_install", "size_of"]

#: Not counted: what was there before, and what is measured.
OWN = ("pip", "setuptools", "pasand")

_LIST = """
import importlib.metadata as m, json, sysconfig
print(json.dumps([sysconfig.get_path("purelib"), [d.metadata["Name"] for d in m.distributions()]]))
"""


def measure_install(folder: Path, project: Path) -> list[Measured]:
    """Build the wheel of ``project``, install it below ``folder``, and weigh what came along."""
    if not (project / "pyproject.toml").exists():
        raise InvalidInput(
            f"There is no pyproject.toml in {project}.",
            field="project",
            fix="Name a checkout of Pasand: --project PATH",
        )
    wheels = folder / "wheels"
    pip = (sys.executable, "-m", "pip")
    _run(*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(project))
    (wheel,) = wheels.glob("pasand-*.whl")
    _run(sys.executable, "-m", "venv", str(folder / "venv"))
    python = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    _run(str(python), "-m", "pip", "install", str(wheel))
    packages, names = json.loads(_run(str(python), "-c", _LIST))
    _run(str(python), "-m", "pasand", "--help")
    others = sorted({name.lower() for name in names} - set(OWN))
    at = {"extras": "core"}
    return [
        Measured("install_distributions", len(others), "distributions", at=at),
        Measured("install_mb", round(size_of(Path(packages)) / 1e6, 1), "MB", at=at),
        Measured("wheel_mb", round(wheel.stat().st_size / 1e6, 2), "MB", at=at),
    ]


def size_of(packages: Path) -> int:
    """Return the bytes of site-packages beside pip, setuptools and Pasand."""
    total = 0
    for entry in packages.iterdir():
        name = entry.name.lower().partition("-")[0].partition(".")[0]
        if name in OWN or name in ("_distutils_hack", "distutils"):
            continue
        files = entry.rglob("*") if entry.is_dir() else [entry]
        total += sum(file.stat().st_size for file in files if file.is_file())
    return total


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = " ".join(done.stderr.strip().splitlines()[-3:])
        raise OperatorError(f"{Path(command[0]).name} {' '.join(command[1:4])} failed: {tail}")
    return done.stdout

"""Print the developer tools of pyproject.toml, one a line: an old pip cannot read the group."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Print the group ``dev``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    print("\n".join(project["dependency-groups"]["dev"]))


if __name__ == "__main__":
    main()

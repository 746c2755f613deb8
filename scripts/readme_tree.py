"""Write the tree of src/pasand into README.md, each line from its module's first sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BEGIN = "<!-- tree: made by scripts/readme_tree.py -->"
END = "<!-- /tree -->"

#: Folders without modules, told in one line each.
FOLDERS = {
    "web/static": "the web page's modules, styles and mark; served as they are",
    "web/templates": "the web page's templates",
}


def main() -> None:
    """Put the tree of today into the README."""
    readme = ROOT / "README.md"
    text = readme.read_text("utf-8")
    readme.write_text(with_tree(text), "utf-8")


def with_tree(text: str) -> str:
    """Return the README's text with the tree between its marks renewed."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    tree = "\n".join(lines(ROOT / "src" / "pasand"))
    return f"{before}{BEGIN}\n```\nsrc/pasand/\n{tree}\n```\n{END}{after}"


def lines(folder: Path, below: str = "", depth: int = 1) -> Iterator[str]:
    """Yield one line a module or folder, modules of a folder before its subfolders."""
    entries = sorted(folder.iterdir(), key=lambda entry: (entry.is_dir(), entry.name))
    for entry in entries:
        path = f"{below}{entry.name}"
        if path in FOLDERS:
            yield _line(depth, f"{entry.name}/", FOLDERS[path])
        elif entry.suffix == ".py" and (depth == 1 or entry.name != "__init__.py"):
            yield _line(depth, entry.name, sentence(entry))
        elif (entry / "__init__.py").exists():
            yield _line(depth, f"{entry.name}/", sentence(entry / "__init__.py"))
            yield from lines(entry, f"{path}/", depth + 1)


def sentence(module: Path) -> str:
    """Return the first sentence of a module's docstring, without its full stop."""
    docstring = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
    first = " ".join(docstring.partition("\n\n")[0].split())
    return re.split(r"\.(?:\s|$)", first)[0].replace("``", "")


def _line(depth: int, name: str, text: str) -> str:
    return f"{'  ' * depth + name:<28} {text}"


if __name__ == "__main__":
    main()

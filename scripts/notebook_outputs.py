"""Run the notebooks of examples/notebooks and write their outputs anew, without Jupyter.

A cell's last expression is shown as Jupyter shows it: as text, and as a table or a drawing where
it offers one. Warnings are errors. With ``--check`` nothing is written, and an output that is
not what is stored is an error.
"""

from __future__ import annotations

import ast
import io
import json
import os
import sys
import warnings
from contextlib import redirect_stdout
from difflib import unified_diff
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "examples" / "notebooks"
SHOWN = {"text/html": "_repr_html_", "image/svg+xml": "_repr_svg_"}


def main(check: bool) -> int:
    """Run every notebook; return how many are not as they are stored."""
    changed = 0
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        stored = path.read_text("utf-8")
        notebook = json.loads(stored)
        run(notebook, path.parent)
        text = f"{json.dumps(notebook, ensure_ascii=False, indent=1)}\n"
        if text != stored and check:
            sys.stderr.writelines(unified_diff(stored.splitlines(True), text.splitlines(True)))
        elif text != stored:
            path.write_text(text, "utf-8")
        changed += text != stored
    return changed


def run(notebook: dict[str, Any], folder: Path) -> None:
    """Run the code cells in one namespace and replace their outputs."""
    warnings.simplefilter("error")
    # Tables are cut to the terminal's width: that of a page, whatever the terminal.
    os.environ |= {"COLUMNS": "80", "LINES": "24"}
    os.chdir(folder)
    names: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
            cell["outputs"] = outputs(run_cell("".join(cell["source"]), count, names), count)


def run_cell(source: str, number: int, names: dict[str, Any]) -> tuple[str, Any]:
    """Run one cell; return what it printed and the value of its last expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    where = f"<cell {number}>"
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(tree, where, "exec"), names)
        value = None
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), where, "eval"), names)
    return printed.getvalue(), value


def outputs(ran: tuple[str, Any], number: int) -> list[dict[str, Any]]:
    """Return a cell's outputs in the notebook format."""
    printed, value = ran
    found: list[dict[str, Any]] = []
    if printed:
        found.append({"name": "stdout", "output_type": "stream", "text": lines(printed)})
    if value is not None:
        data = {"text/plain": lines(repr(value))}
        for kind, method in SHOWN.items():
            shown = getattr(value, method, None)
            if shown is not None:
                data[kind] = lines(shown())
        found.append(
            {
                "data": data,
                "execution_count": number,
                "metadata": {},
                "output_type": "execute_result",
            }
        )
    return found


def lines(text: str) -> list[str]:
    """Return text as the notebook format keeps it."""
    return text.splitlines(keepends=True)


if __name__ == "__main__":
    differ = main(check="--check" in sys.argv)
    sys.exit(1 if differ and "--check" in sys.argv else 0)

"""House rules for code: sizes, docstrings, names and doors, read from the source itself."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
MODULES = sorted((SOURCE / "pasand").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SCRIPTS = sorted((ROOT / "scripts").rglob("*.py"))
EVERYTHING = [*MODULES, *TESTS, *SCRIPTS]

LINES_MAX = 400
FUNCTION_LINES_MAX = 60
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
FORBIDDEN_IMPORTS = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def exports(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return None


def public_definitions(tree: ast.Module) -> list[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [n.name for n in tree.body if isinstance(n, kinds) and not n.name.startswith("_")]


def names_in(tree: ast.Module) -> set[str]:
    """Every name a module has at its top, imports included, also those only for type checkers."""
    found = set(public_definitions(tree))
    typed = [n for n in tree.body if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test)]
    for node in [*tree.body, *(inner for block in typed for inner in block.body)]:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign):
            found |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of every import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def isort_style(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions, as the linter sorts them."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)


def test_files_are_short() -> None:
    sizes = {label(path): len(path.read_text("utf-8").splitlines()) for path in EVERYTHING}
    assert not {name: size for name, size in sizes.items() if size > LINES_MAX}


def test_functions_are_short() -> None:
    long = []
    for path in EVERYTHING:
        for function in functions(tree_of(path)):
            assert function.end_lineno is not None
            length = function.end_lineno - function.lineno + 1
            if length > FUNCTION_LINES_MAX:
                long.append(f"{label(path)}: {function.name} has {length} lines")
    assert not long


def test_modules_say_what_they_are_for() -> None:
    texts = {label(path): ast.get_docstring(tree_of(path)) or "" for path in EVERYTHING}
    assert not [name for name, text in texts.items() if not re.search(r"[.!?:]", text)]


def test_modules_are_named_after_what_they_hold() -> None:
    parts = {label(p): set(p.relative_to(SOURCE).with_suffix("").parts) for p in MODULES}
    assert not [name for name, words in parts.items() if words & FORBIDDEN_NAMES]


def test_tests_have_names_of_their_own() -> None:
    """Two test files of one name, wherever they lie, cannot be collected together."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert not [name for name, count in names.items() if count > 1]


def test_modules_name_what_they_offer() -> None:
    wrong = []
    for path in MODULES:
        tree = tree_of(path)
        offered = exports(tree)
        if offered is None:
            if public_definitions(tree) and path.name != "__main__.py":
                wrong.append(f"{label(path)} has no __all__")
            continue
        if offered != sorted(offered, key=isort_style):
            wrong.append(f"{label(path)}: __all__ is not sorted")
        missing = set(offered) - names_in(tree)
        wrong += [f"{label(path)}: __all__ names {name}, which is not there" for name in missing]
    assert not wrong


def test_what_others_import_is_offered() -> None:
    files = {".".join(p.relative_to(SOURCE).with_suffix("").parts): p for p in MODULES}
    files |= {name.removesuffix(".__init__"): path for name, path in files.items()}
    missing = set()
    for path in MODULES:
        for module, name in imports(tree_of(path)):
            if module not in files or f"{module}.{name}" in files or name == "__version__":
                continue
            if name and name not in (exports(tree_of(files[module])) or ()):
                missing.add(f"{module} does not offer {name}")
    assert not missing


def test_nothing_is_unpickled() -> None:
    for path in MODULES:
        roots = {module.partition(".")[0] for module, _ in imports(tree_of(path))}
        assert not roots & FORBIDDEN_IMPORTS, label(path)
        assert "allow_pickle=True" not in path.read_text("utf-8"), label(path)


def test_only_the_command_line_prints() -> None:
    printing = []
    for path in MODULES:
        for node in ast.walk(tree_of(path)):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Name) and called.id == "print" and "cli" not in path.parts:
                printing.append(f"{label(path)}:{called.lineno}")
    assert not printing


def test_nothing_is_left_to_do() -> None:
    left = re.compile("TO" + "DO|FIX" + "ME|X" + "XX")
    suffixes = {".py", ".js", ".css", ".html", ".toml", ".sql"}
    for path in [*(SOURCE / "pasand").rglob("*"), *TESTS, *SCRIPTS]:
        if path.suffix in suffixes:
            assert not left.search(path.read_text("utf-8")), label(path)

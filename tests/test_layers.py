"""Who may import whom. Read from the source, so that a new module is held to it from its first day."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "convend_widget"
FILES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in ROOT.rglob("*.py")}

PURE = {"errors", "conversation"}
SESSION = {*PURE, "ending", "library", "model", "store", "owner", "pace", "session"}
SKIN = (SESSION - {"library"}) | {"dates", "files", "inspect_log", "markup", "spreadsheet"}
# What a layer may import beside itself. A module that is not named here is a front door: it may import all, and none
# of these may import it.
ALLOWED = {
    "errors": set[str](),
    "conversation": {"errors"},
    "ending": PURE,
    "library": {*PURE, "ending"},
    "formulas": set[str](),
    "markup": {"errors", "formulas"},
    "files": {"errors"},
    "spreadsheet": {"files"},
    "dates": set[str](),
    "inspect_log": {"conversation", "dates"},
    "owner": {"errors"},
    "pace": {"errors"},
    "model": PURE,
    "store": PURE,
    "session": SESSION,
    "panel": SKIN,
    "replay": SKIN,
    "interchange": SKIN,
}
# Where a package may be imported at all; diagnosis only tells its version.
ONLY_IN = {
    "anthropic": ("model/",),
    "httpx2": ("model/",),
    "anywidget": ("panel/widget.py",),
    "matplotlib": ("replay/plot/",),
    "sqlite3": ("store/", "diagnosis.py"),
    "concurrent": ("owner.py",),
    "multiprocessing": (),
}
IMPURE = {
    "asyncio",
    "datetime",
    "io",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "time",
}


def layer(file: str) -> str:
    return file.split("/")[0].removesuffix(".py")


def imports(file: str, tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Each import as ("ours", layer) or ("other", package), in whatever function it hides; not those for types only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield from imports(file, node)
        if isinstance(node, ast.Import):
            yield from (("other", alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            path = (file.split("/")[: -node.level] if node.level else []) + (node.module or "").split(".")
            names = [path[0]] if path[0] else [alias.name for alias in node.names if alias.name != "__version__"]
            yield from (("ours" if node.level else "other", name) for name in names)


@pytest.mark.parametrize("file", sorted(FILES))
def test_a_module_imports_its_own_layer_and_those_below(file: str) -> None:
    found = {name for kind, name in imports(file, FILES[file]) if kind == "ours"}
    allowed = ALLOWED.get(layer(file))
    assert allowed is None or found <= allowed | {layer(file)}, f"{file} reaches too high"


@pytest.mark.parametrize("file", sorted(FILES))
def test_a_package_is_imported_only_where_it_belongs(file: str) -> None:
    for package in {name for kind, name in imports(file, FILES[file]) if kind == "other"}:
        assert package != "convend_widget", "ours are imported by their place"
        assert package not in ONLY_IN or file.startswith(ONLY_IN[package])
        if layer(file) in PURE | {"ending"}:
            assert package in sys.stdlib_module_names
            assert package not in IMPURE


def test_the_sdk_and_the_widget_are_each_imported_by_one_module() -> None:
    for package in ("anthropic", "anywidget"):
        assert len([f for f, tree in FILES.items() if ("other", package) in set(imports(f, tree))]) <= 1


def test_threads_are_started_in_one_module() -> None:
    """Locks are another matter: they guard against threads that others start."""
    starts = ("Thread", "Timer", "to_thread", "run_in_executor", "ThreadPoolExecutor")
    for file, tree in FILES.items():
        used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        absolute = (n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level == 0)
        used |= {alias.name for n in absolute for alias in n.names}
        assert file == "owner.py" or used.isdisjoint(starts), file

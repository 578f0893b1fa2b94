"""What the house asks of the text itself."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

COMMANDS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_style_and_types(command):
    told = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


ROOT = Path(__file__).parent.parent
ROOMS = ("intact", "mechanics", "meshes", "materials", "benchmarks")
FILES = [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]
TREES = {file: ast.parse(file.read_text(encoding="utf-8")) for file in FILES}


def module(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_two_public_classes_have_one_name() -> None:
    places: dict[str, list[str]] = {}
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(module(file))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_no_file_needs_scrolling_to_understand() -> None:
    assert {module(file): n for file in FILES if (n := file.read_text(encoding="utf-8").count("\n")) > 305} == {}


def test_docstrings_can_be_read_alone() -> None:
    """They begin with what a thing is or does."""
    odd = [
        f"{module(file)}.{node.name}"
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and re.match(r"(Of|That|To|With which|By which) ", ast.get_docstring(node) or "")
    ]
    assert odd == []


def imported(tree: ast.Module, known: set[str]) -> Iterator[str]:
    """Modules that are imported with this one; what a function imports, or types alone need, is not."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{one.name}" for one in node.names]
            yield from (name if name in known else node.module for name in inner)
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


def test_no_import_goes_in_a_circle() -> None:
    names = {module(file): tree for file, tree in TREES.items()}
    after = {name: {of for of in imported(tree, set(names)) if of in names} for name, tree in names.items()}
    while free := {name for name, needs in after.items() if not needs & after.keys()}:
        after = {name: needs for name, needs in after.items() if name not in free}
    assert after == {}


WALLS = {
    "mechanics": ("intact", "materials", "meshes", "tomllib", "pyvista", "gmsh"),
    "materials": ("intact", "mechanics", "meshes", "ufl", "dolfinx"),
    "meshes": ("intact", "mechanics", "materials"),
}


def test_the_walls_hold() -> None:
    """Each room knows what it may know."""
    through = [
        (module(file), of)
        for file, tree in TREES.items()
        for of in imported(tree, set())
        if of.split(".")[0] in WALLS.get(module(file).split(".")[0], ())
    ]
    assert through == []

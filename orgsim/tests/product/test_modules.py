"""The modules of the package stand above each other."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts): path
    for path in (SOURCE / "orgsim").rglob("*.py")
}


def imported_by(path):
    """The package's modules that a file imports, also those that it imports for their types only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            yield from names & MODULES.keys()


def test_no_module_needs_one_that_needs_it():
    """Put in order, each comes after those that it imports."""
    order = TopologicalSorter({name: {*imported_by(path)} for name, path in MODULES.items()})

    assert {*order.static_order()} == MODULES.keys()

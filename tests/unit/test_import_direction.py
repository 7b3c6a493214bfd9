"""The direction of imports: rules know nothing of adapters, adapters nothing of each other."""

import ast
import graphlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "switchhook" / "switchhook"
CODE = {
    "switchhook": PACKAGE,
    "functions": ROOT / "functions",
    "orgsim": ROOT / "orgsim" / "src" / "orgsim",
    "local": ROOT / "local",
}
IMPURE = {
    "asyncio",
    "http",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "secrets",
    "shutil",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib",
    "uuid",
}
CLOCKS = {"now", "utcnow", "today"}

MAY_IMPORT = {
    "domain": {"domain"},
    "ports": {"domain", "ports"},
    "usecases": {"domain", "ports", "usecases"},
    "adapters": {"domain", "ports", "adapters"},
    "runtime": {"domain", "ports", "usecases", "adapters", "runtime"},
}
"""Which parts of the package each part may import."""


def modules(folder):
    return sorted(folder.rglob("*.py"))


def imports_of(path):
    """Gives each imported dotted name of a file, whole, wherever in the file it stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(path):
    return path.relative_to(PACKAGE).parts[0]


def room_of(name):
    """Gives the room of a module, told by its dotted name: a sub-package, or a file beside them."""
    return ".".join(name.split(".")[:3])


def named(path):
    return str(path.relative_to(ROOT))


OUR_MODULES = [path for path in modules(PACKAGE) if path.name != "__init__.py"]


def wrong(path, allowed):
    return [name for name in imports_of(path) if not allowed(name)]


@pytest.mark.parametrize("path", OUR_MODULES, ids=named)
def test_each_part_of_the_package_imports_only_what_lies_below_it(path):
    below = MAY_IMPORT[part_of(path)]

    assert not wrong(
        path,
        lambda name: not name.startswith("switchhook.") or name.split(".")[1] in below,
    )


@pytest.mark.parametrize("part", ["domain", "ports", "usecases"])
def test_the_rooms_of_a_part_import_each_other_in_one_direction(part):
    """A folder that knows another is not known by it, not even by a detour."""
    doors = {}
    for path in (path for path in OUR_MODULES if part_of(path) == part):
        here = room_of(".".join(("switchhook", *path.relative_to(PACKAGE).with_suffix("").parts)))
        beyond = {
            room_of(name) for name in imports_of(path) if name.startswith(f"switchhook.{part}.")
        }
        doors.setdefault(here, set()).update(beyond - {here})

    in_order = list(graphlib.TopologicalSorter(doors).static_order())

    assert len(in_order) > 1


@pytest.mark.parametrize(
    "path",
    [path for path in OUR_MODULES if part_of(path) in {"domain", "ports", "usecases"}],
    ids=named,
)
def test_rules_and_use_cases_know_no_third_party_and_no_outside_world(path):
    pure = (sys.stdlib_module_names - IMPURE) | {"switchhook"}

    assert not wrong(path, lambda name: name.split(".")[0] in pure)


@pytest.mark.parametrize(
    "path",
    [path for path in OUR_MODULES if part_of(path) in {"domain", "usecases"}],
    ids=named,
)
def test_rules_and_use_cases_look_at_no_clock(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    asked = [
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date"}
    ]

    assert not set(asked) & CLOCKS


@pytest.mark.parametrize(
    "path", [path for path in OUR_MODULES if part_of(path) == "adapters"], ids=named
)
def test_an_adapter_imports_no_other_adapters_package(path):
    """A folder of adapters may be put together by a module beside it, as a catalogue of products."""
    adapters = PACKAGE / "adapters"
    foreign = [
        f"switchhook.{'.'.join(folder.relative_to(PACKAGE).parts)}."
        for folder in adapters.rglob("*/")
        if folder not in path.parents
        and (folder.parent == adapters or folder.parent != path.parent)
    ]

    assert not wrong(path, lambda name: not name.startswith(tuple(foreign)))


@pytest.mark.parametrize("path", modules(CODE["functions"]), ids=named)
def test_functions_reach_the_world_through_the_runtime_only(path):
    def is_allowed(name):
        first, *rest = name.split(".")
        return first not in {"switchhook", "orgsim", "local"} or (
            first == "switchhook" and rest[0] in {"domain", "runtime", "usecases"}
        )

    assert not wrong(path, is_allowed)


@pytest.mark.parametrize(
    "path", [*OUR_MODULES, *modules(CODE["functions"]), *modules(CODE["orgsim"])], ids=named
)
def test_nothing_imports_the_simulated_org_or_the_local_cloud(path):
    home = path.relative_to(ROOT).parts[0]

    assert not wrong(path, lambda name: name.split(".")[0] not in {"orgsim", "local"} - {home})


@pytest.mark.parametrize("path", modules(ROOT / "orgsim"), ids=named)
def test_the_simulated_org_knows_nothing_of_switchhook(path):
    """Neither its code nor its tests: it is a project of its own."""
    ours = {"switchhook", "local", "bench", "builders", "fakes"}

    assert not wrong(path, lambda name: name.split(".")[0] not in ours)


@pytest.mark.parametrize(
    "path",
    [path for folder in CODE.values() for path in folder.rglob("__init__.py")],
    ids=named,
)
def test_init_files_are_empty(path):
    assert path.read_text(encoding="utf-8") == ""


def test_there_is_something_to_look_at():
    assert len(OUR_MODULES) > 10
    assert "switchhook.domain.errors.Rejected" in set(
        imports_of(PACKAGE / "domain" / "settings" / "reading.py")
    )

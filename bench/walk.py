"""Counts how far one event walks through the package, and how large the house is that it walks through.

    python -m bench.walk [--files]

Three events go from the queue's message to the Salesforce port, with the tests' fakes behind every port:

- a matched call: of a contact's number, of a tenant whose org is known by an earlier call, when what was
  found for the number then has been forgotten;
- a known visitor's chat: of one whom an earlier chat made a Lead of, found again by the e-mail;
- a late fact: a tag for a call that was logged, with the wake-up that writes it when its window is over.

What counts: every entry of a function of the package that is written down in a file, so neither what an
import runs nor what `dataclass` makes. A generator is entered each time that it goes on. Functions are told
apart by file and qualified name; a file change is an entry in another file than the one before; the depth
is in frames of the package. The adapters are away, but for the number plan, which the fakes use as it is.
With --files the files of each walk follow in the order in which they were first entered.
"""

import argparse
import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "layers" / "switchhook" / "switchhook"
# Only pytest knows by itself where the package and the tests' builders lie.
sys.path[:0] = [str(ROOT), str(PACKAGE.parent), str(ROOT / "tests")]

from builders.late_calls import (  # noqa: E402
    CALL_BACK,
    WINDOW_S,
    logged_office,
    office_with_contact,
    tell,
)
from builders.told_chats import office_that, tell_chat  # noqa: E402
from local.table import table  # noqa: E402

TAG = replace(CALL_BACK, comments=(), tags=("pricing",))
PAST_THE_MATCH_CACHE_S = 600
MOST_LINES_OF_A_FILE, MOST_LINES_OF_A_FUNCTION, MOST_IN_A_BAG = 500, 30, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One function that was entered, and how many of the package's frames stood there then."""

    file: str
    function: str
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A file of the package as it is written; `name` is its path in the package."""

    name: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        """How many lines the file has, empty ones too."""
        return len(self.text.splitlines())


def main(arguments: list[str]) -> int:
    """Print the walks and the house."""
    parser = argparse.ArgumentParser(prog="python -m bench.walk")
    parser.add_argument("--files", action="store_true", help="the files of each walk, in order")
    told = parser.parse_args(arguments)
    walks = [
        ("a matched call", _matched_call()),
        ("a known visitor's chat", _known_visitors_chat()),
        ("a late fact", _late_fact()),
    ]
    heads = ("walk", "files", "functions", "file changes", "depth")
    print(table(heads, [(what, *_figures(walk)) for what, walk in walks]))
    modules = list(_modules())
    print("\n" + table(("house", "count"), _house(modules)))
    for title, found in _too_large(modules):
        print(f"\n{len(found)} {title}", *found, sep="\n  ")
    for what, walk in walks if told.files else ():
        print(f"\nFiles of {what}", *dict.fromkeys(entry.file for entry in walk), sep="\n  ")
    return 0


def _matched_call() -> list[Entry]:
    office = office_with_contact()
    office.deliver(call_id="warm-up")
    office.pass_time(PAST_THE_MATCH_CACHE_S)
    before = len(office.tasks)
    walk = _walk(office.deliver)
    assert len(office.tasks) == before + 1, "the call has no Task"
    return walk


def _known_visitors_chat() -> list[Entry]:
    office = office_that("lead_task")
    tell_chat(office, chat_id="warm-up")
    office.pass_time(PAST_THE_MATCH_CACHE_S)
    before = len(office.tasks)
    walk = _walk(lambda: tell_chat(office))
    assert len(office.org.of_type("Lead")) == 1, "the visitor was not recognised"
    assert len(office.tasks) == before + 1, "the chat has no Task"
    return walk


def _late_fact() -> list[Entry]:
    office = logged_office()

    def late() -> None:
        tell(office, TAG)
        office.pass_time(WINDOW_S + 5)

    walk = _walk(late)
    assert len(office.org.changes) == 1, "the Task was not brought up to date"
    return walk


def _walk(event: Callable[[], object]) -> list[Entry]:
    entries: list[Entry] = []

    def enter(frame: FrameType, what: str, _: object) -> None:
        if what != "call" or not _is_ours(frame.f_code):
            return
        stack = _our_stack(frame)
        if all(code.co_name != "<module>" for code in stack):
            file = Path(frame.f_code.co_filename).relative_to(PACKAGE).as_posix()
            name = frame.f_code.co_qualname
            entries.append(Entry(file=file, function=name, depth=len(stack)))

    sys.setprofile(enter)
    try:
        event()
    finally:
        sys.setprofile(None)
    return entries


def _our_stack(innermost: FrameType) -> list[CodeType]:
    stack: list[CodeType] = []
    frame: FrameType | None = innermost
    while frame is not None:
        if _is_ours(frame.f_code):
            stack.append(frame.f_code)
        frame = frame.f_back
    return stack


def _is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(f"{PACKAGE}/")


def _figures(walk: list[Entry]) -> tuple[str, str, str, str]:
    files = {entry.file for entry in walk}
    functions = {(entry.file, entry.function) for entry in walk}
    changes = sum(before.file != after.file for before, after in pairwise(walk))
    depth = max(entry.depth for entry in walk)
    return f"{len(files)}", f"{len(functions)}", f"{changes:,}", f"{depth}"


def _modules() -> Iterator[Module]:
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if text:  # an empty __init__.py only makes its folder a package
            name = path.relative_to(PACKAGE).as_posix()
            yield Module(name=name, text=text, tree=ast.parse(text))


def _house(modules: list[Module]) -> list[tuple[str, str]]:
    ports = [module for module in modules if module.name.startswith("ports")]
    protocols = sum("Protocol" in _names(one.bases) for module in ports for one in _classes(module))
    return [
        ("modules that are not empty", f"{len(modules):,}"),
        ("lines", f"{sum(module.lines for module in modules):,}"),
        ("protocols in ports", f"{protocols:,}"),
        *(bag for module in modules for bag in _bags(module)),
    ]


def _bags(module: Module) -> Iterator[tuple[str, str]]:
    """The use cases' dataclasses and the wiring's classes that hold more than a handful."""
    for one in _classes(module):
        if module.name.startswith("usecases/") and "dataclass" in _names(one.decorator_list):
            what, held = "fields", sum(isinstance(line, ast.AnnAssign) for line in one.body)
        elif module.name.startswith("runtime/"):
            what, held = "properties", sum(_is_property(line) for line in one.body)
        else:
            continue
        if held > MOST_IN_A_BAG:
            yield f"{what} of {one.name} in {module.name}", f"{held}"


def _is_property(line: ast.stmt) -> bool:
    if not isinstance(line, ast.FunctionDef):
        return False
    return not {"property", "cached_property"}.isdisjoint(_names(line.decorator_list))


def _classes(module: Module) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef))


def _names(expressions: list[ast.expr]) -> set[str]:
    """What is named, without the module before it and the call or subscript behind it."""
    return {re.split(r"[(\[]", ast.unparse(one))[0].rpartition(".")[2] for one in expressions}


def _too_large(modules: list[Module]) -> Iterator[tuple[str, list[str]]]:
    yield (
        f"files over {MOST_LINES_OF_A_FILE} lines",
        [f"{one.name} {one.lines}" for one in modules if one.lines > MOST_LINES_OF_A_FILE],
    )
    long = sorted((one for module in modules for one in _long_functions(module)), reverse=True)
    yield (
        f"functions over {MOST_LINES_OF_A_FUNCTION} lines",
        [f"{where} {name} {lines}" for lines, where, name in long],
    )


def _long_functions(module: Module) -> Iterator[tuple[int, str, str]]:
    """Lines are counted from `def`, without decorators, to the last, with the docstring."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_LINES_OF_A_FUNCTION:
                yield lines, f"{module.name}:{node.lineno}", node.name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

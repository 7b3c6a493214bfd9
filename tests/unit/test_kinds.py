"""What differs between calls and chats stands with each kind; shared code asks nothing about the kind."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import switchhook
from switchhook.domain.facts.event import Kind
from switchhook.usecases.record.kinds import STEPS

PACKAGE = Path(switchhook.__file__).parent
OF_ONE_KIND = frozenset({"Screened", "ChatScreened", "OpenedCall", "OpenedChat"})
MAY_ASK = {
    "usecases/record/calls.py": "tells a call that passed from one that is skipped",
    "usecases/record/chats.py": "tells a chat that passed from one that waits or is skipped",
    "usecases/record/late_chats.py": "tells a chat that would still pass from one that would not",
}
"""Modules that know one kind only."""


def questions(tree: ast.AST) -> Iterator[str]:
    """Each place that asks of which kind an activity, or something of it, is."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=others):
                asks = any(_is_kind(one) for one in [left, *others]) or _asks_for_facts(node)
            case ast.MatchValue(value=value):
                asks = _is_kind(value)
            case ast.MatchClass(cls=ast.Name(id=name)):
                asks = name in OF_ONE_KIND
            case ast.IfExp(test=test) | ast.If(test=test):
                asks = isinstance(test, ast.Attribute) and test.attr == "chat"
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, asked]):
                asks = any(
                    isinstance(one, ast.Name) and one.id in OF_ONE_KIND for one in ast.walk(asked)
                )
            case _:
                continue
        if asks:
            yield f"{ast.unparse(node).splitlines()[0]} in line {getattr(node, 'lineno', 0)}"


def _is_kind(node: ast.expr) -> bool:
    """A member of `Kind`, or a collection of them."""
    return any(
        isinstance(one, ast.Attribute)
        and isinstance(one.value, ast.Name)
        and one.value.id == Kind.__name__
        and one.attr in Kind.__members__
        for one in ast.walk(node)
    )


def _asks_for_facts(node: ast.Compare) -> bool:
    """`opened.chat is None` and the like: facts of one kind are there, so it is that kind."""
    (other, *_) = node.comparators
    is_none = isinstance(other, ast.Constant) and other.value is None
    return is_none and isinstance(node.left, ast.Attribute) and node.left.attr in {"call", "chat"}


def asking_modules() -> dict[str, list[str]]:
    """The modules that ask, with what they ask; a provider's adapter knows what its events tell of."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith("adapters/providers/"):
            continue
        if asked := list(questions(ast.parse(path.read_text(encoding="utf-8")))):
            found[name] = asked
    return found


def test_only_modules_of_one_kind_ask_for_the_kind():
    found = asking_modules()

    assert {name: asked for name, asked in found.items() if name not in MAY_ASK} == {}
    assert set(MAY_ASK) == set(found)


@pytest.mark.parametrize("kind", Kind, ids=str)
def test_each_kind_has_its_steps(kind):
    assert kind in STEPS


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("head.kind is Kind.CHAT", id="compared"),
        pytest.param("head.kind in {Kind.CHAT, Kind.CALL}", id="one_of_several"),
        pytest.param("opened.chat is not None", id="by_its_facts"),
        pytest.param("1 if opened.chat else 2", id="by_facts_that_are_there"),
        pytest.param("isinstance(screened, ChatScreened | Skip)", id="by_what_passed"),
        pytest.param("match head.kind:\n    case Kind.CALL: pass", id="a_case_of_a_match"),
        pytest.param("match event:\n    case Event(kind=Kind.CALL): pass", id="a_field_of_a_case"),
        pytest.param("match screened:\n    case Screened(): pass", id="a_class_of_a_match"),
    ],
)
def test_each_way_to_ask_is_seen(source):
    assert list(questions(ast.parse(source)))


@pytest.mark.parametrize(
    "source", ["STEPS[head.kind].open(entry, world)", "head.kind == wanted.kind"]
)
def test_to_look_a_kind_up_is_no_question(source):
    assert list(questions(ast.parse(source))) == []

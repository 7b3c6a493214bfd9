"""Writes docs/rules.md from the code: every rule, what cites it, and the tests that would catch its loss.

`python -m local.rules_page` prints the page; a test holds the file to it.
"""

import ast
import inspect
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import switchhook
from local.paths import ROOT
from switchhook.domain.rules import FAMILIES, Rule

TESTS = ROOT / "tests"
AN_ID = re.compile(rf"({'|'.join(FAMILIES)})-\d+")
_PRODUCT = (Path(switchhook.__file__).parent, ROOT / "functions")
_DEFINES_THEM = Path(inspect.getfile(Rule))
_MAY_CITE = re.compile(rf"{AN_ID.pattern}|\b{Rule.__name__}\.")
_WIDTH = 120
_HEAD = """\
# Rules

Every promised behaviour by its id. Decisions cite the ids, settings answer to them, and tests are marked with them.
Below each rule are the modules that cite it and, under `tests`, the files with a test that would catch its loss. Made
from the code by `make docs`.
"""


def page() -> str:
    """The whole page."""
    citing, proofs = citations(), marks()
    lines = [_HEAD]
    for letters, meaning in FAMILIES.items():
        lines += [f"## {letters}: {meaning}", ""]
        lines += [
            _entry(rule, citing.get(rule, set()), proofs.get(rule, set()))
            for rule in _family(letters)
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def citations() -> Mapping[str, set[str]]:
    """The product's modules that cite each id, named from their package or folder on."""
    found = defaultdict(set)
    for name, tree in citing_modules():
        for cited in ids_in(tree):
            found[cited].add(name)
    return found


def citing_modules() -> Iterator[tuple[str, ast.Module]]:
    """Each module of the product that may cite a rule, by name; not the one that defines them."""
    for folder in _PRODUCT:
        for path in folder.rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            if path != _DEFINES_THEM and _MAY_CITE.search(source):
                yield path.relative_to(folder.parent).as_posix(), ast.parse(source)


def ids_in(tree: ast.AST) -> Iterator[str]:
    """Each id that is cited: alone, or in a text of nothing but ids."""
    for node in ast.walk(tree):
        words = (rule_id(node) or "").split()
        if words and all(AN_ID.fullmatch(word) for word in words):
            yield from words


def marks() -> Mapping[str, set[str]]:
    """The test files that are marked with each id; what cannot be read as an id is given as written."""
    found = defaultdict(set)
    for path in TESTS.rglob("*.py"):
        for rule_id in _marked_in(path.read_text(encoding="utf-8")):
            found[rule_id].add(path.relative_to(TESTS).as_posix())
    return found


def _marked_in(source: str) -> Iterator[str]:
    if "mark.rule" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.rule"):
            yield from (rule_id(arg) or ast.unparse(arg) for arg in node.args)


def rule_id(node: ast.AST) -> str | None:
    """The id that an expression is: a literal, or a member of `Rule`."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Attribute(value=ast.Name(id=Rule.__name__), attr=name):
            return name.replace("_", "-")
    return None


def _family(letters: str) -> list[Rule]:
    mine = [rule for rule in Rule if rule.partition("-")[0] == letters]
    return sorted(mine, key=lambda rule: int(rule.partition("-")[2]))


def _entry(rule: Rule, citing: set[str], proofs: set[str]) -> str:
    lines = [f"- **{rule}** {rule.sentence}"]
    if citing:
        lines.append(_listed("cited by ", citing))
    lines.append(_listed("tested by ", proofs) if proofs else "  not built yet")
    return "\\\n".join(lines)


def _listed(words: str, files: set[str]) -> str:
    return textwrap.fill(
        words + ", ".join(f"`{file}`" for file in sorted(files)),
        width=_WIDTH - len("\\"),
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


if __name__ == "__main__":
    print(page(), end="")

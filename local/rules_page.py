"""Writes docs/rules.md from the code: every rule, and the tests that would catch its loss.

`python -m local.rules_page` prints the page; a test holds the file to it.
"""

import ast
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping

from local.paths import ROOT
from switchhook.domain.rules import FAMILIES, Rule

TESTS = ROOT / "tests"
_WIDTH = 120
_HEAD = """\
# Rules

Every promised behaviour by its id. Decisions cite the ids, settings answer to them, and tests are marked with them;
below each rule are the files under `tests` with a test that would catch its loss. Made from the code by `make docs`.
"""


def page() -> str:
    """The whole page."""
    proofs = marks()
    lines = [_HEAD]
    for letters, meaning in FAMILIES.items():
        lines += [f"## {letters}: {meaning}", ""]
        lines += [_entry(rule, proofs.get(rule, set())) for rule in _family(letters)]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


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


def _entry(rule: Rule, files: set[str]) -> str:
    proof = ", ".join(f"`{file}`" for file in sorted(files)) or "not built yet"
    listed = textwrap.fill(
        proof,
        width=_WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
        break_long_words=False,
    )
    return f"- **{rule}** {rule.sentence}\\\n{listed}"


if __name__ == "__main__":
    print(page(), end="")

"""Every rule that code cites or a test is marked with is one that is promised, and its loss is caught."""

import ast
import json

import pytest

from local.paths import ROOT
from local.rules_page import AN_ID, citations, citing_modules, ids_in, marks, page
from switchhook.domain.rules import Rule


@pytest.fixture(scope="module")
def cited():
    return citations()


@pytest.fixture(scope="module")
def marked():
    return marks()


def test_code_cites_only_rules_that_are_promised(cited):
    assert cited
    assert {each: files for each, files in cited.items() if each not in set(Rule)} == {}


def test_a_rule_that_code_cites_has_a_test_that_would_catch_its_loss(cited, marked):
    assert {each: files for each, files in cited.items() if each not in marked} == {}


STORED_BEFORE = {
    # What owners and slots cite that were stored before they told by fields of their own.
    "switchhook/domain/ownership.py": {"XB-4", "AC-28", "CX-58", "PC-18", "PC-19"},
    "switchhook/domain/comparing.py": {"AC-5"},
}


def test_a_rule_is_cited_by_its_name_and_not_as_text():
    written = {name: set(_texts(tree)) for name, tree in citing_modules()}

    assert {name: ids for name, ids in written.items() if ids} == STORED_BEFORE


def test_no_code_decides_by_the_rule_that_something_cites():
    """A sentence that is cited by another rule must change no behaviour."""
    compared = {name for name, tree in citing_modules() if any(_comparisons(tree))}

    assert compared == {"switchhook/domain/writing/repoint.py"}  # takes its own citation off again


@pytest.mark.parametrize(
    "decides",
    [
        "x.rule == Rule.SH_5",
        "Rule.AC_5 in slot.rules",
        "RULE = Rule.SH_5\nif reason.rule is RULE: pass",
        "match rule:\n    case Rule.AC_5: pass",
    ],
)
def test_each_way_to_decide_by_a_rule_is_seen(decides):
    assert any(_comparisons(ast.parse(decides)))


def _texts(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from ids_in(node)


def _comparisons(tree):
    named = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _is_rule(node.value, ())
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            yield from (one for one in (node.left, *node.comparators) if _is_rule(one, named))
        if isinstance(node, ast.MatchValue) and _is_rule(node.value, named):
            yield node


def _is_rule(node, named):
    if isinstance(node, ast.Name):
        return node.id in named
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == Rule.__name__
    )


def test_tests_are_marked_only_with_rules_that_are_promised(marked):
    assert marked
    assert {each: files for each, files in marked.items() if each not in set(Rule)} == {}


@pytest.mark.parametrize("cites", ['f("XB-16")', "f(Rule.XB_16)", 'f("PC-5 XB-16")'])
def test_each_way_to_cite_a_rule_is_seen(cites):
    assert "XB-16" in set(ids_in(ast.parse(cites)))


@pytest.mark.parametrize("other", ['f("UTF-8")', 'f("as XB-16 says")', "f(Kind.XB_16)"])
def test_nothing_else_is_taken_for_a_rule(other):
    assert set(ids_in(ast.parse(other))) == set()


@pytest.mark.parametrize("rule", Rule, ids=str)
def test_each_rule_has_its_own_name_family_and_sentence(rule):
    same = [other for other in Rule if other.sentence == rule.sentence]

    assert rule.name == rule.value.replace("-", "_")
    assert AN_ID.fullmatch(rule)
    assert rule.sentence.endswith(".")
    assert same == [rule]


def test_a_rule_is_plain_text_wherever_it_goes():
    rule = Rule.XB_16

    assert rule == "XB-16"
    assert {"XB-16": 1}[rule] == 1
    assert (hash(rule), str(rule), f"{rule}") == (hash("XB-16"), "XB-16", "XB-16")
    assert sorted(Rule) == sorted(map(str, Rule))
    assert json.dumps({rule: [rule]}) == '{"XB-16": ["XB-16"]}'


def test_the_page_of_rules_is_what_the_code_says():
    written = ROOT / "docs" / "rules.md"

    assert written.read_text(encoding="utf-8") == page()

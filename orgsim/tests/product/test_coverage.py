"""The table of what is covered says only what tests hold."""

import ast
import functools
import re

import pytest
from coverage_table import ROOT, TABLE, page, read

TESTS = ROOT / "tests"
NODE = re.compile(r"(?P<file>[\w/]+\.py)::(?P<name>\w+)(\[(?P<case>\w+)\])?")
RESOURCES, UNPROVEN = read()


@functools.cache
def cases_of(file):
    """Each test of a file, with the ids of the cases that stand in the file."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    tests = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    cases = {
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword)
        and node.arg == "id"
        and isinstance(node.value, ast.Constant)
    }
    return tests, cases


@pytest.mark.parametrize("resource", RESOURCES, ids=[r.name for r in RESOURCES])
def test_every_test_that_the_table_names_exists(resource):
    """With its case, if it names one."""
    lost = []
    for _, test in resource.covered:
        node = NODE.fullmatch(test)
        assert node is not None, test
        tests, cases = cases_of(node["file"])
        if node["name"] not in tests or (node["case"] is not None and node["case"] not in cases):
            lost.append(test)

    assert lost == []


def test_a_behaviour_is_named_once():
    """No resource counts one twice, and none has none."""
    for resource in RESOURCES:
        behaviours = [behaviour for behaviour, _ in resource.covered] + list(resource.missing)
        assert len(set(behaviours)) == len(behaviours) > 0, resource.name


def test_the_page_is_what_the_data_gives():
    """It is written by `python bench/coverage_table.py`."""
    assert TABLE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("entry", UNPROVEN, ids=[f"{u.file}: {u.text}" for u in UNPROVEN])
def test_words_without_a_witness_are_still_in_use(entry):
    """Words that were corrected leave the list."""
    assert entry.text in (ROOT / "src" / "orgsim" / entry.file).read_text(encoding="utf-8")

"""The breaks that the bench tries on a copy are breaks of the code as it stands."""

import pytest

from bench.mutations import PACKAGE, ROOT, mutations


@pytest.mark.parametrize("one", mutations(), ids=lambda one: f"{one.rule} {one.what}")
def test_what_a_break_replaces_stands_once(one):
    assert (ROOT / PACKAGE / one.file).read_text(encoding="utf-8").count(one.before) == 1

"""The page that follows one event is true: each block is run, and prints what stands below it."""

import contextlib
import doctest
import io
import re
import uuid
from pathlib import Path

import pytest

from builders.stack_logs import await_lines
from local import cloud
from local.state import Running

pytestmark = pytest.mark.stack

PAGE = Path(__file__).parents[2] / "docs" / "follow-one-event.md"
A_BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def test_each_block_of_the_page_prints_what_the_page_says(stack, monkeypatch):
    monkeypatch.setattr(cloud, "find_running", lambda: Running(pid=0, built_from="", state=stack))
    monkeypatch.chdir(PAGE.parents[1])
    checker, names = doctest.OutputChecker(), {}
    blocks = A_BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) > 8

    for code, expected in blocks:
        if "logs." in code:
            # One line of the ingress, one of the worker.
            wanted = f'"activity_id":"{names["activity"]["id"]}"'
            await_lines(stack, wanted, more_than=1, meanwhile=lambda: another_call(names))
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, PAGE.name, "exec"), names)  # noqa: S102 - our own page
        got = printed.getvalue()
        assert checker.check_output(expected, got, doctest.ELLIPSIS), f"{code}\nprints\n{got}"


def another_call(names):
    answer = names["office"].post(names["hook"], {**names["body"], "call_id": uuid.uuid4().hex})
    names["office"].settled(answer.json()["activity_id"])

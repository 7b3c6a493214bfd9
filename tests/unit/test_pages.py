"""The pages for whoever changes the code name files that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "switchhook" / "switchhook"
PAGES = ("docs/ARCHITECTURE.md", "CONTRIBUTING.md")
A_PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)+\.(?:py|md))`")


def named_paths():
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        yield from ((page, path) for path in A_PATH.findall(text))


@pytest.mark.parametrize(("page", "path"), sorted(set(named_paths())))
def test_a_page_names_only_files_that_are_there(page, path):
    assert any((root / path).is_file() for root in (ROOT, PACKAGE)), f"{page} names {path}"


def test_paths_are_seen():
    assert {page for page, _ in named_paths()} >= {"docs/ARCHITECTURE.md"}
    assert len(set(named_paths())) > 40

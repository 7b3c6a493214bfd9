"""Writes orgsim's table of what is covered of Salesforce's documented behaviours.

    python bench/coverage_table.py [--check]

`coverage.toml` says which behaviours there are and which test holds each; `COVERAGE.md` is made from
it. With --check nothing is written; a table that is not up to date makes the exit status 1.
"""

import argparse
import sys
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "coverage.toml"
TABLE = ROOT / "COVERAGE.md"
HEAD = """# What orgsim covers

Each resource with the behaviours that Salesforce's public documentation promises for it: how many of
them orgsim has with a test that would miss them, of how many. A row for a resource counts what is
listed for it in `coverage.toml`, which `python bench/coverage_table.py` makes this page from; it says
nothing of what the documentation leaves open.
"""
UNPROVEN = """
## Words without a witness

The refusals below are worded from the manual or after their neighbours: no recording, manual page or
public report of a real org with just these words is known. Clients should look at codes, not at words.

| where | words | what is known |
|---|---|---|
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource with its behaviours: those held by a test, with it, and those missing."""

    name: str
    covered: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many behaviours are documented."""
        return len(self.covered) + len(self.missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unproven:
    """A refusal whose words nobody has seen: the file, a piece of the words, what is known."""

    file: str
    text: str
    why: str


def read() -> tuple[list[Resource], list[Unproven]]:
    """Read the data; raises KeyError or ValueError for what is not of its form."""
    content = tomllib.loads(DATA.read_text(encoding="utf-8"))
    resources = [
        Resource(
            name=entry["name"],
            covered=tuple((behaviour, test) for behaviour, test in entry["covered"]),
            missing=tuple(entry["missing"]),
        )
        for entry in content["resource"]
    ]
    return resources, [Unproven(**entry) for entry in content["unproven"]]


def page() -> str:
    """Return the page that the data gives."""
    resources, unproven = read()
    lines = ["", "| resource | covered | of |", "|---|---|---|"]
    lines += [f"| {r.name} | {len(r.covered)} | {r.total} |" for r in resources]
    covered, total = sum(len(r.covered) for r in resources), sum(r.total for r in resources)
    lines += [f"| **all {len(resources)}** | **{covered}** | **{total}** |", "", "## Missing", ""]
    lines += [_wrapped(f"- {r.name}: {'; '.join(r.missing)}") for r in resources if r.missing]
    words = "\n".join(f"| `{u.file}` | {_cell(u.text)} | {_cell(u.why)} |" for u in unproven)
    return HEAD + "\n".join(lines) + "\n" + UNPROVEN + words + "\n"


def _wrapped(item: str) -> str:
    return textwrap.fill(
        item, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def main() -> int:
    """Write the page, or say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        TABLE.write_text(page(), encoding="utf-8")
        return 0
    if TABLE.exists() and TABLE.read_text(encoding="utf-8") == page():
        return 0
    print("COVERAGE.md is not what coverage.toml gives: run this without --check.")
    return 1


if __name__ == "__main__":
    sys.exit(main())

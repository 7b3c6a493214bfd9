"""The pages name what is there, and can be read in a terminal."""

import json
import re
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from switchhook.adapters.providers.catalog import PROVIDERS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "switchhook" / "switchhook"
OURS = sorted(
    str(page.relative_to(ROOT)) for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
)
ALL = [*OURS, *sorted(str(page.relative_to(ROOT)) for page in ROOT.glob("orgsim/*.md"))]
WRITTEN = [page for page in OURS if page not in {"docs/rules.md", "docs/settings.md"}]
"""What no program makes."""

WIDEST = 120

A_PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)+\.(?:py|md|json))`")
A_STEP = re.compile(
    r"(?<![a-z] )\b([a-z_]+(?:, [a-z_]+)*) +((?:usecases|domain)/[\w/]+\.py)((?:, \w+\.py)*)"
)
A_NAME_IN_A_FILE = re.compile(r"`([\w/]+\.py)` \(`(\w+)`\)")
A_REQUIREMENT = re.compile(r"^([A-Za-z][\w-]*)", re.MULTILINE)
A_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
A_TARGET = re.compile(r"\bmake ([a-z]+(?:-[a-z]+)*)\b")
A_RESOURCE = re.compile(r"`([A-Z]\w+(?:Log|Alarm|Queue|QueueUrl|Arn|Function|Table|Bucket))`")
A_METRIC = re.compile(r"`((?:Event|Activity|OldEvent|Signature|Outcome|EndToEnd|Reauth)[A-Z]\w+)`")


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


def named(pattern, *, on):
    return sorted({(page, name) for page in on for name in pattern.findall(text_of(page))})


def rows_of(text):
    """The rows of all tables; a head is the line above its rule."""
    lines = [*text.splitlines(), ""]
    return [
        line
        for line, below in pairwise(lines)
        if line.startswith("|") and not line.startswith("|---") and not below.startswith("|---")
    ]


def lines_outside_code(page):
    is_code = False
    for number, line in enumerate(text_of(page).splitlines(), start=1):
        if line.lstrip().startswith("```"):
            is_code = not is_code
        elif not is_code:
            yield number, line


@pytest.mark.parametrize(("page", "path"), named(A_PATH, on=WRITTEN))
def test_a_page_names_only_files_that_are_there(page, path):
    assert any((root / path).is_file() for root in (ROOT, PACKAGE)), f"{page} names {path}"


def steps():
    """Each name in the picture of a call's way, with the files that its line names."""
    for names, first, others in A_STEP.findall(text_of("docs/ARCHITECTURE.md")):
        beside = [str(Path(first).with_name(other)) for other in others.split(", ")[1:]]
        yield from ((name, (first, *beside)) for name in names.split(", "))


@pytest.mark.parametrize(("name", "files"), sorted(set(steps())))
def test_each_step_of_the_way_stands_where_the_picture_says(name, files):
    assert any(f"def {name}(" in (PACKAGE / file).read_text(encoding="utf-8") for file in files)


@pytest.mark.parametrize(("_page", "named_in"), named(A_NAME_IN_A_FILE, on=WRITTEN))
def test_what_a_page_names_in_a_file_stands_there(_page, named_in):
    file, name = named_in

    assert f"def {name}(" in (PACKAGE / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ALL)
def test_every_link_leads_to_a_page(page):
    targets = [target for target in A_LINK.findall(text_of(page)) if "://" not in target]

    assert [target for target in targets if not ((ROOT / page).parent / target).exists()] == []


@pytest.mark.parametrize("page", ALL)
def test_every_command_is_one_of_the_makefile(page):
    makefile = text_of("Makefile")
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text_of(page), re.DOTALL))

    assert [name for name in A_TARGET.findall(code) if f"\n{name}: " not in makefile] == []


@pytest.mark.parametrize("page", ALL)
def test_prose_is_wrapped(page):
    long = [
        number
        for number, line in lines_outside_code(page)
        if len(line) > WIDEST and not line.startswith("|") and " " in line.strip("- ")
    ]

    assert long == []


def test_what_the_page_of_one_event_names_is_deployed_and_measured():
    page = ["docs/follow-one-event.md"]
    source = "\n".join(file.read_text(encoding="utf-8") for file in PACKAGE.glob("runtime/*.py"))

    resources = {name for _, name in named(A_RESOURCE, on=page)}
    metrics = {name for _, name in named(A_METRIC, on=page)} - resources

    assert {name for name in resources if f"\n  {name}:" not in text_of("template.yaml")} == set()
    assert {name for name in metrics if f'"{name}"' not in source} == set()
    assert len(resources) > 5
    assert len(metrics) > 5


def test_paths_are_seen():
    found = {
        page: len(list(paths))
        for page, paths in groupby(named(A_PATH, on=WRITTEN), lambda one: one[0])
    }

    assert found["docs/ARCHITECTURE.md"] > 40
    assert len(list(steps())) > 15
    assert found["docs/follow-one-event.md"] > 1


def test_the_map_leads_to_every_decision_and_to_no_other():
    table = text_of("docs/ARCHITECTURE.md").split("| change | file | test | ADR |")[1]
    named_there = set(
        re.findall(r"\b\d{4}\b", "".join(row.split("|")[4] for row in rows_of(table)))
    )
    written = {page.name[:4] for page in ROOT.glob("docs/adr/[0-9]*.md")}

    assert named_there == written - {"0001"}  # the first says what the others are


def test_every_bag_that_a_step_may_be_given_is_on_the_page():
    table = text_of("docs/ARCHITECTURE.md").split("## What a step may touch")[1].split("##")[0]
    source = (PACKAGE / "usecases/record/world.py").read_text(encoding="utf-8")

    bags = set(re.findall(r"^class (\w+):", source, re.MULTILINE))

    assert bags - {"Attempt", "Progress"} == set(re.findall(r"`([A-Z]\w+)`", table))


def test_a_word_of_the_glossary_is_used_in_the_code():
    source = "\n".join(file.read_text(encoding="utf-8").lower() for file in PACKAGE.rglob("*.py"))
    words = [row.split("|")[1].split("(")[0] for row in rows_of(text_of("docs/glossary.md"))]
    unused = [
        word
        for word in words
        if not any(one.strip() in source for one in word.replace("-", " ").split(","))
    ]

    assert unused == []
    assert len(words) > 50


def test_every_package_that_is_asked_for_has_its_reason():
    table = text_of("CONTRIBUTING.md").split("| package | where | why |")[1]
    explained = {name.strip() for row in rows_of(table) for name in row.split("|")[1].split(",")}
    node = json.loads(text_of("orgsim/tests/clients/node/package.json"))

    asked = {
        name
        for file in ROOT.glob("requirements/*.in")
        for name in A_REQUIREMENT.findall(file.read_text(encoding="utf-8"))
    }

    assert (asked | set(node["dependencies"])) - explained == set()
    assert len(asked) > 20


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_has_its_page_and_its_event_files(provider):
    assert f"]({provider}.md)" in text_of("docs/providers/README.md")
    assert list(ROOT.glob(f"events/*_ended/{provider}_*.json"))

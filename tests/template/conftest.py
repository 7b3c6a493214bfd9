"""The template as data, read once."""

import pytest

from local import template as templates
from local.paths import ROOT


@pytest.fixture(scope="session")
def template():
    return templates.read(ROOT / "template.yaml")


@pytest.fixture(scope="session")
def resources(template):
    return template["Resources"]

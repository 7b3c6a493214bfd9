"""Every setting says which rules it answers to, and the page of settings is what the code says."""

from pathlib import Path

import pytest

from local.settings_page import page
from switchhook.domain.settings.reading import resolve, shown_leaves
from switchhook.domain.settings.why import WHY, why

OWN = {"preset": "standard", "default_region": "US", "time_zone": "UTC"}
NAMES = sorted(shown_leaves(resolve(OWN, version=1)))


@pytest.mark.parametrize("name", NAMES)
def test_each_setting_names_its_rules(name):
    assert why(name).rules
    assert why(name).text


def test_no_reason_is_given_for_what_is_no_setting():
    known = {why(name).text for name in NAMES}

    assert {reason.text for reason in WHY.values()} == known


def test_the_page_of_settings_is_what_the_code_says():
    written = Path(__file__).parents[3] / "docs" / "settings.md"

    assert written.read_text() == page()

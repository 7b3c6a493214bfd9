"""A shim that no longer fits is found before anything runs."""

import pytest

from local.emulation.shim import Shim
from local.emulation.shims import SHIMS
from local.emulation.sqs_rules import identifier_problem


def shim(module, attribute, parameters):
    return Shim(
        why="reason", module=module, attribute=attribute, parameters=parameters, wrap=lambda f: f
    )


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        pytest.param(shim("textwrap", "dedent", ("text",)), None, id="a_function_as_expected_fits"),
        pytest.param(
            shim("textwrap", "TextWrapper.wrap", ("self", "text")), None, id="a_method_as_expected_fits"
        ),
        pytest.param(
            shim("textwrap", "gone", ()), "textwrap.gone is gone (reason)", id="a_missing_name_is_told"
        ),
        pytest.param(
            shim("no_such_module", "x", ()), "no_such_module.x is gone (reason)", id="a_missing_module_is_told"
        ),
        pytest.param(
            shim("textwrap", "dedent", ("body",)),
            "textwrap.dedent takes ('text',) instead of ('body',) (reason)",
            id="other_parameters_are_told",
        ),
    ],
)  # fmt: skip
def test_a_shim_says_why_it_does_not_fit(candidate, expected):
    """The message names the attribute and what it was for."""
    assert candidate.problem() == expected


def test_every_shim_has_a_place_of_its_own():
    """Two wraps of one attribute would hide which of them is at fault."""
    places = [(each.module, each.attribute) for each in SHIMS]

    assert sorted(set(places)) == sorted(places)


@pytest.mark.parametrize(
    ("message", "refused"),
    [
        pytest.param({"MessageGroupId": "tenant-1"}, None, id="plain"),
        pytest.param({"MessageGroupId": "a" * 128}, None, id="longest"),
        pytest.param({"MessageGroupId": "a" * 129}, "MessageGroupId", id="too_long"),
        pytest.param({"MessageGroupId": ""}, "MessageGroupId", id="empty"),
        pytest.param({"MessageGroupId": "a b"}, "MessageGroupId", id="blank"),
        pytest.param({"MessageDeduplicationId": "ä"}, "MessageDeduplicationId", id="not_ascii"),
        pytest.param({"MessageGroupId": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}, None, id="punctuation"),
        pytest.param({}, None, id="none_at_all"),
    ],
)  # fmt: skip
def test_message_identifiers_keep_to_the_allowed_characters(message, refused):
    """AWS refuses what the emulator would take."""
    problem = identifier_problem(message)

    assert refused is None if problem is None else f"for parameter {refused} " in problem

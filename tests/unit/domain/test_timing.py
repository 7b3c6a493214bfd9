import pytest

from switchhook.domain.timing import back_off


@pytest.mark.parametrize(
    ("tries", "expected_s"),
    [
        pytest.param(0, 5.0, id="the first wait is the one asked for"),
        pytest.param(1, 10.0, id="each try doubles it"),
        pytest.param(3, 40.0, id="three tries double it three times"),
        pytest.param(4, 40.0, id="it is doubled no more often than allowed"),
    ],
)
def test_a_wait_doubles_with_each_try(tries: int, expected_s: float):
    assert back_off(5.0, tries, most_doublings=3) == expected_s


def test_a_wait_is_never_longer_than_the_longest():
    assert back_off(5.0, 3, most_doublings=6, longest_s=30.0) == 30.0

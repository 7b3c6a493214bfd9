"""What a measurement is, and the few statistics that are drawn from a list of them."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

HUNDREDTHS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table: what was measured, the value with its unit, and how."""

    what: str
    value: str
    how: str


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def percentile(values: Sequence[float], hundredths: int) -> float:
    """The value that so many hundredths of all values do not exceed (nearest rank)."""
    rank = -(-len(values) * hundredths // HUNDREDTHS)
    return sorted(values)[max(rank, 1) - 1]

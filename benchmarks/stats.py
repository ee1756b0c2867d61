"""Medians of paired ratios.

A machine's speed changes while a benchmark runs, and the ratio of two medians then compares one
library's good minutes with another's bad ones. So the ratio is taken inside a round, where both
ran within milliseconds of each other, and only then is the median taken over rounds. The
quartiles beside it say how far the rounds agree.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """A median between its quartiles, over `n` rounds."""

    median: float
    low: float
    high: float
    n: int


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles (inclusive method); a single value is its own quartiles."""
    if not values:
        raise ValueError("no rounds to summarise")
    if len(values) == 1:
        return Spread(values[0], values[0], values[0], 1)
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(middle, low, high, len(values))


def paired_ratio(subject: Sequence[float], reference: Sequence[float]) -> Spread:
    """Spread of subject[i] / reference[i]; the two must come from the same rounds."""
    return spread([s / r for s, r in zip(subject, reference, strict=True)])


def paired_difference(subject: Sequence[float], reference: Sequence[float]) -> Spread:
    """Spread of subject[i] - reference[i]; the two must come from the same rounds."""
    return spread([s - r for s, r in zip(subject, reference, strict=True)])


def agree(a: float, b: float, rtol: float = 1e-3, atol: float = 1e-6) -> bool:
    """Whether two libraries computed the same thing; loose, as it is no test of accuracy."""
    return abs(a - b) <= atol + rtol * max(abs(a), abs(b))

"""How values are spread: quartiles, standard deviation, histogram."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from grader.report.classroom.records import BINS, Distribution, ScoreDistribution

DIGITS = 6
"""Decimals that are kept of what is computed, so that reports are the same on every machine."""


def distribution(values: Sequence[float]) -> Distribution:
    """Return how values are spread."""
    if not values:
        return Distribution(n=0, mean=0.0, sd=0.0, min=0.0, q1=0.0, median=0.0, q3=0.0, max=0.0)
    ordered = sorted(values)
    return Distribution(
        n=len(ordered),
        mean=round(math.fsum(ordered) / len(ordered), DIGITS),
        sd=round(statistics.stdev(ordered), DIGITS) if len(ordered) > 1 else 0.0,
        min=ordered[0],
        q1=quantile(ordered, 0.25),
        median=quantile(ordered, 0.5),
        q3=quantile(ordered, 0.75),
        max=ordered[-1],
    )


def score_distribution(scores: Sequence[float], max_score: float) -> ScoreDistribution:
    """Return how scores are spread, of `max_score` possible points."""
    bins = [0] * BINS
    for score in scores:
        bins[bin_of(score, max_score, BINS)] += 1
    spread = distribution(scores)
    return ScoreDistribution(
        **{name: getattr(spread, name) for name in Distribution.__struct_fields__},
        max_score=max_score,
        bins=bins,
        full=sum(score >= max_score for score in scores),
        zero=sum(score <= 0 for score in scores),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of sorted values, interpolated linearly between the two nearest."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (place - low) * (ordered[high] - ordered[low]), DIGITS)


def bin_of(score: float, max_score: float, bins: int) -> int:
    """Return the bin of a score, of `bins` equally wide ones; full marks are in the last."""
    if max_score <= 0:
        return bins - 1
    # 1e-9: sums of points such as 0.1 + 0.2 should not fall short of the edge they stand for.
    return max(0, min(bins - 1, int(score * bins / max_score + 1e-9)))

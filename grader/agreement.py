"""Whether two findings of one check give the same answers, up to the rounding of either."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checks.findings import Finding
from grader.core.compare import DOUBLE, SINGLE, fits_single, wrong


@dataclass(frozen=True, slots=True)
class Precision:
    """In which precision answers were computed, and how near to a mistake's they then are.

    Attributes
    ----------
    roundoff
        The unit round-off.
    relative
        By which share of a mistake's answer one may differ from it; what it loses to cancellation is not known.
    """

    roundoff: float
    relative: float


EXACT = Precision(DOUBLE, 1e-7)
"""The same computation, or one in double precision."""
ROUGH = Precision(SINGLE, 1e-3)
"""Another computation in single precision."""


def is_single(finding: Finding) -> bool:
    """Return whether the first calls returned something, and all of it can be written in float32."""
    values = finding.actual[_plain_elements(finding)]
    return bool(np.isfinite(values).any()) and fits_single(values)


def mixes_single(finding: Finding) -> bool:
    """Return whether some of the first answers are single precision's: wrong in double precision only, or all float32.

    A mask times a Python number is float64, so a computation that was begun in float32 may end as neither.
    """
    rounded = finding.bad & ~wrong(finding.actual, finding.plan.target, SINGLE)
    return bool(rounded[_plain_elements(finding)].any()) or is_single(finding)


def _plain_elements(finding: Finding) -> np.ndarray[Any, Any]:
    """Return which elements are of first calls with ordinary arrays."""
    return np.repeat(finding.plain, np.diff(finding.starts))


def same_answers(student: Finding, mistake: Finding, precision: Precision) -> bool:
    """Return whether two findings of one check agree on every first call, and are told apart from right answers."""
    tolerance = _allowance(mistake, precision)
    if not _told_apart(student, tolerance):
        return _same_noise(student, mistake) and student.right and mistake.right
    return _agree(student, mistake, tolerance)


def could_agree(student: Finding, mistake: Finding, precision: Precision) -> bool:
    """Return whether two findings of a few cases leave it possible that the answers are the same in all."""
    return _agree(student, mistake, _allowance(mistake, precision), proof=False)


def deviation(student: Finding, mistake: Finding) -> float:
    """Return the largest difference between two findings that agree, as a share of what single precision allows."""
    compared = _plain_elements(student) & ~_is_kink(student)
    with np.errstate(invalid="ignore"):
        share = np.abs(student.actual - mistake.actual) / _allowance(mistake, ROUGH)
    return float(np.nan_to_num(share[compared], nan=0.0).max(initial=0.0))


def _is_kink(finding: Finding) -> np.ndarray[Any, Any]:
    """Return for which elements several answers are right; which of them is given says nothing about a mistake."""
    several: np.ndarray[Any, Any] = finding.plan.target.low < finding.plan.target.high
    return several


def _allowance(mistake: Finding, precision: Precision) -> np.ndarray[Any, Any]:
    """Return by how much an answer may differ from a mistake's and still be its."""
    size = np.nan_to_num(np.abs(mistake.actual), nan=0.0, posinf=0.0)
    allowed: np.ndarray[Any, Any] = 16 * mistake.plan.target.tolerance(precision.roundoff) + precision.relative * size
    return allowed


def _told_apart(student: Finding, tolerance: np.ndarray[Any, Any]) -> bool:
    """Return whether the student's answers differ from the right ones by more than the agreement allows."""
    if student.failures:
        return True
    target = student.plan.target
    with np.errstate(invalid="ignore"):
        off = np.maximum(target.low - student.actual, student.actual - target.high)
        return bool((~(off <= 4 * np.nan_to_num(tolerance, nan=0.0, posinf=0.0)) & student.bad).any())


def _agree(student: Finding, mistake: Finding, tolerance: np.ndarray[Any, Any], *, proof: bool = True) -> bool:
    """Return whether both give the same on every first call; as a proof, exceptions alone must agree to the letter."""
    with np.errstate(invalid="ignore"):
        close = np.abs(student.actual - mistake.actual) <= tolerance
    close |= (np.isnan(student.actual) & np.isnan(mistake.actual)) | (student.actual == mistake.actual)
    close |= _is_kink(student)
    by_value, to_the_letter = False, True
    for i in np.flatnonzero(student.plain).tolist():
        own, other = student.failures.get(i), mistake.failures.get(i)
        if own is None and other is None:
            if not close[student.elements(i)].all():
                return False
            by_value |= bool(student.wrong_probes[i])
        elif own is None or other is None or own.kind != other.kind:
            return False
        elif own.kind != "raised":
            if own.message != other.message:
                return False
        else:
            first, second = _exception(own.message), _exception(other.message)
            if first[:2] != second[:2]:
                return False
            to_the_letter &= first == second
    return by_value or to_the_letter or not proof


_PLACE = re.compile(r" \(line \d+( of [^()]*)?\)$")
_SHAPE = re.compile(r"\((?:\d+,? ?)*\)")
_MISFIT = re.compile(r"broadcast|core dimension|not aligned|cannot reshape|out of bounds for array|must match exactly")


def _exception(message: str) -> tuple[str, str, tuple[str, ...]]:
    """Return a raised exception's type, its words, and the shapes in them, sorted.

    Shapes that do not fit are reported in other words by each operation, so the words are left out there; exceptions
    alone then prove a mistake only if the shapes are the same.
    """
    kind, _, text = _PLACE.sub("", message).partition(": ")
    shapes = tuple(sorted(shape.replace(" ", "") for shape in _SHAPE.findall(text)))
    return kind, "shapes do not fit" if _MISFIT.search(text) else text, shapes


def _same_noise(student: Finding, mistake: Finding) -> bool:
    """Return whether both raise the same warnings in the same first calls, where warnings count."""
    if not getattr(student.plan.check.body, "quiet", False):
        return True
    return _noise(student) == _noise(mistake)


def _noise(finding: Finding) -> dict[int, str]:
    """Return the kind of warning of each first call that raised one: an overflow, wherever it was encountered."""
    plain = finding.plain
    return {i: text.split(" encountered")[0] for i, text in finding.noisy_probes.items() if plain[i]}

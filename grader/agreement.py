"""Whether two findings of one check give the same answers, up to the rounding of either."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from grader.checks.findings import Finding
from grader.core.compare import DOUBLE, SINGLE, fits_single


def is_single(finding: Finding) -> bool:
    """Return whether the first calls returned something, and all of it can be written in float32."""
    values = finding.actual[np.repeat(finding.plain, np.diff(finding.starts))]
    return bool(np.isfinite(values).any()) and fits_single(values)


def same_answers(student: Finding, mistake: Finding) -> bool:
    """Return whether two findings of one check agree on every first call, and are told apart from right answers."""
    for precision in precisions(student):
        tolerance = allowance(mistake, *precision)
        if not _told_apart(student, tolerance):
            return _same_noise(student, mistake) and student.right and mistake.right
        if agree(student, mistake, tolerance):
            return True
    return False


def precisions(student: Finding) -> tuple[tuple[float, float], ...]:
    """Return unit round-off and relative agreement of each precision in which answers may have been computed."""
    double, single = (DOUBLE, 1e-7), (SINGLE, 1e-3)
    return (double, single) if is_single(student) else (double,)


def allowance(mistake: Finding, roundoff: float, relative: float) -> np.ndarray[Any, Any]:
    """Return by how much an answer may differ from a mistake's and still be its."""
    size = np.nan_to_num(np.abs(mistake.actual), nan=0.0, posinf=0.0)
    allowed: np.ndarray[Any, Any] = 16 * mistake.plan.target.tolerance(roundoff) + relative * size
    return allowed


def _told_apart(student: Finding, tolerance: np.ndarray[Any, Any]) -> bool:
    """Return whether the student's answers differ from the right ones by more than the agreement allows."""
    if student.failures:
        return True
    target = student.plan.target
    with np.errstate(invalid="ignore"):
        off = np.maximum(target.low - student.actual, student.actual - target.high)
        return bool((~(off <= 4 * np.nan_to_num(tolerance, nan=0.0, posinf=0.0)) & student.bad).any())


def agree(student: Finding, mistake: Finding, tolerance: np.ndarray[Any, Any], *, proof: bool = True) -> bool:
    """Return whether both give the same on every first call; as a proof, exceptions alone must agree to the letter."""
    with np.errstate(invalid="ignore"):
        close = np.abs(student.actual - mistake.actual) <= tolerance
    close |= (np.isnan(student.actual) & np.isnan(mistake.actual)) | (student.actual == mistake.actual)
    # At a kink several answers are right, so which of them a submission gives says nothing about its mistake.
    close |= student.plan.target.low < student.plan.target.high
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

"""Generic relations between a wrong answer and the right one: a factor, a sign, a transpose, a step's delay."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from grader.checks.findings import Finding
from grader.core.cases import Case

FloatArray = npt.NDArray[np.float64]
CLOSE = 1e-6
"""Relative residual up to which a relation counts as exact; single precision stays within it only by luck, so it is
named less often there, never wrongly."""
MIN_CASES = 3
"""Informative cases that a relation must explain."""


def relation(finding: Finding) -> str:
    """Return the one simple relation that explains every first call of a finding, as a sentence, or ``""``."""
    judged = [call for call in finding.plan.calls if call.judged]
    if any(finding.plan.probes[i].variant == "plain" for i in finding.failures):
        return ""
    if len(judged) > 1:
        return _stale(finding)
    sentences = []
    for k, term in enumerate(judged[0].terms):
        pairs = _pairs(finding, k)
        if all(not bad for _, _, _, bad in pairs):
            continue
        sentence = _of_result(term.name, pairs)
        if not sentence:
            return ""
        sentences.append(sentence)
    return "; ".join(sentences)


def _pairs(finding: Finding, k: int) -> list[tuple[Case, FloatArray, FloatArray, bool]]:
    """Return (case, actual, expected, whether wrong) of result `k` for each first call without a kink."""
    target = finding.plan.target
    pairs = []
    for i, probe in enumerate(finding.plan.probes):
        if probe.variant != "plain":
            continue
        shapes = target.shapes[i]
        start = int(finding.starts[i]) + sum(int(np.prod(shape, dtype=int)) for shape in shapes[:k])
        own = slice(start, start + int(np.prod(shapes[k], dtype=int)))
        if (target.low[own] != target.high[own]).any():
            continue
        case = finding.plan.cases[probe.case]
        actual, expected = finding.actual[own].reshape(shapes[k]), target.low[own].reshape(shapes[k])
        pairs.append((case, actual, expected, bool(finding.bad[own].any())))
    return pairs


def _of_result(name: str, pairs: list[tuple[Case, FloatArray, FloatArray, bool]]) -> str:
    informative = [(case, a, e) for case, a, e, _ in pairs if np.any(e) and np.isfinite(e).all()]
    if len(informative) < MIN_CASES or not all(np.isfinite(a).all() for _, a, _ in informative):
        return ""
    if any(bad and not (np.any(e) and np.isfinite(e).all()) for _, _, e, bad in pairs):
        return ""
    if all(not a.any() for _, a, _ in informative):
        return f"{name} is always zero"
    factors = [_factor(a, e) for _, a, e in informative]
    if all(k is not None for k in factors):
        return _name_factor(name, [case for case, _, _ in informative], [float(k) for k in factors if k is not None])
    square = [(a, e) for _, a, e in informative if e.ndim == 2 and e.shape[0] == e.shape[1] > 1]
    others = [(a, e) for _, a, e in informative if not (e.ndim == 2 and e.shape[0] == e.shape[1] > 1)]
    if square and all(_close(a, e.T) for a, e in square) and all(_close(a, e) for a, e in others):
        return f"{name} is transposed where it is square"
    return ""


def _factor(actual: FloatArray, expected: FloatArray) -> float | None:
    """Return k where ``actual = k * expected``, fitted by least squares, or `None` where no k fits."""
    with np.errstate(all="ignore"):
        k = float((actual * expected).sum() / (expected * expected).sum())
    return k if np.isfinite(k) and _close(actual, k * expected) else None


def _close(actual: FloatArray, expected: FloatArray) -> bool:
    size = float(np.abs(expected).max(initial=0))
    return bool((np.abs(actual - expected) <= CLOSE * max(size, float(np.abs(actual).max(initial=0)))).all())


def factor_text(k: float) -> str:
    """Return a factor with four digits, or with as many as tell it from 1."""
    return next((text for digits in (4, 7) if (text := f"{k:.{digits}g}") != "1"), f"{k:.10g}")


def _name_factor(name: str, cases: list[Case], factors: list[float]) -> str:
    """Return what the factors are in every case: a constant, a size, or its inverse; ``""`` if nothing known."""
    k = np.array(factors)
    if np.allclose(k, 1.0, rtol=CLOSE):
        return ""
    if np.allclose(k, k[0], rtol=1e-5, atol=0) and len({tuple(case.sizes.values()) for case in cases}) > 1:
        opposite = abs(k[0] + 1) < CLOSE
        return (
            f"{name} has the wrong sign"
            if opposite
            else f"{name} is {factor_text(float(k[0]))} times what it should be"
        )
    for size in cases[0].sizes:
        several = [case.sizes[size] for case in cases]
        n = np.array([float(one) if isinstance(one, int) else np.nan for one in several])
        if np.isnan(n).any() or len(set(n)) < 2:
            continue
        for sign, text in ((1.0, ""), (-1.0, "minus ")):
            if np.allclose(k, sign * n, rtol=1e-5, atol=0):
                due = "a sum where a mean is due, or a division missing"
                return f"{name} is {text}{size} times what it should be: {due}"
            if np.allclose(k, sign / n, rtol=1e-5, atol=0):
                due = "a mean where a sum is due, or divided twice"
                return f"{name} is {text}1/{size} of what it should be: {due}"
    return _by_scalar(name, cases, k)


def _by_scalar(name: str, cases: list[Case], k: FloatArray) -> str:
    scalars = [n for n, v in cases[0].inputs.items() if type(v) is float]
    for scalar in scalars:
        value = np.array([float(case.inputs[scalar]) for case in cases])  # type: ignore[arg-type]
        if len(set(value)) < 2:
            continue
        forms = {scalar: value, f"(1 - {scalar})": 1 - value}
        for text, form in forms.items():
            if np.allclose(k, form, rtol=1e-5, atol=0):
                return f"{name} is {text} times what it should be"
            if (form != 0).all() and np.allclose(k * form, 1, rtol=1e-5, atol=0):
                return f"{name} is what it should be, divided by {text}"
    return ""


def _stale(finding: Finding) -> str:
    """Return whether each step of a trajectory answers what the step before should have, where these differ."""
    target = finding.plan.target
    by_case: dict[int, list[int]] = {}
    for i, probe in enumerate(finding.plan.probes):
        if probe.variant == "plain":
            by_case.setdefault(probe.case, []).append(i)
    seen = 0
    for probes in by_case.values():
        for earlier, later in itertools.pairwise(probes):
            actual, before = finding.actual[finding.elements(later)], target.low[finding.elements(earlier)]
            if not _close(actual, before):
                return ""
            seen += not _close(target.low[finding.elements(later)], before)
    return "each step returns what the step before should have" if seen >= MIN_CASES else ""

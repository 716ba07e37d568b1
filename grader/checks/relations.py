"""Generic relations between a wrong answer and the right one: a factor, a sign, an order of axes, a step's delay."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from grader.checks.findings import Finding
from grader.core.cases import Case
from grader.core.compare import DOUBLE, SINGLE, SLACK, fits_single

FloatArray = npt.NDArray[np.float64]
CLOSE = 1e-6
"""Relative residual up to which a relation counts as exact."""
CLOSE_IN_SINGLE = 1e-4
"""The same for answers that are all float32's."""
MIN_CASES = 3
"""Informative cases that a relation must explain."""
MIN_MOVED = 6
"""Elements that must be out of their place for an order of axes to be named: those of one matrix of 3 by 3."""
TELLING = 1e3
"""How many times its tolerance a right answer must be for its factor to say something."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One result of one call, beside what it should be.

    Attributes
    ----------
    slack
        Per element, by how much rounding alone may change what it should be.
    close
        The relative residual up to which a relation counts as exact.
    roundoff
        The unit round-off of the precision in which the answers are written.
    bad
        Whether an element is wrong.
    """

    case: Case
    actual: FloatArray
    expected: FloatArray
    slack: FloatArray
    close: float
    roundoff: float
    bad: bool

    @property
    def informative(self) -> bool:
        """Whether some right answer is far enough from 0 to have a factor."""
        with np.errstate(invalid="ignore"):
            telling = np.abs(self.expected) > TELLING * self.slack
        return bool(telling.any()) and bool(np.isfinite(self.expected).all())

    @property
    def finite(self) -> bool:
        """Whether all that was returned is finite."""
        return bool(np.isfinite(self.actual).all())

    def is_near(self, other: FloatArray, slack: FloatArray | None = None) -> bool:
        """Return whether what was returned is this."""
        size = max(float(np.abs(part).max(initial=0)) for part in (self.actual, other))
        allowed = self.close * size + (self.slack if slack is None else slack)
        with np.errstate(invalid="ignore"):
            return bool((np.abs(self.actual - other) <= allowed).all())

    def factor(self) -> float | None:
        """Return k where ``actual = k * expected``, fitted by least squares, or `None` where no k fits."""
        with np.errstate(all="ignore"):
            unit = np.abs(self.expected).max()
            e = self.expected / unit
            k = float((self.actual / unit * e).sum() / (e * e).sum())
            return k if np.isfinite(k) and self.is_near(k * self.expected, abs(k) * self.slack) else None


def relation(finding: Finding) -> str:
    """Return the one simple relation that explains every first call of a finding, as a sentence, or ``""``."""
    judged = [call for call in finding.plan.calls if call.judged]
    if any(finding.plan.probes[i].variant == "plain" for i in finding.failures):
        return ""
    is_trajectory = len(judged) > 1
    if is_trajectory and (stale := _stale(finding)):
        return stale
    sentences = []
    for k, term in enumerate(judged[0].terms):
        seen = _of_calls(finding, k)
        if all(not one.bad for one in seen):
            continue
        named = f"each step of {term.name}" if is_trajectory else term.name
        sentence = _of_result(named, _from_start(term.name, seen) if is_trajectory else seen)
        if not sentence:
            return ""
        sentences.append(sentence)
    return "; ".join(sentences)


def _from_start(name: str, seen: Sequence[_Seen]) -> list[_Seen]:
    """Return how far an argument has come since a trajectory's start; nothing where it was not given at the start."""
    moved = []
    for one in seen:
        start = one.case.inputs.get(name)
        if not isinstance(start, np.ndarray) or start.shape != one.expected.shape:
            return []
        lost = SLACK * one.roundoff * np.abs(start)
        moved.append(replace(one, actual=one.actual - start, expected=one.expected - start, slack=one.slack + lost))
    return moved


def _precision(finding: Finding) -> tuple[float, float]:
    """Return the residual and the unit round-off that go with a finding's answers."""
    return (CLOSE_IN_SINGLE, SINGLE) if fits_single(finding.actual) else (CLOSE, DOUBLE)


def _of_calls(finding: Finding, k: int) -> list[_Seen]:
    """Return result `k` of each first call without a kink."""
    target = finding.plan.target
    close, roundoff = _precision(finding)
    tolerance = target.tolerance(roundoff)
    seen = []
    for i, probe in enumerate(finding.plan.probes):
        if probe.variant != "plain":
            continue
        shapes = target.shapes[i]
        start = int(finding.starts[i]) + sum(int(np.prod(shape, dtype=int)) for shape in shapes[:k])
        own = slice(start, start + int(np.prod(shapes[k], dtype=int)))
        if (target.low[own] != target.high[own]).any():
            continue
        parts = (part[own].reshape(shapes[k]) for part in (finding.actual, target.low, tolerance))
        actual, expected, slack = parts
        bad = bool(finding.bad[own].any())
        seen.append(_Seen(finding.plan.cases[probe.case], actual, expected, slack, close, roundoff, bad))
    return seen


def _of_result(name: str, seen: Sequence[_Seen]) -> str:
    """Return the relation of one result in all calls."""
    informative = [one for one in seen if one.informative]
    if len(informative) < MIN_CASES:
        return ""
    if not any(one.actual.any() for one in seen):
        return f"{name} is always zero"
    factors = [one.factor() for one in informative]
    if all(one.finite for one in seen) and all(k is not None for k in factors):
        named = _name_factor(name, seen, np.array(factors, float))
        if named:
            return named
    return _as_of_a_sample(name, seen) or _permuted(name, seen)


def _as_of_a_sample(name: str, seen: Sequence[_Seen]) -> str:
    """Return whether a size less one was divided by, where the size is due; of one there is then nothing or anything.

    The variance of a sample, with ``ddof=1``, is the usual way to it.
    """
    for size in seen[0].case.sizes:
        several = [one for one in seen if _number(one.case, size) > 1]
        rest = [one for one in seen if not _number(one.case, size) > 1]
        if not rest or any(one.finite and one.bad for one in rest):
            continue
        n = np.array([_number(one.case, size) for one in several])
        told = {n for n, one in zip(n.tolist(), several, strict=True) if one.informative}
        if len(told) >= MIN_CASES and _explains(n / (n - 1), several):
            return f"{name} is {size}/({size} - 1) times what it should be: divided by {size} - 1 where {size} is due"
    return ""


def _explains(factors: FloatArray, seen: Sequence[_Seen]) -> bool:
    """Return whether every call returned so many times what it should have."""
    if not np.isfinite(factors).all():
        return False
    pairs = zip(factors.tolist(), seen, strict=True)
    return all(one.finite and one.is_near(k * one.expected, abs(k) * one.slack) for k, one in pairs)


def _number(case: Case, size: str) -> float:
    """Return a named size as a number, `nan` where it stands for several."""
    value = case.sizes[size]
    return float(value) if isinstance(value, int) else float("nan")


def _permuted(name: str, seen: Sequence[_Seen]) -> str:
    """Return in which other order of axes the right elements are, if in one."""
    dims = {one.expected.ndim for one in seen}
    if len(dims) > 1 or dims <= {0, 1}:
        return ""
    for order in itertools.permutations(range(dims.pop())):
        turned = [(one, one.expected.transpose(order), one.slack.transpose(order)) for one in seen]
        axes = "transposed" if len(order) == 2 else f"with its axes in the order {order}"
        fits = [one.expected.shape == e.shape for one, e, _ in turned]
        explained = [
            one.is_near(e, slack) if same else one.is_near(one.expected)
            for same, (one, e, slack) in zip(fits, turned, strict=True)
        ]
        if all(explained) and _told(turned, fits):
            square = "where it is square" if len(order) == 2 else "where the sizes allow it"
            return f"{name} is {axes} {square}"
        poured = [(one, e.reshape(one.expected.shape), s.reshape(one.expected.shape)) for one, e, s in turned]
        if all(one.is_near(e, s) for one, e, s in poured) and _told(poured, [True] * len(poured)):
            return f"{name} is {axes} and reshaped: a reshape where a transpose is due, or one too many"
    return ""


def _told(turned: Sequence[tuple[_Seen, FloatArray, FloatArray]], counted: Sequence[bool]) -> bool:
    """Return whether enough of some answers are elsewhere than the right ones."""
    chosen = itertools.compress(turned, counted)
    return sum(int((e != one.expected).sum()) for one, e, _ in chosen if one.bad) >= MIN_MOVED


def factor_text(k: float) -> str:
    """Return a factor with four digits, or with as many as tell it from 1."""
    return next((text for digits in (4, 7) if (text := f"{k:.{digits}g}") != "1"), f"{k:.10g}")


def _name_factor(name: str, seen: Sequence[_Seen], factors: FloatArray) -> str:
    """Return what the factors are in every case: a constant, or made of sizes or scalars; ``""`` if nothing known."""
    cases = [one.case for one in seen]
    k, close = float(np.median(factors)), seen[0].close
    if abs(k - 1) > close and np.allclose(factors, k, rtol=10 * close, atol=0):
        several = len({tuple(one.case.sizes.values()) for one in seen if one.informative}) > 1
        if several and _explains(np.full(len(seen), k), seen):
            opposite = abs(k + 1) < close
            return f"{name} has the wrong sign" if opposite else f"{name} is {factor_text(k)} times what it should be"
    for text, due, form in _size_forms(cases):
        for sign, minus in ((1.0, ""), (-1.0, "minus ")):
            if _explains(sign * form, seen):
                return f"{name} is {minus}{text} what it should be: {due}"
    return _by_scalar(name, seen)


def _size_forms(cases: Sequence[Case]) -> Iterator[tuple[str, str, FloatArray]]:
    """Yield factors that sizes make, each with how it reads and where it comes from; those that vary."""
    summed, averaged = "a sum where a mean is due, or a division missing", "a mean where a sum is due, or divided twice"
    sizes = {size: np.array([_number(case, size) for case in cases]) for size in cases[0].sizes}
    sizes = {size: n for size, n in sizes.items() if not np.isnan(n).any()}
    varied = {size: n for size, n in sizes.items() if len(set(n)) > 1}
    products = {f"{a}*{b}": n * m for (a, n), (b, m) in itertools.combinations(varied.items(), 2)}
    for text, n in varied.items():
        yield f"{text} times", summed, n
        yield f"1/{text} of", averaged, 1 / n
    for text, n in varied.items():
        with np.errstate(divide="ignore"):
            yield f"{text}/({text} - 1) times", f"divided by {text} - 1 where {text} is due", n / (n - 1)
        yield f"({text} - 1)/{text} of", f"divided by {text} where {text} - 1 is due", (n - 1) / n
    for text, n in products.items():
        yield f"{text} times", summed, n
        yield f"1/({text}) of", averaged, 1 / n


def _by_scalar(name: str, seen: Sequence[_Seen]) -> str:
    scalars = [n for n, v in seen[0].case.inputs.items() if type(v) is float]
    for scalar in scalars:
        value = np.array([float(one.case.inputs[scalar]) for one in seen])  # type: ignore[arg-type]
        if len({v for v, one in zip(value.tolist(), seen, strict=True) if one.informative}) < 2:
            continue
        for text, form in {scalar: value, f"(1 - {scalar})": 1 - value}.items():
            if _explains(form, seen):
                return f"{name} is {text} times what it should be"
            with np.errstate(divide="ignore"):
                inverse = 1 / form
            if _explains(inverse, seen):
                return f"{name} is what it should be, divided by {text}"
    return ""


def _stale(finding: Finding) -> str:
    """Return whether each step of a trajectory answers what the step before should have, where these differ."""
    target = finding.plan.target
    close, _ = _precision(finding)
    by_case: dict[int, list[int]] = {}
    for i, probe in enumerate(finding.plan.probes):
        if probe.variant == "plain":
            by_case.setdefault(probe.case, []).append(i)
    seen = 0
    for probes in by_case.values():
        for earlier, later in itertools.pairwise(probes):
            actual, before = finding.actual[finding.elements(later)], target.low[finding.elements(earlier)]
            if not _close(actual, before, close):
                return ""
            seen += not _close(target.low[finding.elements(later)], before, close)
    return "each step returns what the step before should have" if seen >= MIN_CASES else ""


def _close(actual: FloatArray, expected: FloatArray, close: float) -> bool:
    size = float(np.abs(expected).max(initial=0))
    return bool((np.abs(actual - expected) <= close * max(size, float(np.abs(actual).max(initial=0)))).all())

"""Words for findings: the worst element, the smallest failing case as a runnable snippet."""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.checks.findings import Finding
from grader.core.cases import Case
from grader.core.compare import DOUBLE, SINGLE
from grader.core.domains import Seed, Value
from grader.core.program import Call, Fresh, Input, Program, Result
from grader.core.verdict import Counterexample

MAX_PRINTED = 24
"""Elements of an array that a report prints in full; larger ones are summarised."""


def number(value: float) -> str:
    """Return a number for people: four significant digits, `nan` and `inf` as they are."""
    return f"{value:.4g}"


def worst_element(finding: Finding, probes: Sequence[int]) -> str:
    """Return ``dx[2, 0] = -0.2199, but should be -0.1321 (28 of 28 differ, tolerance 1e-12)`` for some probes."""
    target = finding.plan.target
    tolerance = target.tolerance(SINGLE if finding.single else DOUBLE)
    best: tuple[float, str] | None = None
    for i in probes:
        own = finding.elements(i)
        if not finding.bad[own].any():
            continue
        error = _distance(finding.actual[own], target.low[own], target.high[own])
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            excess = np.where(finding.bad[own], np.where(np.isnan(error), np.inf, error / tolerance[own]), -1)
        k = int(np.argmax(excess))
        if best is None or excess[k] > best[0]:
            best = (float(excess[k]), _element_message(finding, i, own.start + k, tolerance))
    return best[1] if best else ""


def _distance(
    actual: npt.NDArray[np.float64], low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        return np.maximum(np.maximum(low - actual, actual - high), np.where(np.isnan(actual), np.inf, 0))


def _element_message(finding: Finding, i: int, element: int, tolerance: npt.NDArray[np.float64]) -> str:
    target = finding.plan.target
    probe = finding.plan.probes[i]
    call = [call for call in finding.plan.calls if call.judged][probe.call]
    counts = [int(np.prod(shape, dtype=int)) for shape in target.shapes[i]]
    ends = int(finding.starts[i]) + np.cumsum(counts)
    k = int(np.searchsorted(ends, element, side="right"))
    term, shape, count = call.terms[k], target.shapes[i][k], counts[k]
    offset = int(ends[k]) - count
    index = np.unravel_index(element - offset, shape)
    where = f"{term.name}[{', '.join(map(str, index))}]" if shape else term.name
    step = f" at step {probe.call + 1}" if len([c for c in finding.plan.calls if c.judged]) > 1 else ""
    should = _should(float(target.low[element]), float(target.high[element]))
    own = slice(offset, offset + count)
    differ = f"{int(finding.bad[own].sum())} of {count} differ, " if count > 1 else ""
    actual, wanted = _distinct(float(finding.actual[element]), should, float(target.low[element]))
    return f"{where}{step} = {actual}, but should be {wanted} ({differ}tolerance {tolerance[element]:.1g})"


def _distinct(actual: float, should: str, wanted: float) -> tuple[str, str]:
    """Return both numbers with as many digits as tell them apart."""
    text = number(actual)
    if text != should:
        return text, should
    for digits in (8, 12, 17):
        if f"{actual:.{digits}g}" != f"{wanted:.{digits}g}":
            return f"{actual:.{digits}g}", f"{wanted:.{digits}g}"
    return text, should


def _should(low: float, high: float) -> str:
    return number(low) if low == high or np.isnan(low) else f"between {number(low)} and {number(high)}"


def literal(value: Value, *, indent: int = 0) -> str:
    """Return a value as NumPy source that gives exactly this value back; further lines are indented."""
    if isinstance(value, Seed):
        return f"np.random.default_rng({value.value})"
    if isinstance(value, np.ndarray):
        if not value.size:
            return f"np.empty({value.shape})" if value.dtype.kind == "f" else f"np.empty({value.shape}, dtype=int)"
        body = np.array2string(
            value, separator=", ", threshold=value.size + 1, max_line_width=100, formatter={"float_kind": _shortest}
        )  # fmt: skip
        return f"np.array({body})".replace("\n", "\n" + " " * (indent + len("np.array(")))
    return repr(value)


def _shortest(value: float | np.floating[Any]) -> str:
    if np.isnan(value) or np.isinf(value):
        return "np.nan" if np.isnan(value) else ("np.inf" if value > 0 else "-np.inf")
    text = repr(float(value))
    return text.removesuffix("0") if text.endswith(".0") else text


def printed(values: npt.NDArray[np.float64]) -> str:
    """Return an array's values for people; long ones shortened."""
    with np.printoptions(precision=6, suppress=False, threshold=MAX_PRINTED, edgeitems=3, linewidth=88):
        return str(np.asarray(values)) if np.ndim(values) else number(float(values))


def snippet(modules: Mapping[str, str], calls: Program, case: Case) -> str:
    """Return code that makes a program's calls on a case and prints what is judged.

    It runs beside the student's files; functions whose module (by name in `modules`) cannot be imported, such as those
    of a notebook, must be defined where it runs.
    """
    lines = ["import numpy as np", *_imports(modules, [call.signature.name for call in calls]), ""]
    lines += [f"{name} = {literal(value, indent=len(name) + 3)}" for name, value in case.inputs.items()]
    lines.append("")
    for k, call in enumerate(calls):
        results = ", ".join(_result_name(call, calls, k, i) for i in range(len(call.signature.results)))
        args = ", ".join(_argument_text(arg, calls, case) for arg in call.args)
        lines.append(f"{results} = {call.signature.name}({args})")
    shown = [
        _result_name(call, calls, k, i)
        for k, call in enumerate(calls) if call.judged
        for i in range(len(call.signature.results)) if i not in call.keep
    ]  # fmt: skip
    lines.append(f"print({', '.join(dict.fromkeys(shown))})")
    return "\n".join(lines) + "\n"


def _imports(modules: Mapping[str, str], functions: Sequence[str]) -> list[str]:
    sources: dict[str, list[str]] = {}
    for function in dict.fromkeys(functions):
        module = modules.get(function, "")
        importable = module.isidentifier() and not keyword.iskeyword(module)
        sources.setdefault(module if importable else "", []).append(function)
    return [
        f"from {module} import {', '.join(names)}" if module else f"# run this where you define {', '.join(names)}"
        for module, names in sources.items()
    ]


def _result_name(call: Call, calls: Program, k: int, i: int) -> str:
    """Return the variable of a result; one named like an input is called new, unless a later call takes it."""
    name = call.signature.results[i].name
    args = [arg for other in calls for arg in other.args]
    fed_back = any(isinstance(arg, Result) and arg.call == k and arg.index == i for arg in args)
    taken = any(isinstance(arg, Input) and arg.name == name and arg.row is None for arg in args)
    return name if fed_back or not taken else f"new_{name}"


def _argument_text(arg: Input | Result | Fresh, calls: Program, case: Case) -> str:
    if isinstance(arg, Fresh):
        return "{}"
    if isinstance(arg, Result):
        return _result_name(calls[arg.call], calls, arg.call, arg.index)
    if arg.row is not None:
        return f"{arg.name}[{arg.row}]"
    return arg.name


def counterexample(
    modules: Mapping[str, str], calls: Program, case: Case, actual: str, expected: str
) -> Counterexample:  # fmt: skip
    """Return a case with what was returned and what should be, ready for a report."""
    return Counterexample(
        inputs={name: literal(value) for name, value in case.inputs.items()},
        actual=actual,
        expected=expected,
        code=snippet(modules, calls, case),
    )


def answers_text(finding: Finding, i: int) -> tuple[str, str]:
    """Return (actual, expected) of a probe's wrong results as text, a line per result that differs."""
    failure = finding.failures.get(i)
    target = finding.plan.target
    call = [call for call in finding.plan.calls if call.judged][finding.plan.probes[i].call]
    actual, expected = [], []
    offset = int(finding.starts[i])
    for term, shape in zip(call.terms, target.shapes[i], strict=True):
        own = slice(offset, offset + int(np.prod(shape, dtype=int)))
        offset = own.stop
        if failure is None and not finding.bad[own].any():
            continue
        low, high = target.low[own].reshape(shape), target.high[own].reshape(shape)
        is_range = not np.array_equal(low, high, equal_nan=True)
        expected.append(f"{term.name} = " + (f"from {printed(low)} to {printed(high)}" if is_range else printed(low)))
        actual.append(f"{term.name} = {printed(finding.actual[own].reshape(shape))}")
    return (failure.message if failure else "\n".join(actual)), "\n".join(expected)

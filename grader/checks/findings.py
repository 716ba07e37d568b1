"""What a differential check saw: every call's answer set against its target, before anything is worded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from grader.core.compare import DOUBLE, MIXED, SINGLE, Answer, fits_single, read_answer, same_form, wrong
from grader.core.plan import CheckPlan
from grader.core.program import Probe
from grader.core.protocol import Died, Raised, Returned, TimedOut, Trace
from grader.core.signature import Kind

FloatArray = npt.NDArray[np.float64]


class Answers(Protocol):
    """One trace per step, and the bytes of all returned values one after another."""

    @property
    def traces(self) -> Sequence[Trace]:
        """One per step."""

    @property
    def payload(self) -> bytes:
        """The bytes of all `Returned` traces, in order."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A probe whose call gave nothing to compare: it raised, ran out of time, or returned something of another kind."""

    probe: int
    message: str
    kind: str
    """``raised``, ``limit``, ``contract``, ``nothing`` (returned `None`) or ``unfilled`` (`NotImplementedError`)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw.

    Attributes
    ----------
    actual
        The elements of all probes in the order of the target; `nan` where a probe gave nothing to compare.
    bad
        Which of them are wrong.
    starts
        Where each probe's elements begin, and the end.
    wrong_probes
        Which probes are wrong in any way (value, failure).
    noisy_probes
        Which raised a NumPy warning, with its text.
    mutated
        Names of arguments that were changed, with the probe that showed it first.
    single
        Whether answers were accepted in single precision only.
    """

    plan: CheckPlan
    actual: FloatArray
    bad: npt.NDArray[np.bool_]
    starts: npt.NDArray[np.int64]
    failures: dict[int, Failure]
    wrong_probes: npt.NDArray[np.bool_]
    noisy_probes: dict[int, str]
    mutated: dict[str, int]
    single: bool
    remarks: tuple[str, ...]

    @property
    def plain(self) -> npt.NDArray[np.bool_]:
        """Which probes are first calls with ordinary arrays: they decide about values."""
        return self.plan.plain

    @property
    def right(self) -> bool:
        """Whether every first call is right."""
        return not bool((self.wrong_probes & self.plain).any())

    @property
    def faultless(self) -> bool:
        """Whether no call is wrong, warns or changes its arguments."""
        return not (self.wrong_probes.any() or self.noisy_probes or self.mutated)

    @property
    def may_be_spoilt(self) -> bool:
        """Whether it has faults that another function may have caused; a limit it ran into is its own."""
        return not self.faultless and all(failure.kind != "limit" for failure in self.failures.values())

    def elements(self, probe: int) -> slice:
        """Return where a probe's elements are."""
        return slice(int(self.starts[probe]), int(self.starts[probe + 1]))


def find(plan: CheckPlan, answers: Answers) -> Finding:
    """Return what a check saw in the answers to its script."""
    starts = plan.starts
    actual, failures, remarks = _read(plan, answers, starts)
    bad = wrong(actual, plan.target, DOUBLE)
    single = False
    if bad.any():
        loosely = wrong(actual, plan.target, SINGLE if fits_single(actual) else MIXED)
        usable = np.ones(len(bad), bool)
        for i in failures:
            usable[starts[i] : starts[i + 1]] = False
        if not (loosely & usable).any():
            single, bad = bool((bad & usable).any()), bad & ~usable
    if bad.any():
        before = np.concatenate([[0], np.cumsum(bad)])
        wrong_probes = before[starts[1:]] > before[starts[:-1]]
    else:
        wrong_probes = np.zeros(len(plan.probes), bool)
    for i in failures:
        wrong_probes[i] = True
    noisy, mutated = _side_effects(plan, answers)
    return Finding(plan, actual, bad, starts, failures, wrong_probes, noisy, mutated, single, remarks)


def _read(
    plan: CheckPlan, answers: Answers, starts: npt.NDArray[np.int64]
) -> tuple[FloatArray, dict[int, Failure], tuple[str, ...]]:
    fast = _read_at_once(plan, answers, int(starts[-1]))
    if fast is not None:
        return fast, {}, ()
    offsets = _offsets(answers.traces)
    actual = np.full(int(starts[-1]), np.nan)
    failures: dict[int, Failure] = {}
    remarks: dict[str, None] = {}
    judged = [call for call in plan.calls if call.judged]
    for i, probe in enumerate(plan.probes):
        failure = _failed(i, plan, probe, answers.traces)
        if failure is None:
            trace = answers.traces[probe.step]
            assert isinstance(trace, Returned)
            data = memoryview(answers.payload)[offsets[probe.step] : offsets[probe.step] + trace.nbytes]
            answer = read_answer(judged[probe.call], plan.target.shapes[i], trace, data)
            remarks.update(dict.fromkeys(answer.remarks))
            failure = _contract(i, answer)
            if failure is None:
                actual[starts[i] : starts[i + 1]] = answer.flat
        if failure is not None:
            failures[i] = failure
    return actual, failures, tuple(remarks)


def _read_at_once(plan: CheckPlan, answers: Answers, total: int) -> FloatArray | None:
    """Return all elements in one step where every answer has exactly the expected form: the usual case."""
    traces = answers.traces
    if not plan.is_float or len(answers.payload) != 8 * total or set(map(type, traces)) != {Returned}:
        return None
    # Equal forms are mostly one object, so that each pair is compared once.
    given = [traces[step] for step in plan.judged_steps]
    pairs = {(id(own), id(wanted)): (own, wanted) for own, wanted in zip(given, plan.expected, strict=True)}
    for own, wanted in pairs.values():
        assert isinstance(own, Returned)
        if not same_form(own.leaves, wanted):
            return None
    return np.frombuffer(answers.payload, np.float64)


def _offsets(traces: Sequence[Trace]) -> list[int]:
    offsets, position = [], 0
    for trace in traces:
        offsets.append(position)
        position += trace.nbytes if isinstance(trace, Returned) else 0
    return offsets


def _failed(i: int, plan: CheckPlan, probe: Probe, traces: Sequence[Trace]) -> Failure | None:
    """Return why a probe has no result."""
    trace = traces[probe.step]
    own = plan.check.function
    if isinstance(trace, Returned):
        return None
    if isinstance(trace, Raised):
        if trace.kind == "NotImplementedError":
            return Failure(i, f"{own} is not implemented yet", "unfilled")
        where = f" ({_place(trace)})" if trace.line else ""
        return Failure(i, f"{own} raised {trace.kind}: {trace.message}{where}", "raised")
    return Failure(i, limit_message(own, trace), "limit")


OVERTIME = "did not finish"
"""What the message on every function says that ran into a time limit."""


def limit_message(function: str, trace: TimedOut | Died) -> str:
    """Return which limit a function ran into."""
    if isinstance(trace, TimedOut) and trace.kind == "total":
        return f"{function} {OVERTIME} before the {trace.seconds:g} s of the whole submission were used up"
    if isinstance(trace, TimedOut):
        unit = "s of processor time" if trace.kind == "cpu" else "s"
        return f"{function} {OVERTIME} within {trace.seconds:.3g} {unit}"
    return f"{function} ended the worker: {trace.reason}"


def _place(trace: Raised) -> str:
    return f"line {trace.line} of {trace.file}" if trace.file else f"line {trace.line}"


def _contract(i: int, answer: Answer) -> Failure | None:
    if answer.nothing:
        return Failure(i, answer.problem, "nothing")
    return Failure(i, answer.problem, "contract") if answer.problem else None


def _side_effects(plan: CheckPlan, answers: Answers) -> tuple[dict[int, str], dict[str, int]]:
    """Return warnings and changed arguments; caches and states belong to the student, who may change them."""
    noisy: dict[int, str] = {}
    mutated: dict[str, int] = {}
    different = {id(trace): trace for trace in answers.traces}.values()
    if not any(isinstance(trace, Returned) and (trace.warnings or trace.mutated) for trace in different):
        return noisy, mutated
    judged = [call for call in plan.calls if call.judged]
    for i, probe in enumerate(plan.probes):
        trace = answers.traces[probe.step]
        if not isinstance(trace, Returned):
            continue
        if trace.warnings:
            noisy[i] = trace.warnings[0]
        for position in trace.mutated:
            own = position >= 0
            arguments = (judged[probe.call] if own else plan.calls[0]).signature.arguments
            place = position if own else -1 - position
            if place < len(arguments) and arguments[place].kind is not Kind.OPAQUE:
                name = arguments[place].name
                mutated.setdefault(name if own else f"{name} of {plan.calls[0].signature.name}, through the cache", i)
    return noisy, mutated

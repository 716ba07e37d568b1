"""Whether a backward is right for the student's own forward, by finite differences, where that forward is wrong."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from grader.checks.findings import Answers
from grader.checks.sessions import Caller
from grader.core.cases import Case
from grader.core.compare import read_answer
from grader.core.domains import Value
from grader.core.exercise import Check, Differential, Exercise
from grader.core.gradient_result import Judgement
from grader.core.gradients import Effort, check_gradient
from grader.core.program import Call, Input, Program, Result, ScriptBuilder
from grader.core.protocol import Returned
from grader.core.ridders import FloatArray
from grader.core.signature import Kind, Shape, Signature, Term
from grader.core.slopes import Point

RUNGS = 7
CASES = 2
DIRECTIONS = 7
"""Directions per case: with two cases and 14 evaluations each, about 200 calls of the forward in all."""
MAX_ELEMENTS = 200
"""Larger cases are not used."""


@dataclass(frozen=True, slots=True)
class OwnForward:
    """What finite differences of the student's own forward say about the backward; the sentence is empty if nothing."""

    judgement: Judgement
    sentence: str = ""


UNDECIDED = OwnForward(Judgement.INCONCLUSIVE)


def consistent_with_own_forward(
    exercise: Exercise, check: Check, cases: Sequence[Case], caller: Caller, *, seed: int = 0
) -> OwnForward:
    """Return whether a backward is right for the forward that the student wrote, right or wrong as that is.

    Parameters
    ----------
    check
        A gradient check whose ``of`` names another function.
    cases
        From which one or two calm ones are taken; each costs one script of two calls and one of about 100.
    caller
        Answers scripts with the student's functions.
    seed
        From which elements and directions are chosen.
    """
    body = check.body
    if not isinstance(body, Differential) or body.kind != "gradient" or body.of in (None, check.function):
        return UNDECIDED
    forward, backward = exercise.function(str(body.of)).signature, exercise.function(check.function).signature
    right = False
    for case in _calm(cases):
        seen = _on_case(forward, backward, case, caller, seed)
        if seen.judgement is Judgement.WRONG:
            return seen
        right = right or seen.judgement is Judgement.RIGHT
    if not right:
        return UNDECIDED
    return OwnForward(Judgement.RIGHT, "by finite differences this backward is right for your own forward")


def _calm(cases: Sequence[Case]) -> list[Case]:
    """Return a case of moderate, uneven values and a second one of other sizes, if there are any."""
    usable = [case for case in cases if case.label != "hypothesis" and 2 < case.weight[0] <= MAX_ELEMENTS]
    ranked = sorted(usable, key=lambda case: (not _is_generic(case), _extremity(case), case.weight[0]))
    first = ranked[:1]
    return first + [case for case in ranked if dict(case.sizes) != dict(first[0].sizes)][: CASES - 1] if first else []


def _reals(case: Case) -> list[FloatArray]:
    return [v for v in case.inputs.values() if isinstance(v, np.ndarray) and v.dtype.kind == "f"]


def _extremity(case: Case) -> float:
    """Return by how many powers of ten any array's largest value differs from 1; extremes saturate and cancel."""
    largest = [float(np.abs(value).max(initial=0)) for value in _reals(case)]
    return max((abs(np.log10(value)) if value > 0 else np.inf for value in largest), default=0.0)


def _is_generic(case: Case) -> bool:
    """Return whether no size is 1 and no real array consists of round numbers, as ties and kinks do."""
    sizes = [side for size in case.sizes.values() for side in (size if isinstance(size, tuple) else (size,))]
    is_round = any(np.any(value * 4 == np.round(value * 4)) for value in _reals(case))
    return all(side > 1 for side in sizes) and not is_round


def _on_case(forward: Signature, backward: Signature, case: Case, caller: Caller, seed: int) -> OwnForward:
    plain = Call(forward, tuple(Input(term.name) for term in forward.arguments), tuple(forward.keep))
    upstream = _upstream(forward, backward, case)
    moved = _moved(forward, backward, case)
    returned = {term.name: Result(0, i) for i, term in enumerate(forward.results)}
    for term in backward.arguments:
        if term.kind is Kind.OPAQUE and forward.keep:
            returned[term.name] = Result(0, forward.keep[0])
    args: tuple[Input | Result, ...] = tuple(returned.get(term.name, Input(term.name)) for term in backward.arguments)
    if upstream is None or not moved or any(isinstance(a, Input) and a.name not in case.inputs for a in args):
        return UNDECIDED
    calls = (plain, Call(backward, args, tuple(backward.keep)))
    answered = _ask(caller, calls, [case])
    claims = answered[1]
    if answered[0] is None or claims is None:
        return UNDECIDED
    named = dict(zip([term.name for term in calls[1].terms], claims, strict=True))

    def evaluate(batch: Iterable[Point]) -> list[Sequence[FloatArray] | None]:
        changed = [
            replace(case, inputs={**case.inputs, **dict(zip(moved, map(_value, case_values), strict=True))})
            for case_values in batch
        ]
        return _ask(caller, (plain,), changed)

    directions = 2 if len(moved) == 1 else 1
    effort = Effort(
        coordinates=max(1, DIRECTIONS // len(moved) - directions), directions=directions, rungs=RUNGS, ladders=1,
        localise=False,
    )  # fmt: skip
    result = check_gradient(
        evaluate, [named[f"d{name}"] for name in moved], [np.asarray(case.inputs[name], float) for name in moved],
        upstream, names=moved, seed=seed, effort=effort,
    )  # fmt: skip
    wrong = [tensor for tensor in result.tensors if tensor.judgement is Judgement.WRONG]
    if wrong:
        seen = wrong[0].problem or str(wrong[0].worst)
        return OwnForward(
            Judgement.WRONG, f"by finite differences this backward is not right for your own forward either: {seen}"
        )
    moving = any(s.numeric and s.judgement is Judgement.RIGHT for tensor in result.tensors for s in tensor.slopes)
    return OwnForward(result.judgement) if moving else UNDECIDED


def _value(value: FloatArray) -> Value:
    return value if value.ndim else float(value)


def _moved(forward: Signature, backward: Signature, case: Case) -> list[str]:
    """Return the forward's real arguments whose gradient the backward returns."""
    returned = {term.name for term in backward.results}
    return [
        term.name for term in forward.arguments
        if f"d{term.name}" in returned and np.asarray(case.inputs.get(term.name, 0)).dtype.kind == "f"
    ]  # fmt: skip


def _upstream(forward: Signature, backward: Signature, case: Case) -> list[FloatArray] | None:
    """Return one upstream gradient per result of the forward: given, else 1 for a loss, else 0."""
    taken = {term.name for term in backward.arguments}
    results = [term for term in forward.results if term.kind is not Kind.OPAQUE]
    given = any(f"d{term.name}" in taken for term in results)
    upstream: list[FloatArray] = []
    for i, term in enumerate(results):
        shape = _shape(forward, term, case)
        if f"d{term.name}" in taken:
            upstream.append(np.asarray(case.inputs[f"d{term.name}"], float))
        elif not given and i == 0:
            if shape:
                return None
            upstream.append(np.ones(()))
        else:
            upstream.append(np.zeros(shape))
    return upstream


def _shape(signature: Signature, term: Term, case: Case) -> Shape:
    scalars = {name: value for name, value in case.inputs.items() if type(value) is int}
    return term.shape({**case.sizes, **scalars})


def _ask(caller: Caller, calls: Program, cases: Sequence[Case]) -> list[Sequence[FloatArray] | None]:
    """Return the results of every call for every case, from one script; `None` where they lack the right shape."""
    builder = ScriptBuilder()
    for i, case in enumerate(cases):
        builder.add(calls, case, i)
    answers = caller.run(builder.script(), bytes(builder.payload))
    return [_read(calls[probe.call], cases[probe.case], answers, offset, probe.step)
            for probe, offset in zip(builder.probes, _offsets(answers), strict=True)]  # fmt: skip


def _offsets(answers: Answers) -> list[int]:
    sizes = [trace.nbytes if isinstance(trace, Returned) else 0 for trace in answers.traces]
    return list(itertools.accumulate(sizes, initial=0))[:-1]


def _read(call: Call, case: Case, answers: Answers, offset: int, step: int) -> Sequence[FloatArray] | None:
    trace = answers.traces[step]
    if not isinstance(trace, Returned):
        return None
    shapes = [_result_shape(call.signature, term, case) for term in call.terms]
    answer = read_answer(call, shapes, trace, memoryview(answers.payload)[offset : offset + trace.nbytes])
    if answer.problem or answer.nothing:
        return None
    ends = np.cumsum([int(np.prod(shape, dtype=int)) for shape in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(answer.flat, ends[:-1]), shapes, strict=True)]


def _result_shape(signature: Signature, term: Term, case: Case) -> Shape:
    """Return a result's shape; a gradient has the shape of what it belongs to."""
    source = case.inputs.get(term.name.removeprefix("d")) if term.name.startswith("d") else None
    return np.shape(np.asarray(source)) if isinstance(source, np.ndarray | float) else _shape(signature, term, case)

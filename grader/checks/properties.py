"""Properties: a predicate calls the student's functions by name, and its answer becomes an observation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from grader.checks.findings import FloatArray, limit_message
from grader.checks.sessions import (
    Binding,
    Caller,
    Diverged,
    Handle,
    LiveSession,
    Recorder,
    Rehearsal,
    Session,
    SharedGenerator,
)
from grader.core.authored import file_of, told
from grader.core.cases import Case
from grader.core.compare import read_answer, same_form
from grader.core.exercise import Check, Exercise, Property, Refuted
from grader.core.program import Call
from grader.core.protocol import Raised, Returned
from grader.core.signature import Kind, Signature, Term
from grader.errors import AuthoringError


class Unanswered(Exception):
    """A student's function gave no usable answer; the message says why."""


class RemoteStudent:
    """The student's functions as attributes; calls are answered by a session.

    Parameters
    ----------
    exercise
        Whose functions can be called.
    session
        Answers the calls.

    Attributes
    ----------
    changed
        Which arguments the calls so far changed in place, as ``"x of dropout_forward"``: the purity verdict sees the
        differential cases only, in which nothing is random.
    """

    def __init__(self, exercise: Exercise, session: Session) -> None:
        self._exercise = exercise
        self._session = session
        self._generators = 0
        self.changed: list[str] = []

    def generator(self, seed: int) -> SharedGenerator:
        """Return ``numpy.random.default_rng(seed)`` as an object in the worker that keeps its stream."""
        self._generators += 1
        return SharedGenerator(seed, f"{self._session.name}/{seed}/{self._generators}")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        signature = self._exercise.function(name).signature

        def call(*args: Any) -> Any:  # noqa: ANN401 - arrays, scalars and handles
            return self._call(signature, args)

        return call

    def _call(self, signature: Signature, args: Sequence[Any]) -> Any:  # noqa: ANN401
        _check_count(signature, len(args))
        terms = signature.arguments
        args = [np.asarray(arg) if terms[i].kind is Kind.ARRAY else arg for i, arg in enumerate(args)]
        number, trace, data, binding = self._session.call(signature, args)
        if isinstance(trace, Raised):
            where = f" (line {trace.line} of {trace.file})" if trace.line else ""
            raise Unanswered(f"{signature.name} raised {trace.kind}: {trace.message}{where}")
        if not isinstance(trace, Returned):
            raise Unanswered(limit_message(signature.name, trace))
        # The positions are the worker's word: those that no argument has are not looked up.
        self.changed += [f"{terms[i].name} of {signature.name}" for i in trace.mutated if 0 <= i < len(terms)]
        if binding.is_float and same_form(trace.leaves, binding.leaves):
            return _results(signature, np.frombuffer(data), binding, number)
        answer = read_answer(Call(signature, (), tuple(signature.keep)), binding.shapes, trace, data)
        if answer.problem:
            raise Unanswered(answer.problem)
        return _results(signature, answer.flat, binding, number)


def _results(signature: Signature, flat: FloatArray, binding: Binding, number: int) -> Any:  # noqa: ANN401
    """Return a call's results as a predicate sees them: arrays, floats, and handles of what stays in the worker."""
    results: list[Any] = []
    offset = 0
    shapes = iter(binding.shapes)
    for i, term in enumerate(signature.results):
        if term.kind is Kind.OPAQUE:
            index = i if len(signature.results) > 1 else -1
            results.append(Handle(number, index, tuple(binding.sizes.items())))
            continue
        shape = next(shapes)
        count = math.prod(shape)
        results.append(_value(term, flat[offset : offset + count].reshape(shape)))
        offset += count
    return tuple(results) if len(results) > 1 else results[0]


def _check_count(signature: Signature, given: int) -> None:
    """Refuse a predicate's call that no right function could answer."""
    required = sum(term.default is None for term in signature.arguments)
    if not required <= given <= len(signature.arguments):
        names = ", ".join(term.name for term in signature.arguments)
        raise AuthoringError(f"a property calls {signature.name} with {given} arguments, but it takes {names}")


def _value(term: Term, array: np.ndarray[Any, Any]) -> Any:  # noqa: ANN401
    return array if term.dims is not None else float(array)


@dataclass(frozen=True, slots=True)
class Observation:
    """What a property's predicate saw.

    Attributes
    ----------
    message
        What was seen instead of the claim; empty where it holds.
    mistake
        The known mistake that the numbers prove, if any.
    case
        The first case, the simplest, on which it does not hold.
    broken
        The predicate itself failed: the grader's fault.
    """

    message: str = ""
    mistake: str | None = None
    case: Case | None = None
    broken: str = ""


def observe(
    exercise: Exercise, check: Check, cases: Sequence[Case], caller: Caller, rehearsed: Sequence[Session] = ()
) -> Observation:
    """Return whether a property holds on all its cases, else what was seen on the first where it does not.

    Parameters
    ----------
    rehearsed
        A session for each case whose answers are already here; a case whose predicate makes other calls is asked anew.
    """
    for i, case in enumerate(cases):
        try:
            seen = observe_case(exercise, check, case, rehearsed[i] if rehearsed else LiveSession(caller))
        except Diverged:
            seen = observe_case(exercise, check, case, LiveSession(caller))
        if seen.message or seen.broken:
            return seen
    return Observation()


def observe_case(exercise: Exercise, check: Check, case: Case, session: Session) -> Observation:
    """Return whether a property holds on one case."""
    if not isinstance(check.body, Property):
        raise AuthoringError(f"{check.name} is no property")
    try:
        with np.errstate(all="ignore"):
            seen = check.body.predicate(RemoteStudent(exercise, session), _view(case))
    except Unanswered as error:
        return Observation(str(error), None, case)
    except Diverged:
        raise
    except AuthoringError as error:
        return Observation(broken=str(error))
    except Exception as error:  # an author's predicate may raise anything
        return Observation(broken=f"the predicate raised {told(error, file_of(check.body.predicate))}")
    if isinstance(seen, Refuted):
        return Observation(seen.message or f"does not hold: {check.title}", seen.mistake, case)
    if isinstance(seen, str) and seen:
        return Observation(seen, None, case)
    if seen is not None and not isinstance(seen, bool | np.bool_ | str):
        kind = type(seen).__name__
        return Observation(broken=f"the predicate returned a {kind}; None, True, False, a sentence or Refuted are due")
    if seen is not None and not seen:
        return Observation(f"does not hold: {check.title}", None, case)
    return Observation()


def rehearse(exercise: Exercise, planned: Mapping[str, Sequence[Case]], caller: Caller) -> Rehearsal:
    """Return the calls that some properties make on the reference, which `caller` answers with; checks in order."""
    recorder = Recorder(caller)
    checks = {check.name: check for check in exercise.checks}
    for name, cases in planned.items():
        for case in cases:
            recorder.begin()
            observe_case(exercise, checks[name], case, recorder)
    return recorder.rehearsal()


def _view(case: Case) -> SimpleNamespace:
    """Return the case's inputs for a predicate; arrays are copies, so that predicates cannot change the plan."""
    view = case.view
    for name, value in vars(view).items():
        if isinstance(value, np.ndarray):
            setattr(view, name, value.copy())
    return view

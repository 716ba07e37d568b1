"""Known mistakes: the answers that each would give, and which of them a wrong submission gives in every case."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.checks.findings import Finding, find
from grader.core.compare import DOUBLE, SINGLE
from grader.core.edits import Edit
from grader.core.plan import CheckPlan
from grader.core.protocol import PREFIX, Raised, Returned, Run, Trace, decode_request, frame_sizes
from grader.discovery import Paired
from grader.errors import AuthoringError
from grader.worker.evaluator import Evaluator

MAX_PAIRS = 500
"""Pairs of mistakes that are tried for one check at most."""


@dataclass(frozen=True, slots=True)
class InlineAnswers:
    """A script's answers, computed in this process."""

    traces: list[Trace]
    payload: bytes


class InlineCaller:
    """Answers scripts with trusted functions in this process.

    Parameters
    ----------
    functions
        By name.
    """

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._evaluator = Evaluator(functions)

    def run(self, script: Run, payload: bytes) -> InlineAnswers:
        """Answer a script."""
        traces: list[Trace] = []
        chunks = []
        for part, data in self._evaluator.run(script, payload):
            traces.extend(part.results)
            chunks.append(data)
        return InlineAnswers(traces, b"".join(chunks))

    def run_frame(self, frame: bytes, steps: int) -> InlineAnswers:
        """Answer an encoded script of so many steps."""
        header, _ = frame_sizes(frame[: PREFIX.size])
        request = decode_request(frame[PREFIX.size : PREFIX.size + header])
        if not isinstance(request, Run) or len(request.steps) != steps:
            raise AuthoringError(f"the frame should be a script of {steps} steps")
        return self.run(request, frame[PREFIX.size + header :])


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A known mistake, or a pair of them, that explains a finding."""

    mistakes: tuple[Edit, ...]

    @property
    def name(self) -> str:
        """The mistakes' names, joined by ``and``."""
        return " and ".join(mistake.name for mistake in self.mistakes)

    @property
    def hint(self) -> str:
        """The mistakes' hints, one after the other."""
        return " ".join(mistake.hint for mistake in self.mistakes)


@dataclass(slots=True)
class MistakeBook:
    """The known mistakes of an exercise and the answers that they give; each is computed when first asked for."""

    pair: Paired
    _functions: dict[tuple[str, ...], dict[str, Callable[..., Any]] | None] = field(default_factory=dict)
    _findings: dict[tuple[str, tuple[str, ...]], Finding | None] = field(default_factory=dict)
    _uses: dict[str, set[str]] = field(default_factory=dict)

    @property
    def mistakes(self) -> tuple[Edit, ...]:
        """All known mistakes of the exercise."""
        return self.pair.solution.mistakes if self.pair.solution else ()

    def functions(self, mistakes: Sequence[Edit]) -> dict[str, Callable[..., Any]] | None:
        """Return the kernels with some mistakes in them, `None` where the edits exclude each other."""
        key = tuple(mistake.name for mistake in mistakes)
        if key not in self._functions:
            self._functions[key] = self._compile(mistakes)
        return self._functions[key]

    def _compile(self, mistakes: Sequence[Edit]) -> dict[str, Callable[..., Any]] | None:
        solution = self.pair.solution
        if solution is None:
            return None
        source = solution.source
        for mistake in mistakes:
            try:
                source = mistake.apply(source)
            except AuthoringError:
                if len(mistakes) == 1:
                    raise
                return None
        namespace: dict[str, Any] = {"__name__": "mistaken"}
        exec(compile(source, f"<{' and '.join(m.name for m in mistakes)}>", "exec"), namespace)
        return {function.name: namespace[function.name] for function in self.pair.exercise.functions}

    def finding(self, plan: CheckPlan, mistakes: Sequence[Edit]) -> Finding | None:
        """Return what a check sees of some mistakes; `None` where they change none of its answers."""
        key = (plan.check.name, tuple(mistake.name for mistake in mistakes))
        if key not in self._findings:
            functions = self.functions(mistakes)
            found = None if functions is None else find(plan, InlineCaller(functions).run_frame(plan.frame, plan.steps))
            self._findings[key] = found if found is not None and shows_fault(found) else None
        return self._findings[key]

    def diagnose(self, student: Finding) -> Diagnosis | None:
        """Return the mistake, or else the pair, whose answers equal the student's in every case."""
        called = self._called(call.signature.name for call in student.plan.calls)
        touching = [m for m in self.mistakes if not m.within or m.within in called]
        relevant = [m for m in touching if self.finding(student.plan, (m,)) is not None]
        for candidates in self._candidates(relevant):
            found = self.finding(student.plan, candidates)
            if found is not None and same_answers(student, found):
                return Diagnosis(tuple(candidates))
        return None

    def _called(self, names: Iterable[str]) -> set[str]:
        """Return some kernels' names with those of all definitions of the solution that they use, directly or not."""
        if not self._uses and self.pair.solution is not None:
            self._uses = _uses(self.pair.solution.source)
        called: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in called:
                called.add(name)
                waiting += self._uses.get(name, ())
        return called

    @staticmethod
    def _candidates(relevant: Sequence[Edit]) -> Iterable[tuple[Edit, ...]]:
        yield from ((mistake,) for mistake in relevant)
        yield from itertools.islice(itertools.combinations(relevant, 2), MAX_PAIRS)


def _uses(source: str) -> dict[str, set[str]]:
    """Return for each top-level name that a source defines the other top-level names in its definition."""
    parts: dict[str, ast.AST] = {}
    for node in ast.parse(source).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        named = [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
        parts.update({name: node for name in [*named, *(t.id for t in targets if isinstance(t, ast.Name))]})
    return {
        name: {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id in parts} - {name}
        for name, node in parts.items()
    }


def shows_fault(finding: Finding) -> bool:
    """Return whether a finding fails its check: a wrong answer, or a warning where none may be."""
    body = finding.plan.check.body
    quiet = getattr(body, "quiet", False)
    plain = finding.plain
    return not finding.right or (quiet and any(plain[i] for i in finding.noisy_probes))


def same_answers(student: Finding, mistake: Finding) -> bool:
    """Return whether two findings of one check agree on every first call, and are told apart from right answers."""
    plan = student.plan
    for roundoff, relative in ((DOUBLE, 1e-7), (SINGLE, 1e-3)):
        size = np.nan_to_num(np.abs(mistake.actual), nan=0.0, posinf=0.0)
        tolerance = 16 * plan.target.tolerance(roundoff) + relative * size
        if not _told_apart(student, tolerance):
            return _same_noise(student, mistake) and student.right and mistake.right
        if _agree(student, mistake, tolerance):
            return True
    return False


def _told_apart(student: Finding, tolerance: np.ndarray[Any, Any]) -> bool:
    """Return whether the student's answers differ from the right ones by more than the agreement allows."""
    if student.failures:
        return True
    target = student.plan.target
    with np.errstate(invalid="ignore"):
        off = np.maximum(target.low - student.actual, student.actual - target.high)
        return bool((~(off <= 4 * np.nan_to_num(tolerance, nan=0.0, posinf=0.0)) & student.bad).any())


def _agree(student: Finding, mistake: Finding, tolerance: np.ndarray[Any, Any]) -> bool:
    with np.errstate(invalid="ignore"):
        close = np.abs(student.actual - mistake.actual) <= tolerance
    close |= (np.isnan(student.actual) & np.isnan(mistake.actual)) | (student.actual == mistake.actual)
    # At a kink several answers are right, so which of them a submission gives says nothing about its mistake.
    close |= student.plan.target.low < student.plan.target.high
    for i, probe in enumerate(student.plan.probes):
        if probe.variant != "plain":
            continue
        own, other = student.failures.get(i), mistake.failures.get(i)
        if own is None and other is None:
            if not close[student.elements(i)].all():
                return False
        elif own is None or other is None or own.kind != other.kind or not _same_failure(own.message, other.message):
            return False
    return True


def _same_failure(own: str, other: str) -> bool:
    """Return whether two failures are of one kind: the same exception, or the same fault of shape."""
    return own.split(":")[0] == other.split(":")[0]


def _same_noise(student: Finding, mistake: Finding) -> bool:
    """Return whether both raise warnings in the same first calls, where warnings count."""
    if not getattr(student.plan.check.body, "quiet", False):
        return True
    plain = student.plain
    return {i for i in student.noisy_probes if plain[i]} == {i for i in mistake.noisy_probes if plain[i]}


def raised_everywhere(traces: Iterable[Trace]) -> bool:
    """Return whether no call of a script returned."""
    return not any(isinstance(trace, Returned) for trace in traces) and any(isinstance(t, Raised) for t in traces)

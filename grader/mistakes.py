"""Known mistakes: the answers that each would give, and which of them a wrong submission gives in every case."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.agreement import agree, allowance, is_single, precisions, same_answers
from grader.checks.findings import Finding, find
from grader.core.edits import Edit
from grader.core.plan import CheckPlan
from grader.core.protocol import PREFIX, Run, Trace, decode_request, frame_sizes
from grader.discovery import Paired
from grader.errors import AuthoringError
from grader.mistaken_sources import edited, uses
from grader.samples import Sample
from grader.worker.evaluator import Evaluator

MAX_PAIRS = 1500
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
        chunks: list[bytes] = []
        for part, data in self._evaluator.run(script, payload):
            traces.extend(part.traces())
            chunks += data
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
    _findings: dict[tuple[str, tuple[str, ...], bool], Finding | None] = field(default_factory=dict)
    _samples: dict[str, Sample] = field(default_factory=dict)
    _sampled: dict[tuple[str, tuple[str, ...], bool], Finding] = field(default_factory=dict)
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
        try:
            source = edited(solution.source, mistakes)
        except AuthoringError:
            if len(mistakes) == 1:
                raise
            return None
        namespace: dict[str, Any] = {"__name__": "mistaken"}
        exec(compile(source, f"<{' and '.join(m.name for m in mistakes)}>", "exec"), namespace)
        return {function.name: namespace[function.name] for function in self.pair.exercise.functions}

    def finding(self, plan: CheckPlan, mistakes: Sequence[Edit], *, single: bool = False) -> Finding | None:
        """Return what a check sees of some mistakes; `None` where they change none of its answers.

        Parameters
        ----------
        single
            Compute in float32, where overflow and underflow begin elsewhere.
        """
        key = (plan.check.name, tuple(mistake.name for mistake in mistakes), single)
        if key not in self._findings:
            functions = self._in_precision(mistakes, single=single)
            found = None if functions is None else find(plan, InlineCaller(functions).run_frame(plan.frame, plan.steps))
            self._findings[key] = found if found is not None and shows_fault(found) else None
        return self._findings[key]

    def _in_precision(self, mistakes: Sequence[Edit], *, single: bool) -> Mapping[str, Callable[..., Any]] | None:
        functions = self.functions(mistakes)
        if functions is None or not single:
            return functions
        return {name: _in_single(function) for name, function in functions.items()}

    def diagnose(self, student: Finding, passed: Sequence[CheckPlan] = ()) -> Diagnosis | None:
        """Return the mistake, or else the pair, whose answers equal the student's in every case.

        Parameters
        ----------
        passed
            Checks that the same submission passes, of a backward's forward: a mistake that they show was not made.
        """
        called = self._called(call.signature.name for call in student.plan.calls)
        touching = [m for m in self.mistakes if not m.within or m.within in called]
        made = [m for m in touching if not any(self.finding(plan, (m,)) for plan in passed)]
        relevant = [m for m in made if self.finding(student.plan, (m,)) is not None]
        for single in (False, True) if is_single(student) else (False,):
            alone = [(m, found) for m in relevant if (found := self.finding(student.plan, (m,), single=single))]
            for mistake, found in alone:
                if same_answers(student, found):
                    return Diagnosis((mistake,))
            for pair in itertools.islice(itertools.combinations([m for m, _ in alone], 2), MAX_PAIRS):
                if not self._is_possible(student, pair, single=single):
                    continue
                both = self.finding(student.plan, pair, single=single)
                if both is not None and same_answers(student, both):
                    return Diagnosis(pair)
        return None

    def _is_possible(self, student: Finding, mistakes: Sequence[Edit], *, single: bool) -> bool:
        """Return whether mistakes give a student's answers on a sample of cases: most pairs do not."""
        functions = self._in_precision(mistakes, single=single)
        if functions is None:
            return False
        check = student.plan.check.name
        if check not in self._samples:
            self._samples[check] = Sample(student.plan)
        sample = self._samples[check]
        key = (check, tuple(mistake.name for mistake in mistakes), single)
        if key not in self._sampled:
            caller = InlineCaller(functions)
            self._sampled[key] = find(sample.plan, caller.run_frame(sample.plan.frame, sample.plan.steps))
        own, found = sample.of(student), self._sampled[key]
        return any(agree(own, found, allowance(found, *p), proof=False) for p in precisions(own))

    def _called(self, names: Iterable[str]) -> set[str]:
        """Return some kernels' names with those of all definitions of the solution that they use, directly or not."""
        if not self._uses and self.pair.solution is not None:
            self._uses = uses(self.pair.solution.source)
        called: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in called:
                called.add(name)
                waiting += self._uses.get(name, ())
        return called


def shows_fault(finding: Finding) -> bool:
    """Return whether a finding fails its check: a wrong answer, or a warning where none may be."""
    body = finding.plan.check.body
    quiet = getattr(body, "quiet", False)
    plain = finding.plain
    return not finding.right or (quiet and any(plain[i] for i in finding.noisy_probes))


def _in_single(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gets its float64 arrays in float32, and so computes in it."""

    def call(*args: Any) -> Any:  # noqa: ANN401 - whatever the kernel takes and returns
        return function(*(arg.astype(np.float32) if _is_double(arg) else arg for arg in args))

    return call


def _is_double(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float64

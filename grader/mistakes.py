"""Known mistakes: the answers that each would give, and which of them a wrong submission gives in every case."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import numpy as np

from grader.agreement import EXACT, ROUGH, Precision, could_agree, deviation, is_single, mixes_single, same_answers
from grader.checks.findings import Finding, find
from grader.core.edits import Edit
from grader.core.plan import CheckPlan
from grader.core.protocol import Returned, Run, Trace
from grader.discovery import Paired
from grader.errors import AuthoringError
from grader.mistaken_sources import MistakenSource
from grader.samples import Sample, Samples
from grader.worker.evaluator import Evaluator
from grader.worker.script import Script, ready_scripts

MAX_PAIRS = 1500
"""Pairs of mistakes that are tried for one check at most."""
MUCH_NEARER = 8.0
"""How many times nearer than one mistake a pair must be to answers in float32, to which both are near."""

Names = tuple[str, ...]
Candidate = tuple[Edit, ...]
Functions = dict[str, Callable[..., Any]]


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
        return self.run_ready(Script(script, payload))

    def run_ready(self, script: Script) -> InlineAnswers:
        """Answer a script that is ready."""
        traces: list[Trace] = []
        chunks: list[bytes] = []
        for part, data in self._evaluator.run_ready(script):
            traces.extend(part.traces())
            chunks += data
        return InlineAnswers(traces, b"".join(chunks))

    def run_frame(self, frame: bytes, steps: int) -> InlineAnswers:
        """Answer an encoded script of so many steps."""
        scripts = ready_scripts(frame)
        if len(scripts) != 1 or len(scripts[0].calls) != steps:
            raise AuthoringError(f"the frame should be a script of {steps} steps")
        return self.run_ready(scripts[0])


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
    _source: MistakenSource | None = None
    _functions: dict[Names, Functions | None] = field(default_factory=dict)
    _findings: dict[tuple[str, Names, bool], Finding | None] = field(default_factory=dict)
    _samples: dict[str, Samples] = field(default_factory=dict)
    _scripts: dict[str, Script] = field(default_factory=dict)
    _sampled: dict[tuple[str, int, Names, bool], Finding | None] = field(default_factory=dict)

    @property
    def mistakes(self) -> tuple[Edit, ...]:
        """All known mistakes of the exercise."""
        return self.pair.solution.mistakes if self.pair.solution else ()

    @property
    def source(self) -> MistakenSource:
        """The kernels' source, which mistakes change; empty without a solution."""
        if self._source is None:
            self._source = MistakenSource(self.pair.solution.source if self.pair.solution else "")
        return self._source

    def functions(self, mistakes: Sequence[Edit]) -> Functions | None:
        """Return the kernels with some mistakes in them, `None` where the edits exclude each other."""
        key = _names(mistakes)
        if key not in self._functions:
            self._functions[key] = self._compile(mistakes)
        return self._functions[key]

    def _compile(self, mistakes: Sequence[Edit]) -> Functions | None:
        if self.pair.solution is None:
            return None
        try:
            return self.source.functions(mistakes, [function.name for function in self.pair.exercise.functions])
        except AuthoringError:
            if len(mistakes) == 1:
                raise
            return None

    def finding(self, plan: CheckPlan, mistakes: Sequence[Edit], *, single: bool = False) -> Finding | None:
        """Return what a check sees of some mistakes; `None` where they change none of its answers.

        Parameters
        ----------
        single
            Compute in float32, where overflow and underflow begin elsewhere.
        """
        key = (plan.check.name, _names(mistakes), single)
        if key not in self._findings:
            functions = self._in_precision(mistakes, single=single)
            answers = None if functions is None else InlineCaller(functions).run_ready(self._script(plan))
            found = None if answers is None else _found(plan, answers)
            self._findings[key] = found if found is not None and shows_fault(found) else None
        return self._findings[key]

    def _script(self, plan: CheckPlan) -> Script:
        """Return a check's script, made ready once for all mistakes."""
        name = plan.check.name
        if name not in self._scripts:
            [self._scripts[name]] = ready_scripts(plan.frame)
        return self._scripts[name]

    def _in_precision(self, mistakes: Sequence[Edit], *, single: bool) -> Functions | None:
        functions = self.functions(mistakes)
        if functions is None or not single:
            return functions
        return {name: _in_single(function) for name, function in functions.items()}

    def _sampled_finding(self, sample: Sample, mistakes: Sequence[Edit], *, single: bool = False) -> Finding | None:
        """Return what a check sees of some mistakes in one case, `None` where it sees nothing of them."""
        key = (sample.plan.check.name, sample.number, _names(mistakes), single)
        if key not in self._sampled:
            functions = self._in_precision(mistakes, single=single)
            caller = None if functions is None else InlineCaller(functions)
            self._sampled[key] = None if caller is None else _found(sample.plan, caller.run_ready(sample.script))
        return self._sampled[key]

    def _samples_of(self, plan: CheckPlan) -> Samples:
        return self._samples.setdefault(plan.check.name, Samples(plan))

    def is_seen(self, plan: CheckPlan, mistake: Edit) -> bool:
        """Return whether a mistake changes an answer of a check."""
        if mistake.within and mistake.within not in self.source.called(call.signature.name for call in plan.calls):
            return False
        for sample in self._samples_of(plan).spread():
            found = self._sampled_finding(sample, (mistake,))
            if found is not None and shows_fault(found):
                return True
        return self.finding(plan, (mistake,)) is not None

    def diagnose(self, student: Finding, passed: Sequence[CheckPlan] = ()) -> Diagnosis | None:
        """Return the mistake, or else the pair, whose answers equal the student's in every case.

        Parameters
        ----------
        passed
            Checks that the same submission passes, of a backward's forward: a mistake that they show was not made.
        """
        made = [m for m in self.mistakes if not any(self.is_seen(plan, m) for plan in passed)]
        relevant = [m for m in made if self.is_seen(student.plan, m)]
        alone = [(mistake,) for mistake in relevant]
        seen = Seen(student, self._samples_of(student.plan).telling(student))
        found = self._exact(seen, alone, single=True)
        if found is None:
            pairs = self._pairs(relevant)
            found = self._exact(seen, pairs, single=mixes_single(student))
            if found is None and is_single(student):
                found = self._closest(seen, [*alone, *pairs])
        return None if found is None else Diagnosis(tuple(sorted(found, key=self.mistakes.index)))

    def _pairs(self, mistakes: Sequence[Edit]) -> list[Candidate]:
        """Return pairs of mistakes, in both orders where the second is made in what the first has changed."""
        pairs = itertools.islice(itertools.combinations(mistakes, 2), MAX_PAIRS)
        return [order for pair in pairs for order in self.source.orders(pair)]

    def _exact(self, seen: Seen, candidates: Sequence[Candidate], *, single: bool) -> Candidate | None:
        """Return the first of some mistakes that give a student's answers, in float64 or else in float32."""
        for in_single in (False, True) if single else (False,):
            for mistakes in candidates:
                found = self._explanation(seen, mistakes, EXACT, single=in_single)
                if found is not None:
                    return mistakes
        return None

    def _closest(self, seen: Seen, candidates: Sequence[Candidate]) -> Candidate | None:
        """Return the mistakes that are nearest to answers in float32; a pair must be much nearer than one alone."""
        near = []
        for mistakes, in_single in itertools.product(candidates, (True, False)):
            found = self._explanation(seen, mistakes, ROUGH, single=in_single)
            if found is not None:
                near.append((deviation(seen.student, found) * MUCH_NEARER ** (len(mistakes) - 1), mistakes))
        return min(near, key=lambda item: item[0])[1] if near else None

    def _explanation(self, seen: Seen, mistakes: Candidate, precision: Precision, *, single: bool) -> Finding | None:
        """Return what a check sees of some mistakes where they give a student's answers; few are asked all cases."""
        for sample, own in seen.samples:
            found = self._sampled_finding(sample, mistakes, single=single)
            if found is None or not could_agree(own, found, precision):
                return None
        whole = self.finding(seen.student.plan, mistakes, single=single)
        return whole if whole is not None and same_answers(seen.student, whole, precision) else None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a check saw of a student: in all cases, and in a few single ones."""

    student: Finding
    samples: Sequence[tuple[Sample, Finding]]


def shows_fault(finding: Finding) -> bool:
    """Return whether a finding fails its check: a wrong answer, or a warning where none may be."""
    body = finding.plan.check.body
    quiet = getattr(body, "quiet", False)
    plain = finding.plain
    return not finding.right or (quiet and any(plain[i] for i in finding.noisy_probes))


def _found(plan: CheckPlan, answers: InlineAnswers) -> Finding | None:
    """Return what a check sees in some answers, `None` where a call fails whose result a judged one would be given."""
    judged = {probe.step for probe in plan.probes}
    if any(type(trace) is not Returned for step, trace in enumerate(answers.traces) if step not in judged):
        return None
    return find(plan, answers)


def _in_single(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gets its float64 arrays in float32, and so computes in it."""

    def call(*args: Any) -> Any:  # noqa: ANN401 - whatever the kernel takes and returns
        return function(*(arg.astype(np.float32) if _is_double(arg) else arg for arg in args))

    return call


def _is_double(value: object) -> TypeGuard[np.ndarray[Any, Any] | np.float64]:
    return isinstance(value, np.ndarray | np.generic) and value.dtype == np.float64


def _names(mistakes: Sequence[Edit]) -> Names:
    return tuple(mistake.name for mistake in mistakes)

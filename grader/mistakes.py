"""Known mistakes: the answers that each would give, and which of them a wrong submission gives in every case."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from grader.checks.findings import Finding, find
from grader.core.compare import DOUBLE, SINGLE, Target, fits_single
from grader.core.edits import Edit
from grader.core.plan import CheckPlan
from grader.core.program import ScriptBuilder
from grader.core.protocol import PREFIX, Raised, Returned, Run, Trace, decode_request, encode, frame_sizes
from grader.discovery import Paired
from grader.errors import AuthoringError
from grader.worker.evaluator import Evaluator

MAX_PAIRS = 1500
"""Pairs of mistakes that are tried for one check at most."""
SAMPLE = 4
"""Cases on which a pair is tried before it is on all."""


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
    _samples: dict[str, _Sample] = field(default_factory=dict)
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
            self._samples[check] = _Sample(student.plan)
        sample = self._samples[check]
        key = (check, tuple(mistake.name for mistake in mistakes), single)
        if key not in self._sampled:
            caller = InlineCaller(functions)
            self._sampled[key] = find(sample.plan, caller.run_frame(sample.plan.frame, sample.plan.steps))
        own, found = sample.of(student), self._sampled[key]
        return any(_agree(own, found, _allowance(found, *p), proof=False) for p in _precisions(own))

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


class _Sample:
    """A few cases of a check, on which pairs of mistakes are tried first.

    Attributes
    ----------
    plan
        The check's plan of these cases alone.
    """

    def __init__(self, plan: CheckPlan) -> None:
        builder = ScriptBuilder()
        self._chosen: list[int] = []
        for number in range(len(plan.cases))[:: max(1, len(plan.cases) // SAMPLE)]:
            builder.add(plan.calls, plan.cases[number], number)
            self._chosen += [i for i, p in enumerate(plan.probes) if p.case == number and p.variant == "plain"]
        own = [np.arange(plan.starts[i], plan.starts[i + 1]) for i in self._chosen]
        self._elements = np.concatenate([np.arange(0), *own])
        target = plan.target
        parts = (part[self._elements] for part in (target.low, target.high, target.unit, target.floor))
        low, high, unit, floor = parts
        self.plan = replace(
            plan, frame=encode(builder.script(), bytes(builder.payload)), steps=len(builder.steps),
            probes=tuple(builder.probes), ladder=None,
            target=Target(low, high, unit, floor, tuple(target.shapes[i] for i in self._chosen)),
        )  # fmt: skip

    def of(self, student: Finding) -> Finding:
        """Return what a student gave in these cases."""
        elements, chosen = self._elements, self._chosen
        return replace(
            student, plan=self.plan, starts=self.plan.starts,
            actual=student.actual[elements], bad=student.bad[elements],
            failures={k: student.failures[i] for k, i in enumerate(chosen) if i in student.failures},
            wrong_probes=student.wrong_probes[chosen],
            noisy_probes={k: student.noisy_probes[i] for k, i in enumerate(chosen) if i in student.noisy_probes},
        )  # fmt: skip


def edited(source: str, mistakes: Sequence[Edit]) -> str:
    """Return a solution's source with several mistakes in it, each made where it is found in the right source.

    Raises
    ------
    AuthoringError
        If an edit cannot be made, or two of them change the same place.
    """
    places = sorted(((_place(source, mistake), mistake) for mistake in mistakes), key=lambda found: -found[0])
    end = len(source)
    for start, mistake in places:
        if start + len(mistake.old) > end:
            raise AuthoringError(f"mistakes {' and '.join(m.name for m in mistakes)!r} change the same place")
        source = source[:start] + mistake.new + source[start + len(mistake.old) :]
        end = start
    try:
        ast.parse(source)
    except SyntaxError as error:
        raise AuthoringError(f"mistakes {[m.name for m in mistakes]} do not go together: {error}") from None
    return source


def _place(source: str, mistake: Edit) -> int:
    """Return where the text that a mistake replaces begins."""
    changed = mistake.apply(source)
    start = source.find(mistake.old)
    while source[:start] + mistake.new + source[start + len(mistake.old) :] != changed:
        start = source.find(mistake.old, start + 1)
    return start


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


def _in_single(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gets its float64 arrays in float32, and so computes in it."""

    def call(*args: Any) -> Any:  # noqa: ANN401 - whatever the kernel takes and returns
        return function(*(arg.astype(np.float32) if _is_double(arg) else arg for arg in args))

    return call


def _is_double(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float64


def is_single(finding: Finding) -> bool:
    """Return whether the first calls returned something, and all of it can be written in float32."""
    values = finding.actual[np.repeat(finding.plain, np.diff(finding.starts))]
    return bool(np.isfinite(values).any()) and fits_single(values)


def same_answers(student: Finding, mistake: Finding) -> bool:
    """Return whether two findings of one check agree on every first call, and are told apart from right answers."""
    for precision in _precisions(student):
        tolerance = _allowance(mistake, *precision)
        if not _told_apart(student, tolerance):
            return _same_noise(student, mistake) and student.right and mistake.right
        if _agree(student, mistake, tolerance):
            return True
    return False


def _precisions(student: Finding) -> tuple[tuple[float, float], ...]:
    """Return unit round-off and relative agreement of each precision in which answers may have been computed."""
    double, single = (DOUBLE, 1e-7), (SINGLE, 1e-3)
    return (double, single) if is_single(student) else (double,)


def _allowance(mistake: Finding, roundoff: float, relative: float) -> np.ndarray[Any, Any]:
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


def _agree(student: Finding, mistake: Finding, tolerance: np.ndarray[Any, Any], *, proof: bool = True) -> bool:
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


def raised_everywhere(traces: Iterable[Trace]) -> bool:
    """Return whether no call of a script returned."""
    return not any(isinstance(trace, Returned) for trace in traces) and any(isinstance(t, Raised) for t in traces)

"""The judge: an exercise's plans and a worker's answers in, verdicts and a report out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import msgspec
import numpy as np

from grader import __version__
from grader.checks.findings import Finding, find, limit_message
from grader.checks.own_forward import consistent_with_own_forward
from grader.checks.properties import observe
from grader.checks.relations import relation
from grader.checks.sessions import Rehearsed, RehearsedRuns, Session
from grader.checks.verdicts import Explanation, judge_answers, without_running
from grader.checks.wording import answers_text, counterexample
from grader.core.exercise import Check, Differential, Function
from grader.core.gradient_result import Judgement
from grader.core.protocol import Definition, Loaded
from grader.core.submission import Submission
from grader.core.verdict import ExerciseReport, Outcome, Report, Status, Verdict, status_of, total
from grader.discovery import Course, Paired, did_you_mean
from grader.errors import GradeError
from grader.memory import Memory
from grader.mistakes import MistakeBook
from grader.oracles import ExercisePlan, plan_exercise
from grader.reference import faults_of
from grader.sandbox import Answers, Worker
from grader.shrinking import shrink

MAX_VAIN = 3
"""How often in a row a function may be seen apart from the others and be as wrong as before."""
AHEAD = 3
"""Functions whose scripts the worker may begin with before the judge comes to them, the present one included."""


@dataclass(slots=True)
class Judge:
    """Grades submissions of one course with one seed; plans and mistakes are computed once for all of them.

    Parameters
    ----------
    course
        With only the exercises to grade.
    seed
        Of the generated cases.
    cache
        A folder for plans; `None` keeps them in memory.
    """

    course: Course
    seed: int = 0
    cache: Path | None = None
    _plans: dict[str, ExercisePlan] = field(default_factory=dict, repr=False)
    _books: dict[str, MistakeBook] = field(default_factory=dict, repr=False)
    _memories: dict[str, Memory] = field(default_factory=dict, repr=False)

    def plan(self, pair: Paired) -> ExercisePlan:
        """Return an exercise's plans."""
        name = pair.exercise.name
        if name not in self._plans:
            self._plans[name] = plan_exercise(pair, seed=self.seed, cache=self.cache)
        return self._plans[name]

    def book(self, pair: Paired) -> MistakeBook:
        """Return an exercise's known mistakes."""
        return self._books.setdefault(pair.exercise.name, MistakeBook(pair))

    def prepare(self) -> None:
        """Compute or read the plans of all exercises."""
        for pair in self.course.exercises:
            self.plan(pair)

    def scripts(self) -> Iterator[bytes]:
        """Yield the encoded scripts that every submission is asked if it gets so far."""
        for pair in self.course.exercises:
            plan = self.plan(pair)
            for function in plan.order:
                yield from (answers.frame for answers in plan.answers_of(function.name))
                if function.name in plan.rehearsals:
                    yield plan.rehearsals[function.name].frame

    def forget(self) -> None:
        """Forget what was found of earlier answers, so that the next ones cost what the first of their kind do."""
        self._memories.clear()

    def _exercise(
        self, pair: Paired, chosen: Mapping[str, Definition], definitions: Sequence[Definition], worker: Worker
    ) -> ExerciseReport:
        """Return the report of one exercise; a fault of the grader in it leaves the others alone."""
        try:
            memory = self._memories.setdefault(pair.exercise.name, Memory())
            return ExerciseJudge(self.plan(pair), self.book(pair), memory, chosen, definitions, worker).report()
        except GradeError:
            raise
        except Exception as error:
            if os.environ.get("GRADE_DEBUG"):
                raise
            return broken_report(pair, f"the grader failed: {type(error).__name__}: {error}")

    def grade(self, submission: Submission, worker: Worker) -> Report:
        """Return the report of a submission, whose code only `worker` runs."""
        loaded = worker.load(submission)
        if not isinstance(loaded, Loaded):
            loaded = Loaded([], [limit_message("loading the submission", loaded)])
        chosen, remarks = choose_definitions(loaded.definitions, self.course)
        worker.bind({name: definition.file for name, definition in chosen.items()})
        # What a worker returns may be anything: that arithmetic on it overflows is no news, and no fault of the grader.
        with np.errstate(all="ignore"):
            reports = [self._exercise(pair, chosen, loaded.definitions, worker) for pair in self.course.exercises]
        score = total(verdict for report in reports for verdict in report.checks)
        return Report(
            student=submission.student,
            course=self.course.name,
            seed=self.seed,
            version=__version__,
            score=score.points,
            max_score=score.max_points,
            remarks=[
                *submission.remarks,
                *loaded.remarks,
                *remarks,
                *(f"not allowed while grading: {what}" for what in loaded.denied),
            ],
            exercises=reports,
        )


def broken_report(pair: Paired, why: str) -> ExerciseReport:
    """Return the report of an exercise on which the grader itself failed: every check errored, no points lost."""
    exercise = pair.exercise
    verdicts = [
        _with(verdict, points=verdict.max_points)
        for function in exercise.functions
        for verdict in without_running(function.name, exercise.checks_of(function.name), Outcome.ERRORED, why)
    ]
    score = total(verdicts)
    return ExerciseReport(
        exercise=exercise.name,
        title=exercise.title,
        status=Status.ERRORED,
        score=score.points,
        max_score=score.max_points,
        checks=verdicts,
    )


def choose_definitions(
    definitions: Sequence[Definition], course: Course
) -> tuple[dict[str, Definition], list[str]]:  # fmt: skip
    """Return the definition that answers to each graded name, and remarks.

    A filled one goes before stubs, one in the file named like the exercise before others, the last before earlier ones.
    """
    remarks = []
    chosen: dict[str, Definition] = {}
    named: dict[str, list[Definition]] = {}
    for definition in definitions:
        named.setdefault(definition.name, []).append(definition)
    for pair in course.exercises:
        for function in pair.exercise.functions:
            name = function.name
            own = named.get(name, [])
            if not own:
                continue
            chosen[name] = own[0]
            if len(own) == 1:
                continue
            ranked = sorted(
                enumerate(own), key=lambda item: (not item[1].stub, _stem(item[1]) == pair.exercise.name, item[0])
            )
            chosen[name] = ranked[-1][1]
            files = list(dict.fromkeys(d.file for d in own if not d.stub))
            if len(files) > 1:
                remarks.append(f"{name} is defined in {', '.join(files)}; the one in {chosen[name].file} is graded")
    return chosen, remarks


def _stem(definition: Definition) -> str:
    return PurePosixPath(definition.file).stem


def _module(definition: Definition) -> str:
    """Return the module from which a definition can be imported, ``""`` where it is in a notebook."""
    return _stem(definition) if PurePosixPath(definition.file).suffix == ".py" else ""


@dataclass(slots=True)
class ExerciseJudge:
    """Judges one exercise of one submission."""

    plan: ExercisePlan
    book: MistakeBook
    memory: Memory
    chosen: Mapping[str, Definition]
    definitions: Sequence[Definition]
    worker: Worker
    unfilled: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    right: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    _problems: dict[str, str] = field(default_factory=dict)
    _apart: str = ""
    """The function that alone has been called in the present worker, where one was seen apart."""
    _vain: int = 0
    _asked: set[str] = field(default_factory=set)
    """Functions whose scripts the present worker was asked to begin with."""

    def report(self) -> ExerciseReport:
        """Return the exercise's report."""
        exercise = self.plan.pair.exercise
        verdicts = []
        own = [self.chosen[function.name] for function in exercise.functions if function.name in self.chosen]
        self.worker.need({definition.file for definition in own})
        for k, function in enumerate(self.plan.order):
            self._ask_ahead(self.plan.order[k : k + AHEAD])
            verdicts += self._located(function.name, self._judge(function))
        score = total(verdicts)
        order = {function.name: i for i, function in enumerate(exercise.functions)}
        return ExerciseReport(
            exercise=exercise.name,
            title=exercise.title,
            status=status_of(verdicts, unfilled=frozenset(self.unfilled), missing=frozenset(self.missing)),
            score=score.points,
            max_score=score.max_points,
            checks=sorted(verdicts, key=lambda verdict: order[verdict.function]),
            unfilled=[function.name for function in exercise.functions if function.name in self.unfilled],
            missing=[function.name for function in exercise.functions if function.name in self.missing],
        )

    def _located(self, name: str, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """Return the verdicts about a function with the place of its definition."""
        chosen = self.chosen.get(name)
        if chosen is None:
            return list(verdicts)
        return [_with(v, file=chosen.file, cell=chosen.cell, line=max(chosen.line, 0)) for v in verdicts]

    def _ask_ahead(self, functions: Sequence[Function]) -> None:
        """Let the worker begin with the next functions that will be run whatever comes of this one."""
        for function in functions:
            name = function.name
            definition = self.chosen.get(name)
            if name in self._asked or definition is None or definition.stub or self._problem(function, definition):
                continue
            answers = self.plan.answers_of(name)
            if any(need not in self.right for plan in answers for need in self.plan.needs[plan.check.name]):
                continue
            self._asked.add(name)
            for plan in answers:
                self.worker.ahead(plan.frame, plan.steps)
            rehearsal = self.plan.rehearsals.get(name)
            if rehearsal is not None:
                self.worker.ahead(rehearsal.frame, rehearsal.steps)

    def _problem(self, function: Function, definition: Definition) -> str:
        if function.name not in self._problems:
            self._problems[function.name] = parameter_problem(function, definition)
        return self._problems[function.name]

    def _judge(self, function: Function) -> list[Verdict]:
        name = function.name
        checks = self.plan.checks_of(name)
        definition = self.chosen.get(name)
        if definition is None:
            self.missing.add(name)
            others = [d.name for d in self.definitions if d.name not in self.chosen]
            near = did_you_mean(name, others) if others else ""
            hint = near if "did you mean" in near else ""
            return without_running(name, checks, Outcome.FAILED, f"{name} is not defined{hint}")
        if definition.stub:
            return self._not_implemented(name, checks)
        problem = self._problem(function, definition)
        if problem:
            return self._with_first(without_running(name, checks, Outcome.SKIPPED, f"{problem}"), problem)
        answers = [check for check in checks if isinstance(check.body, Differential)]
        waiting = [need for check in answers for need in self.plan.needs[check.name] if need not in self.right]
        if waiting:
            message = f"{waiting[0]}, on which it depends, is not right yet{self._own_forward(answers, waiting)}"
            return without_running(name, checks, Outcome.SKIPPED, message)
        return self._run(function, checks, answers)

    def _own_forward(self, answers: Sequence[Check], waiting: Sequence[str]) -> str:
        """Return, as a further clause, whether a waiting backward is right for the student's own wrong forward."""
        for check in answers:
            of = check.body.of if isinstance(check.body, Differential) else None
            if of not in self.answered or set(waiting) != {of}:
                continue
            plan = self.plan.differential[check.name]
            seen = consistent_with_own_forward(
                self.plan.pair.exercise, check, plan.cases, self.worker, seed=self.plan.seed
            )  # fmt: skip
            if seen.judgement is Judgement.WRONG and find(plan, self.worker.run_frame(plan.frame, plan.steps)).right:
                return f"; this backward already gives the expected gradients, so mend {of}"
            return f"; {seen.sentence}" if seen.sentence else ""
        return ""

    def _run(self, function: Function, checks: Sequence[Check], answers: Sequence[Check]) -> list[Verdict]:
        if not answers:
            return self._only_properties(function.name, checks)
        seen = self._ask(answers)
        key = (function.name, *(one.digest() for one in seen))
        known = None if None in key else self.memory.verdicts(key)
        if known is not None:
            self.answered.add(function.name)
            self.right.add(function.name)
            return [*known[:-1], *self._properties(function.name, checks, right=True), known[-1]]
        findings = self._find(answers, seen)
        if any(finding.may_be_spoilt for finding in findings) and self._renew(function.name):
            key = (function.name, None)
            apart = self._find(answers, self._ask(answers))
            if sum(finding.faultless for finding in apart) > sum(finding.faultless for finding in findings):
                findings, self._vain = apart, 0
        if all(_is_unfilled(finding) for finding in findings):
            return self._not_implemented(function.name, checks)
        if not any(failure.kind != "raised" for finding in findings for failure in finding.failures.values()):
            self.answered.add(function.name)
        with faults_of(self.plan.pair):
            verdicts, right = judge_answers(function.name, findings, self._explain)
        if right:
            self.right.add(function.name)
        if None not in key and all(finding.faultless for finding in findings):
            self.memory.keep(key, verdicts)
        properties = self._properties(function.name, checks, right=right)
        return [*verdicts[:-1], *properties, verdicts[-1]]

    def _ask(self, checks: Sequence[Check]) -> list[Answers]:
        """Return what the worker answers to the scripts of some checks."""
        plans = [self.plan.differential[check.name] for check in checks]
        return [self.worker.run_frame(plan.frame, plan.steps) for plan in plans]

    def _find(self, checks: Sequence[Check], seen: Sequence[Answers]) -> list[Finding]:
        return [find(self.plan.differential[check.name], one) for check, one in zip(checks, seen, strict=True)]

    def _renew(self, function: str) -> bool:
        """Let a function that seems wrong be seen apart from what others may have left behind, once.

        A few times in vain are enough to see that the functions leave each other alone.
        """
        if self._apart == function or self._vain >= MAX_VAIN or not self.worker.renew():
            return False
        self._asked.clear()
        self._apart = function
        self._vain += 1
        return True

    def _only_properties(self, name: str, checks: Sequence[Check]) -> list[Verdict]:
        verdicts = self._properties(name, checks, right=True)
        if all(verdict.outcome is Outcome.PASSED for verdict in verdicts):
            self.right.add(name)
        return verdicts

    def _properties(self, function: str, checks: Sequence[Check], *, right: bool) -> list[Verdict]:
        rehearsed = self.plan.rehearsed(function)
        if rehearsed is None:
            return []
        verdicts = self._observed(rehearsed, function, checks, right=right)
        if any(verdict.outcome is Outcome.FAILED for verdict in verdicts) and self._renew(function):
            apart = self._observed(rehearsed, function, checks, right=right)
            if total(apart).points > total(verdicts).points:
                verdicts, self._vain = apart, 0
        return verdicts

    def _observed(
        self, rehearsed: Rehearsed, function: str, checks: Sequence[Check], *, right: bool
    ) -> list[Verdict]:  # fmt: skip
        rehearsal = rehearsed.rehearsal
        answers = self.worker.run_frame(rehearsal.frame, rehearsal.steps) if rehearsal.steps else Answers([], b"")
        planned = self.plan.properties_of(function)
        key = (function, "properties", answers.digest())
        is_judged = all(need in self.right for name in planned for need in self.plan.needs[name])
        known = self.memory.verdicts(key) if is_judged and None not in key else None
        if known is not None:
            return list(known)
        runs = RehearsedRuns(rehearsed, answers)
        by_name = {check.name: check for check in checks}
        verdicts, first = [], 0
        for name, cases in planned.items():
            sessions = [runs.run(first + i) for i in range(len(cases))]
            verdicts.append(self._property(by_name[name], sessions, right=right))
            first += len(cases)
        if None not in key and not runs.diverged and all(verdict.outcome is Outcome.PASSED for verdict in verdicts):
            self.memory.keep(key, verdicts)
        return verdicts

    def _property(self, check: Check, sessions: Sequence[Session], *, right: bool) -> Verdict:
        verdict = without_running(check.function, [check], Outcome.PASSED, "")[0]
        missing = [need for need in self.plan.needs[check.name] if need not in self.right]
        if missing:
            return _with(verdict, outcome=Outcome.SKIPPED, message=f"{missing[0]}, which it needs, is not right yet")
        seen = observe(self.plan.pair.exercise, check, self.plan.properties[check.name], self.worker, sessions)
        if seen.broken:
            return _with(verdict, outcome=Outcome.ERRORED, points=check.points, message=seen.broken)
        if not seen.message:
            return _with(verdict, points=check.points)
        mistake = next((m for m in self.book.mistakes if m.name == seen.mistake), None)
        if mistake is None and not right:
            return _with(verdict, outcome=Outcome.FAILED, message=seen.message)
        return _with(
            verdict, outcome=Outcome.FAILED, message=seen.message, mistake=seen.mistake,
            hint=mistake.hint if mistake else check.hint,
        )  # fmt: skip

    def _not_implemented(self, name: str, checks: Sequence[Check]) -> list[Verdict]:
        self.unfilled.add(name)
        return without_running(name, checks, Outcome.FAILED, f"{name} is not implemented yet")

    @staticmethod
    def _with_first(verdicts: list[Verdict], message: str) -> list[Verdict]:
        return [_with(verdicts[0], outcome=Outcome.FAILED, message=message), *verdicts[1:]]

    def _explain(self, finding: Finding) -> Explanation:
        """Return the smallest failing case and why: a known mistake, a relation, or else the check's hint."""
        check = finding.plan.check
        needed = {call.signature.name for call in finding.plan.calls if not call.judged}
        passed = [plan for name in needed for plan in self.plan.answers_of(name)]
        diagnosis = self.memory.diagnosis(finding, lambda: self.book.diagnose(finding, passed))
        smallest = shrink(self.plan.pair, finding, self.worker)
        example = None
        if smallest is not None:
            modules = {name: _module(definition) for name, definition in self.chosen.items()}
            case = smallest.plan.cases[0]
            bad = [i for i in range(len(smallest.plan.probes)) if smallest.wrong_probes[i]] or [0]
            actual, expected = answers_text(smallest, bad[0])
            example = counterexample(modules, smallest.plan.calls, case, actual, expected)
        if diagnosis is not None:
            return Explanation(diagnosis.name, diagnosis.hint, example)
        # A hint speaks of values; where every wrong call raised or hung, none was seen.
        seen = any(wrong and i not in finding.failures for i, wrong in enumerate(finding.wrong_probes & finding.plain))
        silent = not finding.right and not seen
        return Explanation(None, "" if silent else relation(finding) or check.hint, example)


def _with(verdict: Verdict, **changes: object) -> Verdict:
    return msgspec.structs.replace(verdict, **changes)


def _is_unfilled(finding: Finding) -> bool:
    """Return whether every first call says that nothing is written yet; later steps have nothing to go on then."""
    probes = finding.plan.probes
    first = [i for i, probe in enumerate(probes) if probe.variant == "plain" and probe.call == 0]
    kinds = {finding.failures[i].kind if i in finding.failures else "" for i in first}
    return kinds <= {"unfilled", "nothing"} and bool(kinds)


def parameter_problem(function: Function, definition: Definition) -> str:
    """Return why a definition cannot be called with the contract's arguments, ``""`` where it can."""
    terms = function.signature.arguments
    names = ", ".join(term.name for term in terms)
    positional = [p for p in definition.parameters if p.kind == "positional"]
    takes_more = any(p.kind == "args" for p in definition.parameters)
    required = [p.name for p in positional if not p.has_default]
    keyword_only = [p.name for p in definition.parameters if p.kind == "keyword" and not p.has_default]
    counted = "parameter" if len(positional) == 1 else "parameters"
    if len(terms) > len(positional) and not takes_more:
        return f"{function.name} takes {len(positional)} {counted}, but should take {len(terms)}: {names}"
    if len(required) > len(terms):
        return f"{function.name} needs {len(required)} {counted}, but should take {len(terms)}: {names}"
    if keyword_only:
        return f"{function.name} needs the keyword {keyword_only[0]!r}, but is called by position with {names}"
    return ""

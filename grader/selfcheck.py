"""Proof that a course judges rightly: solutions earn full points, oracles agree, mistakes are caught and named."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.core.authored import told
from grader.core.compare import DOUBLE
from grader.core.edits import Edit
from grader.core.plan import CheckPlan
from grader.core.submission import Cell, SourceFile, Submission
from grader.core.verdict import ExerciseReport, Outcome, Report, Status
from grader.discovery import Course, Paired, Solution
from grader.errors import AuthoringError
from grader.judge import Judge
from grader.reference import Answers, Functions, check_answers, evaluate, shortened, torch_reference
from grader.sandbox import InlineWorker, Sandbox
from grader.starters import starter

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was checked.

    Attributes
    ----------
    subject
        What it is about: ``"oracles"``, ``"solution"``, ``"starter"``, or a mistake's name.
    problem
        What is wrong; empty where it holds.
    """

    exercise: str
    subject: str
    problem: str = ""


def selfcheck(course: Course, judge: Judge, sandbox: Sandbox) -> Iterator[Fact]:
    """Yield every fact about a course, exercise by exercise."""
    for pair in course.exercises:
        yield from check_pair(pair, judge, sandbox)


def check_pair(pair: Paired, judge: Judge, sandbox: Sandbox) -> Iterator[Fact]:
    """Yield the facts about one exercise."""
    name = pair.exercise.name
    if pair.solution is None:
        yield Fact(name, "solution", f"{name} has no solution; write one of the same name beside the exercises' folder")
        return
    functions = pair.solution.functions
    prepared = _problem(lambda: _prepared(pair, judge))
    if prepared:
        yield Fact(name, "reference", prepared)
        return
    yield Fact(name, "oracles", _problem(lambda: "; ".join(disagreements(pair, judge))))
    unfit = {m.name: problem for m in pair.solution.mistakes if (problem := _edit_problem(pair.solution, m))}
    for subject, problem in unfit.items():
        yield Fact(name, subject, problem)
    if unfit:  # each is tried on whatever fails, so nothing more can be said
        return
    yield Fact(name, "solution", _problem(lambda: _shortfall(_grade(pair, judge, functions))))
    yield Fact(name, "starter", _problem(lambda: _starter_problem(pair, judge, sandbox)))
    for mistake in pair.solution.mistakes:
        yield Fact(name, mistake.name, _problem(functools.partial(mistake_problem, pair, judge, mistake.name)))


def _problem(look: Callable[[], str]) -> str:
    """Return the problem that is found, an author's fault on the way included."""
    try:
        return look()
    except AuthoringError as error:
        return str(error)


def _prepared(pair: Paired, judge: Judge) -> str:
    judge.plan(pair)
    return ""


def _edit_problem(solution: Solution, mistake: Edit) -> str:
    """Return why the solution with a mistake in it cannot be loaded, ``""`` where it can."""
    path = shortened(str(solution.path))
    try:
        exec(compile(mistake.apply(solution.source), mistake.name, "exec"), {"__name__": "mistaken"})
    except AuthoringError as error:
        return f"{path}: {error}"
    except Exception as error:
        return f"{path}: mistake {mistake.name!r} fails while loading: {told(error, mistake.name)}"
    return ""


def _grade(pair: Paired, judge: Judge, functions: Mapping[str, Callable[..., Any]]) -> ExerciseReport:
    return _of(pair, judge.grade(Submission(student="selfcheck", files=[]), InlineWorker(functions)))


def _of(pair: Paired, report: Report) -> ExerciseReport:
    return next(exercise for exercise in report.exercises if exercise.exercise == pair.exercise.name)


def disagreements(pair: Paired, judge: Judge) -> list[str]:
    """Return on which checks the kernels and torch give different answers, with the worst element of each."""
    try:
        functions, source = torch_reference(pair), f"the torch oracle in {shortened(str(pair.path))}"
        worst = {name: _worst(plan, functions, source) for name, plan in judge.plan(pair).differential.items()}
    except AuthoringError as error:
        return [str(error)]
    return [f"{name}: {text}" for name, text in worst.items() if text]


def _worst(plan: CheckPlan, functions: Functions, source: str) -> str:
    """Return the element in which torch differs most from the plan's answers, ``""`` where none is out of tolerance."""
    target = plan.target
    tolerance = target.tolerance(DOUBLE) + 1e-300
    starts = np.cumsum([0, *(sum(math.prod(shape) for shape in shapes) for shapes in target.shapes)])
    answers: dict[int, Answers] = {}
    most, text = 1.0, ""
    for i, probe in enumerate(plan.probes):
        own = slice(int(starts[i]), int(starts[i + 1]))
        if probe.variant != "plain" or own.start == own.stop:
            continue
        case = plan.cases[probe.case]
        if probe.case not in answers:
            answers[probe.case] = evaluate(plan.calls, case.inputs, functions, source=source)
            check_answers(plan.check, plan.calls, case, answers[probe.case], source=source)
        flat = np.concatenate([np.asarray(item, float).ravel() for item in answers[probe.case][probe.call]])
        excess = _excess(flat, target.low[own], target.high[own]) / tolerance[own]
        k = int(np.argmax(excess))
        if excess[k] > most:
            most, text = float(excess[k]), f"torch {flat[k]!r}, kernel {target.low[own][k]!r} on {dict(case.inputs)}"
    return text


def _excess(actual: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return how far answers are outside their bounds; infinitely, where only one of both is a number."""
    with np.errstate(invalid="ignore"):
        outside = np.maximum(np.maximum(low - actual, actual - high), 0.0)
    same = (actual == low) | (np.isnan(actual) & np.isnan(low))
    return np.where(same, 0.0, np.where(np.isnan(outside), np.inf, outside))


def _shortfall(report: ExerciseReport) -> str:
    lost = [v for v in report.checks if v.outcome is not Outcome.PASSED]
    remarked = [v for v in report.checks if v.remarks]
    if lost:
        return "; ".join(f"{v.check} {v.outcome}: {v.message}" for v in lost)
    return "; ".join(f"{v.check}: {', '.join(v.remarks)}" for v in remarked)


def _starter_problem(pair: Paired, judge: Judge, sandbox: Sandbox) -> str:
    files = [SourceFile(f"{pair.exercise.name}.py", [Cell("", starter(pair.exercise))])]
    submission = Submission(student="starter", files=files)
    with sandbox.worker(submission) as worker:
        report = _of(pair, judge.grade(submission, worker))
    if report.score or report.status is not Status.UNFILLED:
        return f"the starter earns {report.score:g} points ({report.status}), but should earn 0 (unfilled)"
    return ""


def mistake_problem(pair: Paired, judge: Judge, name: str) -> str:
    """Return how a known mistake is not caught, or not named rightly; ``""`` where it is both."""
    book = judge.book(pair)
    mistake = next(m for m in book.mistakes if m.name == name)
    functions = book.functions((mistake,))
    if functions is None:
        return "the edit cannot be applied"
    report = _grade(pair, judge, functions)
    failed = [verdict for verdict in report.checks if verdict.outcome is Outcome.FAILED]
    if not failed:
        broken = [verdict for verdict in report.checks if verdict.outcome is Outcome.ERRORED]
        return f"not caught; {broken[0].message}" if broken else "not caught: every check passes"
    wrong = sorted({verdict.mistake for verdict in failed if verdict.mistake} - {name})
    if wrong:
        return f"caught, but named {wrong[0]!r}"
    if not any(verdict.mistake == name for verdict in failed):
        return f"caught by {failed[0].check}, but not named; it says: {failed[0].message} {failed[0].hint}"
    return ""

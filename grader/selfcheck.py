"""Proof that a course judges rightly: solutions earn full points, oracles agree, mistakes are caught and named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.core.compare import DOUBLE
from grader.core.exercise import Differential
from grader.core.submission import Cell, SourceFile, Submission
from grader.core.verdict import ExerciseReport, Outcome, Report, Status
from grader.discovery import Course, Paired
from grader.errors import AuthoringError
from grader.judge import Judge
from grader.oracles import evaluate
from grader.sandbox import InlineWorker, Sandbox
from grader.starters import starter
from grader.torch_oracle import torch_functions


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
    yield Fact(name, "oracles", "; ".join(disagreements(pair, judge)))
    report = _grade(pair, judge, pair.solution.functions)
    yield Fact(name, "solution", _shortfall(report))
    yield Fact(name, "starter", _starter_problem(pair, judge, sandbox))
    for mistake in judge.book(pair).mistakes:
        yield Fact(name, mistake.name, mistake_problem(pair, judge, mistake.name))


def _grade(pair: Paired, judge: Judge, functions: Mapping[str, Callable[..., Any]]) -> ExerciseReport:
    return _of(pair, judge.grade(Submission(student="selfcheck", files=[]), InlineWorker(functions)))


def _of(pair: Paired, report: Report) -> ExerciseReport:
    return next(exercise for exercise in report.exercises if exercise.exercise == pair.exercise.name)


def disagreements(pair: Paired, judge: Judge) -> list[str]:
    """Return on which checks the kernels and torch give different answers, with the worst element of each."""
    try:
        functions = torch_functions(pair.exercise)
    except AuthoringError as error:
        return [str(error)]
    found = []
    for name, plan in judge.plan(pair).differential.items():
        body = plan.check.body
        assert isinstance(body, Differential)
        tolerance = plan.target.tolerance(DOUBLE)
        worst: tuple[float, str] | None = None
        offset = 0
        for probe, shapes in zip(plan.probes, plan.target.shapes, strict=True):
            size = sum(int(np.prod(shape, dtype=int)) for shape in shapes)
            own = slice(offset, offset + size)
            offset += size
            if probe.variant != "plain":
                continue
            case = plan.cases[probe.case]
            answers = evaluate(plan.calls, case.inputs, functions)[probe.call]
            flat = np.concatenate([np.asarray(item, float).ravel() for item in answers])
            with np.errstate(invalid="ignore"):
                excess = np.maximum(plan.target.low[own] - flat, flat - plan.target.high[own]) / (tolerance[own] + 1e-300)
            k = int(np.argmax(np.where(np.isnan(excess), np.inf, excess))) if size else 0
            if size and not excess[k] <= 1 and (worst is None or not excess[k] <= worst[0]):
                worst = (float(excess[k]), f"torch {flat[k]!r}, kernel {plan.target.low[own][k]!r} on {dict(case.inputs)}")
        if worst is not None:
            found.append(f"{name}: {worst[1]}")
    return found


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

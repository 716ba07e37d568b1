"""Arranges a report by exercise and function, the way people read it; every human format renders from this."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from grader.core.verdict import ExerciseReport, Outcome, Report, Score, Status, Verdict, total
from grader.report.text import counted, points


class State(StrEnum):
    """What became of one function; the value is the word that readers see."""

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "grader error"
    SKIPPED = "skipped"
    UNFILLED = "not implemented yet"
    MISSING = "not found"


STATE_OF_STATUS = {
    Status.PASSED: State.PASSED,
    Status.FAILED: State.FAILED,
    Status.ERRORED: State.ERRORED,
    Status.UNFILLED: State.UNFILLED,
    Status.MISSING: State.MISSING,
}


@dataclass(frozen=True, slots=True)
class FunctionView:
    """One function and its verdicts, in the order in which they were reached."""

    name: str
    state: State
    score: Score
    checks: list[Verdict]

    @property
    def place(self) -> str:
        """Where it is defined: ``hw.py, line 12``; empty where that is not known."""
        first = self.checks[0] if self.checks else None
        if first is None or not first.file:
            return ""
        line = f"line {first.line}" if first.line else ""
        return ", ".join(part for part in (first.file, first.cell, line) if part)

    def having(self, outcome: Outcome) -> list[Verdict]:
        """Return the verdicts of one outcome."""
        return [verdict for verdict in self.checks if verdict.outcome is outcome]


@dataclass(frozen=True, slots=True)
class ExerciseView:
    """One exercise, its state and its functions."""

    name: str
    title: str
    state: State
    score: Score
    functions: list[FunctionView]


def exercise_view(exercise: ExerciseReport) -> ExerciseView:
    """Return an exercise arranged by function; functions without a single check are listed last."""
    verdicts: dict[str, list[Verdict]] = {}
    for verdict in exercise.checks:
        verdicts.setdefault(verdict.function, []).append(verdict)
    for name in (*exercise.unfilled, *exercise.missing):
        verdicts.setdefault(name, [])
    functions = [
        FunctionView(name=name, state=_state(name, checks, exercise), score=total(checks), checks=checks)
        for name, checks in verdicts.items()
    ]
    return ExerciseView(
        name=exercise.exercise,
        title=exercise.title or exercise.exercise,
        state=STATE_OF_STATUS[exercise.status],
        score=Score(exercise.score, exercise.max_score),
        functions=functions,
    )


def exercise_views(report: Report) -> list[ExerciseView]:
    """Return all exercises of a report, arranged by function."""
    return [exercise_view(exercise) for exercise in report.exercises]


def claim(verdict: Verdict) -> str:
    """Return the name of a check without its function: ``gradient`` of ``softmax/gradient``."""
    return verdict.check.removeprefix(f"{verdict.function}/")


def why_skipped(function: FunctionView) -> list[tuple[str, list[Verdict]]]:
    """Return the skipped checks of a function by the reason why they were."""
    reasons: dict[str, list[Verdict]] = {}
    for verdict in function.having(Outcome.SKIPPED):
        reasons.setdefault(verdict.message, []).append(verdict)
    return list(reasons.items())


def names_in_state(exercises: Iterable[ExerciseView], state: State) -> list[str]:
    """Return the names of all functions in a state, in order."""
    return [function.name for exercise in exercises for function in exercise.functions if function.state is state]


def missing_names(exercises: Iterable[ExerciseView]) -> list[str]:
    """Return what was not found: a whole exercise by its title, else each function, with the name that was meant."""
    names = []
    for exercise in exercises:
        if exercise.state is State.MISSING and len(exercise.functions) > 1:
            names.append(f"all of {exercise.title}")
            continue
        for function in exercise.functions:
            if function.state is State.MISSING:
                _, _, meant = (function.checks[0].message if function.checks else "").partition("; did you mean ")
                names.append(f"{function.name} (did you mean {meant})" if meant else function.name)
    return names


def summary(exercises: list[ExerciseView], *, functions: bool = True) -> str:
    """Return the counts in one line: ``31 of 44 checks passed, 5 failed, 1 function not implemented yet``.

    Parameters
    ----------
    exercises
        What to count.
    functions
        Whether to count the functions that are not there, too.
    """
    graded = [f for exercise in exercises for f in exercise.functions if f.state not in (State.UNFILLED, State.MISSING)]
    outcomes = Counter(verdict.outcome for function in graded for verdict in function.checks)
    parts = [f"{outcomes[Outcome.PASSED]} of {counted(outcomes.total(), 'check')} passed"] if outcomes else []
    words = ((Outcome.FAILED, "failed"), (Outcome.SKIPPED, "skipped"), (Outcome.ERRORED, "not judged (grader error)"))
    parts += [f"{outcomes[outcome]} {word}" for outcome, word in words if outcomes[outcome]]
    for state in (State.UNFILLED, State.MISSING) if functions else ():
        if names := names_in_state(exercises, state):
            parts.append(f"{counted(len(names), 'function')} {state}")
    return ", ".join(parts) or "nothing was checked"


def score_line(score: Score) -> str:
    """Return a score in words: ``12.5 of 20 points``."""
    noun = "point" if score.max_points == 1 else "points"
    return f"{points(score.points, of=score.max_points)} of {points(score.max_points)} {noun}"


def remarks(report: Report) -> list[str]:
    """Return every remark of the report once: on the submission, then on its exercises and checks."""
    listed = list(report.remarks)
    for exercise in report.exercises:
        listed += exercise.remarks
        listed += [f"{verdict.function}: {text}" for verdict in exercise.checks for text in verdict.remarks]
    return list(dict.fromkeys(listed))


def command(report: Report) -> str:
    """Return the command that repeats the run; a good guess where the report does not know."""
    if report.command:
        return report.command
    seed = [] if report.seed is None else ["--seed", str(report.seed)]
    return shlex.join(["grade", report.student, "--course", report.course, *seed])


def _state(name: str, checks: list[Verdict], exercise: ExerciseReport) -> State:
    if name in exercise.missing:
        return State.MISSING
    if name in exercise.unfilled:
        return State.UNFILLED
    outcomes = {verdict.outcome for verdict in checks}
    if Outcome.ERRORED in outcomes:
        return State.ERRORED
    if exercise.status in (Status.UNFILLED, Status.MISSING) and not (exercise.unfilled or exercise.missing):
        return STATE_OF_STATUS[exercise.status]
    if Outcome.FAILED in outcomes:
        return State.FAILED
    return State.SKIPPED if Outcome.SKIPPED in outcomes else State.PASSED

"""Makes the class report of a run of a gradebook."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from grader.checks.findings import OVERTIME
from grader.core.verdict import Status
from grader.errors import GradebookError
from grader.gradebook import CheckStatistics, Entry, Reader, Run, check_statistics, exercise_statistics
from grader.gradebook.overview import CheckInBand, checks_in_bands, mistake_makers, troubles
from grader.report.classroom.attention import attention
from grader.report.classroom.names import page_name
from grader.report.classroom.numbers import DIGITS, distribution, score_distribution
from grader.report.classroom.records import (
    BANDS,
    Attention,
    CheckSummary,
    ClassReport,
    Comparison,
    ExerciseScore,
    ExerciseSummary,
    MistakeSummary,
    Student,
)

STUDENTS = "students"
"""The folder of the students' pages, beside the class page."""


def run_to_report(reader: Reader, run: int | None) -> Run:
    """Return a run of a gradebook, or its latest."""
    chosen = reader.latest_run() if run is None else reader.run(run)
    if chosen is None:
        raise GradebookError(f"the gradebook {str(reader.path)!r} has no run; `grade class` makes one")
    return chosen


def class_report(reader: Reader, run: Run) -> ClassReport:
    """Return what a class did in a run; `with_likeness` adds whose submissions are alike."""
    entries = list(reader.entries(run.id))
    scores = _scores(reader, run.id)
    statuses = {entry: [one.status for one in listed] for entry, listed in scores.items()}
    broken = list(troubles(reader, run.id, overtime=OVERTIME))
    overtime = Counter((one.exercise, one.check) for one in broken if not one.errored)
    exercises = _exercises(reader, run.id, overtime)
    mistakes = _mistakes(reader, run.id, entries)
    odd = attention(reader, run, entries, statuses, broken)
    judged = [entry for entry in entries if entry.judged]
    return ClassReport(
        course=run.settings.course,
        source=run.settings.source,
        seed=run.settings.seed,
        version=run.version,
        run=run.id,
        started=run.started,
        finished=run.finished,
        complete=run.finished is not None,
        scores=score_distribution([entry.score for entry in judged], _total(exercises)),
        seconds=distribution([entry.seconds for entry in judged if entry.seconds is not None]),
        exercises=exercises,
        mistakes=mistakes,
        attention=odd,
        notices=list(reader.notices(run.id)),
        likeness=None,
        students=_students(entries, scores, mistakes, odd),
    )


def with_likeness(report: ClassReport, likeness: Comparison) -> ClassReport:
    """Return a report with what `grader.report.classroom.likeness` found; its positions count the students."""
    alike = {position for pair in likeness.pairs for position in (pair.left, pair.right)}
    students = [
        msgspec.structs.replace(student, flags=[*student.flags, "alike"]) if position in alike else student
        for position, student in enumerate(report.students)
    ]
    return msgspec.structs.replace(report, likeness=likeness, students=students)


def _total(exercises: Sequence[ExerciseSummary]) -> float:
    return round(sum(exercise.max_score for exercise in exercises), DIGITS)


def _scores(reader: Reader, run: int) -> dict[int, list[ExerciseScore]]:
    scores: dict[int, list[ExerciseScore]] = defaultdict(list)
    for entry, exercise, status, score in reader.statuses(run):
        scores[entry].append(ExerciseScore(exercise=exercise, status=Status(status), score=score))
    return scores


def _exercises(reader: Reader, run: int, overtime: Mapping[tuple[str, str], int]) -> list[ExerciseSummary]:
    listed = list(exercise_statistics(reader, run))
    possible = round(sum(one.max_score for one in listed), DIGITS)
    bands: dict[tuple[str, str, str, str, float], list[CheckInBand]] = defaultdict(list)
    for one in checks_in_bands(reader, run, bands=BANDS, max_score=possible):
        bands[one.exercise, one.check, one.function, one.title, one.max_points].append(one)
    checks: dict[str, list[CheckSummary]] = defaultdict(list)
    for check in check_statistics(reader, run):
        key = (check.exercise, check.check, check.function, check.title, check.max_points)
        checks[check.exercise].append(_check(check, bands[key], overtime.get((check.exercise, check.check), 0)))
    return [
        ExerciseSummary(
            exercise=one.exercise,
            title=one.title or one.exercise,
            max_score=one.max_score,
            n=one.entries,
            passed=one.passed,
            failed=one.failed,
            unfilled=one.unfilled,
            missing=one.missing,
            errored=one.errored,
            mean=round(one.mean, DIGITS),
            difficulty=round(one.mean / one.max_score, DIGITS) if one.entries and one.max_score > 0 else None,
            checks=checks[one.exercise],
        )
        for one in listed
    ]


def _check(check: CheckStatistics, bands: Sequence[CheckInBand], overtime: int) -> CheckSummary:
    passed, judged = [0] * BANDS, [0] * BANDS
    for one in bands:
        passed[one.band] += one.passed
        judged[one.band] += one.judged
    return CheckSummary(
        check=check.check,
        function=check.function,
        title=check.title,
        max_points=check.max_points,
        n=check.passed + check.failed + check.skipped + check.unwritten,
        passed=check.passed,
        failed=check.failed,
        skipped=check.skipped,
        errored=check.errored,
        unwritten=check.unwritten,
        overtime=overtime,
        difficulty=_rounded(check.difficulty),
        discrimination=_rounded(check.discrimination),
        passed_in_band=passed,
        judged_in_band=judged,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _mistakes(reader: Reader, run: int, entries: Sequence[Entry]) -> list[MistakeSummary]:
    """Return the known mistakes, those that most made first."""
    position = {entry.id: i for i, entry in enumerate(entries)}
    makers: dict[tuple[str, str], set[int]] = defaultdict(set)
    for exercise, mistake, entry in mistake_makers(reader, run):
        makers[exercise, mistake].add(position[entry])
    return [
        MistakeSummary(
            exercise=one.exercise,
            mistake=one.mistake,
            hint=one.hint,
            students=sorted(makers[one.exercise, one.mistake]),
        )
        for one in reader.mistakes(run)
    ]


def _students(
    entries: Sequence[Entry],
    scores: Mapping[int, list[ExerciseScore]],
    mistakes: Sequence[MistakeSummary],
    odd: Sequence[Attention],
) -> list[Student]:
    flags: dict[int, dict[str, None]] = defaultdict(dict)
    for one in odd:
        flags[one.student][one.kind] = None
    made: dict[int, list[int]] = defaultdict(list)
    for number, mistake in enumerate(mistakes):
        for student in mistake.students:
            made[student].append(number)
    return [
        Student(
            key=entry.key,
            name=entry.name,
            ids=entry.ids,
            page=f"{STUDENTS}/{page_name(entry.key)}.html",
            members=entry.members,
            submitted=entry.submitted,
            late=entry.late,
            attempt=entry.attempt,
            score=entry.score,
            max_score=entry.max_score,
            seconds=entry.seconds,
            problem=entry.problem,
            flags=list(flags[i]),
            mistakes=made[i],
            exercises=scores.get(entry.id, []),
        )
        for i, entry in enumerate(entries)
    ]

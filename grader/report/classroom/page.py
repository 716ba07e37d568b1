"""Renders the class report as one self-contained web page."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO
from urllib.parse import quote

from grader.core.verdict import Score, Status
from grader.gradebook import Notice
from grader.report.classroom.attention import KINDS
from grader.report.classroom.records import (
    BANDS,
    BINS,
    Attention,
    CheckSummary,
    ClassReport,
    ExerciseSummary,
    Likeness,
    MistakeSummary,
    Student,
)
from grader.report.classroom.table import FLAGS, table
from grader.report.pages import policy_hash, static, template
from grader.report.text import clipped
from grader.report.view import STATE_OF_STATUS

__all__ = ["write"]

ROWS = 50
"""Students in one view of the table."""

_FEW = 12
_LISTED = 25
_TOP = 15
_HARDEST = 10
_MESSAGE = 200
_NAME = 80

_WORDS = {
    "errored": ("Grader errors", "the grader itself failed here; it cost no points, and should be looked into"),
    "unreadable": ("Not readable", "nothing could be graded; ask for another copy"),
    "unjudged": ("Not judged in full", "some exercises have no result"),
    "empty": ("Nothing to grade", "none of the graded functions is defined; perhaps the wrong file was handed in"),
    "denied": ("Attempts at what is not allowed", "the code tried what grading forbids, perhaps by chance"),
    "overtime": ("Time limits", "a function ran into a time limit"),
    "fast": ("Unusually fast", "judged in a small part of the usual time; look whether it computes anything"),
    "alike": ("Alike", "more alike to another submission than chance explains; compare the two"),
}  # fmt: skip
_NOTICES = {
    "missing": ("Handed nothing in", "on the roster, but without a submission"),
    "unmatched": ("Not on the roster", "handed in, but the roster does not know them"),
    "twice": ("There twice", "more than one submission or entry for one student"),
}
_SHAPES = {"p": "✓", "f": "✕", "u": "○", "m": "?", "e": "!", "-": "·"}
_STATES = {status.value[0]: STATE_OF_STATUS[status].value for status in Status} | {"-": "not judged"}


@dataclass(frozen=True, slots=True)
class _Bar:
    """A bar of the histogram, in the units of its drawing."""

    x: float
    y: float
    height: float
    count: int
    label: str


@dataclass(frozen=True, slots=True)
class _Check:
    """A check with the shares that the page shows."""

    of: CheckSummary
    exercise: str
    passed: int | None
    bands: list[int | None]
    odd: bool


@dataclass(frozen=True, slots=True)
class _Exercise:
    """An exercise with its checks and the parts of its bar, in percent."""

    of: ExerciseSummary
    number: int
    passed: int | None
    parts: list[tuple[str, float]]
    checks: list[_Check]


@dataclass(frozen=True, slots=True)
class _Mistake:
    """A known mistake with the first of those who made it."""

    of: MistakeSummary
    number: int
    title: str
    share: int
    few: list[Student]
    more: int


@dataclass(frozen=True, slots=True)
class _Matter:
    """What a human should look at, all of one kind."""

    bit: int | None
    title: str
    means: str
    count: int
    rows: list[tuple[Student | None, str, list[str]]]
    more: int


@dataclass(frozen=True, slots=True)
class _Page:
    """Everything that the template shows."""

    report: ClassReport
    judged: str
    bars: list[_Bar]
    most: int
    percent: int
    bands: list[str]
    in_band: list[int]
    exercises: list[_Exercise]
    columns: dict[str, bool]
    hardest: list[_Check]
    mistakes: list[_Mistake]
    matters: list[_Matter]
    pairs: list[tuple[Likeness, Student, Student]]
    slowest: list[Student]
    flags: list[tuple[int, str]]
    first: list[Student]
    data: str
    words: str


def write(report: ClassReport, file: TextIO) -> None:
    """Write the page on a class; it asks the network for nothing, and needs JavaScript for the whole list only."""
    script, style = static("class.js"), static("report.css") + static("class.css")
    page = template("class.html.j2").render(
        page=_page(report), style=style, script=script, script_hash=policy_hash(script), rows=ROWS, top=_TOP,
        name=name, key=key,
        href=href, percent=percent, codes=_codes, flag_words=_flag_words, shapes=_SHAPES, states=_STATES,
    )  # fmt: skip
    file.write(page)


def href(path: str) -> str:
    """Return a path below the page's folder as a link; no name can make it lead elsewhere."""
    return quote(path)


def percent(part: float, whole: float) -> int | None:
    """Return a share in whole percent, 0 and 100 only where they are exact; `None` of nothing."""
    return Score(part, whole).percent if whole > 0 else None


def name(student: Student) -> str:
    """Return a student's name, shortened where it is long."""
    return clipped(student.name, _NAME)


def key(student: Student) -> str:
    """Return a student's key, shortened where it is long."""
    return clipped(student.key, _NAME)


def _page(report: ClassReport) -> _Page:
    scores, students = report.scores, report.students
    most = max([*scores.bins, 1])
    exercises = [_exercise(exercise, number) for number, exercise in enumerate(report.exercises)]
    every = [check for exercise in exercises for check in exercise.checks]
    checks = [check for check in every if check.of.failed]
    timed = [student for student in students if student.seconds is not None]
    return _Page(
        report=report,
        judged=_judged(report),
        bars=_bars(scores.bins, most),
        most=most,
        percent=percent(scores.mean, scores.max_score) or 0,
        bands=[f"{100 * k // BANDS}–{100 * (k + 1) // BANDS} %" for k in range(BANDS)],
        in_band=[sum(scores.bins[k * BINS // BANDS : (k + 1) * BINS // BANDS]) for k in range(BANDS)],
        exercises=exercises,
        columns={kind: any(getattr(check.of, kind) for check in every) for kind in ("errored", "overtime")},
        hardest=sorted(checks, key=lambda check: -check.of.failed / check.of.n)[:_HARDEST],
        mistakes=[_mistake(mistake, number, report) for number, mistake in enumerate(report.mistakes)],
        matters=_matters(report),
        pairs=[(p, students[p.left], students[p.right]) for p in (report.likeness.pairs if report.likeness else [])],
        slowest=sorted(timed, key=lambda student: -(student.seconds or 0.0))[:5],
        flags=_flags(report),
        first=students[:ROWS],
        data=table(report),
        words=json.dumps({"shapes": _SHAPES, "states": _STATES, "flags": [_WORDS[flag][0].lower() for flag in FLAGS]}),
    )


def _judged(report: ClassReport) -> str:
    judged, all_ = report.scores.n, len(report.students)
    what = "submission" if all_ == 1 else "submissions"
    return f"{all_:,} {what}, all judged" if judged == all_ else f"{judged:,} of {all_:,} {what} judged"


def _bars(bins: Sequence[int], most: int) -> list[_Bar]:
    """Return the bars of a drawing 640 units wide and 120 high; a bar that stands for someone can be seen."""
    width, height = 640 / len(bins), 120.0
    bars = []
    for k, count in enumerate(bins):
        tall = round(max(2.0, count / most * height), 1) if count else 0.0
        label = f"{100 * k // len(bins)} to {100 * (k + 1) // len(bins)} %"
        bars.append(_Bar(x=k * width, y=height - tall, height=tall, count=count, label=label))
    return bars


def _exercise(exercise: ExerciseSummary, number: int) -> _Exercise:
    parts = [(status.value, getattr(exercise, status.value)) for status in Status]
    return _Exercise(
        of=exercise,
        number=number,
        passed=percent(exercise.passed, exercise.n),
        parts=[(kind, round(100 * count / exercise.n, 2)) for kind, count in parts if count],
        checks=[_check(check, exercise) for check in exercise.checks],
    )


def _check(check: CheckSummary, exercise: ExerciseSummary) -> _Check:
    pairs = zip(check.passed_in_band, check.judged_in_band, strict=True)
    r = check.discrimination
    return _Check(
        of=check,
        exercise=exercise.title,
        passed=percent(check.passed, check.n),
        bands=[percent(passed, judged) for passed, judged in pairs],
        # Twice the standard error of a correlation of nothing, 1 / sqrt(n).
        odd=r is not None and r < 0 and r * r * check.n > 4,
    )


def _mistake(mistake: MistakeSummary, number: int, report: ClassReport) -> _Mistake:
    titles = {exercise.exercise: exercise.title for exercise in report.exercises}
    few = [report.students[k] for k in mistake.students[:_FEW]]
    return _Mistake(
        of=mistake,
        number=number,
        title=titles.get(mistake.exercise, mistake.exercise),
        share=percent(len(mistake.students), report.scores.n) or 0,
        few=few,
        more=len(mistake.students) - len(few),
    )


def _matters(report: ClassReport) -> list[_Matter]:
    by_kind: dict[str, list[Attention]] = defaultdict(list)
    for one in report.attention:
        by_kind[one.kind].append(one)
    told: dict[str, list[Notice]] = defaultdict(list)
    for notice in report.notices:
        told[notice.kind].append(notice)
    return [_matter(kind, by_kind[kind], report.students) for kind in KINDS if by_kind[kind]] + [
        _noticed(kind, told[kind]) for kind in sorted(told, key=lambda kind: (kind not in _NOTICES, kind))
    ]


def _matter(kind: str, found: Sequence[Attention], students: Sequence[Student]) -> _Matter:
    title, means = _WORDS[kind]
    rows: list[tuple[Student | None, str, list[str]]] = [
        (students[one.student], "", _few(one.messages)) for one in found[:_LISTED]
    ]
    return _Matter(FLAGS.index(kind), title, means, len(found), rows, len(found) - len(rows))


def _noticed(kind: str, notices: Sequence[Notice]) -> _Matter:
    title, means = _NOTICES.get(kind, (kind, ""))
    rows: list[tuple[Student | None, str, list[str]]] = [
        (None, clipped(one.subject, _NAME), _few([one.message])) for one in notices[:_LISTED]
    ]
    return _Matter(None, title, means, len(notices), rows, len(notices) - len(rows))


def _few(messages: Sequence[str]) -> list[str]:
    shown = [clipped(message, _MESSAGE) for message in messages[:2]]
    return [*shown, f"and {len(messages) - 2} more"] if len(messages) > 2 else shown


def _flags(report: ClassReport) -> list[tuple[int, str]]:
    there = {flag for student in report.students for flag in student.flags}
    return [(bit, _WORDS[flag][0]) for bit, flag in enumerate(FLAGS) if flag in there]


def _codes(student: Student, exercises: Sequence[ExerciseSummary]) -> list[tuple[str, str]]:
    """Return (letter of the status, title) of each exercise."""
    statuses = {one.exercise: one.status.value[0] for one in student.exercises}
    return [(statuses.get(one.exercise, "-"), one.title) for one in exercises]


def _flag_words(student: Student) -> str:
    return ", ".join(_WORDS[flag][0].lower() for flag in FLAGS if flag in student.flags)

"""The table of students as compact JSON, from which the page's script makes the rows that are in view."""

from __future__ import annotations

import msgspec

from grader.core.verdict import Status
from grader.report.classroom.records import ClassReport, Student
from grader.report.text import clipped, one_line

FLAGS = ("errored", "unreadable", "unjudged", "empty", "denied", "overtime", "fast", "alike")
"""The flags of a student, by the bit that stands for each in a row."""

CODES = {
    Status.PASSED: "p",
    Status.FAILED: "f",
    Status.UNFILLED: "u",
    Status.MISSING: "m",
    Status.ERRORED: "e",
}
"""The letter that stands for an exercise's status in a row; ``-`` for one that was not judged."""

BUDGET = 1_400_000
"""Bytes that the table may have, for the whole page to stay under 2 MB."""

_CLIPS = (120, 60, 30, 15, 8)


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A student as the script reads it; the page is named where it is not the key."""

    name: str
    key: str
    page: str
    members: str
    score: float
    codes: str
    flags: int
    late: int
    seconds: float | None
    mistakes: list[int]


class Table(msgspec.Struct, frozen=True):
    """What the script reads."""

    max: float
    exercises: list[str]
    rows: list[Row]


def table(report: ClassReport) -> str:
    """Return the table as JSON that can stand in a script element.

    Names are shortened as far as the table would otherwise be too large; each student's page has them whole.
    """
    for limit in _CLIPS:
        encoded = _embedded(_table(report, limit))
        if len(encoded) <= BUDGET:
            break
    return encoded.decode("utf-8")


def _embedded(value: Table) -> bytes:
    """Return JSON without the characters that could end a script element or begin a comment in one."""
    encoded = msgspec.json.encode(value)
    for character in (b"<", b">", b"&"):
        encoded = encoded.replace(character, b"\\u%04x" % ord(character))
    return encoded


def _table(report: ClassReport, limit: int) -> Table:
    names = [exercise.exercise for exercise in report.exercises]
    return Table(
        max=report.scores.max_score,
        exercises=[clipped(one_line(exercise.title), limit) for exercise in report.exercises],
        rows=[row(student, names, limit) for student in report.students],
    )


def row(student: Student, exercises: list[str], limit: int) -> Row:
    """Return the row of a student, texts of at most `limit` characters."""
    statuses = {one.exercise: CODES[one.status] for one in student.exercises}
    page = student.page.rpartition("/")[2].removesuffix(".html")
    return Row(
        name=clipped(one_line(student.name), limit),
        key=clipped(one_line(student.key), limit),
        page="" if page == student.key else page,
        members=clipped(", ".join(one_line(member.name) for member in student.members), 2 * limit),
        score=student.score,
        codes="".join(statuses.get(name, "-") for name in exercises),
        flags=sum(1 << bit for bit, flag in enumerate(FLAGS) if flag in student.flags),
        late=int(bool(student.late)),
        seconds=None if student.seconds is None else round(student.seconds, 2),
        mistakes=student.mistakes,
    )

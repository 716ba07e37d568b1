"""What is exported of each student, whatever the format."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

Status = Literal["graded", "missing", "excused", "ungraded"]
"""``ungraded`` is a fault of the grader, or a hand-in that nobody could read: it gets no grade until a person looks."""


class ExportRow(msgspec.Struct, frozen=True, kw_only=True):
    """One student's grade.

    Attributes
    ----------
    key
        Unique in the class.
    name
        For people to read.
    ids
        As in `grader.classroom.HandIn`; the platform's own id is what joins.
    raw, penalty, final
        Points before the late policy, what it takes, and what remains; None where there is no grade.
    max_score
        Points that can be reached.
    late
        None where nobody knows.
    days_late
        That were charged.
    status
        `raw` and `final` count only where it is ``graded``.
    submitted
        As in `grader.classroom.HandIn`.
    exercises
        Points of each exercise, in the course's order.
    comment
        Text that goes back to the student where a format has a place for it.
    note
        Text for the instructor alone.
    """

    key: str
    name: str
    ids: dict[str, str] = {}
    raw: Decimal | None = None
    penalty: Decimal | None = None
    final: Decimal | None = None
    max_score: Decimal
    late: bool | None = None
    days_late: int = 0
    status: Status = "graded"
    submitted: str = ""
    exercises: dict[str, Decimal] = {}
    comment: str = ""
    note: str = ""


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """A platform's file, ready to upload.

    Attributes
    ----------
    content
        The whole file.
    written
        How many students' grades are in it.
    problems
        Who or what is not in it, and why; a sentence each.
    """

    content: bytes
    written: int
    problems: list[str] = []

"""The list of a class's students."""

from __future__ import annotations

import msgspec


class Student(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a roster.

    Attributes
    ----------
    key
        Unique in the roster: the student's id, else another id, else the name.
    name
        For people to read; may be empty.
    ids
        By kind, as in `grader.classroom.HandIn`: ``student_id``, ``email``, ``login``, ``github``, ``canvas_id``,
        ``moodle_id``.
    section
        Section, group or class; empty where the roster has none.
    row
        Number of the row in the file, from 1.
    """

    key: str
    name: str
    ids: dict[str, str] = {}
    section: str = ""
    row: int = 0


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """All students of a class.

    Attributes
    ----------
    path
        Where it was read.
    students
        In the order of the file.
    problems
        Rows that were passed over or are odd; a sentence each, with row and column.
    """

    path: str
    students: tuple[Student, ...]
    problems: list[str] = []

"""Who handed in what: the hand-ins of a class joined with its roster."""

from __future__ import annotations

import msgspec

from grader.classroom.handins import HandIn
from grader.classroom.roster import Student


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One student, known from the roster, from the hand-ins, or from both.

    Attributes
    ----------
    key
        Unique in the class: the student's in the roster, else the hand-in's.
    name
        The roster's where there is one.
    ids
        Of both.
    student
        None for one who is not in the roster.
    handin
        The one that counts; None where nothing was handed in. The members of a group share one.
    by
        What joined them: a kind of id, ``"name"``, or ``""`` where nothing did.
    superseded
        Other hand-ins of the same student, which do not count.
    """

    key: str
    name: str
    ids: dict[str, str] = {}
    student: Student | None = None
    handin: HandIn | None = None
    by: str = ""
    superseded: tuple[HandIn, ...] = ()


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """A whole class: every student of the roster and every hand-in is in an entry, or superseded in one.

    Attributes
    ----------
    entries
        The roster's students in its order, then who is not in it.
    remarks
        What a person should look at, a sentence each: missing, unmatched, twice, ambiguous.
    """

    entries: tuple[Entry, ...]
    remarks: list[str] = []

    @property
    def missing(self) -> tuple[Entry, ...]:
        """Students of the roster who handed in nothing."""
        return tuple(entry for entry in self.entries if entry.handin is None)

    @property
    def unmatched(self) -> tuple[Entry, ...]:
        """Hand-ins of which the student is not in the roster."""
        return tuple(entry for entry in self.entries if entry.student is None)

    @property
    def twice(self) -> tuple[Entry, ...]:
        """Students who handed in more than once; the latest counts."""
        return tuple(entry for entry in self.entries if entry.superseded)

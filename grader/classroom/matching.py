"""Who handed in what: the hand-ins of a class joined with its roster."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

import msgspec

from grader.classroom.handins import ClassSource, HandIn
from grader.classroom.names import name_forms
from grader.classroom.roster import Roster, Student

_SAME = {"sid": "student_id"}
_FIRST = ("canvas_id", "moodle_id", "student_id", "github", "email", "login")
# What one platform calls the login is another one's id.
_ACROSS = (("login", "student_id"), ("student_id", "login"), ("login", "email name"), ("student_id", "email name"))
_FOLDER_KINDS = ("student_id", "login", "email", "github", "email name")

_WORD_KINDS = ("student_id", "login", "email", "github")
_MIN_DIGITS = 4
_TOLD_BY_PLATFORM = frozenset({"canvas_id", "moodle_id", "email", "login"})
_GAP = re.compile(r"[\s_\-+—–()（）\[\]【】.,，、]+")


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
    has_roster
        Whether there was one; without it nobody is missing or unmatched.
    remarks
        What a person should look at, a sentence each: missing, unmatched, twice, ambiguous.
    """

    entries: tuple[Entry, ...]
    has_roster: bool
    remarks: list[str] = []

    @property
    def missing(self) -> tuple[Entry, ...]:
        """Students of the roster who handed in nothing."""
        return tuple(entry for entry in self.entries if entry.handin is None)

    @property
    def unmatched(self) -> tuple[Entry, ...]:
        """Those who handed in and are not in the roster."""
        return tuple(entry for entry in self.entries if self.has_roster and entry.student is None)

    @property
    def twice(self) -> tuple[Entry, ...]:
        """Students who handed in more than once; the latest counts."""
        return tuple(entry for entry in self.entries if entry.superseded)


class _Part(NamedTuple):
    """One student's share in a hand-in: all of it, or that of a member of a group."""

    handin: HandIn
    key: str
    name: str
    ids: dict[str, str]


class _Joined(NamedTuple):
    part: _Part
    by: str


def match(source: ClassSource, roster: Roster | None = None) -> Matched:
    """Join hand-ins with the students of a roster: by id, then e-mail, then login, then exact name.

    Parameters
    ----------
    source
        What was handed in.
    roster
        Without one, every hand-in is an entry of its own, save several of one student.

    Returns
    -------
    Matched
        In which nobody is dropped.
    """
    students = roster.students if roster else ()
    finder = _Finder(students)
    remarks: list[str] = []
    joined: dict[int, list[_Joined]] = defaultdict(list)
    others: dict[tuple[str, str], list[_Part]] = {}
    for part in _parts(source.handins):
        found = finder.find(part, remarks)
        if found:
            joined[found[0].row].append(_Joined(part, found[1]))
        else:
            _group(part, others)
    entries = [_student_entry(student, joined.get(student.row, []), remarks) for student in students]
    taken = Counter(entry.key for entry in entries)
    for parts in {id(parts): parts for parts in others.values()}.values():
        entry = _other_entry(parts, remarks)
        key = f"{entry.key} (hand-in)" if taken[entry.key] else entry.key
        taken[key] += 1
        entries.append(msgspec.structs.replace(entry, key=key))
        if roster:
            remarks.append(f"{entry.name!r} ({entry.key}) handed in, but is not in the roster")
    remarks += [f"{entry.name!r} ({entry.key}) handed in nothing" for entry in entries if entry.handin is None]
    return Matched(entries=tuple(entries), has_roster=roster is not None, remarks=remarks)


def _parts(handins: Sequence[HandIn]) -> Iterator[_Part]:
    for handin in handins:
        if not handin.members:
            yield _Part(handin, handin.key, handin.name, _normal_kinds(handin.ids))
        for member in handin.members:
            ids = _normal_kinds(member.ids)
            own = next(iter(ids.values()), member.name)
            yield _Part(handin, f"{handin.key}/{own}", member.name, ids)


def _normal_kinds(ids: dict[str, str]) -> dict[str, str]:
    return {_SAME.get(kind, kind): value for kind, value in ids.items()}


def _normal(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip().casefold()


class _Finder:
    """Finds the student of a hand-in."""

    def __init__(self, students: Sequence[Student]) -> None:
        self._by_id: dict[tuple[str, str], list[Student]] = defaultdict(list)
        self._by_name: dict[str, list[Student]] = defaultdict(list)
        for student in students:
            for kind, value in student.ids.items():
                self._by_id[kind, _normal(value)].append(student)
                if kind == "email":
                    self._by_id["email name", _normal(value).partition("@")[0]].append(student)
            for form in name_forms(student.name):
                self._by_name[form].append(student)

    def find(self, part: _Part, remarks: list[str]) -> tuple[Student, str] | None:
        """Return the student and what tells so; remark where ids disagree or a name is not enough."""
        hits = [(found, kind) for kind in _FIRST if (found := self._one(kind, part.ids.get(kind, "")))]
        hits += [(found, own) for own, other in _ACROSS if (found := self._one(other, part.ids.get(own, "")))]
        if not hits and "repository" in part.ids:
            words = part.ids["repository"].split("-")
            endings = ("-".join(words[start:]) for start in range(1, len(words)))
            hits = [(found, "github") for ending in endings if (found := self._one("github", ending))]
        if not hits and not part.ids.keys() & _TOLD_BY_PLATFORM:
            hits = [(found, kind) for kind in _FOLDER_KINDS if (found := self._one(kind, part.name))]
            hits = hits or self._in_words(part.key)
        if hits:
            first, by = hits[0]
            for other, kind in hits[1:]:
                if other.row != first.row:
                    remarks.append(
                        f"{part.key!r} is {first.name!r} by {by}, but {other.name!r} by {kind}; counted for the former"
                    )
                    break
            return first, by
        return self._named(part, remarks)

    def _one(self, kind: str, value: str) -> Student | None:
        found = self._by_id.get((kind, _normal(value)), []) if value else []
        return found[0] if len({student.row for student in found}) == 1 else None

    def _in_words(self, key: str) -> list[tuple[Student, str]]:
        """Find the one student whose id, or else whose name, is a part of a name such as ``hw1_20230001``."""
        words = [word for word in _GAP.split(key) if word]
        telling = [word for word in words if not (word.isdigit() and len(word) < _MIN_DIGITS)]
        hits = [(found, kind) for word in telling for kind in _WORD_KINDS if (found := self._one(kind, word))]
        if not hits:
            pairs = [f"{first} {second}" for first, second in pairwise(words)]
            forms = {form for text in [*words, *pairs] for form in name_forms(text)}
            hits = [(student, "name") for form in sorted(forms) for student in self._by_name.get(form, [])]
        return hits[:1] if len({student.row for student, _ in hits}) == 1 else []

    def _named(self, part: _Part, remarks: list[str]) -> tuple[Student, str] | None:
        found = {student.row: student for form in name_forms(part.name) for student in self._by_name.get(form, [])}
        if len(found) > 1:
            rows = ", ".join(str(row) for row in sorted(found))
            remarks.append(
                f"{part.key!r}: the name {part.name!r} is in rows {rows} of the roster; joined with none of them"
            )
        return (next(iter(found.values())), "name") if len(found) == 1 else None


def _group(part: _Part, groups: dict[tuple[str, str], list[_Part]]) -> None:
    """Put a part beside others of a student who is in no roster, known by the ids alone."""
    keys = [(kind, _normal(part.ids[kind])) for kind in _FIRST if kind in part.ids] or [("key", part.key)]
    group = next((groups[key] for key in keys if key in groups), [])
    group.append(part)
    for key in keys:
        groups.setdefault(key, group)


def _student_entry(student: Student, joined: list[_Joined], remarks: list[str]) -> Entry:
    if not joined:
        return Entry(key=student.key, name=student.name or student.key, ids=student.ids, student=student)
    counted, superseded = _latest([item.part for item in joined], student.name or student.key, remarks)
    ids = {kind: value for item in joined for kind, value in item.part.ids.items()}
    return Entry(
        key=student.key,
        name=student.name or counted.name,
        ids={**ids, **student.ids},
        student=student,
        handin=counted.handin,
        by=next(item.by for item in joined if item.part is counted),
        superseded=superseded,
    )


def _other_entry(parts: list[_Part], remarks: list[str]) -> Entry:
    counted, superseded = _latest(parts, parts[0].name, remarks)
    return Entry(key=counted.key, name=counted.name, ids=counted.ids, handin=counted.handin, superseded=superseded)


def _latest(parts: list[_Part], name: str, remarks: list[str]) -> tuple[_Part, tuple[HandIn, ...]]:
    """Return the part that counts, and the hand-ins that do not."""
    ordered = sorted(parts, key=lambda part: (_moment(part.handin), part.handin.attempt or 0))
    counted = ordered[-1]
    superseded = tuple(part.handin for part in ordered[:-1] if part.handin.key != counted.handin.key)
    if superseded:
        keys = ", ".join(repr(handin.key) for handin in superseded)
        told = [part for part in parts if part.handin.submitted or part.handin.attempt]
        known = "the latest" if len(told) == len(parts) else "nobody knows which is the latest, so that"
        remarks.append(f"{name!r} handed in more than once: {known} {counted.handin.key!r} counts, not {keys}")
    return counted, superseded


def _moment(handin: HandIn) -> float:
    try:
        time = datetime.fromisoformat(handin.submitted)
    except ValueError:
        return 0.0
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()

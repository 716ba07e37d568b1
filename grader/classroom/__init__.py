"""A whole class: what was handed in, by whom, how late, and the files that go back to the platform."""

from grader.classroom.extensions import Extension, Extensions, read_extensions
from grader.classroom.handins import ClassSource, HandIn, Member
from grader.classroom.late import Adjusted, LatePolicy, adjusted, exact, parse_late, policy_from
from grader.classroom.matching import Entry, Matched, match
from grader.classroom.opening import PLATFORMS, open_class
from grader.classroom.roster import Roster, Student, read_roster

__all__ = [
    "PLATFORMS",
    "Adjusted",
    "ClassSource",
    "Entry",
    "Extension",
    "Extensions",
    "HandIn",
    "LatePolicy",
    "Matched",
    "Member",
    "Roster",
    "Student",
    "adjusted",
    "exact",
    "match",
    "open_class",
    "parse_late",
    "policy_from",
    "read_extensions",
    "read_roster",
]

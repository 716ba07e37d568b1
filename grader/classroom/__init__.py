"""A whole class: what was handed in, by whom, how late, and the files that go back to the platform."""

from grader.classroom.handins import ClassSource, HandIn, Member
from grader.classroom.opening import PLATFORMS, open_class

__all__ = ["PLATFORMS", "ClassSource", "HandIn", "Member", "open_class"]

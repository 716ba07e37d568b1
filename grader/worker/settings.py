"""What the judge tells the fork server at its start."""

from __future__ import annotations

import msgspec

from grader.worker.limits import Limits


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How the children of a fork server are held.

    Attributes
    ----------
    full
        Whether a child must refuse to load unless every protection is on.
    allowed
        Top-level modules that submissions may import.
    without
        Names of protections to leave out.
    folder
        What to remove at the end, also after a judge that was killed.
    """

    limits: Limits
    full: bool
    allowed: list[str]
    without: list[str] = []
    folder: str = ""

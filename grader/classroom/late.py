"""The late policy: what a late hand-in costs, exactly."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec


class LatePolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a hand-in is late and what that costs; the table ``[late]`` of a course.toml.

    Lateness is counted from the due time, a student's extension and the grace together: each day that has begun counts.

    Attributes
    ----------
    due
        ISO 8601; without an offset it is a time in `timezone`. Empty where there is no due time.
    timezone
        Name in the IANA data base, such as ``Asia/Shanghai``, for times without an offset.
    grace_minutes
        Lateness that counts as none.
    slip_days
        Days late that a student may take without penalty, in the course as a whole.
    penalty_per_day
        Per cent for each day late.
    of
        Whether these are per cent of what was reached (``score``) or of what can be reached (``max``).
    cap
        Per cent that the penalty never exceeds.
    cut_off_days
        A hand-in that is later than this counts nothing, slip days or not; None where there is no such limit.
    """

    due: str = ""
    timezone: str = ""
    grace_minutes: int = 0
    slip_days: int = 0
    penalty_per_day: Decimal = Decimal(0)
    of: Literal["score", "max"] = "max"
    cap: Decimal = Decimal(100)
    cut_off_days: int | None = None


class Adjusted(msgspec.Struct, frozen=True, kw_only=True):
    """A score under the late policy.

    Attributes
    ----------
    raw, penalty, final
        Points; ``final = raw - penalty``, and never below 0 because of lateness.
    late
        None where nobody knows.
    days_late
        Days that have begun since the hand-in was due.
    slip_used
        Of these, how many the student's slip days paid.
    note
        What a person should know, such as a hand-in that is late by an unknown time; else empty.
    """

    raw: Decimal
    penalty: Decimal
    final: Decimal
    late: bool | None
    days_late: int = 0
    slip_used: int = 0
    note: str = ""

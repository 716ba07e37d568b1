"""The late policy: what a late hand-in costs, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from grader.classroom.extensions import Extension, parsed_time
from grader.classroom.handins import HandIn
from grader.courses import did_you_mean
from grader.errors import UsageError

_DAY = timedelta(days=1)
_HUNDRED = Decimal(100)
_SHORT = {
    "grace": "grace_minutes", "slip": "slip_days", "penalty": "penalty_per_day", "cutoff": "cut_off_days",
    "cut_off": "cut_off_days", "tz": "timezone",
}  # fmt: skip


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


def exact(points: float | int | str | Decimal) -> Decimal:
    """Return points as a decimal number, a float as it is written: 0.1 becomes 0.1.

    Sums of floats, such as 0.1 + 0.2, lose the digits beyond the ninth.
    """
    number = Decimal(repr(points)) if isinstance(points, float) else Decimal(points)
    rounded = number.quantize(Decimal("1e-9")).normalize()
    return rounded if rounded != rounded.to_integral_value() else rounded.quantize(Decimal(1))


def policy_from(settings: Mapping[str, object], *, where: str = "[late]") -> LatePolicy:
    """Return the policy of a course.toml's table ``[late]``.

    Raises
    ------
    UsageError
        It has an unknown key, or a value that makes no sense.
    """
    known = LatePolicy.__struct_fields__
    for key in settings:
        if key not in known:
            raise UsageError(f"{where}: unknown key {key!r}{did_you_mean(key, known)}")
    try:
        policy = msgspec.convert({key: _plain(value) for key, value in settings.items()}, LatePolicy, strict=False)
    except (msgspec.ValidationError, InvalidOperation) as error:
        raise UsageError(f"{where}: {str(error)[:1].lower()}{str(error)[1:]}") from None
    _validate(policy, where)
    return policy


def _plain(value: object) -> object:
    """Turn what TOML has into text: times, and floats, since its 0.1 means a decimal 0.1."""
    if isinstance(value, date):  # which a datetime is, too
        return value.isoformat()
    return repr(value) if isinstance(value, float) else value


def parse_late(text: str, *, base: LatePolicy | None = None) -> LatePolicy:
    """Return the policy that a command line asks for, such as ``due=2026-10-01T23:59+08:00,grace=15,penalty=10%``.

    Parameters
    ----------
    text
        Assignments to the attributes of `LatePolicy`, or to ``grace``, ``slip``, ``penalty``, ``cutoff`` and ``tz``.
    base
        What holds where the text says nothing.

    Raises
    ------
    UsageError
        It cannot be read.
    """
    settings: dict[str, object] = msgspec.structs.asdict(base) if base else {}
    for item in filter(None, (item.strip() for item in text.split(","))):
        key, equals, value = (part.strip() for part in item.partition("="))
        if not equals:
            raise UsageError(f"--late: cannot read {item!r}; write terms like 'penalty=10'")
        settings[_SHORT.get(key, key)] = value.removesuffix("%").removesuffix("d" if "cut" in key else "%")
    return policy_from(settings, where="--late")


def _validate(policy: LatePolicy, where: str) -> None:
    for key in ("grace_minutes", "slip_days", "penalty_per_day", "cap", "cut_off_days"):
        value = getattr(policy, key)
        if value is not None and not (Decimal(value).is_finite() and value >= 0):
            raise UsageError(f"{where}: {key} = {value}, but should be 0 or more")
    if policy.cap > _HUNDRED:
        raise UsageError(f"{where}: cap = {policy.cap}, but should be at most 100 per cent")
    if policy.timezone:
        _zone(policy.timezone, where)
    if policy.due:
        parsed_time(policy.due, f"{where}: due")


def _zone(name: str, where: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise UsageError(f"{where}: unknown time zone {name!r}; write a name like 'Asia/Shanghai' or 'UTC'") from None


def adjusted(
    policy: LatePolicy,
    handin: HandIn,
    raw: Decimal,
    max_score: Decimal,
    *,
    extension: Extension | None = None,
    slip_left: int | None = None,
) -> Adjusted:
    """Apply the late policy to one score.

    Parameters
    ----------
    policy
        The course's.
    handin
        Of which `submitted` counts, or `late` where the platform tells no time.
    raw, max_score
        Points; see `exact`.
    extension
        The student's, if any.
    slip_left
        Slip days that the student has left; by default all.

    Raises
    ------
    UsageError
        Only one of the due time and the time of the hand-in has an offset, and the policy no time zone.
    """
    if not policy.due or not handin.submitted:
        return _untimed(policy, handin, raw)
    lateness = _lateness(policy, handin.submitted, extension or Extension())
    days = max(0, -(-lateness // _DAY))  # rounded up
    if not days:
        return Adjusted(raw=raw, penalty=Decimal(0), final=raw, late=False)
    if policy.cut_off_days is not None and lateness > policy.cut_off_days * _DAY:
        note = f"{days} days late, but nothing is accepted after {policy.cut_off_days}"
        return Adjusted(
            raw=raw, penalty=max(raw, Decimal(0)), final=min(raw, Decimal(0)), late=True, days_late=days, note=note
        )
    slip = min(days, policy.slip_days if slip_left is None else max(0, slip_left))
    per_cent = min(policy.penalty_per_day * (days - slip), policy.cap)
    base = max_score if policy.of == "max" else raw
    penalty = max(Decimal(0), min(base * per_cent / _HUNDRED, raw))
    return Adjusted(raw=raw, penalty=penalty, final=raw - penalty, late=True, days_late=days, slip_used=slip)


def _untimed(policy: LatePolicy, handin: HandIn, raw: Decimal) -> Adjusted:
    note = ""
    if handin.late and policy.penalty_per_day:
        note = "late by the platform's word, which does not say how late; no penalty is taken"
    elif policy.due and handin.late is None:
        note = "nobody knows when it was handed in; no penalty is taken"
    return Adjusted(raw=raw, penalty=Decimal(0), final=raw, late=handin.late, note=note)


def _lateness(policy: LatePolicy, submitted: str, extension: Extension) -> timedelta:
    """Return how long after the due time, extension and grace it was handed in; negative where it was in time."""
    due = parsed_time(policy.due, "the late policy's due time")
    time = parsed_time(submitted, "the time of a hand-in")
    until = parsed_time(extension.until, "an extension") if extension.until else None
    if policy.timezone:
        zone = _zone(policy.timezone, "the late policy")
        # Where clocks are set back, a time occurs twice: the student is given the better one.
        due = due if due.tzinfo else due.replace(tzinfo=zone, fold=1)
        until = until if until is None or until.tzinfo else until.replace(tzinfo=zone, fold=1)
        time = time if time.tzinfo else time.replace(tzinfo=zone)
    known = [moment for moment in (due, time, until) if moment is not None]
    if len({moment.tzinfo is None for moment in known}) > 1:
        raise UsageError(
            f"the hand-in's time {submitted!r} and the due time {policy.due!r} cannot be compared, since only one has "
            "an offset; set the late policy's timezone"
        )
    # Python compares times of one zone by the clock on the wall, but days are 24 hours.
    due, time, *more = [moment.astimezone(UTC) if moment.tzinfo else moment for moment in known]
    limit = max([due + timedelta(seconds=extension.seconds), *more])
    return time - limit - timedelta(minutes=policy.grace_minutes)

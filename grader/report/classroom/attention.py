"""What a human should look at: what could not be judged, what broke, what was forbidden, what is odd."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from grader.core.verdict import Status
from grader.gradebook import Entry, Reader, Run
from grader.gradebook.overview import Trouble
from grader.report.classroom.numbers import quantile
from grader.report.classroom.records import Attention

KINDS = ("errored", "unreadable", "unjudged", "empty", "denied", "overtime", "fast")
"""The kinds of `Attention`, in the order of the report."""

FAST_SHARE = 0.2
"""Judging that takes less than this share of the class's median time is suspiciously fast."""

FAST_CLASS = 20
"""Of fewer timed submissions nobody can say what time is usual."""


def attention(
    reader: Reader,
    run: Run,
    entries: Sequence[Entry],
    statuses: Mapping[int, Sequence[Status]],
    troubles: Iterable[Trouble],
) -> list[Attention]:
    """Return what a human should look at, kind by kind, each in the order of `entries`.

    Parameters
    ----------
    statuses
        Of the exercises of each entry.
    troubles
        The checks that the grader failed on, or that ran into a time limit.
    """
    found: dict[str, dict[int, list[str]]] = {kind: {} for kind in KINDS}
    position = {entry.id: i for i, entry in enumerate(entries)}
    for trouble in troubles:
        kind = "errored" if trouble.errored else "overtime"
        found[kind].setdefault(position[trouble.entry], []).append(f"{trouble.check}: {trouble.message}")
    for remark in reader.remarks(run.id, kind="denied"):
        found["denied"].setdefault(position[remark.entry], []).append(remark.text)
    for i, entry in enumerate(entries):
        for kind, message in _of_entry(entry, statuses.get(entry.id, []), len(run.exercises)):
            found[kind].setdefault(i, []).append(message)
    for i, message in _fast(entries, statuses):
        found["fast"][i] = [message]
    return [
        Attention(kind=kind, student=student, messages=messages)
        for kind in KINDS
        for student, messages in sorted(found[kind].items())
    ]


def _of_entry(entry: Entry, statuses: Sequence[Status], exercises: int) -> Iterator[tuple[str, str]]:
    if entry.problem:
        yield ("unjudged" if entry.sha256 else "unreadable"), entry.problem
    elif entry.judged < exercises:
        yield "unjudged", f"{entry.judged} of {exercises} exercises were judged"
    elif statuses and all(status is Status.MISSING for status in statuses):
        yield "empty", "it defines none of the graded functions"


def _fast(entries: Sequence[Entry], statuses: Mapping[int, Sequence[Status]]) -> Iterator[tuple[int, str]]:
    """Yield submissions that earned points in a small part of the time that others need."""
    timed = [
        (i, entry.seconds)
        for i, entry in enumerate(entries)
        if entry.seconds is not None and entry.score > 0 and Status.PASSED in statuses.get(entry.id, [])
    ]
    if len(timed) < FAST_CLASS:
        return
    usual = quantile(sorted(seconds for _, seconds in timed), 0.5)
    for i, seconds in timed:
        if seconds < FAST_SHARE * usual:
            yield i, f"judged in {seconds:.3g} s, where half of the class took {usual:.3g} s or longer"

"""What came of a class, on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.cli.class_roll import Roll
from grader.engines.running import Progress
from grader.report.classroom import ClassReport
from grader.report.text import counted, one_line, points

_MISTAKES = 5
_NAMES = 10

_LOOK = {
    "errored": "the grader failed on it",
    "unreadable": "cannot be read",
    "unjudged": "could not be judged",
    "empty": "nothing to grade in it",
    "denied": "tried what is not allowed while grading",
    "overtime": "ran into a time limit",
    "fast": "judged in a small part of the usual time",
}


def summary(report: ClassReport, progress: Progress, roll: Roll) -> Iterator[str]:
    """Yield the lines of a summary: counts, points, mistakes, who is missing, and what a human should look at."""
    parts = [f"{progress.graded} graded"]
    parts += [f"{progress.known} graded before"] * bool(progress.known)
    parts += [f"{progress.unreadable} cannot be read"] * bool(progress.unreadable)
    parts += [f"{progress.broken} on which the grader failed"] * bool(progress.broken)
    yield f"{counted(progress.done, 'submission')}: {', '.join(parts)}"
    scores = report.scores
    if scores.n:
        yield (
            f"points: mean {points(round(scores.mean, 2))} of {points(scores.max_score)},"
            f" median {points(round(scores.median, 2))}, from {points(scores.min)} to {points(scores.max)}"
        )
    if report.mistakes:
        yield "most common mistakes:"
        for mistake in report.mistakes[:_MISTAKES]:
            yield f"  {len(mistake.students):>5}  {one_line(mistake.exercise)}: {one_line(mistake.mistake)}"
    yield from _people("handed in nothing", [entry.name for entry in roll.matched.missing])
    yield from _people("not in the roster", [entry.name for entry in roll.matched.unmatched])
    yield from _people("handed in more than once", [entry.name for entry in roll.matched.twice])
    for kind, words in _LOOK.items():
        names = [report.students[one.student].name for one in report.attention if one.kind == kind]
        yield from _people(f"look yourself: {words}", names)
    if report.likeness is not None and report.likeness.found:
        yield f"look yourself: {counted(report.likeness.found, 'pair')} of submissions alike, a suspicion and no more"
    for problem in roll.problems[:_NAMES]:
        yield f"left out or odd: {one_line(problem)}"
    if len(roll.problems) > _NAMES:
        yield f"… and {len(roll.problems) - _NAMES} more, which the gradebook lists"


def places(page: Path, gradebook: Path, exported: Sequence[str]) -> Iterator[str]:
    """Yield where everything is."""
    yield f"report: {page}"
    yield f"gradebook: {gradebook}"
    for line in exported:
        yield f"export: {one_line(line)}"


def _people(what: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        shown = ", ".join(one_line(name) for name in names[:_NAMES])
        more = f", … and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
        yield f"{what} ({len(names)}): {shown}{more}"

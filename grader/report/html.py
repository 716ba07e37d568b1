"""Renders a report as one self-contained web page."""

from __future__ import annotations

import functools
import re
from collections.abc import Hashable
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, TextIO

from grader.core.verdict import Counterexample, Outcome, Report, Score, Verdict
from grader.report.difference import Piece, differing
from grader.report.pages import policy_hash, static, template
from grader.report.text import counted, points, visible
from grader.report.view import (
    ExerciseView,
    FunctionView,
    State,
    claim,
    command,
    exercise_views,
    names_in_state,
    remarks,
    score_line,
    summary,
    why_skipped,
)

if TYPE_CHECKING:
    from jinja2.runtime import Macro

__all__ = ["write"]

# A shape beside each word, so that a state is seen at a glance without its colour.
_SHAPES = {
    State.PASSED: "✓",
    State.FAILED: "✕",
    State.ERRORED: "!",
    State.SKIPPED: "–",
    State.UNFILLED: "○",
    State.MISSING: "?",
}
# A message of more characters scrolls in a box of its own.
_LONG = 1000
# Functions as rendered that are remembered, of about a kilobyte each.
_MAX_KNOWN = 5000
_SHOWN = attrgetter("check", "function", "outcome", "points", "max_points", "title", "message", "hint", "mistake")
_FOUND = attrgetter("actual", "expected", "code")


@dataclass(frozen=True, slots=True)
class _Badge:
    """The state of something: style class, shape and word."""

    kind: str
    shape: str
    word: str


@dataclass(frozen=True, slots=True)
class _Failure:
    """A failed or errored check, with all that is known about it."""

    verdict: Verdict
    badge: _Badge
    claim: str
    points: str
    found: Counterexample | None
    actual: list[Piece]
    expected: list[Piece]
    marked: bool
    long: bool


@dataclass(frozen=True, slots=True)
class _Skipped:
    """The checks that were skipped for one reason."""

    reason: str
    claims: str


@dataclass(frozen=True, slots=True)
class _Function:
    """One function of an exercise, its checks sorted by what became of them."""

    anchor: str
    name: str
    place: str
    badge: _Badge
    points: str
    failures: list[_Failure]
    skipped: list[_Skipped]
    passed: list[tuple[str, Verdict]]
    passed_line: str


@dataclass(frozen=True, slots=True)
class _Anchored:
    """A function, and its anchor in the page."""

    view: FunctionView
    anchor: str

    def shown(self) -> Hashable:
        """Return all that the page shows of it: where these are equal, so is the part of the page."""
        # A function that passes is shown without its place, the only thing in which those of a class all differ.
        place = "" if self.view.state is State.PASSED else self.view.place
        found = [
            (k, *one.counterexample.inputs.items(), _FOUND(one.counterexample))
            for k, one in enumerate(self.view.checks)
            if one.counterexample is not None
        ]
        return self.anchor, self.view.name, self.view.state, place, tuple(map(_SHOWN, self.view.checks)), tuple(found)


@dataclass(frozen=True, slots=True)
class _Exercise:
    """One exercise, with its badge and its anchor in the page."""

    anchor: str
    title: str
    badge: _Badge
    points: str
    score_line: str
    functions: list[_Anchored]
    undone: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Page:
    """Everything that the template shows."""

    report: Report
    score: Score
    score_line: str
    earned: str
    possible: str
    summary: str
    exercises: list[_Exercise]
    remarks: list[str]
    command: str


def write(report: Report, file: TextIO) -> None:
    """Write `report` as one HTML file that asks the network for nothing and needs no JavaScript."""
    style, script = static("report.css"), static("report.js")
    page = template("report.html.j2")
    file.write(
        page.render(page=_page(report), rendered=_rendered, style=style, script=script, script_hash=policy_hash(script))
    )


def _rendered(function: _Anchored, passed: Macro, graded: Macro) -> str:
    """Render a function by one of two macros; most of a class's pages have most of their functions in common."""
    known, shown = _known_parts(), function.shown()
    if shown not in known:
        if len(known) >= _MAX_KNOWN:
            known.clear()
        render = passed if function.view.state is State.PASSED else graded
        known[shown] = render(_function(function.view, function.anchor))
    return known[shown]


@functools.cache
def _known_parts() -> dict[Hashable, str]:
    """Return the parts of pages that were rendered so far, by all that they show."""
    return {}


def _page(report: Report) -> _Page:
    views = exercise_views(report)
    score = Score(report.score, report.max_score)
    taken = {"main", "exercises", "remarks", "top"}
    return _Page(
        report=report,
        score=score,
        score_line=score_line(score),
        earned=points(score.points, of=score.max_points),
        possible=points(score.max_points),
        summary=summary(views),
        exercises=[_exercise(view, taken) for view in views],
        remarks=remarks(report),
        command=command(report),
    )


def _exercise(view: ExerciseView, taken: set[str]) -> _Exercise:
    anchor = _anchor(view.name, taken)
    undone = [
        (f"{state}:", ", ".join(names))
        for state in (State.UNFILLED, State.MISSING)
        if (names := names_in_state([view], state))
    ]
    return _Exercise(
        anchor=anchor,
        title=view.title,
        badge=_badge(view.state),
        points=_points_of(view.score),
        score_line=score_line(view.score),
        functions=[
            _Anchored(function, _anchor(f"{anchor}.{function.name}", taken))
            for function in view.functions
            if function.state not in (State.UNFILLED, State.MISSING)
        ],
        undone=undone,
    )


def _function(function: FunctionView, anchor: str) -> _Function:
    passed = function.having(Outcome.PASSED)
    wrong = [v for v in function.checks if v.outcome in (Outcome.FAILED, Outcome.ERRORED)]
    skipped = [
        _Skipped(reason=reason, claims=", ".join(claim(verdict) for verdict in verdicts))
        for reason, verdicts in why_skipped(function)
    ]
    return _Function(
        anchor=anchor,
        name=function.name,
        place=function.place,
        badge=_badge(function.state),
        points=_points_of(function.score),
        failures=[_failure(verdict) for verdict in wrong],
        skipped=skipped,
        passed=[(claim(verdict), verdict) for verdict in passed],
        passed_line=f"{len(passed)} of {counted(len(function.checks), 'check')} passed",
    )


def _failure(verdict: Verdict) -> _Failure:
    found = verdict.counterexample
    actual, expected = differing(visible(found.actual), visible(found.expected)) if found else ([], [])
    return _Failure(
        verdict=verdict,
        badge=_badge(State.ERRORED if verdict.outcome is Outcome.ERRORED else State.FAILED),
        claim=claim(verdict),
        points=_points_of(Score(verdict.points, verdict.max_points)),
        found=found,
        actual=actual,
        expected=expected,
        marked=any(marked for _, marked in actual),
        long=len(verdict.message) > _LONG,
    )


def _badge(state: State) -> _Badge:
    return _Badge(kind=state.name.lower(), shape=_SHAPES[state], word=state.value)


def _points_of(score: Score) -> str:
    return f"{points(score.points, of=score.max_points)} of {points(score.max_points)}"


def _anchor(name: str, taken: set[str]) -> str:
    """Return an identifier of the page that is not taken yet."""
    stem = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-") or "part"
    anchor, number = stem, 1
    while anchor in taken:
        number += 1
        anchor = f"{stem}-{number}"
    taken.add(anchor)
    return anchor

"""Shows a report on a terminal; besides the command line, the only module that knows rich."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.text import Text

from grader.core.verdict import Counterexample, Outcome, Report, Score, Verdict
from grader.report.text import clipped, one_line, points, visible, without_commands
from grader.report.view import (
    ExerciseView,
    FunctionView,
    State,
    claim,
    exercise_views,
    missing_names,
    names_in_state,
    remarks,
    score_line,
    summary,
    why_skipped,
)

__all__ = ["print_report"]

# Words of one width tell the outcome where there is no colour, and align in one column.
_MARKS = {
    State.PASSED: ("pass", "green"),
    State.FAILED: ("FAIL", "bold red"),
    State.ERRORED: ("ERR!", "bold magenta"),
    State.SKIPPED: ("skip", "dim"),
    State.UNFILLED: ("todo", "yellow"),
    State.MISSING: ("miss", "yellow"),
}
_MESSAGE_LIMIT = 320
_MAX_LINES = 24
_MAX_ANSWER_LINES = 6
_MAX_REMARKS = 8
_DETAIL = 6
# Longer lines of prose are hard to read, however wide the terminal.
_PROSE = 100
# A page that is longer than three screens is not read: what comes late is told in fewer words.
_DETAILS_UNTIL = 105
_LINES_UNTIL = 130

# What differs between functions that fail for one reason: lines, counts, and a time limit that shrinks.
_PLACES = re.compile(r" \((?:line \d+ of [^()]*|wrong in \d+ of \d+ cases)\)|(?<= within )[\d.]+ s")


def print_report(report: Report, console: Console, *, verbose: bool = False, html: Path | None = None) -> None:
    """Print what a student wants to know: what is wrong, on which input and why, and the score.

    Parameters
    ----------
    report
        What to print.
    console
        Where to print; it decides on width and colour, `NO_COLOR` included.
    verbose
        List every check, and print long messages and snippets in full.
    html
        Where the HTML report was written, if it was.
    """
    room = 0
    if not verbose:
        # What is left of the page without snippets is spent on snippets, first come, first served.
        trial = _Printer(Console(file=io.StringIO(), width=console.width), verbose=False, room=0)
        _print_page(trial, report, html)
        room = max(0, _LINES_UNTIL - trial.printed)
    _print_page(_Printer(console, verbose=verbose, room=room), report, html)


def _print_page(printer: _Printer, report: Report, html: Path | None) -> None:
    views = exercise_views(report)
    printer.wrapped(Text.assemble((one_line(report.student), "bold"), " · ", one_line(report.course)))
    printer.blank()
    if printer.verbose:
        _print_everything(printer, views)
    else:
        _print_failures(printer, views)
    _print_scores(printer, views)
    _print_collected(printer, report, views)
    total = Score(report.score, report.max_score)
    share = f" ({total.percent} %)" if total.max_points > 0 else ""
    printer.wrapped(Text.assemble((f"{score_line(total)}{share}", "bold"), f": {summary(views, functions=False)}"))
    if html is not None:
        if printer.cut:
            printer.wrapped(Text("the full report has a snippet for each failure; -v prints them here"))
        # A path is there to be copied or clicked, so it is never wrapped.
        printer.verbatim(f"full report: {one_line(str(html))}")


# ---------------------------------------------------------------- failures


@dataclass(slots=True)
class _Failure:
    """What to mend first in one function; `others` fail for the same reason."""

    function: FunctionView
    first: Verdict
    further: list[Verdict]
    others: list[str] = field(default_factory=list)


def _failures(view: ExerciseView, seen: dict[tuple[str, ...], _Failure]) -> list[_Failure]:
    """Return the failures of an exercise, without those whose reason was given already."""
    listed = []
    for function in view.functions:
        wrong = [v for v in function.checks if v.outcome in (Outcome.FAILED, Outcome.ERRORED)]
        if not wrong or function.state in (State.UNFILLED, State.MISSING):
            continue
        failure = _Failure(function, wrong[0], wrong[1:])
        reason = _reason(failure.first)
        if reason in seen:
            seen[reason].others.append(function.name)
            continue
        seen[reason] = failure
        listed.append(failure)
    return listed


def _reason(verdict: Verdict) -> tuple[str, ...]:
    """Return what two failures share if one change mends both: all but names, lines and counts."""
    message = re.sub(rf"\b{re.escape(verdict.function)}\b", "", _PLACES.sub("", verdict.message))
    return message or verdict.check, verdict.mistake or "", verdict.hint, verdict.outcome


def _print_failures(printer: _Printer, views: Sequence[ExerciseView]) -> None:
    seen: dict[tuple[str, ...], _Failure] = {}
    listed = [(view, _failures(view, seen)) for view in views]
    left: list[str] = []
    for view, failures in listed:
        shown = False
        for failure in failures:
            if printer.printed - printer.spent > _DETAILS_UNTIL:
                left.append(failure.function.name)
                continue
            if not shown:
                printer.blank()
                printer.wrapped(Text(one_line(view.title), style="bold"))
                shown = True
            _print_failure(printer, failure)
    if left:
        printer.blank()
        printer.labelled("also wrong:", f"{', '.join(map(one_line, left))}; see the full report, or use -v", indent=2)
    printer.blank()


def _print_failure(printer: _Printer, failure: _Failure) -> None:
    printer.blank()
    _print_check(printer, failure.first, function=failure.function)
    _print_reason(printer, failure.first)
    if failure.others:
        printer.labelled("the same in:", ", ".join(map(one_line, failure.others)))
    if failure.further:
        claims = "; ".join(one_line(verdict.title or claim(verdict)) for verdict in failure.further)
        printer.labelled("wrong, too:", claims)
    if failure.first.counterexample is not None:
        _print_counterexample(printer, failure.first.counterexample)


def _print_reason(printer: _Printer, verdict: Verdict) -> None:
    printer.wrapped(Text(printer.short(verdict.message)), indent=_DETAIL)
    if verdict.outcome is Outcome.ERRORED:
        printer.wrapped(Text("this is the grader's own fault and costs no points"), indent=_DETAIL)
        return
    if verdict.mistake:
        name = verdict.mistake.removeprefix(f"{verdict.function}: ")
        printer.labelled("known mistake:", visible(name), style="yellow")
    if verdict.hint:
        printer.labelled("hint:", visible(verdict.hint), style="cyan")


def _print_check(printer: _Printer, verdict: Verdict, *, function: FunctionView | None = None) -> None:
    """Print what became of a check; with the function's name and place where no heading has them."""
    states = {Outcome.PASSED: State.PASSED, Outcome.FAILED: State.FAILED, Outcome.ERRORED: State.ERRORED}
    mark, style = _MARKS[states.get(verdict.outcome, State.SKIPPED)]
    title = one_line(verdict.title or claim(verdict))
    line = Text.assemble((mark, style), "  ")
    if function is not None:
        line.append(one_line(function.name), style="bold").append(": ")
    line.append(title)
    if function is not None and function.place:
        line.append(f"  ({one_line(function.place)})", style="dim")
    printer.wrapped(line, indent=2 if function is not None else 4, hang=6)


def _print_counterexample(printer: _Printer, found: Counterexample) -> None:
    code = visible(found.code).strip("\n").split("\n")
    if not printer.verbose:
        code = [line for line in code if line.strip()]
    answers = [*printer.answer("it returns", found.actual), *printer.answer("instead of", found.expected)]
    if not any(code) or not printer.takes(len(code) + len(answers) + 3):
        return
    printer.wrapped(Text("the smallest case that shows it, to run beside your file:"), indent=_DETAIL)
    printer.blank()
    # At the left margin and unwrapped, so that it can be copied into Python as it stands.
    printer.verbatim("\n".join(code))
    printer.blank()
    for text in answers:
        printer.unwrapped(text)


def _print_everything(printer: _Printer, views: Sequence[ExerciseView]) -> None:
    for view in views:
        graded = [f for f in view.functions if f.state not in (State.UNFILLED, State.MISSING)]
        if graded:
            printer.blank()
            printer.wrapped(Text(one_line(view.title), style="bold"))
        for function in graded:
            printer.blank()
            place = f"  ({one_line(function.place)})" if function.place else ""
            printer.wrapped(Text.assemble((one_line(function.name), "bold"), (place, "dim")), indent=2)
            for verdict in function.checks:
                if verdict.outcome is Outcome.SKIPPED:
                    continue
                _print_check(printer, verdict)
                if verdict.outcome is not Outcome.PASSED:
                    _print_reason(printer, verdict)
                    if verdict.counterexample is not None:
                        _print_counterexample(printer, verdict.counterexample)
            for reason, skipped in why_skipped(function):
                names = ", ".join(one_line(verdict.title or claim(verdict)) for verdict in skipped)
                text = Text(f"skip  {names}: {one_line(reason)}", style="dim")
                printer.wrapped(text, indent=4, hang=6)
    printer.blank()


# ---------------------------------------------------------------- what comes to an end


def _print_scores(printer: _Printer, views: Sequence[ExerciseView]) -> None:
    """Print one line for each exercise, the points aligned."""
    scores = [f"{points(v.score.points, of=v.score.max_points)}/{points(v.score.max_points)}" for v in views]
    titles = [Text(one_line(view.title)) for view in views]
    score_width = max(map(len, scores), default=0)
    room = max(printer.console.width - len("pass") - score_width - 6, 8)
    title_width = min(max((title.cell_len for title in titles), default=0), room)
    for view, score, title in zip(views, scores, titles, strict=True):
        title.truncate(title_width, overflow="ellipsis", pad=True)
        mark, style = _MARKS[view.state]
        printer.unwrapped(Text.assemble("  ", (mark, style), "  ", title, "  ", score.rjust(score_width)))


def _print_collected(printer: _Printer, report: Report, views: Sequence[ExerciseView]) -> None:
    printer.blank()
    waiting: dict[str, list[str]] = {}
    for view in views:
        for function in view.functions:
            if function.state is State.SKIPPED:
                reason = "; ".join(reason.partition("; ")[0] for reason, _ in why_skipped(function))
                waiting.setdefault(reason, []).append(function.name)
    for reason, names in waiting.items():
        text = f"{', '.join(map(one_line, names))} ({one_line(reason)})"
        printer.labelled("not judged yet:", text, indent=0, style="dim")
    if names := names_in_state(views, State.UNFILLED):
        printer.labelled(f"{State.UNFILLED}:", ", ".join(map(one_line, names)), indent=0, style="yellow")
    if names := missing_names(views):
        printer.labelled(f"{State.MISSING}:", ", ".join(map(one_line, names)), indent=0, style="yellow")
    listed = remarks(report)
    if listed:
        printer.blank()
        printer.wrapped(Text("remarks", style="bold"))
    shown = listed if printer.verbose else listed[:_MAX_REMARKS]
    for remark in shown:
        printer.labelled("-", printer.short(remark), indent=2)
    if len(shown) < len(listed):
        printer.wrapped(Text(f"… and {len(listed) - len(shown)} more, see the full report or use -v"), indent=2)
    printer.blank()


class _Printer:
    """Prints lines to one console, and counts them."""

    def __init__(self, console: Console, *, verbose: bool, room: int) -> None:
        self.console = console
        self.verbose = verbose
        self.printed = 0
        self.spent = 0
        self.cut = False
        self._room = room
        self._separate = False

    def takes(self, lines: int) -> bool:
        """Return whether a snippet of so many lines is printed, and remember if not."""
        if self.verbose:
            return True
        if lines > min(self._room - self.spent, _MAX_LINES):
            self.cut = True
            return False
        self.spent += lines
        return True

    def short(self, text: str) -> str:
        """Return text made visible, and clipped unless everything is wanted."""
        return visible(text if self.verbose else clipped(text, _MESSAGE_LIMIT))

    def labelled(self, label: str, text: str, *, indent: int = _DETAIL, style: str = "") -> None:
        """Print text after a label."""
        self.wrapped(Text.assemble((label, style), " ", text), indent=indent, hang=2)

    def answer(self, label: str, value: str) -> list[Text]:
        """Return the lines of a value of several lines after a label, aligned."""
        if not value.strip():
            return []
        lines = visible(value).split("\n")
        if len(lines) > _MAX_ANSWER_LINES and not self.verbose:
            lines = [*lines[:_MAX_ANSWER_LINES], f"… ({len(lines) - _MAX_ANSWER_LINES} more lines)"]
        labels = [label, *[" " * len(label)] * (len(lines) - 1)]
        texts = [Text(f"{' ' * _DETAIL}{one}  {line}") for one, line in zip(labels, lines, strict=True)]
        for text in texts if not self.verbose else ():
            # The full report has the value in full.
            text.truncate(self.console.width, overflow="ellipsis")
        return texts

    def wrapped(self, text: Text, *, indent: int = 0, hang: int = 0) -> None:
        """Print text wrapped to the console, later lines indented by `hang` more cells."""
        text.expand_tabs(4)
        lines = text.wrap(self.console, max(min(self.console.width, _PROSE) - indent - hang, 16))
        for number, line in enumerate(lines):
            line.rstrip()
            margin = indent + (hang if number else 0)
            self.unwrapped(Text(" " * margin).append_text(line))

    def verbatim(self, text: str) -> None:
        """Print text as it is."""
        self.unwrapped(Text(text))

    def unwrapped(self, text: Text) -> None:
        """Print text without wrapping it."""
        if self._separate:
            self.console.print()
            self.printed += 1
            self._separate = False
        plain = without_commands(text.plain)
        self.console.print(text if plain == text.plain else Text(plain), soft_wrap=True)
        self.printed += text.plain.count("\n") + 1

    def blank(self) -> None:
        """Separate what is printed next by one empty line, however often it is asked for."""
        self._separate = True

"""Shows a report on a terminal; besides the command line, the only module that knows rich."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from grader.core.verdict import Counterexample, Outcome, Report, Score, Verdict
from grader.report.text import assigned, clipped, one_line, points, visible
from grader.report.view import (
    ExerciseView,
    FunctionView,
    State,
    claim,
    exercise_views,
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
_MESSAGE_LIMIT = 600
_MAX_LINES = 40
_DETAIL = 6
# Longer lines of prose are hard to read, however wide the terminal.
_PROSE = 100


def print_report(report: Report, console: Console, *, verbose: bool = False, html: Path | None = None) -> None:
    """Print what a student wants to know: the score, what is wrong, on which input, and where to read more.

    Parameters
    ----------
    report
        What to print.
    console
        Where to print; it decides on width and colour, `NO_COLOR` included.
    verbose
        Also list the checks that passed, and print long messages and snippets in full.
    html
        Where the HTML report was written, if it was.
    """
    _Printer(console, verbose=verbose).report(report, html)


class _Printer:
    """Prints the parts of a report to one console."""

    def __init__(self, console: Console, *, verbose: bool) -> None:
        self.console = console
        self.verbose = verbose
        self.separate = False

    def report(self, report: Report, html: Path | None) -> None:
        views = exercise_views(report)
        total = Score(report.score, report.max_score)
        score = score_line(total)
        self._wrapped(
            Text.assemble((one_line(report.student), "bold"), " · ", one_line(report.course), " · ", (score, "bold"))
        )
        self._wrapped(Text(summary(views), style="dim"))
        self._blank()
        self._exercises(views)
        self._collected(views)
        if listed := remarks(report):
            self._blank()
            self._wrapped(Text("remarks", style="bold"))
            for remark in listed:
                self._labelled("-", self._short(remark), indent=2)
        self._blank()
        self._wrapped(Text.assemble((score, "bold"), f" ({total.percent} %)" if total.max_points > 0 else ""))
        if html is not None:
            # A path is there to be copied or clicked, so it is never wrapped.
            self._verbatim(f"full report: {one_line(str(html))}")

    def _exercises(self, views: list[ExerciseView]) -> None:
        scores = [f"{points(v.score.points, of=v.score.max_points)}/{points(v.score.max_points)}" for v in views]
        titles = [Text(one_line(view.title)) for view in views]
        score_width = max(map(len, scores), default=0)
        room = max(self.console.width - len("pass") - score_width - 6, 8)
        title_width = min(max((title.cell_len for title in titles), default=0), room)
        after_details = False
        for view, score, title in zip(views, scores, titles, strict=True):
            if after_details:
                self._blank()
            title.truncate(title_width, overflow="ellipsis", pad=True)
            mark, style = _MARKS[view.state]
            line = Text.assemble("  ", (mark, style), "  ", title, "  ", score.rjust(score_width))
            self._unwrapped(line)
            after_details = self._details(view)

    def _details(self, view: ExerciseView) -> bool:
        """Print what lies under the line of an exercise; tell whether that was anything."""
        printed = False
        for function in view.functions:
            if function.state in (State.UNFILLED, State.MISSING):
                continue
            for verdict in function.checks:
                printed |= self._verdict(verdict)
            for reason, skipped in why_skipped(function):
                self._skipped(function, reason, skipped)
                printed = True
        return printed

    def _verdict(self, verdict: Verdict) -> bool:
        if verdict.outcome is Outcome.SKIPPED or (verdict.outcome is Outcome.PASSED and not self.verbose):
            return False
        if verdict.outcome is Outcome.PASSED:
            self._check_line(verdict, State.PASSED)
            return True
        self._blank()
        if verdict.outcome is Outcome.ERRORED:
            self._check_line(verdict, State.ERRORED)
            self._wrapped(Text(self._short(verdict.message)), indent=_DETAIL)
            self._wrapped(Text("this is the grader's own fault and costs no points"), indent=_DETAIL)
            return True
        self._check_line(verdict, State.FAILED)
        self._wrapped(Text(self._short(verdict.message), style="bold"), indent=_DETAIL)
        if verdict.mistake:
            self._labelled("known mistake:", visible(verdict.mistake), style="yellow")
        if verdict.hint:
            self._labelled("hint:", visible(verdict.hint), style="cyan")
        if verdict.counterexample is not None:
            self._counterexample(verdict.counterexample)
        return True

    def _check_line(self, verdict: Verdict, state: State) -> None:
        mark, style = _MARKS[state]
        line = Text.assemble((mark, style), "  ", (one_line(verdict.check), "bold"))
        if verdict.title:
            line.append(f"  {one_line(verdict.title)}")
        self._wrapped(line, indent=4, hang=6)

    def _counterexample(self, found: Counterexample) -> None:
        if found.inputs:
            self._wrapped(Text("smallest failing input:"), indent=_DETAIL)
            for name, value in found.inputs.items():
                self._value(assigned(name, value))
        if not found.code.strip():
            return
        code = visible(found.code).strip("\n")
        if code.count("\n") >= _MAX_LINES and not self.verbose:
            self._wrapped(Text("the snippet that shows it is long; see the full report or --verbose"), indent=_DETAIL)
            return
        self._wrapped(Text("to see it, run beside your file:"), indent=_DETAIL)
        self._blank()
        # At the left margin and unwrapped, so that it can be copied into Python as it stands.
        self._verbatim(code)
        self._blank()

    def _value(self, lines: list[str]) -> None:
        if len(lines) > _MAX_LINES and not self.verbose:
            lines = [*lines[:_MAX_LINES], f"… ({len(lines) - _MAX_LINES} more lines)"]
        for line in lines:
            text = Text(" " * (_DETAIL + 2) + line)
            if not self.verbose:
                # The snippet has the value in full.
                text.truncate(self.console.width, overflow="ellipsis")
            self._unwrapped(text)

    def _skipped(self, function: FunctionView, reason: str, skipped: list[Verdict]) -> None:
        names = ", ".join(one_line(claim(verdict)) for verdict in skipped)
        text = Text(f"skip  {one_line(function.name)} ({names}): {one_line(reason)}", style="dim")
        self._wrapped(text, indent=4, hang=6)

    def _collected(self, views: list[ExerciseView]) -> None:
        self._blank()
        for state in (State.UNFILLED, State.MISSING):
            if names := names_in_state(views, state):
                self._labelled(f"{state}:", ", ".join(map(one_line, names)), indent=0, style=_MARKS[state][1])

    def _short(self, text: str) -> str:
        return visible(text if self.verbose else clipped(text, _MESSAGE_LIMIT))

    def _labelled(self, label: str, text: str, *, indent: int = _DETAIL, style: str = "") -> None:
        self._wrapped(Text.assemble((label, style), " ", text), indent=indent, hang=2)

    def _wrapped(self, text: Text, *, indent: int = 0, hang: int = 0) -> None:
        """Print text wrapped to the console, later lines indented by `hang` more cells."""
        text.expand_tabs(4)
        lines = text.wrap(self.console, max(min(self.console.width, _PROSE) - indent - hang, 16))
        for number, line in enumerate(lines):
            line.rstrip()
            margin = indent + (hang if number else 0)
            self._unwrapped(Text(" " * margin).append_text(line))

    def _verbatim(self, text: str) -> None:
        self._unwrapped(Text(text))

    def _unwrapped(self, text: Text) -> None:
        if self.separate:
            self.console.print()
            self.separate = False
        self.console.print(text, soft_wrap=True)

    def _blank(self) -> None:
        """Separate what is printed next by one empty line, however often it is asked for."""
        self.separate = True

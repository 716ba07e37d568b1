"""How far a class is: a bar on a terminal, a line for each twentieth anywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.progress import Task as BarTask
from rich.text import Text

from grader.report.text import one_line

_TWENTIETHS = 20


class _Rate(ProgressColumn):
    """Submissions per second."""

    def render(self, task: BarTask) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


class BarShown:
    """A bar with rate and remaining time, on standard error."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
        self._bar = Bar(*columns, console=Console(stderr=True, highlight=False), transient=True)
        self._task: dict[str, int] = {}

    def __enter__(self) -> BarShown:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, what: str, done: int, total: int) -> None:
        """Show how far something is; what is new takes a line of its own."""
        if what not in self._task:
            self._task[what] = int(self._bar.add_task(one_line(what).replace("[", r"\["), total=total))
        self._bar.update(self._bar.task_ids[self._task[what]], completed=done, total=total)


class LinesShown:
    """A line for each twentieth, on standard error; none where it is quiet."""

    def __init__(self, *, quiet: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._quiet = quiet
        self._clock = clock
        self._started: dict[str, float] = {}
        self._shown: dict[str, int] = {}

    def __enter__(self) -> LinesShown:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, what: str, done: int, total: int) -> None:
        """Print a line where another twentieth is done."""
        now = self._clock()
        started = self._started.setdefault(what, now)
        twentieths = done * _TWENTIETHS // total if total else _TWENTIETHS
        if self._quiet or twentieths <= self._shown.get(what, 0):
            return
        self._shown[what] = twentieths
        passed = now - started
        rate = f", {done / passed:.1f}/s, {_duration(passed * (total - done) / done)} left" if passed > 0 else ""
        click.echo(f"{one_line(what)}: {done} of {total} ({100 * done // max(total, 1)} %){rate}", err=True)


def shown(*, terminal: bool, quiet: bool) -> BarShown | LinesShown:
    """Return how progress is shown."""
    return BarShown() if terminal and not quiet else LinesShown(quiet=quiet)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"

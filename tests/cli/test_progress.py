"""Progress is a line for each twentieth where nobody looks, and a bar on a terminal."""

import io
import re

import pytest
from rich.console import Console

from grader.cli.progress import BarShown, LinesShown, shown


@pytest.fixture
def clock():
    """A clock on which a second passes with each look."""
    return iter(range(100_000)).__next__


def lines(capsys, display, total, what="grading"):
    with display:
        for done in range(total + 1):
            display.show(what, done, total)
    return capsys.readouterr().err.splitlines()


def test_each_twentieth_is_a_line(capsys, clock):
    told = lines(capsys, LinesShown(clock=clock), 1000)
    assert [int(re.search(r"\((\d+) %\)", line)[1]) for line in told] == list(range(5, 101, 5))


@pytest.mark.parametrize("total", [1, 3, 20, 21])
def test_small_classes_have_a_line_for_each_at_most(capsys, clock, total):
    told = lines(capsys, LinesShown(clock=clock), total)
    assert len(told) == min(total, 20)
    assert told[-1].startswith(f"grading: {total} of {total} (100 %)")


def test_line_tells_rate_and_time_left(capsys):
    times = iter([0.0, 30.0, 60.0])
    display = LinesShown(clock=lambda: next(times))
    display.show("grading", 0, 400)
    display.show("grading", 20, 400)
    display.show("grading", 200, 400)
    assert capsys.readouterr().err.splitlines() == [
        "grading: 20 of 400 (5 %), 0.7/s, 9 min 30 s left",
        "grading: 200 of 400 (50 %), 3.3/s, 1 min 00 s left",
    ]


def test_hours_are_told_as_hours(capsys):
    times = iter([0.0, 1800.0])
    display = LinesShown(clock=lambda: next(times))
    display.show("grading", 0, 100)
    display.show("grading", 20, 100)
    assert "2 h 00 min left" in capsys.readouterr().err


def test_quiet_is_quiet(capsys, clock):
    assert lines(capsys, LinesShown(quiet=True, clock=clock), 40) == []


def test_bar_is_for_terminals_alone():
    assert isinstance(shown(terminal=True, quiet=False), BarShown)
    for terminal, quiet in ((False, False), (True, True), (False, True)):
        assert isinstance(shown(terminal=terminal, quiet=quiet), LinesShown)


def test_bar_tells_what_goes_on_and_how_far_it_is(monkeypatch):
    display = BarShown()
    console = Console(record=True, force_terminal=True, width=100, file=io.StringIO())
    monkeypatch.setattr(display._bar.live, "console", console)
    with display:
        display.show("preparing [b]", 1, 2)
        display.show("grading", 5, 10)
        table = display._bar.make_tasks_table(display._bar.tasks)
        console.print(table)
    text = console.export_text()
    assert "preparing [b]" in text
    assert "5/10" in text

"""The terminal: everything a student wants, nothing that commands the terminal."""

import io
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from grader.core.verdict import Counterexample, Outcome
from grader.report.terminal import print_report
from grader.report.text import visible

WIDTHS = (60, 80, 200)


def shown(report, *, width=80, colour=False, no_color=False, **options):
    file = io.StringIO()
    system = "truecolor" if colour else None
    console = Console(
        file=file, width=width, force_terminal=colour, color_system=system, no_color=no_color, highlight=False
    )
    print_report(report, console, **options)
    return file.getvalue()


def test_small_report_says_what_is_wrong_and_where_to_look(small):
    lines = shown(small, html=Path("reports/submit/index.html")).splitlines()
    stripped = [line.strip() for line in lines]
    assert lines[0] == "alice · foundations · 3.5 of 10 points"
    for line in (
        "FAIL  Batch normalisation        2.5/7",
        "todo  Softmax and cross-entropy    0/2",
        "ERR!  Dropout                      1/1",
        "dx[2, 0] = -0.2199, but should be -0.1321 (28 of 28 differ)",
        "known mistake: variance path missing",
        "ERR!  dropout/law",
        "this is the grader's own fault and costs no points",
        "not implemented yet: softmax",
        "not found: softmax_backward",
        "- cell 4: matplotlib is not available while grading",
    ):
        assert line in stripped
    assert lines[-2:] == ["3.5 of 10 points (35 %)", "full report: reports/submit/index.html"]


@pytest.mark.parametrize("width", WIDTHS)
def test_snippet_is_printed_at_the_margin_and_unwrapped(small, width):
    code = small.exercises[0].checks[2].counterexample.code
    assert f"\n\n{code.strip()}\n\n" in shown(small, width=width)


def test_long_line_of_a_snippet_is_not_wrapped(full):
    code = full.exercises[3].checks[1].counterexample.code.splitlines()
    assert code[1] in shown(full, width=60).splitlines()


@pytest.mark.parametrize("width", WIDTHS)
def test_everything_but_snippets_fits_the_width(full, width):
    found = [v.counterexample for e in full.exercises for v in e.checks if v.counterexample]
    code = {line for example in found for line in visible(example.code).split("\n")}
    wide = {line for line in shown(full, width=width).splitlines() if cell_len(line) > width}
    assert wide <= code


def test_prose_stays_readable_on_a_wide_terminal(make_report, make_verdict):
    hint = "look at the sum over the batch " * 20
    text = shown(make_report(make_verdict("f/values", Outcome.FAILED, hint=hint)), width=200)
    assert hint.strip() in " ".join(text.split())
    assert max(map(cell_len, text.splitlines())) <= 100


@pytest.mark.parametrize("width", WIDTHS)
def test_chinese_titles_align_with_others(full, width):
    rows = [line for line in shown(full, width=width).splitlines() if re.match(r"  (pass|FAIL|todo|ERR!|miss)  ", line)]
    assert len(rows) == 6
    assert len({cell_len(row) for row in rows}) == 1


def test_long_title_is_cut_and_the_points_stay(make_report, make_verdict):
    row = shown(make_report(make_verdict("f/values"), title="很" * 100), width=60).splitlines()[3]
    assert cell_len(row) <= 60
    assert row.endswith("…  1/1")


@pytest.mark.parametrize("verbose", [False, True])
def test_hostile_text_neither_commands_the_terminal_nor_counts_as_markup(full, verbose):
    text = shown(full, width=200, verbose=verbose)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert r"\x1b[31mred\x1b[0m nul:\x00 rtl:\u202egnp.exe [bold]b[/bold]" in text
    assert "print('[bold]not markup[/bold]')" in text


def test_only_escape_sequences_of_style_are_written(full):
    text = shown(full, colour=True)
    assert "\x1b[" in text
    assert "\x1b" not in re.sub(r"\x1b\[[\d;]*m", "", text)


def test_no_color_is_honoured(small):
    groups = re.findall(r"\x1b\[([\d;]*)m", shown(small, colour=True, no_color=True))
    assert {code for group in groups for code in group.split(";")} == {"0", "1", "2"}
    assert re.search(r"\x1b\[[\d;]*31m", shown(small, colour=True))


def test_marks_tell_the_outcome_without_colour(full):
    marks = re.findall(r"^  (\S{4})  ", shown(full), re.MULTILINE)
    assert marks == ["pass", "FAIL", "todo", "ERR!", "pass", "miss"]


def test_skipped_checks_share_one_line_with_the_reason(make_report, make_verdict):
    checks = [make_verdict(f"f/{name}", Outcome.SKIPPED, message="until g is right") for name in ("shape", "values")]
    assert "    skip  f (shape, values): until g is right" in shown(make_report(*checks)).splitlines()


def test_passed_checks_are_listed_only_when_verbose(small):
    line = "    pass  batchnorm_forward/values  y equals the reference"
    assert line not in shown(small).splitlines()
    assert line in shown(small, verbose=True).splitlines()


def test_long_message_is_clipped_unless_verbose(full):
    assert "more characters)" in shown(full)
    assert shown(full, verbose=True).count("x") > 10_000


def test_long_snippet_is_left_to_the_full_report_unless_verbose(make_report, make_verdict):
    found = Counterexample(inputs={"x": "1\n" * 100}, actual="1", expected="2", code="x = 1\n" * 100)
    report = make_report(make_verdict("f/values", Outcome.FAILED, counterexample=found))
    brief = shown(report)
    assert "x = 1\nx = 1" not in brief
    assert "the snippet that shows it is long; see the full report or --verbose" in brief
    assert "more lines)" in brief
    assert "x = 1\n" * 100 in shown(report, verbose=True)


def test_counterexample_without_a_snippet_prints_none(make_report, make_verdict):
    found = Counterexample(inputs={}, actual="1", expected="2", code="")
    text = shown(make_report(make_verdict("f/values", Outcome.FAILED, counterexample=found)))
    assert "smallest failing input" not in text
    assert "to see it" not in text


def test_report_of_nothing_has_no_percentage(make_report):
    assert shown(make_report()).splitlines()[-1] == "0 of 0 points"

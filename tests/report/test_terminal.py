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
    lines = shown(small, width=120, html=Path("reports/submit/index.html")).splitlines()
    stripped = [line.strip() for line in lines]
    assert lines[0] == "alice · foundations"
    for line in (
        "FAIL  Batch normalisation        2.5/7",
        "todo  Softmax and cross-entropy    0/2",
        "ERR!  Dropout                      1/1",
        "dx[2, 0] = -0.2199, but should be -0.1321 (28 of 28 differ)",
        "known mistake: variance path missing",
        "FAIL  batchnorm_backward: dx, dgamma and dbeta agree with autograd  (batchnorm.py, line 12)",
        "ERR!  dropout: law",
        "this is the grader's own fault and costs no points",
        "not implemented yet: softmax",
        "not found: softmax_backward",
        "- cell 4: matplotlib is not available while grading",
    ):
        assert line in stripped
    assert lines[-2:] == [
        "3.5 of 10 points (35 %): 2 of 5 checks passed, 1 failed, 1 skipped, 1 not judged (grader error)",
        "full report: reports/submit/index.html",
    ]


def test_what_is_returned_and_what_should_be_follow_the_snippet(small):
    example = small.exercises[0].checks[2].counterexample
    text = shown(small)
    after = text[text.index(example.code.splitlines()[-1]) :].splitlines()[2:8]
    numbers = [line.replace("it returns", "").replace("instead of", "").strip() for line in after]
    assert numbers == [line.strip() for line in (*example.actual.splitlines(), *example.expected.splitlines())]
    assert "it returns" in after[0]
    assert "instead of" in after[3]
    assert "array([[1.0, 0.0],\n" not in text.replace(example.code, "")


@pytest.mark.parametrize("width", WIDTHS)
def test_snippet_is_printed_at_the_margin_and_unwrapped(small, width):
    code = small.exercises[0].checks[2].counterexample.code
    assert f"\n\n{code.strip()}\n\n" in shown(small, width=width, verbose=True)
    compact = "\n".join(line for line in code.splitlines() if line)
    assert f"\n\n{compact}\n\n" in shown(small, width=width)


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
    rows = [
        line
        for line in shown(full, width=width).splitlines()
        if re.match(r"  (pass|FAIL|todo|ERR!|miss)  .*\d/\d+$", line)
    ]
    assert len(rows) == 6
    assert len({cell_len(row) for row in rows}) == 1


def test_long_title_is_cut_and_the_points_stay(make_report, make_verdict):
    row = shown(make_report(make_verdict("f/values"), title="很" * 100), width=60).splitlines()[2]
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
    marks = re.findall(r"^  (\S{4})  .*\d/\d+$", shown(full), re.MULTILINE)
    assert marks == ["pass", "FAIL", "todo", "ERR!", "pass", "miss"]


def test_skipped_checks_share_one_line_with_the_reason_when_verbose(make_report, make_verdict):
    checks = [make_verdict(f"f/{name}", Outcome.SKIPPED, message="until g is right") for name in ("shape", "values")]
    lines = shown(make_report(*checks), verbose=True).splitlines()
    assert "    skip  shape, values: until g is right" in lines


def test_functions_that_wait_for_the_same_are_collected(make_report, make_verdict):
    checks = [
        make_verdict(f"{name}/{claim}", Outcome.SKIPPED, message="h is not right yet; more on that")
        for name in ("f", "g") for claim in ("shape", "values")
    ]  # fmt: skip
    lines = [line for line in shown(make_report(*checks)).splitlines() if "not right yet" in line]
    assert lines == ["not judged yet: f, g (h is not right yet)"]


def test_skips_of_a_function_that_fails_are_left_out(make_report, make_verdict):
    checks = [make_verdict("f/values", Outcome.FAILED), make_verdict("f/purity", Outcome.SKIPPED, message="later")]
    assert "later" not in shown(make_report(*checks))
    assert "later" in shown(make_report(*checks), verbose=True)


def test_one_reason_of_several_functions_is_told_once(make_report, make_verdict):
    checks = [
        make_verdict(
            f"{name}/values", Outcome.FAILED,
            message=f"{name} raised NameError: no name 'm' (line {line} of a.py) (wrong in {line} of 9 cases)",
        )
        for line, name in enumerate(("f", "g", "h"))
    ]  # fmt: skip
    text = " ".join(shown(make_report(*checks), width=200).split())
    assert text.count("raised NameError") == 1
    assert "f raised NameError: no name 'm' (line 0 of a.py) (wrong in 0 of 9 cases) the same in: g, h" in text


def test_different_mistakes_with_one_message_are_told_apart(make_report, make_verdict):
    checks = [
        make_verdict(f"{name}/values", Outcome.FAILED, message="y = 1, but should be 2", mistake=f"mistake of {name}")
        for name in ("f", "g")
    ]
    text = shown(make_report(*checks))
    assert "mistake of f" in text
    assert "mistake of g" in text


def test_further_failures_of_a_function_take_one_line(make_report, make_verdict):
    checks = [
        make_verdict("f/values", Outcome.FAILED, message="y = 1, but should be 2"),
        make_verdict("f/rows", Outcome.FAILED, title="rows sum to one", message="row 0 sums to 2"),
        make_verdict("f/scale", Outcome.FAILED, title="ignores the scale", message="with 2 * z, p = 3"),
    ]
    text = shown(make_report(*checks))
    assert "wrong, too: rows sum to one; ignores the scale" in text
    assert "row 0 sums to 2" not in text
    assert "row 0 sums to 2" in shown(make_report(*checks), verbose=True)


def many_failures(make_report, make_verdict, number):
    def example(name):
        return Counterexample(inputs={}, actual="1", expected="2", code=f"from a import {name}\n" + "x = 1\n" * 8)

    return make_report(
        *(
            make_verdict(
                f"f{k}/values", Outcome.FAILED, message=f"y = {k}, but should be -1", hint=f"consider {k}",
                counterexample=example(f"f{k}"),
            )
            for k in range(number)
        )
    )  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("number", [1, 5, 12, 80])
def test_page_is_short_however_much_is_wrong(make_report, make_verdict, width, number):
    report = many_failures(make_report, make_verdict, number)
    text = shown(report, width=width, html=Path("index.html"))
    assert len(text.splitlines()) <= 150
    assert all(re.search(rf"\bf{k}\b", text) for k in range(number))
    assert ("-v prints" in text) is (number > 5)
    full = shown(report, width=width, verbose=True)
    assert full.count("from a import") == number
    assert "also wrong:" not in full


def test_hints_stay_where_snippets_find_no_room(make_report, make_verdict):
    text = shown(many_failures(make_report, make_verdict, 14))
    assert text.count("hint: consider") == 14
    assert 0 < text.count("from a import") < 14


def test_many_remarks_are_cut_unless_verbose(make_report, make_verdict):
    report = make_report(make_verdict("f/values", remarks=[f"remark {k}" for k in range(20)]))
    assert shown(report).count("remark ") == 8
    assert "… and 12 more" in shown(report)
    assert shown(report, verbose=True).count("remark ") == 20


def test_missing_function_comes_with_the_name_that_was_meant(make_report, make_verdict):
    message = "softmax is not defined; did you mean 'sofmax'?"
    report = make_report(make_verdict("softmax/values", Outcome.FAILED, message=message), missing=["softmax"])
    assert "not found: softmax (did you mean 'sofmax'?)" in shown(report)


def test_exercise_that_is_missing_as_a_whole_is_named_by_its_title(full):
    assert "all of Optimisers" in shown(full)
    assert "rmsprop" not in shown(full)


def test_passed_checks_are_listed_only_when_verbose(small):
    line = "    pass  y equals the reference"
    assert line not in shown(small).splitlines()
    assert line in shown(small, verbose=True).splitlines()


def test_long_message_is_clipped_unless_verbose(make_report, make_verdict):
    report = make_report(make_verdict("f/values", Outcome.FAILED, message="x" * 10_000))
    assert "more characters)" in shown(report)
    assert shown(report).count("x") < 1000
    assert shown(report, verbose=True).count("x") >= 10_000


def test_long_snippet_is_left_to_the_full_report_unless_verbose(make_report, make_verdict):
    found = Counterexample(inputs={"x": "1\n" * 100}, actual="1", expected="2", code="x = 1\n" * 100)
    report = make_report(make_verdict("f/values", Outcome.FAILED, counterexample=found))
    assert "x = 1" not in shown(report)
    assert "-v prints them here" in shown(report, html=Path("index.html"))
    assert "x = 1\n" * 100 in shown(report, verbose=True)


def test_long_answer_is_cut_unless_verbose(make_report, make_verdict):
    found = Counterexample(inputs={}, actual="7\n" * 100, expected="2", code="x = 1")
    report = make_report(make_verdict("f/values", Outcome.FAILED, counterexample=found))
    assert shown(report).count("7\n") == 6
    assert "more lines)" in shown(report)
    assert shown(report, verbose=True).count("7\n") == 100


def test_counterexample_without_a_snippet_prints_none(make_report, make_verdict):
    found = Counterexample(inputs={}, actual="1", expected="2", code="")
    text = shown(make_report(make_verdict("f/values", Outcome.FAILED, counterexample=found)))
    assert "smallest case" not in text
    assert "-v prints" not in text


def test_report_of_nothing_has_no_percentage(make_report):
    assert shown(make_report()).splitlines()[-1] == "0 of 0 points: nothing was checked"

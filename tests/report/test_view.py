"""The arrangement that all human formats share."""

import pytest

from grader.core.verdict import ExerciseReport, Outcome, Score, Status
from grader.report.view import (
    State,
    claim,
    command,
    exercise_view,
    exercise_views,
    remarks,
    score_line,
    summary,
    why_skipped,
)


def states(report):
    return {f.name: f.state for view in exercise_views(report) for f in view.functions}


def test_functions_keep_their_order_and_know_their_state(small):
    assert list(states(small).items()) == [
        ("batchnorm_forward", State.PASSED),
        ("batchnorm_backward", State.FAILED),
        ("softmax", State.UNFILLED),
        ("softmax_backward", State.MISSING),
        ("dropout", State.ERRORED),
    ]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"file": "hw.py", "line": 12}, "hw.py, line 12"),
        ({"file": "a/hw.ipynb", "cell": "cell 4", "line": 2}, "a/hw.ipynb, cell 4, line 2"),
        ({"file": "hw.py"}, "hw.py"),
        ({"line": 3}, ""),
    ],
)
def test_a_function_knows_its_place(make_report, make_verdict, fields, place):
    (view,) = exercise_views(make_report(make_verdict("f/values", **fields)))
    assert view.functions[0].place == place


@pytest.mark.parametrize(("status", "state"), [(Status.UNFILLED, State.UNFILLED), (Status.MISSING, State.MISSING)])
def test_status_speaks_for_functions_that_are_not_listed(make_report, make_verdict, status, state):
    report = make_report(make_verdict("f/values", Outcome.FAILED), status=status)
    assert states(report) == {"f": state}


def test_function_of_which_only_skips_are_left_is_skipped(make_report, make_verdict):
    report = make_report(make_verdict("f/shape"), make_verdict("f/values", Outcome.SKIPPED))
    assert states(report) == {"f": State.SKIPPED}


def test_unfilled_function_without_checks_is_still_shown():
    exercise = ExerciseReport(
        exercise="e", title="", status=Status.UNFILLED, score=0, max_score=0, checks=[], unfilled=["f"]
    )
    view = exercise_view(exercise)
    assert view.title == "e"
    assert [(f.name, f.state) for f in view.functions] == [("f", State.UNFILLED)]


def test_summary_counts_checks_and_functions(small):
    assert summary(exercise_views(small)) == (
        "2 of 5 checks passed, 1 failed, 1 skipped, 1 not judged (grader error), "
        "1 function not implemented yet, 1 function not found"
    )


def test_summary_of_nothing_says_so():
    assert summary([]) == "nothing was checked"


def test_claim_is_the_check_without_its_function(make_verdict):
    assert claim(make_verdict("softmax/gradient/x")) == "gradient/x"


def test_skips_are_grouped_by_reason(make_report, make_verdict):
    checks = [make_verdict(f"f/{n}", Outcome.SKIPPED, message=f"reason {n % 2}") for n in range(4)]
    function = exercise_views(make_report(*checks))[0].functions[0]
    grouped = [(reason, [claim(v) for v in verdicts]) for reason, verdicts in why_skipped(function)]
    assert grouped == [("reason 0", ["0", "2"]), ("reason 1", ["1", "3"])]


def test_remarks_name_their_function_and_come_once(make_report, make_verdict):
    checks = [make_verdict(f"f/{n}", remarks=["float32"]) for n in range(2)]
    assert remarks(make_report(*checks, remarks=["cell 1"])) == ["cell 1", "f: float32"]


def test_command_is_quoted_where_it_must_be_guessed(small, make_report):
    assert command(small) == "grade submit/ --seed 0"
    report = make_report()
    assert command(report) == "grade s --course c --seed 0"


@pytest.mark.parametrize(
    ("score", "line"),
    [(Score(12.5, 20), "12.5 of 20 points"), (Score(1, 1), "1 of 1 point"), (Score(9.999, 10), "9.999 of 10 points")],
)
def test_score_line_is_exact(score, line):
    assert score_line(score) == line

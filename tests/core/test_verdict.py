import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.verdict import (
    ExerciseReport,
    Outcome,
    Report,
    Score,
    Status,
    Verdict,
    json_schema,
    status_of,
    total,
)


def verdict(function="f", outcome=Outcome.PASSED, points=1.0, max_points=1.0):
    return Verdict(check=f"{function}/values", function=function, outcome=outcome, points=points, max_points=max_points)


def report(*outcomes):
    checks = [verdict(outcome=outcome) for outcome in outcomes]
    exercise = ExerciseReport(exercise="e", title="E", status=Status.PASSED, score=1, max_score=1, checks=checks)
    return Report(student="ada", course="c", seed=0, version="1", score=1, max_score=1, exercises=[exercise])


@pytest.mark.parametrize(
    ("points", "percent"),
    [((0, 10), 0), ((10, 10), 100), ((0.001, 10), 1), ((9.999, 10), 99), ((5, 10), 50), ((0, 0), 100), ((12, 10), 100)],
)
def test_percent_is_0_or_100_only_where_it_is_exact(points, percent):
    assert Score(*points).percent == percent


def test_scores_add_up():
    assert sum([Score(1, 2), Score(0.5, 3)], Score()) == Score(1.5, 5)


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3, 1 / 3]), max_size=50))
def test_totals_do_not_drift(points):
    verdicts = [verdict(points=p, max_points=p) for p in points]
    assert total(verdicts) == total(reversed(verdicts))
    assert total(verdicts).percent == 100


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([Outcome.PASSED], Outcome.PASSED),
        ([Outcome.PASSED, Outcome.SKIPPED], Outcome.FAILED),
        ([Outcome.FAILED], Outcome.FAILED),
        ([Outcome.FAILED, Outcome.ERRORED], Outcome.ERRORED),
        ([], Outcome.PASSED),
    ],
)
def test_the_outcome_of_a_report_is_its_worst(outcomes, expected):
    assert report(*outcomes).outcome is expected


@pytest.mark.parametrize(
    ("verdicts", "unfilled", "missing", "expected"),
    [
        ([verdict()], [], [], Status.PASSED),
        ([verdict(), verdict("g", Outcome.FAILED)], [], [], Status.FAILED),
        ([verdict(), verdict("g", Outcome.SKIPPED)], [], [], Status.FAILED),
        ([verdict(), verdict("g", Outcome.ERRORED)], [], ["f"], Status.ERRORED),
        ([verdict(outcome=Outcome.FAILED)], ["f"], [], Status.UNFILLED),
        ([verdict(outcome=Outcome.FAILED)], [], ["f"], Status.MISSING),
        ([verdict(outcome=Outcome.FAILED), verdict("g", Outcome.FAILED)], ["f"], ["g"], Status.UNFILLED),
        ([verdict(outcome=Outcome.FAILED), verdict("g")], ["f"], [], Status.FAILED),
    ],
)
def test_the_status_of_an_exercise(verdicts, unfilled, missing, expected):
    assert status_of(verdicts, unfilled=frozenset(unfilled), missing=frozenset(missing)) is expected


def test_a_report_survives_json():
    original = report(Outcome.PASSED, Outcome.FAILED)
    assert msgspec.json.decode(msgspec.json.encode(original), type=Report) == original


def test_the_schema_names_every_field_of_a_report():
    schema = json_schema()
    assert schema["title"] == "grade/report/v1"
    assert set(schema["$defs"]["Report"]["properties"]) == set(Report.__struct_fields__)

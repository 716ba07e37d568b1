"""The numbers of the report equal those that NumPy computes from the reports on the students."""

import collections
import io
import itertools

import numpy as np
import pytest

from grader.core.verdict import Outcome, Status
from grader.report.classroom import page
from grader.report.classroom.building import with_likeness
from grader.report.classroom.numbers import bin_of, distribution, quantile
from grader.report.classroom.records import Comparison, Likeness


@pytest.fixture(scope="module")
def points(twelve_reports):
    """Points of every check of every student, as a table, with the names of the checks."""
    reports = list(twelve_reports.values())
    names = [(exercise.exercise, check.check) for exercise in reports[0].exercises for check in exercise.checks]
    return names, np.array([[verdict.points for verdict in report.verdicts] for report in reports])


@pytest.fixture(scope="module")
def scores(twelve_reports):
    return np.array([report.score for report in twelve_reports.values()])


def checks_of(report):
    return [(exercise.exercise, check) for exercise in report.exercises for check in exercise.checks]


def test_scores_are_spread_as_numpy_says(report, scores):
    told = report.scores
    assert told.n == len(scores) >= 11
    assert told.mean == pytest.approx(scores.mean(), abs=1e-6)
    assert told.sd == pytest.approx(scores.std(ddof=1), abs=1e-6)
    assert (told.min, told.max) == (scores.min(), scores.max())
    assert [told.q1, told.median, told.q3] == pytest.approx(np.quantile(scores, [0.25, 0.5, 0.75]), abs=1e-6)


def test_bins_are_those_of_numpys_histogram(report, scores):
    expected, _ = np.histogram(scores / report.scores.max_score, bins=np.linspace(0, 1, 21))
    assert report.scores.bins == expected.tolist()


def test_every_check_is_told_in_the_order_of_the_course(report, points):
    assert [(exercise, check.check) for exercise, check in checks_of(report)] == points[0]


def test_outcomes_of_each_check_are_counted(report, twelve_reports):
    counts = collections.defaultdict(collections.Counter)
    for student in twelve_reports.values():
        for exercise in student.exercises:
            unwritten = {*exercise.unfilled, *exercise.missing}
            for verdict in exercise.checks:
                kind = "unwritten" if verdict.function in unwritten else verdict.outcome.value
                counts[exercise.exercise, verdict.check][kind] += 1
    for exercise, check in checks_of(report):
        told = {kind: getattr(check, kind) for kind in ("passed", "failed", "skipped", "errored", "unwritten")}
        assert told == {kind: counts[exercise, check.check][kind] for kind in told}
        assert check.n == sum(told.values()) - told["errored"]


def test_difficulty_is_the_mean_share_of_the_points(report, points):
    _, table = points
    for k, (_, check) in enumerate(checks_of(report)):
        assert check.difficulty == pytest.approx((table[:, k] / check.max_points).mean(), abs=1e-6)


def test_discrimination_is_the_correlation_with_the_rest(report, points):
    _, table = points
    computed = 0
    for k, (_, check) in enumerate(checks_of(report)):
        own, rest = table[:, k], table.sum(axis=1) - table[:, k]
        if own.std() == 0:
            assert check.discrimination is None
            continue
        computed += 1
        assert check.discrimination == pytest.approx(np.corrcoef(own, rest)[0, 1], abs=1e-5)
    assert computed > 50


def test_bands_count_those_whose_total_lies_in_them(report, points, scores):
    _, table = points
    band = np.minimum((scores / report.scores.max_score * 5).astype(int), 4)
    for k, (_, check) in enumerate(checks_of(report)):
        passed = table[:, k] == check.max_points
        assert check.judged_in_band == np.bincount(band, minlength=5).tolist()
        assert check.passed_in_band == np.bincount(band[passed], minlength=5).tolist()


def test_exercises_count_each_status_and_average_the_points(report, twelve_reports):
    for k, exercise in enumerate(report.exercises):
        own = [student.exercises[k] for student in twelve_reports.values()]
        for status in Status:
            assert getattr(exercise, status.value) == sum(one.status is status for one in own)
        assert exercise.mean == pytest.approx(np.mean([one.score for one in own]), abs=1e-6)
        assert exercise.difficulty == pytest.approx(exercise.mean / exercise.max_score, abs=1e-6)


def test_mistakes_are_ranked_by_how_many_made_them_and_name_them(report, twelve_reports):
    makers = collections.defaultdict(set)
    for key, student in twelve_reports.items():
        for exercise in student.exercises:
            for verdict in exercise.checks:
                if verdict.mistake:
                    makers[exercise.exercise, verdict.mistake].add(key)
    told = {(one.exercise, one.mistake): {report.students[k].key for k in one.students} for one in report.mistakes}
    assert told == makers
    sizes = [len(one.students) for one in report.mistakes]
    assert sizes == sorted(sizes, reverse=True)
    for k, student in enumerate(report.students):
        assert student.mistakes == [n for n, one in enumerate(report.mistakes) if k in one.students]


def test_times_are_those_of_the_reports(report, twelve_reports):
    seconds = np.array([student.seconds for student in twelve_reports.values()])
    assert report.seconds.n == len(seconds)
    assert report.seconds.median == pytest.approx(np.median(seconds), abs=1e-6)
    assert report.seconds.max == seconds.max()


def test_page_shows_the_numbers_of_every_check(report, parse):
    file = io.StringIO()
    page.write(report, file)
    parsed = parse(file.getvalue())
    shown = [row for row in parsed.rows(within="checks") if row[0].split()[-1].count("/") or "/keeps" in row[0]]
    checks = [check for _, check in checks_of(report)]
    assert len(shown) == len(checks)
    for row, check in zip(shown, checks, strict=True):
        assert check.check in row[0]
        assert row[1] == f"{round(100 * check.passed / check.n)}\xa0%".replace("\xa0", " ")
        bands = zip(check.passed_in_band, check.judged_in_band, strict=True)
        assert row[2:7] == [str(round(100 * a / b)) if b else "–" for a, b in bands]
        assert row[7] == str(check.failed)
        assert float(row[-3]) == pytest.approx(check.difficulty, abs=0.005)
        if check.discrimination is not None:
            assert float(row[-2].replace("−", "-")) == pytest.approx(check.discrimination, abs=0.005)
        assert row[-1] == str(check.n)


def test_page_shows_every_student_with_score_and_results(report, parse):
    file = io.StringIO()
    page.write(report, file)
    rows = parse(file.getvalue()).rows(within="students")[1:]
    assert [row[1] for row in rows] == [student.key for student in report.students]
    assert [float(row[2]) for row in rows] == [student.score for student in report.students]
    shapes = {"passed": "✓", "failed": "✕", "unfilled": "○", "missing": "?", "errored": "!"}
    for row, student in zip(rows, report.students, strict=True):
        assert [c for c in row[3] if c in shapes.values()] == [shapes[one.status.value] for one in student.exercises]


@pytest.mark.parametrize("values", [[3.0], [1.0, 2.0], [5.0, 1.0, 4.0, 2.0, 9.5]])
def test_quantiles_are_interpolated_as_numpy_does(values):
    for share in (0.0, 0.1, 0.25, 0.5, 0.75, 1.0):
        assert quantile(sorted(values), share) == pytest.approx(np.quantile(values, share), abs=1e-6)


def test_nothing_is_spread_over_nothing():
    assert distribution([]).n == 0
    assert distribution([]).sd == 0.0
    assert distribution([2.5]).sd == 0.0


def test_scores_at_an_edge_lie_in_the_bin_above_and_full_marks_in_the_last():
    assert [bin_of(score, 10.0, 5) for score in (0.0, 1.99, 2.0, 4.0, 9.99, 10.0)] == [0, 0, 1, 2, 4, 4]
    assert bin_of(0.1 + 0.1 + 0.1, 1.0, 10) == 3
    assert bin_of(0.0, 0.0, 5) == 4


def test_who_is_alike_is_flagged_beside_what_was_noted_before(report_of):
    report = report_of(12)
    pairs = [
        Likeness(left=left, right=right, shared=0.9, tokens=300, longest=90, identical=False, page="p", matches=[])
        for left, right in ((0, 3), (3, 7))
    ]
    told = with_likeness(report, Comparison(compared=12, common=4, found=2, pairs=pairs))
    assert told.likeness.pairs == pairs
    for position, (before, after) in enumerate(zip(report.students, told.students, strict=True)):
        assert after.flags == [*before.flags, *(["alike"] if position in {0, 3, 7} else [])]


def test_attention_tells_what_broke(report_of):
    report = report_of(300)
    by_kind = collections.Counter(one.kind for one in report.attention)
    students = report.students
    assert by_kind["unreadable"] == sum(bool(student.problem) for student in students) > 0
    assert by_kind["errored"] == sum(any(e.status is Status.ERRORED for e in s.exercises) for s in students) > 0
    for one in report.attention:
        assert one.kind in students[one.student].flags
        assert one.messages
    for one in itertools.chain(report.attention):
        if one.kind == "overtime":
            assert "did not finish" in one.messages[0]
        if one.kind == "denied":
            assert one.messages[0].startswith("not allowed while grading: ")
        if one.kind == "fast":
            assert students[one.student].seconds < 0.2 * report.seconds.median * 1.5
    assert {"overtime", "denied"} <= set(by_kind)


def test_time_limits_are_counted_for_the_check(report_of, classes):
    report = report_of(100)
    expected = collections.Counter(
        (exercise.exercise, verdict.check)
        for number in range(100)
        if not classes.handed_in(number).problem
        for exercise in classes.judged(number, "x").exercises
        for verdict in exercise.checks
        if verdict.outcome is Outcome.FAILED and "did not finish" in verdict.message
    )
    told = {(exercise, check.check): check.overtime for exercise, check in checks_of(report) if check.overtime}
    assert told == expected != {}

"""What reports ask of a gradebook, over a class of four and two runs."""

import msgspec
import numpy as np
import pytest

from grader.core.verdict import Outcome, Report, Status
from grader.errors import GradebookError
from grader.gradebook import (
    HandedIn,
    MistakeStatistics,
    changes,
    check_statistics,
    exercise_statistics,
    read_gradebook,
)

from .conftest import handed, run_of


@pytest.fixture
def run(book, settings, exercises, perfect, wrong):
    number = run_of(book, settings, exercises, {"ada": perfect, "bob": wrong, "cy": wrong})
    return number


def test_entries_come_by_student_with_their_totals(book, run, perfect, wrong):
    entries = [(one.key, one.judged, one.score, one.max_score) for one in book.reader.entries(run)]
    assert entries == [
        ("ada", 1, perfect.score, perfect.max_score),
        ("bob", 1, wrong.score, wrong.max_score),
        ("cy", 1, wrong.score, wrong.max_score),
    ]


def test_time_is_counted_once_for_exercises_judged_together(book, settings, exercises, wrong):
    other = msgspec.structs.replace(exercises[0], exercise="other")
    both = [*wrong.exercises, *(msgspec.structs.replace(one, exercise="other") for one in wrong.exercises)]
    run = run_of(book, settings, [*exercises, other], {"bob": msgspec.structs.replace(wrong, exercises=both)})
    (entry,) = book.reader.entries(run)
    assert (entry.judged, entry.seconds) == (2, 0.25)


def test_statuses_come_in_the_order_of_entries(book, run, perfect, wrong):
    entries = [one.id for one in book.reader.entries(run)]
    assert list(book.reader.statuses(run)) == [
        (entries[0], "toys", Status.PASSED, perfect.score),
        (entries[1], "toys", Status.FAILED, wrong.score),
        (entries[2], "toys", Status.FAILED, wrong.score),
    ]


def test_attempts_at_what_is_forbidden_are_remarks_of_their_own_kind(book, run):
    denied = [(one.key, one.text) for one in book.reader.remarks(run, kind="denied")]
    assert denied == [(key, "not allowed while grading: socket.connect") for key in ("bob", "cy")]
    assert len(list(book.reader.remarks(run))) == 4


def test_mistakes_are_counted_by_submission_and_lead_to_the_students(book, run, tiny):
    hint = next(one.hint for one in tiny.pair.solution.mistakes if one.name == "mean for sum")
    (found,) = book.reader.mistakes(run)
    assert found == MistakeStatistics(exercise="toys", mistake="mean for sum", hint=hint, entries=2)
    assert [(one.key, one.check) for one in book.reader.who_made(run, "toys", "mean for sum")] == [
        ("bob", "centre_backward/gradient"), ("cy", "centre_backward/gradient"),
    ]  # fmt: skip


def test_remarks_on_the_hand_in_come_first_in_its_report(book, settings, exercises, wrong):
    run = book.begin_run(settings, exercises)
    entered = run.enter(handed("bob", remarks=["an earlier attempt does not count"]))
    run.store(entered.id, wrong)
    assert book.reader.report(entered.id).remarks == ["an earlier attempt does not count", *wrong.remarks]


def test_report_joins_exercises_judged_in_different_runs(book, settings, exercises, wrong, perfect):
    other = msgspec.structs.replace(exercises[0], exercise="other")
    first = book.begin_run(settings, exercises)
    first.store(first.enter(handed("bob")).id, wrong)
    second = book.begin_run(settings, [other, *exercises])
    entered = second.enter(handed("bob"))
    more = [msgspec.structs.replace(one, exercise="other") for one in perfect.exercises]
    second.store(entered.id, msgspec.structs.replace(perfect, exercises=more, seconds=0.5))
    report = book.reader.report(entered.id)
    assert isinstance(report, Report)
    assert [one.exercise for one in report.exercises] == ["other", "toys"]
    assert report.score == perfect.score + wrong.score
    assert report.seconds == 0.75
    assert report.remarks == wrong.remarks


def test_exercise_statistics_count_statuses(book, settings, exercises, perfect, wrong):
    empty = [
        msgspec.structs.replace(one, status=status, score=0.0)
        for status in (Status.UNFILLED, Status.MISSING, Status.ERRORED)
        for one in perfect.exercises
    ]
    reports = {key: msgspec.structs.replace(perfect, exercises=[one]) for key, one in zip("def", empty, strict=True)}
    run = run_of(book, settings, exercises, {"a": perfect, "b": wrong, **reports})
    (found,) = exercise_statistics(book.reader, run)
    assert (found.exercise, found.title, found.entries) == ("toys", "Toys", 5)
    assert (found.passed, found.failed, found.unfilled, found.missing, found.errored) == (1, 1, 1, 1, 1)
    assert found.mean == pytest.approx((perfect.score + wrong.score) / 5)
    assert found.max_score == perfect.max_score


def test_exercise_without_hand_ins_has_statistics_too(book, settings, exercises):
    run = book.begin_run(settings, exercises)
    (found,) = exercise_statistics(book.reader, run.id)
    assert (found.entries, found.mean) == (0, 0.0)
    assert list(check_statistics(book.reader, run.id)) == []


def test_check_statistics_agree_with_numpy(book, settings, exercises, perfect, wrong):
    def with_failed(*names):
        def fail(one):
            return msgspec.structs.replace(one, outcome=Outcome.FAILED, points=0.0) if one.check in names else one

        checks = [fail(one) for one in perfect.verdicts]
        score = sum(one.points for one in checks)
        exercise = msgspec.structs.replace(perfect.exercises[0], checks=checks, score=score, status=Status.FAILED)
        return msgspec.structs.replace(perfect, score=score, exercises=[exercise])

    reports = [
        perfect,
        wrong,
        with_failed("argmax/values"),
        with_failed("argmax/values", "momentum/trajectory"),
        with_failed("momentum/trajectory", "centre_forward/values"),
    ]
    run = run_of(book, settings, exercises, dict(zip("abcde", reports, strict=True)))
    found = {one.check: one for one in check_statistics(book.reader, run)}
    assert list(found) == [one.check for one in perfect.verdicts]
    for name, one in found.items():
        points = np.array([next(v.points for v in report.verdicts if v.check == name) for report in reports])
        others = np.array([report.score for report in reports]) - points
        assert one.difficulty == pytest.approx((points / one.max_points).mean())
        if points.std() > 0:
            assert one.discrimination == pytest.approx(np.corrcoef(points, others)[0, 1])
        else:
            assert one.discrimination is None
    argmax = found["argmax/values"]
    assert (argmax.passed, argmax.failed, argmax.unwritten) == (2, 2, 1)
    assert found["centre_backward/gradient"].failed == 1
    assert sum(one.discrimination is not None for one in found.values()) >= 3


def test_errored_checks_say_nothing_about_difficulty(book, settings, exercises, perfect):
    checks = [msgspec.structs.replace(one, outcome=Outcome.ERRORED) for one in perfect.verdicts]
    errored = msgspec.structs.replace(perfect.exercises[0], checks=checks, status=Status.ERRORED)
    run = run_of(book, settings, exercises, {"a": msgspec.structs.replace(perfect, exercises=[errored])})
    for one in check_statistics(book.reader, run):
        assert (one.errored, one.difficulty, one.discrimination) == (1, None, None)
    assert next(book.reader.entries(run)).errored == 1


def test_changes_are_those_of_checks_whose_points_changed(book, settings, exercises, perfect, wrong):
    before = run_of(book, settings, exercises, {"ada": perfect, "bob": wrong})
    pins = [msgspec.structs.replace(pin, digest="mended") for pin in exercises]
    after = book.begin_run(settings, pins)
    for key, content in (("ada", perfect), ("bob", wrong), ("cy", wrong)):
        after.store(after.enter(handed(key, content=str(content.score))).id, perfect)
    found = list(changes(book.reader, before, after.id))
    lost = [one for one in wrong.verdicts if one.points < one.max_points]
    assert [(one.key, one.check) for one in found] == [("bob", one.check) for one in lost]
    assert [one.old_message for one in found] == [one.message for one in lost]
    gradient = next(one for one in found if one.check == "centre_backward/gradient")
    assert (gradient.old_outcome, gradient.new_outcome) == (Outcome.FAILED, Outcome.PASSED)
    assert (gradient.resubmitted, gradient.new_points - gradient.old_points) == (False, 3.0)


def test_changes_tell_new_content_and_new_checks(book, settings, exercises, perfect, wrong):
    before = run_of(book, settings, exercises, {"ada": perfect})
    shorter = msgspec.structs.replace(perfect.exercises[0], checks=perfect.verdicts[1:])
    run = book.begin_run(settings, exercises)
    run.store(run.enter(handed("ada", content="other")).id, msgspec.structs.replace(perfect, exercises=[shorter]))
    (dropped,) = changes(book.reader, before, run.id)
    assert (dropped.check, dropped.new_outcome, dropped.resubmitted) == (perfect.verdicts[0].check, None, True)
    (added,) = changes(book.reader, run.id, before)
    assert (added.check, added.old_outcome) == (perfect.verdicts[0].check, None)


def test_unchanged_results_are_no_change(book, settings, exercises, perfect, wrong):
    before = run_of(book, settings, exercises, {"ada": perfect, "bob": wrong})
    after = run_of(book, settings, exercises, {"ada": perfect, "bob": wrong})
    assert list(changes(book.reader, before, after)) == []


def test_readers_see_a_run_that_goes_on(book, path, settings, exercises, perfect):
    run = book.begin_run(settings, exercises)
    with read_gradebook(path) as reader:
        for n, key in enumerate(("ada", "bob"), 1):
            run.store(run.enter(handed(key)).id, perfect)
            assert len(list(reader.entries(run.id))) == n


def test_reading_where_there_is_no_gradebook_makes_none(path):
    with pytest.raises(GradebookError, match=r"there is no gradebook '.*'; `grade class` makes one"):
        read_gradebook(path)
    assert not path.exists()


def test_reader_cannot_write(book, path, settings, exercises):
    with read_gradebook(path) as reader, pytest.raises(GradebookError, match="it is read-only"):
        list(reader.rows("DELETE FROM run"))


def test_unreadable_hand_in_is_an_entry_without_results(book, settings, exercises):
    run = book.begin_run(settings, exercises)
    run.enter(HandedIn(key="ada", name="Ada", sha256="", problem="damaged"))
    (entry,) = book.reader.entries(run.id)
    assert (entry.judged, entry.score, entry.seconds, entry.sha256) == (0, 0.0, None, "")
    assert book.reader.report(entry.id).exercises == []

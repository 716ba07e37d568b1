"""What is stored comes back as it was; what is graded is not graded again; what changed is."""

import msgspec
import pytest

from grader.core.verdict import ExerciseReport, Outcome, Status
from grader.errors import GradebookError
from grader.gradebook import HandedIn, Member, Notice, open_gradebook, read_gradebook

from .conftest import handed, run_of


def as_judged(report):
    """Return a report without what is not judged: the student's name comes from the roster."""
    return msgspec.structs.replace(report, student="")


def changed(pins):
    return [msgspec.structs.replace(pin, digest="another") for pin in pins]


def test_report_survives_the_gradebook(book, settings, exercises, perfect, wrong):
    run = book.begin_run(settings, exercises)
    for key, report in (("ada", perfect), ("bob", wrong)):
        entered = run.enter(handed(key))
        run.store(entered.id, report)
        stored = book.reader.report(entered.id)
        assert stored.student == key.title()
        assert as_judged(stored) == as_judged(report)


def test_unchanged_submission_is_not_pending_in_the_next_run(book, settings, exercises, perfect):
    run_of(book, settings, exercises, {"ada": perfect})
    again = book.begin_run(settings, exercises).enter(handed("ada", content=str(perfect.score)))
    assert again.pending == []
    assert as_judged(book.reader.report(again.id)) == as_judged(perfect)


@pytest.mark.parametrize("change", ["content", "seed", "digest"])
def test_change_makes_an_exercise_pending(book, settings, exercises, perfect, change):
    run_of(book, settings, exercises, {"ada": perfect})
    content = "another" if change == "content" else str(perfect.score)
    settings = msgspec.structs.replace(settings, seed=7) if change == "seed" else settings
    exercises = changed(exercises) if change == "digest" else exercises
    assert book.begin_run(settings, exercises).enter(handed("ada", content=content)).pending == ["toys"]


def test_changed_exercise_leaves_the_others_alone(book, settings, exercises, perfect):
    other = msgspec.structs.replace(exercises[0], exercise="other")
    run = book.begin_run(settings, [*exercises, other])
    entered = run.enter(handed("ada"))
    assert entered.pending == ["toys", "other"]
    both = [*perfect.exercises, *(msgspec.structs.replace(one, exercise="other") for one in perfect.exercises)]
    run.store(entered.id, msgspec.structs.replace(perfect, exercises=both))
    after = book.begin_run(settings, [*exercises, *changed([other])]).enter(handed("ada"))
    assert after.pending == ["other"]


def test_exercise_that_comes_back_is_known(book, settings, exercises, perfect, wrong):
    run_of(book, settings, exercises, {"ada": perfect})
    run = book.begin_run(settings, changed(exercises))
    run.store(run.enter(handed("ada", content=str(perfect.score))).id, wrong)
    back = book.begin_run(settings, exercises).enter(handed("ada", content=str(perfect.score)))
    assert back.pending == []
    assert book.reader.entry(back.id).score == perfect.score


def test_fresh_run_judges_again_and_goes_on_where_it_was_stopped(book, settings, exercises, perfect, wrong):
    run_of(book, settings, exercises, {"ada": perfect, "bob": wrong})
    fresh = book.begin_run(settings, exercises, fresh=True)
    entered = fresh.enter(handed("ada", content=str(perfect.score)))
    assert entered.pending == ["toys"]
    fresh.store(entered.id, perfect)
    resumed = book.begin_run(settings, exercises)
    assert resumed.enter(handed("ada", content=str(perfect.score))).pending == []
    assert resumed.enter(handed("bob", content=str(wrong.score))).pending == ["toys"]


def test_exercise_on_which_the_grader_failed_is_judged_again(book, settings, exercises, perfect):
    failed = [msgspec.structs.replace(one, status=Status.ERRORED) for one in perfect.exercises]
    run = book.begin_run(settings, exercises)
    run.store(run.enter(handed("ada")).id, msgspec.structs.replace(perfect, exercises=failed))
    assert book.begin_run(settings, exercises).enter(handed("ada")).pending == ["toys"]


def test_stopped_transaction_stores_nothing(book, settings, exercises, perfect):
    run = book.begin_run(settings, exercises)
    entered = run.enter(handed("ada"))
    broken = ExerciseReport(
        exercise="toys", title="", status=Status.PASSED, score=1.0, max_score=1.0,
        checks=[*perfect.verdicts, msgspec.structs.replace(perfect.verdicts[0], points=None)],
    )  # fmt: skip
    with pytest.raises(GradebookError, match="not null"):
        run.store(entered.id, msgspec.structs.replace(perfect, exercises=[broken]))
    assert book.reader.entry(entered.id).judged == 0
    run.store(entered.id, perfect)
    assert as_judged(book.reader.report(entered.id)) == as_judged(perfect)


def test_group_lateness_and_roster_names_are_kept(book, settings, exercises, path):
    members = [Member(name="Ada", ids={"sid": "1"}), Member(name="李四")]
    one = HandedIn(
        key="ada+bob", name="Ada, 李四", sha256="x", ids={"submission": "17"}, submitted="2026-11-02T00:00:00+00:00",
        late=True, remarks=["an earlier attempt does not count"], attempt=2, source="submission_17", members=members,
    )  # fmt: skip
    run = book.begin_run(settings, exercises)
    run.enter(one)
    (entry,) = book.reader.entries(run.id)
    assert {name: getattr(entry, name) for name in one.__struct_fields__} == {
        name: getattr(one, name) for name in one.__struct_fields__
    }
    assert (entry.judged, entry.max_score) == (0, 0.0)


def test_hand_in_that_cannot_be_read_is_kept_with_its_reason(book, settings, exercises):
    run = book.begin_run(settings, exercises)
    entered = run.enter(HandedIn(key="ada", name="Ada", sha256="", problem="the archive is damaged"))
    assert entered.pending == []
    assert [(entry.key, entry.problem) for entry in book.reader.entries(run.id)] == [("ada", "the archive is damaged")]


def test_problem_of_judging_is_kept(book, settings, exercises):
    run = book.begin_run(settings, exercises)
    run.fail(run.enter(handed("ada")).id, "the grader failed on it three times")
    assert next(book.reader.entries(run.id)).problem == "the grader failed on it three times"


def test_student_entered_twice_in_a_run_counts_once(book, settings, exercises, perfect, wrong):
    run = book.begin_run(settings, exercises)
    for content, report in (("first", wrong), ("second", perfect)):
        run.store(run.enter(handed("ada", content=content)).id, report)
    (entry,) = book.reader.entries(run.id)
    assert entry.score == perfect.score


def test_pending_enters_one_after_the_other(book, settings, exercises, perfect):
    run_of(book, settings, exercises, {"ada": perfect})
    run = book.begin_run(settings, exercises)
    hand_ins = iter([handed("ada", content=str(perfect.score)), handed("bob")])
    found = run.pending(hand_ins)
    assert next(found)[1].pending == []
    assert len(list(book.reader.entries(run.id))) == 1
    assert next(found)[1].pending == ["toys"]


def test_notices_keep_their_order(book, settings, exercises):
    run = book.begin_run(settings, exercises)
    notices = [Notice(kind="missing", subject=f"s{k}", message="handed in nothing") for k in range(3)]
    run.note(notices[:2])
    run.note(notices[2:])
    assert list(book.reader.notices(run.id)) == notices


def test_run_is_kept_with_its_settings(book, settings, exercises, path):
    settings = msgspec.structs.replace(settings, kind="regrade", options={"only": ["toys"], "roster": "r.csv"})
    first = book.begin_run(settings, exercises)
    second = book.begin_run(settings, exercises)
    second.finish()
    third = book.begin_run(settings, exercises)
    with read_gradebook(path) as reader:
        assert [run.id for run in reader.runs()] == [third.id, second.id, first.id]
        assert reader.latest_run().finished is None
        done = reader.latest_run(finished=True)
    assert (done.id, done.settings, done.exercises) == (second.id, settings, exercises)
    assert done.started == done.finished == "2026-11-01T12:00:00+00:00"


def test_second_writer_is_refused_and_readers_are_not(book, path, settings, exercises):
    book.begin_run(settings, exercises)
    with pytest.raises(GradebookError, match=r"is being written by another run of `grade` \(process \d+\); wait"):
        open_gradebook(path)
    with read_gradebook(path) as reader:
        assert reader.latest_run().settings == settings


def test_closed_gradebook_can_be_written_by_others(path, settings, exercises):
    for _ in range(2):
        with open_gradebook(path) as book:
            book.begin_run(settings, exercises)
    with read_gradebook(path) as reader:
        assert len(list(reader.runs())) == 2


def test_outcomes_of_wrong_work_are_those_that_the_tests_speak_of(wrong):
    """The reports from which these tests judge hold every kind of verdict but the grader's own faults."""
    assert {one.outcome for one in wrong.verdicts} == {Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED}
    assert wrong.exercises[0].unfilled == ["jitter"]
    assert wrong.exercises[0].missing == ["argmax"]
    assert [one.mistake for one in wrong.verdicts if one.mistake] == ["mean for sum"]

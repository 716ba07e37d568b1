"""What is pending is judged once and stored; everything else is only counted."""

from concurrent.futures import Future

import msgspec
import pytest

from grader.core.verdict import Outcome, Status
from grader.engines import Done, Task
from grader.engines.running import Progress, grade_hand_ins
from grader.errors import EngineError
from grader.gradebook import HandedIn, RunSettings, open_gradebook
from grader.gradebook.digests import pins

from .conftest import submission


class Answering:
    """An engine that answers at once, in this process."""

    chunk, width = 2, 1

    def __init__(self, answer):
        self.answer = answer
        self.seen = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, tasks):
        decoded = [msgspec.msgpack.decode(one, type=Task) for one in tasks]
        self.seen += [(one.submission.student, one.exercises) for one in decoded]
        future = Future()
        try:
            future.set_result([msgspec.msgpack.encode(self.answer(one)) for one in decoded])
        except EngineError as error:
            future.set_exception(error)
        return future

    def check(self):
        pass


@pytest.fixture
def book(tmp_path):
    with open_gradebook(tmp_path / "g.db") as book:
        yield book


@pytest.fixture
def graded(book, tiny):
    """Grade hand-ins, given by name and content; return what became of them."""

    def run(hand_ins, answer):
        engine, told = Answering(answer), []
        progress = Progress(total=len(hand_ins))
        writer = book.begin_run(RunSettings(course="tiny", seed=0, source="x"), pins(tiny.course))
        given = (
            (HandedIn(key=name, name=name.title(), sha256=content), submission("", name) if content else None)
            for name, content in hand_ins
        )
        grade_hand_ins(
            writer, engine, tiny.course, given, seed=0, progress=progress, told=lambda now: told.append(now.done)
        )
        return writer.id, engine.seen, progress, told

    return run


@pytest.fixture
def answered(tiny):
    report = tiny.grade()
    return lambda task: Done(id=task.id, report=report)


def test_pending_submissions_are_judged_and_the_others_counted(graded, answered):
    _, seen, progress, told = graded([("ada", "1"), ("bob", ""), ("cy", "3")], answered)
    assert sorted(seen) == [("ada", ["toys"]), ("cy", ["toys"])]
    assert (progress.graded, progress.unreadable, progress.known, progress.broken) == (2, 1, 0, 0)
    assert told == [1, 2, 3]
    _, seen, progress, _ = graded([("ada", "1"), ("bob", "2"), ("cy", "3")], answered)
    assert seen == [("bob", ["toys"])]
    assert (progress.graded, progress.known) == (1, 2)


def test_submission_without_a_report_gets_one_that_costs_nothing(graded, book):
    run, _, progress, _ = graded([("ada", "1")], lambda task: Done(id=task.id, problem="the fork server is gone"))
    assert (progress.graded, progress.broken, progress.done) == (0, 1, 1)
    (entry,) = book.reader.entries(run)
    assert (entry.problem, entry.errored) == ("the fork server is gone", 1)
    assert entry.score == entry.max_score > 0
    report = book.reader.report(entry.id)
    assert (report.student, report.exercises[0].status) == ("Ada", Status.ERRORED)
    assert {(one.outcome, one.message) for one in report.verdicts} == {(Outcome.ERRORED, "the fork server is gone")}


def test_what_is_judged_before_an_engine_fails_is_kept(graded, book, answered):
    def failing(task):
        if task.submission.student == "eve":
            raise EngineError("the scheduler is gone")
        return answered(task)

    names = [("ada", "1"), ("bob", "2"), ("cy", "3"), ("dan", "4"), ("eve", "5")]
    with pytest.raises(EngineError, match="the scheduler is gone"):
        graded(names, failing)
    _, seen, progress, _ = graded(names, answered)
    assert progress.known + progress.graded == 5
    assert progress.known >= 2
    assert "eve" in {student for student, _ in seen}

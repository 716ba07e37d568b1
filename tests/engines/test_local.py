"""Every submission gets its own report, whatever becomes of the judges."""

import os
import signal
from collections import Counter
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import msgspec
import pytest

from grader.core.verdict import Status
from grader.engines import Done, LocalEngine, as_completed, judging
from grader.engines import seats as seats_module
from grader.engines.seats import JudgeDied, JudgeProcess, Seat
from grader.engines.tasks import Task
from grader.errors import AuthoringError, EngineError, SandboxError, UsageError
from grader.sandbox import Sandbox

from .conftest import KILLER, RIGHT, WRONG, setup_of, task


@pytest.fixture
def engine(setup):
    with LocalEngine(setup, 2) as engine:
        yield engine


def is_running(pid):
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_each_task_is_answered_once_by_its_own_report(engine):
    tasks = [task(k, RIGHT if k % 2 else WRONG) for k in range(9)]
    answers = {done.id: done for done in as_completed(engine, tasks)}
    assert sorted(answers) == list(range(9))
    for number, done in answers.items():
        assert done.report.student == f"s{number}"
        assert (done.report.exercises[0].status is Status.PASSED) == bool(number % 2)
        assert done.report.seconds > 0
        assert done.report.started.startswith("20")


def test_answers_are_those_of_one_judge_in_this_process(engine, tiny):
    (done,) = as_completed(engine, [task(1)])
    expected = tiny.grade()
    points = {one.check: (one.outcome, one.points) for one in done.report.verdicts}
    assert points == {one.check: (one.outcome, one.points) for one in expected.verdicts}


def test_tasks_are_drawn_only_as_judges_become_free(engine):
    drawn = []

    def tasks():
        for k in range(30):
            drawn.append(k)
            yield task(k)

    for n, _ in enumerate(as_completed(engine, tasks()), 1):
        assert len(drawn) <= n + 4
    assert len(drawn) == 30


def test_no_task_is_no_answer(engine):
    assert list(as_completed(engine, [])) == []


def test_two_judges_share_the_work(engine):
    list(as_completed(engine, [task(k) for k in range(6)]))
    pids = set(engine.pids())
    assert len(pids) == 2
    list(as_completed(engine, [task(k) for k in range(6)]))
    assert set(engine.pids()) == pids


def test_judge_starts_with_its_first_task(setup):
    with LocalEngine(setup, 2) as engine:
        assert engine.pids() == []
        list(as_completed(engine, [task(0)]))
        assert len(engine.pids()) == 1


def test_killed_judge_is_replaced_and_its_submission_judged(engine):
    answers = Counter()
    for n, done in enumerate(as_completed(engine, [task(k) for k in range(12)])):
        answers[done.id] += done.report is not None
        if n in (2, 5):
            os.kill(engine.pids()[n % 2], signal.SIGKILL)
    assert answers == Counter(range(12))


def test_submission_that_ends_three_judges_is_told_and_the_others_are_judged(deadly, plans):
    tasks = [task(k, KILLER if k == 1 else RIGHT) for k in range(5)]
    with LocalEngine(setup_of(deadly, plans), 2) as engine:
        answers = {done.id: done for done in as_completed(engine, tasks)}
    assert answers[1] == Done(
        id=1, problem="the grader failed on it three times, the last time because its process was killed by SIGKILL"
    )
    assert {k: done.report.exercises[0].status for k, done in answers.items() if k != 1} == dict.fromkeys(
        (0, 2, 3, 4), Status.PASSED
    )


def test_only_the_wanted_exercises_are_judged(make_course, sources, plans):
    course = make_course()
    for folder in (course.exercises, course.solutions):
        (folder / "more.py").write_text((folder / "toys.py").read_text())
    from grader.discovery import load_course

    load_course.cache_clear()
    course.course = load_course(course.exercises, course.solutions)
    wanted = [["toys"], ["more"], ["more", "toys"]]
    tasks = [msgspec.structs.replace(task(k), exercises=names) for k, names in enumerate(wanted)]
    with LocalEngine(setup_of(course, plans), 1) as engine:
        answers = {done.id: done.report for done in as_completed(engine, tasks)}
    seen = [sorted(one.exercise for one in answers[k].exercises) for k in range(3)]
    assert seen == wanted


def test_fault_on_one_submission_is_told_and_the_next_is_judged(engine):
    unknown = msgspec.structs.replace(task(0), exercises=["nothing"])
    answers = {done.id: done for done in as_completed(engine, [unknown, task(1)])}
    assert answers[0].report is None
    assert answers[0].problem.startswith("no exercise 'nothing' in course 'tiny'")
    assert answers[1].report.exercises[0].status is Status.PASSED


def test_course_that_cannot_be_loaded_stops_the_run(make_course, plans):
    course = make_course()
    setup = setup_of(course, plans)
    (course.exercises / "toys.py").write_text("exercise = 3")
    with LocalEngine(setup, 1) as engine, pytest.raises(AuthoringError, match="defines no exercise"):
        list(as_completed(engine, [task(0)]))


def test_course_that_is_not_there_stops_the_run(setup):
    setup = msgspec.structs.replace(setup, course="nowhere")
    with LocalEngine(setup, 1) as engine, pytest.raises(UsageError, match="no course 'nowhere'"):
        list(as_completed(engine, [task(0)]))


def test_judge_of_another_exercise_refuses_to_work(setup):
    others = [msgspec.structs.replace(pin, digest="another") for pin in setup.exercises]
    setup = msgspec.structs.replace(setup, exercises=others)
    with LocalEngine(setup, 1) as engine, pytest.raises(EngineError, match="exercise 'toys' or the grader itself"):
        list(as_completed(engine, [task(0)]))


def test_machine_without_every_protection_is_refused_unless_weak_is_asked_for(setup, monkeypatch):
    monkeypatch.setattr(judging, "Sandbox", partial(Sandbox, without=["files"]))
    with ExitStack() as stack:
        judging.Clerk(setup, stack)
    full = msgspec.structs.replace(setup, strength="full")
    with ExitStack() as stack, pytest.raises(SandboxError, match=r"this machine lacks files.*use --sandbox=weak"):
        judging.Clerk(full, stack)


def test_judge_that_does_not_answer_is_replaced(setup, monkeypatch):
    seat = Seat(setup)
    seat.grade(msgspec.msgpack.encode(task(0)))
    monkeypatch.setattr(seats_module, "ANSWER_SECONDS", 0.2)
    stopped = seat.pid
    os.kill(stopped, signal.SIGSTOP)
    judge = seat._judge
    with pytest.raises(JudgeDied, match=r"no answer within 0\.2 s"):
        judge.grade(msgspec.msgpack.encode(task(1)))
    monkeypatch.undo()
    answer = msgspec.msgpack.decode(seat.grade(msgspec.msgpack.encode(task(2))), type=Done)
    assert answer.report.student == "s2"
    assert seat.pid != stopped
    seat.close()
    assert not is_running(stopped)


def test_closed_engine_leaves_no_process(setup):
    with LocalEngine(setup, 2) as engine:
        list(as_completed(engine, [task(k) for k in range(4)]))
        pids = engine.pids()
        assert all(map(is_running, pids))
    assert not any(map(is_running, pids))
    assert engine.pids() == []


def test_stopped_engine_leaves_no_process(setup):
    slow = RIGHT.replace("return z.argmax(1)", "import time; time.sleep(60)")
    pids = []

    def stop():
        with LocalEngine(setup, 1) as engine:
            for done in as_completed(engine, [task(0), task(1, slow), task(2)]):
                assert done.id == 0
                pids.extend(engine.pids())
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert len(pids) == 1
    assert not any(map(is_running, pids))


def test_judge_ends_with_its_owner(setup):
    judge = JudgeProcess(setup)
    judge.grade(msgspec.msgpack.encode(task(0)))
    judge._process.stdin.close()
    assert judge._process.wait(20) == 0
    judge.close()


def test_what_an_exercise_prints_does_not_get_among_the_answers(make_course, sources, plans):
    exercise, solution = sources
    course = make_course(exercise=f"print('loading')\n{exercise}", solution=f"print('loaded')\n{solution}")
    with LocalEngine(setup_of(course, plans), 1) as engine:
        (done,) = as_completed(engine, [task(0)])
    assert done.report.exercises[0].status is Status.PASSED


def resident(pid):
    """Return the memory of a process in pages."""
    return int((Path("/proc") / str(pid) / "statm").read_text().split()[1])


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_memory_of_a_judge_does_not_grow_with_submissions(setup):
    sources = [RIGHT, WRONG, RIGHT.replace("sum(0)", "mean(0)"), "def argmax(z): return z.argmax(0)\n" + "# " * 50_000]

    def tasks(first, count):
        return [msgspec.msgpack.encode(task(k, sources[k % 4] + f"\n# {k}")) for k in range(first, first + count)]

    seat = Seat(setup)
    sizes = []
    for round_ in range(4):
        for one in tasks(round_ * 40, 40):
            seat.grade(one)
        sizes.append(resident(seat.pid))
    seat.close()
    # What one round keeps it would keep in each: 40 reports of 100 kB would be 1,000 pages.
    assert sizes[3] - sizes[1] < 400, sizes


def test_task_is_plain_data():
    encoded = msgspec.msgpack.encode(task(3))
    assert msgspec.msgpack.decode(encoded, type=Task) == task(3)

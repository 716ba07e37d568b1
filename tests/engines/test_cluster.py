"""The dask engine: a real cluster of two processes, one of which dies in the middle."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections import Counter

import msgspec
import pytest

from grader.core.verdict import Status
from grader.engines import ChunkLost, Done, as_completed
from grader.errors import AuthoringError, EngineError, UsageError

from .conftest import KILLER, RIGHT, WRONG, setup_of, task

pytest.importorskip("distributed")

from grader.engines import cluster

# A worker that dies on purpose says so in many words; what dask warns of is not ours.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def two_workers():
    with cluster._quiet(), cluster.local_cluster(2) as workers:
        yield workers


def engine_on(workers, setup, monkeypatch, *, chunk=2):
    monkeypatch.setattr(cluster.DaskEngine, "chunk", chunk)
    return cluster.DaskEngine(setup, scheduler=workers.scheduler_address, jobs=2)


def test_worker_killed_in_the_middle_costs_no_submission(two_workers, setup, monkeypatch):
    tasks = [task(k, RIGHT if k % 2 else WRONG) for k in range(24)]
    answers = Counter()
    with engine_on(two_workers, setup, monkeypatch) as engine:
        assert engine.width == 2
        for n, done in enumerate(as_completed(engine, tasks)):
            answers[done.id] += 1
            assert done.report.student == f"s{done.id}"
            assert (done.report.exercises[0].status is Status.PASSED) == bool(done.id % 2)
            if n == 5:
                os.kill(two_workers.workers[0].pid, signal.SIGKILL)
    assert answers == Counter(range(24))


def test_submission_that_ends_its_judges_leaves_the_workers_alone(two_workers, deadly, plans, monkeypatch):
    tasks = [task(k, KILLER if k == 1 else RIGHT) for k in range(4)]
    with engine_on(two_workers, setup_of(deadly, plans), monkeypatch) as engine:
        engine._client.wait_for_workers(2, timeout=30)
        workers = set(engine._client.scheduler_info(n_workers=-1)["workers"])
        answers = {done.id: done for done in as_completed(engine, tasks)}
        assert set(engine._client.scheduler_info(n_workers=-1)["workers"]) == workers
    assert answers[1].problem.startswith("the grader failed on it three times, the last time because")
    assert all(answers[k].report is not None for k in (0, 2, 3))


def test_error_of_the_course_comes_back_as_what_it_is(two_workers, make_course, plans, monkeypatch):
    course = make_course()
    setup = setup_of(course, plans)
    (course.exercises / "toys.py").write_text("exercise = 3")
    with (
        engine_on(two_workers, setup, monkeypatch) as engine,
        pytest.raises(AuthoringError, match="defines no exercise"),
    ):
        list(as_completed(engine, [task(0)]))


def test_other_version_on_a_worker_is_refused(two_workers, setup, monkeypatch):
    others = [msgspec.structs.replace(pin, digest="another") for pin in setup.exercises]
    setup = msgspec.structs.replace(setup, exercises=others)
    with (
        engine_on(two_workers, setup, monkeypatch) as engine,
        pytest.raises(EngineError, match="install the same version of both"),
    ):
        list(as_completed(engine, [task(0)]))


def test_scheduler_that_does_not_answer_is_told(setup, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        address = f"tcp://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(UsageError, match=r"the scheduler 'tcp://.*' does not answer within 0\.5 s"):
            cluster.DaskEngine(setup, scheduler=address, jobs=1)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x"])
def test_scheduler_that_is_not_there_is_told(setup, monkeypatch, address):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with pytest.raises(UsageError, match="does not answer within"):
        cluster.DaskEngine(setup, scheduler=address, jobs=1)


@contextlib.contextmanager
def scheduler_process(*, workers):
    """A scheduler that can be killed, with so many workers; yield its process and its address."""
    command = [sys.executable, "-c", SCHEDULER, str(workers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


SCHEDULER = """
import asyncio, contextlib, sys
import distributed

async def serve():
    async with contextlib.AsyncExitStack() as stack:
        scheduler = distributed.Scheduler(host="127.0.0.1", port=0, dashboard=False)
        scheduler = await stack.enter_async_context(scheduler)
        for _ in range(int(sys.argv[1])):
            await stack.enter_async_context(distributed.Nanny(scheduler.address, nthreads=1))
        print(scheduler.address, flush=True)
        await scheduler.finished()

if __name__ == "__main__":
    asyncio.run(serve())
"""


def test_scheduler_without_workers_is_told(setup, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1.0)
    with (
        scheduler_process(workers=0) as (_, address),
        pytest.raises(UsageError, match="has no workers; start some with `dask worker tcp://"),
    ):
        cluster.DaskEngine(setup, scheduler=address, jobs=1)


def test_scheduler_that_dies_in_the_middle_is_told(setup, monkeypatch, capfd):
    answered = []

    def grade(process, address):
        with cluster.DaskEngine(setup, scheduler=address, jobs=1) as engine:
            monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1.0)
            engine._client._timeout = 1.0
            for done in as_completed(engine, [task(k) for k in range(60)]):
                answered.append(done.id)
                process.kill()

    with (
        scheduler_process(workers=1) as (process, address),
        pytest.raises(EngineError, match="the scheduler is gone, or has dropped a task; what is graded is kept"),
    ):
        grade(process, address)
    assert 0 < len(answered) < 60
    assert capfd.readouterr().err == ""


class Losing:
    """An engine whose workers die of task 3, in whatever company it is."""

    chunk, width = 4, 2

    def __init__(self):
        self.sizes = []

    def submit(self, tasks):
        from concurrent.futures import Future

        from grader.engines import Task

        future = Future()
        numbers = [msgspec.msgpack.decode(one, type=Task).id for one in tasks]
        self.sizes.append(len(numbers))
        if 3 in numbers:
            future.set_exception(ChunkLost("its workers died"))
        else:
            future.set_result([msgspec.msgpack.encode(Done(id=k)) for k in numbers])
        return future

    def check(self):
        raise AssertionError("something came")


def test_tasks_of_a_lost_chunk_are_tried_alone():
    engine = Losing()
    answers = {done.id: done.problem for done in as_completed(engine, [task(k) for k in range(10)])}
    assert answers == {
        **dict.fromkeys(range(10), ""), 3: "the grader failed on it three times: its workers died"
    }  # fmt: skip
    assert Counter(engine.sizes) == {4: 2, 2: 1, 1: 4}

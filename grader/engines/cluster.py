"""The dask engine: judges on the workers of a cluster; needs ``pip install 'grade[cluster]'``."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from types import TracebackType

import dask
from distributed import Client, KilledWorker, LocalCluster, Worker, WorkerPlugin, get_worker
from distributed.comm.core import connect

from grader.engines import ChunkLost
from grader.engines.seats import Seat
from grader.engines.tasks import ATTEMPTS, JudgeSetup
from grader.errors import EngineError, GradeError, UsageError

CONNECT_SECONDS = 10.0
"""How long a scheduler may take to answer, and then its first worker to be there."""
ALONE_SECONDS = 120.0
"""How long to wait for workers when all are gone: a cluster may start new ones."""
CLOSE_SECONDS = 5.0
CHUNK = 8

GONE = "the scheduler is gone, or has dropped a task; what is graded is kept, run the same command again"

_LARGE = {"distributed.admin.large-graph-warning-threshold": "1GB"}
"""Submissions travel with their tasks: what is scattered is lost with the worker that holds it."""


class JudgePlugin(WorkerPlugin):
    """Keeps a worker's judges, one for each of its threads, from the first task until the run ends."""

    def __init__(self, name: str, setup: JudgeSetup) -> None:
        self.name = name
        self._setup = setup

    def setup(self, worker: Worker) -> None:
        """Prepare a worker; judges start with the first task."""
        self._free: queue.SimpleQueue[Seat | None] = queue.SimpleQueue()
        self._seats: list[Seat] = []
        for _ in range(worker.state.nthreads):
            self._free.put(None)

    def teardown(self, worker: Worker) -> None:
        """End the judges."""
        for seat in self._seats:
            seat.close(at_once=True)

    def grade(self, tasks: Sequence[bytes]) -> list[bytes]:
        """Return the encoded answers to encoded tasks."""
        seat = self._free.get()
        try:
            if seat is None:
                seat = Seat(self._setup)
                self._seats.append(seat)
            return [seat.grade(task) for task in tasks]
        finally:
            self._free.put(seat)


def grade_chunk(name: str, tasks: Sequence[bytes]) -> list[bytes]:
    """Grade a chunk on the worker that this runs on."""
    plugin = get_worker().plugins[name]
    assert isinstance(plugin, JudgePlugin)
    return plugin.grade(tasks)


class DaskEngine:
    """Judges on a cluster; a context manager.

    Parameters
    ----------
    scheduler
        Its address; `None` starts a cluster on this machine, with `jobs` workers.
    """

    chunk = CHUNK

    def __init__(self, setup: JudgeSetup, *, scheduler: str | None, jobs: int) -> None:
        self._gone_since: float | None = None
        self._plugin = f"grade-{uuid.uuid4().hex}"
        with ExitStack() as stack:
            stack.enter_context(_quiet())
            where = scheduler
            if scheduler is None:
                where = stack.enter_context(local_cluster(jobs))
            self._client = _connected(where)
            stack.callback(self._leave)
            self.width = _threads(self._client, scheduler)
            self._client.register_plugin(JudgePlugin(self._plugin, setup), name=self._plugin)
            self._executor = self._client.get_executor(pure=False)
            self._open = stack.pop_all()

    def __enter__(self) -> DaskEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, tasks: Sequence[bytes]) -> Future[list[bytes]]:
        """Return a future of the encoded answers to encoded tasks."""
        with dask.config.set(_LARGE):
            inner = self._executor.submit(grade_chunk, self._plugin, list(tasks))
        outer: Future[list[bytes]] = Future()
        outer.add_done_callback(lambda done: inner.cancel() if done.cancelled() else None)
        inner.add_done_callback(lambda done: _hand_on(done, outer))
        return outer

    def check(self) -> None:
        """Raise where the scheduler is gone, or all workers have been for long."""
        if self._client.status not in ("running", "connecting"):
            raise EngineError(GONE)
        if self._client.status == "running" and self._client.scheduler_info(n_workers=-1)["workers"]:
            self._gone_since = None
            return
        now = time.monotonic()
        self._gone_since = self._gone_since or now
        if now - self._gone_since > ALONE_SECONDS:
            raise EngineError(
                f"the scheduler has had no workers for {ALONE_SECONDS:g} s; what is graded is kept, start workers and"
                " run the same command again"
            )

    def close(self) -> None:
        """End the judges on all workers; the cluster stays, unless it was started here."""
        self._open.close()

    def _leave(self) -> None:
        # A scheduler that is gone cannot be told; its workers end their judges themselves.
        with contextlib.suppress(Exception):
            self._executor.shutdown(wait=False)
        with contextlib.suppress(Exception):
            self._client.unregister_worker_plugin(self._plugin)
        with contextlib.suppress(Exception):
            self._client.close(timeout=CLOSE_SECONDS)


def local_cluster(jobs: int) -> LocalCluster:
    """Return a cluster of so many processes on this machine, which no other machine can reach."""
    with dask.config.set({"distributed.scheduler.allowed-failures": ATTEMPTS - 1}):
        return LocalCluster(
            n_workers=jobs, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
            silence_logs=logging.CRITICAL,
        )  # fmt: skip


def _connected(where: str | LocalCluster | None) -> Client:
    try:
        if isinstance(where, str):
            # Before a client is made, which waits for ever where something accepts connections and says nothing.
            asyncio.run(_greeted(where))
        return Client(where, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise UsageError(
            f"the scheduler {where!r} does not answer within {CONNECT_SECONDS:g} s"
            f" ({type(error).__name__}); start one with `dask scheduler`, or check --scheduler"
        ) from error


async def _greeted(address: str) -> None:
    """Ask a scheduler who it is."""

    async def greet() -> None:
        comm = await connect(address, timeout=CONNECT_SECONDS)
        try:
            await comm.write({"op": "identity", "reply": True})
            await comm.read()
        finally:
            comm.abort()

    await asyncio.wait_for(greet(), CONNECT_SECONDS)


def _threads(client: Client, scheduler: str | None) -> int:
    """Return how many chunks the workers take at once."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError as error:
        raise UsageError(
            f"the scheduler {scheduler!r} has no workers; start some with `dask worker {scheduler} --nthreads 1`"
        ) from error
    return max(1, sum(int(number) for number in client.nthreads().values()))


def _hand_on(inner: Future[list[bytes]], outer: Future[list[bytes]]) -> None:
    """Hand an outcome on, in the project's own errors."""
    if not outer.set_running_or_notify_cancel():
        return
    try:
        outer.set_result(inner.result())
    except KilledWorker as error:
        outer.set_exception(ChunkLost(f"its workers died ({error.allowed_failures + 1} of them)"))
    except CancelledError:
        outer.set_exception(EngineError(GONE))
    except GradeError as error:
        outer.set_exception(error)
    except Exception as error:
        outer.set_exception(
            EngineError(
                f"a worker failed: {type(error).__name__}: {error}; the same version of `grade` must be installed there"
            )
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep dask from logging what is told in a sentence of ours; ``GRADE_DEBUG=1`` shows it."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in ("distributed", "tornado")]
    loggers = [] if os.environ.get("GRADE_DEBUG") else [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)

"""The local engine: as many judge processes as this machine has cores."""

from __future__ import annotations

import os
import queue
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from grader.engines.seats import Seat
from grader.engines.tasks import JudgeSetup


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class LocalEngine:
    """Judges on this machine; a context manager.

    Parameters
    ----------
    jobs
        How many judge processes there are at most; each is started when there is a task for it.
    """

    chunk = 1

    def __init__(self, setup: JudgeSetup, jobs: int) -> None:
        self.width = jobs
        self._seats = [Seat(setup) for _ in range(jobs)]
        self._free: queue.SimpleQueue[Seat] = queue.SimpleQueue()
        for seat in self._seats:
            self._free.put(seat)
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="grade-judge")

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(at_once=kind is not None)

    def submit(self, tasks: Sequence[bytes]) -> Future[list[bytes]]:
        """Return a future of the encoded answers to encoded tasks."""
        return self._threads.submit(self._grade, tasks)

    def check(self) -> None:
        """Do nothing: there is no one whom this machine could lose."""

    def close(self, *, at_once: bool = False) -> None:
        """End the judges."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for seat in self._seats:
            seat.close(at_once=at_once)
        self._threads.shutdown(wait=True)

    def pids(self) -> list[int]:
        """Return the ids of the judge processes there are now."""
        return [seat.pid for seat in self._seats if seat.pid is not None]

    def _grade(self, tasks: Sequence[bytes]) -> list[bytes]:
        seat = self._free.get()
        try:
            return [seat.grade(task) for task in tasks]
        finally:
            self._free.put(seat)

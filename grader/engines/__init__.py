"""Engines judge the submissions of a class: on this machine, or on others with dask.

An engine has the face of `concurrent.futures`: `Engine.submit` returns a future, and `as_completed` yields what came of
each task as it comes. Submissions are read only as judges become free, so that memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice
from types import TracebackType
from typing import Protocol

import msgspec

from grader.engines.local import LocalEngine, cores
from grader.engines.tasks import ATTEMPTS, Done, JudgeSetup, Task

__all__ = ["ATTEMPTS", "ChunkLost", "Done", "Engine", "JudgeSetup", "LocalEngine", "Task", "as_completed", "cores"]

_CHECK_SECONDS = 2.0
"""How often to ask, while nothing comes, whether anything still can."""
_AHEAD = 2
"""Chunks per judge that are in the engine: one that it grades, one that waits."""


class ChunkLost(Exception):
    """Those who graded a chunk died of it, again and again."""


class Engine(Protocol):
    """Something that judges; a context manager, which ends the judges.

    Attributes
    ----------
    chunk
        How many tasks are worth submitting at once.
    width
        How many chunks are judged at the same time.
    """

    chunk: int
    width: int

    def __enter__(self) -> Engine:
        """Return the engine."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the judges, at once where something was raised."""

    def submit(self, tasks: Sequence[bytes]) -> Future[list[bytes]]:
        """Return a future of the encoded `Done` of each encoded `Task`; it may raise `ChunkLost`."""

    def check(self) -> None:
        """Raise `EngineError` where no answer can be expected any more."""


def as_completed(engine: Engine, tasks: Iterable[Task]) -> Iterator[Done]:
    """Yield what came of each task, in the order in which they are done.

    Tasks are drawn as judges become free. Of a chunk that is lost each task is tried again alone; one that is lost
    alone is answered with a problem.

    Raises
    ------
    GradeError
        If the engine cannot work, or works no more.
    """
    waiting = iter(tasks)
    running: dict[Future[list[bytes]], list[Task]] = {}
    alone: list[Task] = []
    try:
        while True:
            while len(running) < engine.width * _AHEAD:
                chunk = [alone.pop()] if alone else list(islice(waiting, engine.chunk))
                if not chunk:
                    break
                running[engine.submit([msgspec.msgpack.encode(task) for task in chunk])] = chunk
            if not running:
                return
            finished, _ = wait(running, timeout=_CHECK_SECONDS, return_when=FIRST_COMPLETED)
            if not finished:
                engine.check()
            for future in finished:
                chunk = running.pop(future)
                try:
                    answers = [msgspec.msgpack.decode(answer, type=Done) for answer in future.result()]
                except ChunkLost as lost:
                    if len(chunk) > 1:
                        alone += chunk
                        continue
                    problem = f"the grader failed on it three times: {lost}"
                    answers = [Done(id=chunk[0].id, problem=problem)]
                yield from answers
    finally:
        for future in running:
            future.cancel()

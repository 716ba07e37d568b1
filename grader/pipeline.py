"""A worker that answers ahead: scripts run in the background while the judge looks at earlier answers."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from grader.core.protocol import Died, Loaded, Run, TimedOut
from grader.core.submission import Submission
from grader.sandbox import Answers, Worker


class Pipeline:
    """Passes scripts to a worker one after the other, in the order in which they were asked for.

    Parameters
    ----------
    worker
        Answers the scripts; nothing else may talk to it meanwhile.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="grade-worker")
        self._ahead: dict[int, tuple[bytes, Future[Answers]]] = {}

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._worker.close()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def ahead(self, frame: bytes, steps: int) -> None:
        """Ask for an encoded script whose answers will be wanted soon; asking twice is asking once."""
        if id(frame) not in self._ahead:
            self._ahead[id(frame)] = (frame, self._thread.submit(self._worker.run_frame, frame, steps))

    def load(self, submission: Submission) -> Loaded | TimedOut | Died:
        """Load a submission."""
        return self._thread.submit(self._worker.load, submission).result()

    def bind(self, files: dict[str, str]) -> None:
        """Choose whose definition answers to a name."""
        self._thread.submit(self._worker.bind, files).result()

    def run(self, script: Run, payload: bytes, *, seconds: float | None = None) -> Answers:
        """Answer a script."""
        return self._thread.submit(self._worker.run, script, payload, seconds=seconds).result()

    def run_frame(self, frame: bytes, steps: int, *, seconds: float | None = None) -> Answers:
        """Answer an encoded script, at once where it was asked for ahead."""
        asked = self._ahead.pop(id(frame), None)
        if asked is not None:
            return asked[1].result()
        return self._thread.submit(self._worker.run_frame, frame, steps, seconds=seconds).result()

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

"""A judge process as its owner sees it, and a seat on which another takes its place when it dies."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec

from grader import errors
from grader.engines.judging import PREFIX
from grader.engines.tasks import ATTEMPTS, Done, JudgeSetup, Ready, Refused, Task
from grader.errors import EngineError, GradeError

START_SECONDS = 600.0
"""How long a judge may take to load its course; most of it is for answers that are not in the cache yet."""
ANSWER_SECONDS = 600.0
"""How long a judge may take for one submission; its own limits end the submission's code far earlier."""
_END_SECONDS = 5.0

_BOOT = "import sys; sys.path.append(sys.argv[1]); from grader.engines.judging import main; main()"
_CHUNK = 2**20


class JudgeDied(Exception):
    """A judge process has ended, or has not answered in time."""


class JudgeProcess:
    """A process that grades one submission after the other; it starts in the background.

    It ends with its owner: at the end of its standard input.
    """

    def __init__(self, setup: JudgeSetup) -> None:
        threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
        package = str(Path(__file__).resolve().parents[2])
        # Its own session, so that Ctrl-C reaches the run alone; -P, so that no file beside it is taken for a module.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOT, package],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, bufsize=0,
            stderr=None if os.environ.get("GRADE_DEBUG") else subprocess.DEVNULL,
            env={**os.environ, **dict.fromkeys(threads, "1")},
        )  # fmt: skip
        self._ready = False
        self._setup = msgspec.msgpack.encode(setup)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def grade(self, task: bytes) -> bytes:
        """Return the encoded answer to an encoded task.

        Raises
        ------
        JudgeDied
            If there is none.
        GradeError
            If the judge cannot work at all.
        """
        if not self._ready:
            self._wait_until_ready()
        self._send(task, ANSWER_SECONDS)
        return self._receive(ANSWER_SECONDS)

    def kill(self) -> None:
        """End the process at once."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        """Let the process end; what it is busy with is given up."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_until_ready(self) -> None:
        self._send(self._setup, START_SECONDS)
        answer = msgspec.msgpack.decode(self._receive(START_SECONDS), type=Ready | Refused)
        if isinstance(answer, Refused):
            kind = getattr(errors, answer.kind, EngineError)
            raise kind(answer.message)
        self._ready = True

    def _send(self, content: bytes, seconds: float) -> None:
        assert self._process.stdin is not None
        descriptor, deadline = self._process.stdin.fileno(), time.monotonic() + seconds
        os.set_blocking(descriptor, False)
        rest = memoryview(PREFIX.pack(len(content)) + content)
        while rest:
            self._wait(descriptor, select.POLLOUT, deadline, seconds)
            try:
                rest = rest[os.write(descriptor, rest[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except OSError:
                raise JudgeDied(self._how_it_ended()) from None

    def _receive(self, seconds: float) -> bytes:
        assert self._process.stdout is not None
        descriptor, deadline = self._process.stdout.fileno(), time.monotonic() + seconds
        buffer, wanted = bytearray(), PREFIX.size
        size = -1
        while len(buffer) < wanted:
            self._wait(descriptor, select.POLLIN, deadline, seconds)
            data = os.read(descriptor, min(_CHUNK, wanted - len(buffer)))
            if not data:
                raise JudgeDied(self._how_it_ended())
            buffer += data
            if size < 0 and len(buffer) >= PREFIX.size:
                size = PREFIX.unpack(buffer[: PREFIX.size])[0]
                wanted += size
        return bytes(buffer[PREFIX.size :])

    def _wait(self, descriptor: int, event: int, deadline: float, seconds: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            self.kill()
            raise JudgeDied(f"no answer within {seconds:g} s")

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return "it no longer answers"
        if code >= 0:
            return f"its process ended with exit code {code}"
        try:
            return f"its process was killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"its process was killed by signal {-code}"


class Seat:
    """Where one judge process at a time sits, from the first task on; the next takes its place when it dies.

    All threads may use it; one of them at a time is answered.
    """

    def __init__(self, setup: JudgeSetup) -> None:
        self._setup = setup
        self._lock = threading.Lock()
        self._busy = threading.Lock()
        self._closed = False
        self._judge: JudgeProcess | None = None

    @property
    def pid(self) -> int | None:
        """Of the present judge process."""
        judge = self._judge
        return None if judge is None else judge.pid

    def grade(self, task: bytes) -> bytes:
        """Return the encoded answer to an encoded task; one that ends three judges is answered with a problem.

        Raises
        ------
        GradeError
            If a judge cannot work at all.
        """
        reason = ""
        for _ in range(ATTEMPTS):
            with self._busy:
                judge = self._take()
                try:
                    return judge.grade(task)
                except JudgeDied as died:
                    reason = str(died)
                    self._leave(judge)
                except GradeError:
                    self._leave(judge)
                    raise
        number = msgspec.msgpack.decode(task, type=Task).id
        return msgspec.msgpack.encode(
            Done(id=number, problem=f"the grader failed on it three times, the last time because {reason}")
        )

    def close(self, *, at_once: bool = False) -> None:
        """End the judge, if not `at_once` then after its task; a `grade` that comes later raises `EngineError`."""
        with self._lock:
            self._closed = True
            if self._judge is not None and at_once:
                self._judge.kill()
        # Whoever waits for an answer must be gone before its descriptors are closed, and used by others.
        with self._busy:
            if self._judge is not None:
                self._leave(self._judge, at_once=False)

    def _take(self) -> JudgeProcess:
        with self._lock:
            if self._closed:
                raise EngineError("the run was stopped")
            if self._judge is None:
                self._judge = JudgeProcess(self._setup)
            return self._judge

    def _leave(self, judge: JudgeProcess, *, at_once: bool = True) -> None:
        with self._lock:
            self._judge = None
        if at_once:
            judge.kill()
        judge.close()

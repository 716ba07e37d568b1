"""A judge process: reads submissions from a pipe, grades them, and writes reports; it keeps nothing of any of them."""

from __future__ import annotations

import os
import signal
import struct
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from grader.allocation import retain_freed_memory
from grader.core.verdict import Report
from grader.engines.tasks import Done, JudgeSetup, Ready, Refused, Task
from grader.errors import EngineError, GradeError, SandboxError
from grader.sandbox import DEFAULT_ALLOWED, Sandbox

PREFIX = struct.Struct("!Q")
"""The length of a frame, in bytes, before it."""


def read_frame(stream: BinaryIO) -> bytes:
    """Return the next frame; ``b""`` at the end of the stream."""
    prefix = stream.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        return b""
    return stream.read(PREFIX.unpack(prefix)[0])


def write_frame(stream: BinaryIO, content: bytes) -> None:
    """Write a frame."""
    stream.write(PREFIX.pack(len(content)))
    stream.write(content)
    stream.flush()


def main() -> None:
    """Grade what comes on standard input until it ends; whoever started this process may also just kill it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    retain_freed_memory()
    source = os.fdopen(os.dup(0), "rb")
    target = os.fdopen(os.dup(1), "wb")
    # What an exercise prints must not get among the answers.
    with open(os.devnull, "r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    setup = msgspec.msgpack.decode(read_frame(source), type=JudgeSetup)
    with ExitStack() as stack:
        try:
            clerk = Clerk(setup, stack)
        except Exception as error:
            kind = type(error).__name__ if isinstance(error, GradeError) else EngineError.__name__
            message = str(error) if isinstance(error, GradeError) else f"{type(error).__name__}: {error}"
            write_frame(target, msgspec.msgpack.encode(Refused(kind, message)))
            return
        write_frame(target, msgspec.msgpack.encode(Ready()))
        while frame := read_frame(source):
            write_frame(target, msgspec.msgpack.encode(clerk.answer(msgspec.msgpack.decode(frame, type=Task))))


class Clerk:
    """Grades task after task with one judge and one fork server.

    Parameters
    ----------
    stack
        Ends the fork server.
    """

    def __init__(self, setup: JudgeSetup, stack: ExitStack) -> None:
        from grader.courses import locate_course, read_settings

        allowed = read_settings(locate_course(setup.course)[0] / "course.toml").allowed_imports
        strength: Literal["full", "weak"] = "weak" if setup.strength == "weak" else "full"
        self._sandbox = stack.enter_context(Sandbox(strength=strength, allowed_imports=(*DEFAULT_ALLOWED, *allowed)))
        # Imported while the fork server warms up: they need NumPy, and so does it.
        from grader.counted import CountedJudge
        from grader.discovery import find_course
        from grader.gradebook.digests import pins
        from grader.judge import Judge

        course = find_course(setup.course).select([pin.exercise for pin in setup.exercises])
        _refuse_others({pin.exercise: pin.digest for pin in pins(course, secret=setup.secret)}, setup)
        cache = Path(setup.cache) if setup.cache is not None else None
        self._judge = (
            CountedJudge(course, cache=cache, secret=setup.secret) if setup.secret else Judge(course, setup.seed, cache)
        )
        self._judge.prepare()
        self._sandbox.teach(self._judge.scripts())
        missing = [one.name for one in self._sandbox.protections() if not one.on]
        if missing and strength == "full":
            raise SandboxError(
                f"others' code is not graded without every protection, and this machine lacks {', '.join(missing)};"
                " see `grade doctor`, or use --sandbox=weak"
            )

    def answer(self, task: Task) -> Done:
        """Return what comes of a task; a submission on which the grader fails is told, and costs the others nothing.

        Raises
        ------
        SandboxError
            If no worker can be started any more: a new process may have more luck.
        """
        try:
            return Done(id=task.id, report=self._graded(task))
        except SandboxError:
            raise
        except Exception as error:
            if os.environ.get("GRADE_DEBUG"):
                raise
            what = str(error) if isinstance(error, GradeError) else f"{type(error).__name__}: {error}"
            return Done(id=task.id, problem=" ".join(what.split())[:500])

    def _graded(self, task: Task) -> Report:
        # Plans and known mistakes are shared by all selections.
        judge = replace(self._judge, course=self._judge.course.select(task.exercises))
        started, clock = datetime.now(UTC), time.perf_counter()
        with self._sandbox.worker(task.submission) as worker:
            report = judge.grade(task.submission, worker)
        return msgspec.structs.replace(
            report,
            started=started.isoformat(timespec="seconds"),
            seconds=round(time.perf_counter() - clock, 3),
        )


def _refuse_others(digests: Mapping[str, str], setup: JudgeSetup) -> None:
    """Raise where this process would judge by other exercises than the run that asks it."""
    for pin in setup.exercises:
        if digests[pin.exercise] != pin.digest:
            raise EngineError(
                f"exercise {pin.exercise!r} or the grader itself differs between the run and a judge; install the same"
                " version of both, change nothing meanwhile, and run the same command again"
            )

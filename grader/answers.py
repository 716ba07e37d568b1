"""What answers scripts, what came of them, and the simplest worker: one in this process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

import msgspec

from grader.core import protocol
from grader.core.protocol import Died, Loaded, Part, Raised, Reply, Returned, Run, TimedOut, Trace
from grader.core.submission import Submission
from grader.errors import ProtocolError
from grader.worker.definitions import describe
from grader.worker.parent import Ended

if TYPE_CHECKING:
    from grader.worker.script import Script


class Answers(msgspec.Struct, frozen=True):
    """What came of a script.

    Attributes
    ----------
    traces
        One for each step; after the step at which a worker ended, all are that end.
    payload
        The bytes of all `Returned` traces, one after the other.
    parts
        What was received, where it was all.
    """

    traces: list[Trace]
    payload: bytes
    parts: tuple[Part, ...] = ()

    def digest(self) -> bytes | None:
        """Return what only the same answers have, `None` where some are missing."""
        if not self.parts:
            return None
        digest = hashlib.sha256(self.payload)
        for part in self.parts:
            digest.update(protocol.encode_header(msgspec.structs.replace(part, script=0)))
        return digest.digest()


class Worker(Protocol):
    """Something that loads a submission and answers scripts."""

    def load(self, submission: Submission) -> Loaded | TimedOut | Died:
        """Load a submission and say what it defines."""

    def bind(self, files: dict[str, str]) -> None:
        """Choose whose definition answers to a name, where several files define it."""

    def run(self, script: Run, payload: bytes, *, seconds: float | None = None) -> Answers:
        """Answer a script; `payload` holds the bytes of its arguments."""

    def run_frame(self, frame: bytes, steps: int, *, seconds: float | None = None) -> Answers:
        """Answer an encoded script of so many steps."""

    def need(self, files: Iterable[str]) -> None:
        """Say in which files of the submission the functions are that are called next."""

    def ahead(self, frame: bytes, steps: int) -> None:
        """Begin with an encoded script whose answers will be wanted soon; asking twice is asking once."""

    def renew(self) -> bool:
        """Answer what follows where nothing has been called yet; `False` where that is not possible."""

    def close(self) -> None:
        """End the worker and all that it started."""


class InlineWorker:
    """Answers scripts in this process, through the same frames; for tests and for trusted code only.

    Parameters
    ----------
    functions
        Names to callables; they take the place of a submission.
    ready
        Scripts that are ready, by frame, for workers that are asked the same.
    """

    def __init__(
        self, functions: Mapping[str, Callable[..., object]], ready: Mapping[bytes, Script] | None = None
    ) -> None:
        # Imported here, since it needs NumPy: a fork server is best started before that is loaded.
        from grader.worker.evaluator import Evaluator

        self._functions = functions
        self._ready = ready
        self._evaluator = Evaluator(functions)

    def load(self, submission: Submission | None = None) -> Loaded:
        """Say what the given functions are; the submission is not looked at."""
        return Loaded([describe(name, function) for name, function in self._functions.items()])

    def bind(self, files: dict[str, str]) -> None:
        """Do nothing: each name has one function."""

    def run(self, script: Run, payload: bytes, *, seconds: float | None = None) -> Answers:
        """Answer a script, without a time limit."""
        return self.run_frame(protocol.encode(script, payload), len(script.steps), seconds=seconds)

    def run_frame(self, frame: bytes, steps: int, *, seconds: float | None = None) -> Answers:
        """Answer an encoded script, without a time limit."""
        collected = Collected(steps, protocol.MAX_PAYLOAD)
        for part, chunks in self._evaluator.run_ready(self._script(frame)):
            data = b"".join(chunks)
            collected.add(protocol.decode_reply(protocol.encode_header(part), len(data)), data)
        return collected.answers()

    def _script(self, frame: bytes) -> Script:
        from grader.worker.script import ready_scripts

        known = self._ready.get(frame) if self._ready else None
        if known is not None:
            return known
        scripts = ready_scripts(frame)
        if len(scripts) != 1:
            raise ProtocolError("a worker was asked to run something that is not a script")
        return scripts[0]

    def need(self, files: Iterable[str]) -> None:
        """Do nothing: all functions are here."""

    def ahead(self, frame: bytes, steps: int) -> None:
        """Do nothing: the answer is given when it is asked for."""

    def renew(self) -> bool:
        """Do nothing: the functions are trusted to leave each other alone."""
        return False

    def close(self) -> None:
        """Do nothing: there is no process to end."""


def split_frame(frame: bytes) -> tuple[bytes, memoryview]:
    """Return the header and the payload of a whole frame."""
    header, _ = protocol.frame_sizes(frame[: protocol.PREFIX.size])
    start = protocol.PREFIX.size + header
    return frame[protocol.PREFIX.size : start], memoryview(frame)[start:]


class Collected:
    """The results of one script as they come in."""

    def __init__(self, steps: int, most: int) -> None:
        self._steps = steps
        self._most = most
        self.script = 0
        """The number of the script, by which its answers are known."""
        self.forged = False
        self.begin()

    def begin(self) -> None:
        """Forget what has come."""
        self._parts: list[Part] = []
        self._chunks: list[bytes] = []
        self._results: list[Returned | Raised] = []
        self._size = 0
        self.complete = False
        self.longest = 0.0
        """Seconds that passed before the part that took longest."""

    @property
    def missing(self) -> int:
        """How many results have not come yet."""
        return self._steps - len(self._results)

    def add(self, reply: Reply, payload: bytes) -> None:
        """Take a part of the answer.

        Raises
        ------
        ProtocolError
            If it is no part of this answer.
        Ended
            If it makes the answer too large.
        """
        if not isinstance(reply, Part):
            raise ProtocolError("a worker answered a script with something else")
        if reply.script < self.script:
            return  # another answer to an earlier script
        if reply.script > self.script:
            raise ProtocolError(f"a worker answered script {reply.script}, but was asked {self.script}")
        if len(reply.results) > self.missing or (reply.last and len(reply.results) != self.missing):
            raise ProtocolError(f"{len(reply.results)} results for {self.missing} calls")
        self._size += len(payload)
        if self._size > self._most:
            raise Ended(Died(f"returned more than {self._most / 2**20:.0f} MB in answer to one check"))
        self._results.extend(reply.traces())
        self._parts.append(reply)
        self._chunks.append(payload)
        self.complete = reply.last

    def answers(self, end: TimedOut | Died | None = None) -> Answers:
        """Return what has come; `end` takes the place of the rest."""
        filled = [] if end is None else [end] * self.missing
        payload = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        return Answers([*self._results, *filled], payload, () if filled else tuple(self._parts))

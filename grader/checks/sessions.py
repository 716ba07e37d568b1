"""Sessions: the calls that properties make on a worker, one by one or rehearsed beforehand and sent as one script.

A predicate's calls mostly depend on its case alone, so the reference's run of it tells which calls a student's run will
make. They are laid out as one script, and the student's predicate is then fed from its answers. Where it makes
another call than the reference did, it is run again, call by call.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from grader.checks.findings import Answers
from grader.core.protocol import Argument, Data, Died, Returned, Run, Step, TimedOut, Trace, encode


class Caller(Protocol):
    """What a session needs of a worker."""

    def run(self, script: Run, payload: bytes) -> Answers:
        """Answer a script."""

    def run_frame(self, frame: bytes, steps: int) -> Answers:
        """Answer an encoded script."""


class Session(Protocol):
    """Answers a predicate's calls; results are referred to by the step that made them."""

    @property
    def name(self) -> str:
        """What tells this run's generators from another's."""

    def call(self, step: Step, payload: bytes) -> tuple[int, Trace, bytes]:
        """Return (the step's number, what came back, its bytes)."""


class Diverged(Exception):
    """A predicate made another call than its rehearsal: run it again, call by call."""


@dataclass(slots=True)
class LiveSession:
    """One round trip for each call."""

    caller: Caller
    name: str = "live"
    _taken: int = 0

    def call(self, step: Step, payload: bytes) -> tuple[int, Trace, bytes]:
        """Ask the worker."""
        answers = self.caller.run(Run([step], continues=self._taken > 0), payload)
        self._taken += 1
        return self._taken - 1, answers.traces[0], answers.payload


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The calls of some predicate runs as one script.

    Attributes
    ----------
    starts
        The first step of each run, and the end.
    keys
        A hash of each call with its arguments, by which a run is recognised.
    """

    frame: bytes
    steps: int
    starts: tuple[int, ...]
    keys: tuple[bytes, ...]


def call_key(step: Step, payload: bytes) -> bytes:
    """Return a hash of a call: the function, and arguments with their content."""
    return hashlib.blake2b(msgspec.msgpack.encode(step) + payload, digest_size=12).digest()


@dataclass(slots=True)
class Recorder:
    """Notes the calls that predicates make on the reference, run after run."""

    caller: Caller
    starts: list[int] = field(default_factory=list)
    _steps: list[Step] = field(default_factory=list)
    _keys: list[bytes] = field(default_factory=list)
    _payload: bytearray = field(default_factory=bytearray)
    _offsets: dict[bytes, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The number of the present run."""
        return str(len(self.starts) - 1)

    def begin(self) -> None:
        """Begin the next run."""
        self.starts.append(len(self._steps))

    def call(self, step: Step, payload: bytes) -> tuple[int, Trace, bytes]:
        """Ask the reference and note the call."""
        answers = self.caller.run(Run([step], continues=bool(self._steps)), payload)
        self._keys.append(call_key(step, payload))
        self._steps.append(msgspec.structs.replace(step, args=[self._moved(arg, payload) for arg in step.args]))
        return len(self._steps) - 1, answers.traces[0], answers.payload

    def _moved(self, arg: Argument, payload: bytes) -> Argument:
        """Return an argument whose bytes are in the common payload, equal ones once."""
        if not isinstance(arg, Data):
            return arg
        size = int(arg.dtype[2:])
        for side in arg.shape:
            size *= side
        raw = payload[arg.offset : arg.offset + size]
        offset = self._offsets.get(raw)
        if offset is None:
            self._payload.extend(b"\0" * (-len(self._payload) % 16))
            offset = self._offsets[raw] = len(self._payload)
            self._payload.extend(raw)
        return msgspec.structs.replace(arg, offset=offset)

    def rehearsal(self) -> Rehearsal:
        """Return what was noted."""
        frame = encode(Run(self._steps), bytes(self._payload))
        return Rehearsal(frame, len(self._steps), (*self.starts, len(self._steps)), tuple(self._keys))


class RehearsedRuns:
    """Feeds predicate runs from the answers to a rehearsal's script."""

    def __init__(self, rehearsal: Rehearsal, caller: Caller) -> None:
        self._rehearsal = rehearsal
        answers = caller.run_frame(rehearsal.frame, rehearsal.steps) if rehearsal.steps else None
        self._traces = list(answers.traces) if answers else []
        self._payload = answers.payload if answers else b""
        self._offsets = [0]
        for trace in self._traces:
            self._offsets.append(self._offsets[-1] + (trace.nbytes if isinstance(trace, Returned) else 0))

    def run(self, index: int) -> RehearsedSession:
        """Return the session of one run."""
        return RehearsedSession(self, index, self._rehearsal.starts[index], self._rehearsal.starts[index + 1])

    def answer(self, number: int, step: Step, payload: bytes) -> tuple[int, Trace, bytes]:
        """Return the answer to a rehearsed call.

        Raises
        ------
        Diverged
            If it is not the call that was rehearsed, or an earlier one ended the worker.
        """
        if self._rehearsal.keys[number] != call_key(step, payload):
            raise Diverged
        trace = self._traces[number]
        if isinstance(trace, TimedOut | Died) and number and self._traces[number - 1] == trace:
            raise Diverged
        return number, trace, self._payload[self._offsets[number] : self._offsets[number + 1]]


@dataclass(slots=True)
class RehearsedSession:
    """The rehearsed calls of one run."""

    runs: RehearsedRuns
    index: int
    next: int
    end: int

    @property
    def name(self) -> str:
        """The number of the run."""
        return str(self.index)

    def call(self, step: Step, payload: bytes) -> tuple[int, Trace, bytes]:
        """Return the rehearsed answer."""
        if self.next >= self.end:
            raise Diverged
        self.next += 1
        return self.runs.answer(self.next - 1, step, payload)

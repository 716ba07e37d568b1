"""Sessions: the calls that properties make on a worker, one by one or rehearsed beforehand and sent as one script.

A predicate's calls mostly depend on its case alone, so the reference's run of it tells which calls a student's run will
make. They are laid out as one script, and the student's predicate is then fed from its answers. Where it makes
another call than the reference did, it is run again, call by call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
import numpy as np

from grader.checks.findings import Answers
from grader.core.arrays import same_bytes
from grader.core.compare import expected_leaves
from grader.core.domains import Seed
from grader.core.program import Call
from grader.core.protocol import (
    DTYPES,
    PREFIX,
    Argument,
    Data,
    Died,
    Generator,
    Items,
    Leaf,
    Ref,
    Returned,
    Run,
    Scalar,
    Step,
    TimedOut,
    Trace,
    decode_request,
    encode,
    frame_sizes,
)
from grader.core.signature import Kind, Shape, Signature
from grader.errors import AuthoringError, SignatureError


class Caller(Protocol):
    """What a session needs of a worker."""

    def run(self, script: Run, payload: bytes) -> Answers:
        """Answer a script."""

    def run_frame(self, frame: bytes, steps: int) -> Answers:
        """Answer an encoded script."""


@dataclass(frozen=True, slots=True)
class Handle:
    """A cache, state or generator that lives in the worker; predicates only hand it back."""

    step: int
    index: int
    sizes: tuple[tuple[str, int | Shape], ...] = ()


@dataclass(frozen=True, slots=True)
class SharedGenerator:
    """A generator that lives in the worker and keeps its stream over several calls."""

    seed: int
    key: str


@dataclass(frozen=True, slots=True)
class Binding:
    """What a call's arguments say about its results.

    Attributes
    ----------
    sizes
        By name.
    shapes
        Of all results that are sent.
    leaves
        The form of a result that is exactly as the contract says.
    is_float
        Whether all results that are sent are float64.
    """

    sizes: dict[str, int | Shape]
    shapes: list[Shape]
    leaves: list[Leaf]
    is_float: bool


Answered = tuple[int, Trace, bytes, Binding]
"""The step's number, what came back, its bytes, and what the arguments say about it."""


class Session(Protocol):
    """Answers a predicate's calls; results are referred to by the step that made them."""

    @property
    def name(self) -> str:
        """What tells this run's generators from another's."""

    def call(self, signature: Signature, args: Sequence[object]) -> Answered:
        """Call a function with arrays, numbers, seeds and handles."""


class Diverged(Exception):
    """A predicate made another call than its rehearsal: run it again, call by call."""


def bind(signature: Signature, args: Sequence[object]) -> Binding:
    """Return what the arguments of a call say about its results.

    Raises
    ------
    AuthoringError
        If they do not fit the signature.
    """
    given = dict(zip([term.name for term in signature.arguments], args, strict=False))
    sizes: dict[str, int | Shape] = {}
    for value in args:
        if isinstance(value, Handle):
            sizes.update(value.sizes)
    try:
        sizes.update(signature.bind(given))
    except SignatureError as error:
        raise AuthoringError(f"a property calls {signature.name} with arguments that do not fit: {error}") from None
    sent = [term for term in signature.results if term.kind is not Kind.OPAQUE]
    shapes = [term.shape(sizes) for term in sent]
    leaves = expected_leaves(Call(signature, (), tuple(signature.keep)), shapes)
    return Binding(sizes, shapes, leaves, all(term.dtype == "float" for term in sent))


def _step(signature: Signature, args: Sequence[object]) -> tuple[Step, bytes]:
    payload = bytearray()
    wire = [_wire(arg, payload) for arg in args]
    return Step(signature.name, wire, len(signature.results), signature.keep), bytes(payload)


def _wire(value: object, payload: bytearray) -> Argument:
    """Return the wire form of what a predicate hands over; array bytes go to the payload."""
    if isinstance(value, Handle):
        return Ref(value.step, value.index)
    if isinstance(value, SharedGenerator):
        return Generator(value.seed, value.key)
    if isinstance(value, Seed):
        return Generator(value.value)
    if isinstance(value, dict) and not value:
        return Items("dict", [])
    if isinstance(value, tuple):
        return Items("tuple", [Scalar(int(item)) for item in value])
    if isinstance(value, np.ndarray) and value.dtype.str in DTYPES:
        payload.extend(b"\0" * (-len(payload) % 16))
        offset = len(payload)
        payload.extend(np.ascontiguousarray(value).tobytes())
        return Data(value.dtype.str, value.shape, offset)
    if isinstance(value, np.generic):
        return Scalar(value.item())
    if isinstance(value, bool | int | float):
        return Scalar(value)
    raise AuthoringError(f"a property hands over a {type(value).__name__}; arrays, numbers, seeds and handles can be")


@dataclass(slots=True)
class LiveSession:
    """One round trip for each call."""

    caller: Caller
    name: str = "live"
    _taken: int = 0

    def call(self, signature: Signature, args: Sequence[object]) -> Answered:
        """Ask the worker."""
        step, payload = _step(signature, args)
        binding = bind(signature, args)
        answers = self.caller.run(Run([step], continues=self._taken > 0), payload)
        self._taken += 1
        return self._taken - 1, answers.traces[0], answers.payload, binding


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The calls of some predicate runs as one script.

    Attributes
    ----------
    starts
        The first step of each run, and the end.
    """

    frame: bytes
    steps: int
    starts: tuple[int, ...]


@dataclass(slots=True)
class Recorder:
    """Notes the calls that predicates make on the reference, run after run."""

    caller: Caller
    starts: list[int] = field(default_factory=list)
    _steps: list[Step] = field(default_factory=list)
    _payload: bytearray = field(default_factory=bytearray)
    _offsets: dict[bytes, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The number of the present run."""
        return str(len(self.starts) - 1)

    def begin(self) -> None:
        """Begin the next run."""
        self.starts.append(len(self._steps))

    def call(self, signature: Signature, args: Sequence[object]) -> Answered:
        """Ask the reference and note the call."""
        step, payload = _step(signature, args)
        binding = bind(signature, args)
        answers = self.caller.run(Run([step], continues=bool(self._steps)), payload)
        self._steps.append(msgspec.structs.replace(step, args=[self._moved(arg, payload) for arg in step.args]))
        return len(self._steps) - 1, answers.traces[0], answers.payload, binding

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
        frame = encode(Run(self._steps, closed=True), bytes(self._payload))
        return Rehearsal(frame, len(self._steps), (*self.starts, len(self._steps)))


class Rehearsed:
    """A rehearsal with its calls decoded, against which a run's calls are held; the same for all students.

    Parameters
    ----------
    rehearsal
        What was noted.
    """

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal
        header, _ = frame_sizes(rehearsal.frame[: PREFIX.size])
        start = PREFIX.size + header
        script = decode_request(rehearsal.frame[PREFIX.size : start])
        payload = rehearsal.frame[start:]
        self._steps = script.steps if isinstance(script, Run) else []
        self._args = [[_recorded(arg, payload) for arg in step.args] for step in self._steps]
        self._bindings: list[Binding | None] = [None] * len(self._steps)

    def is_call(self, number: int, signature: Signature, args: Sequence[object]) -> bool:
        """Return whether this is the call that was rehearsed at a place."""
        recorded = self._args[number]
        return (
            self._steps[number].function == signature.name
            and len(recorded) == len(args)
            and all(_same(arg, other) for arg, other in zip(args, recorded, strict=True))
        )

    def binding(self, number: int, signature: Signature, args: Sequence[object]) -> Binding:
        """Return what the arguments of a rehearsed call say about its results."""
        binding = self._bindings[number]
        if binding is None:
            binding = self._bindings[number] = bind(signature, args)
        return binding


def _recorded(arg: Argument, payload: bytes) -> object:
    """Return an array for what refers to a payload; everything else in its wire form."""
    return np.ndarray(arg.shape, arg.dtype, payload, arg.offset) if isinstance(arg, Data) else arg


def _same(arg: object, recorded: object) -> bool:
    if isinstance(recorded, np.ndarray):
        return (
            isinstance(arg, np.ndarray)
            and arg.shape == recorded.shape
            and arg.dtype == recorded.dtype
            and same_bytes(arg, recorded)
        )
    if type(arg) is Handle:
        return type(recorded) is Ref and (arg.step, arg.index) == (recorded.step, recorded.index)
    if isinstance(arg, np.ndarray):
        return False
    if type(arg) is float and arg and type(recorded) is Scalar and type(recorded.value) is float:
        return arg == recorded.value or (arg != arg and recorded.value != recorded.value)
    wire = _wire(arg, bytearray())
    # As text: 1, 1.0 and True are different arguments, and `nan` is the same as itself.
    return type(wire) is type(recorded) and repr(wire) == repr(recorded)


class RehearsedRuns:
    """Feeds predicate runs from the answers to a rehearsal's script.

    Attributes
    ----------
    diverged
        Whether a predicate has made another call than was rehearsed.
    """

    def __init__(self, rehearsed: Rehearsed, answers: Answers) -> None:
        self._rehearsed = rehearsed
        self._traces = list(answers.traces)
        self._payload = answers.payload
        self.diverged = False
        self._offsets = [0]
        for trace in self._traces:
            self._offsets.append(self._offsets[-1] + (trace.nbytes if isinstance(trace, Returned) else 0))

    def run(self, index: int) -> RehearsedSession:
        """Return the session of one run."""
        starts = self._rehearsed.rehearsal.starts
        return RehearsedSession(self, index, starts[index], starts[index + 1])

    def answer(self, number: int, signature: Signature, args: Sequence[object]) -> Answered:
        """Return the answer to a rehearsed call.

        Raises
        ------
        Diverged
            If it is not the call that was rehearsed, or an earlier one ended the worker.
        """
        if not self._rehearsed.is_call(number, signature, args):
            raise self.divergence()
        trace = self._traces[number]
        if isinstance(trace, TimedOut | Died) and number and self._traces[number - 1] == trace:
            raise self.divergence()
        data = self._payload[self._offsets[number] : self._offsets[number + 1]]
        return number, trace, data, self._rehearsed.binding(number, signature, args)

    def divergence(self) -> Diverged:
        """Return what tells that a run makes other calls, and remember it."""
        self.diverged = True
        return Diverged()


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

    def call(self, signature: Signature, args: Sequence[object]) -> Answered:
        """Return the rehearsed answer."""
        if self.next >= self.end:
            raise self.runs.divergence()
        self.next += 1
        return self.runs.answer(self.next - 1, signature, args)

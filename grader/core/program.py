"""Programs: the calls that a check makes for one case, and the scripts that many programs become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from grader.core.cases import Case
from grader.core.domains import Seed, Value
from grader.core.exercise import Check, Differential, Exercise
from grader.core.protocol import Argument, Data, Generator, Items, Ref, Run, Scalar, Step
from grader.core.signature import Kind, Signature, Term
from grader.errors import AuthoringError


@dataclass(frozen=True, slots=True)
class Input:
    """An argument taken from the case; `row` selects a step's slice of a per-step argument."""

    name: str
    row: int | None = None

    def read(self, inputs: Mapping[str, Value]) -> Value:
        """Return the value in a case's inputs."""
        value = inputs[self.name]
        return value if self.row is None else np.asarray(value[self.row])  # type: ignore[index]


@dataclass(frozen=True, slots=True)
class Result:
    """An argument taken from an earlier call of the same program."""

    call: int
    index: int


@dataclass(frozen=True, slots=True)
class Fresh:
    """A new empty dict: the state before the first step."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a program; only the results of judged calls are compared."""

    signature: Signature
    args: tuple[Input | Result | Fresh, ...]
    keep: tuple[int, ...]
    judged: bool = True

    @property
    def terms(self) -> list[Term]:
        """The results that are compared, in order."""
        return [term for i, term in enumerate(self.signature.results) if i not in self.keep]


Program = tuple[Call, ...]


def program(exercise: Exercise, check: Check) -> Program:
    """Return the calls that a differential check makes for each of its cases."""
    body = check.body
    if not isinstance(body, Differential):
        raise AuthoringError(f"{check.name} is a property; it has no program")
    signature = exercise.function(check.function).signature
    keep = _kept(signature, check, body)
    if body.kind == "trajectory":
        return tuple(_step(signature, body, t, keep) for t in range(body.steps))
    if body.of is None or body.of == check.function or not _takes(signature, Kind.OPAQUE):
        return (Call(signature, tuple(Input(term.name) for term in signature.arguments), keep),)
    forward = exercise.function(body.of).signature
    if not forward.keep:
        raise AuthoringError(f"{check.name}: {forward.name} returns no cache that {signature.name} could take")
    everything = tuple(range(len(forward.results)))
    first = Call(forward, tuple(Input(term.name) for term in forward.arguments), everything, judged=False)
    cache = Result(0, forward.keep[0])
    args = tuple(cache if term.kind is Kind.OPAQUE else Input(term.name) for term in signature.arguments)
    return (first, Call(signature, args, keep))


def prerequisites(exercise: Exercise, check: Check) -> tuple[str, ...]:
    """Return the functions that must be right before a check says anything: its needs, and the maker of its cache."""
    needs = dict.fromkeys(check.needs)
    if isinstance(check.body, Differential):
        needs.update(dict.fromkeys(c.signature.name for c in program(exercise, check) if not c.judged))
    needs.pop(check.function, None)
    return tuple(needs)


def _kept(signature: Signature, check: Check, body: Differential) -> tuple[int, ...]:
    """Return the positions of results that are not compared; they stay in the worker."""
    names = [term.name for term in signature.results]
    for name in body.results:
        if name not in names:
            given = ", ".join(names)
            raise AuthoringError(f"{check.name}: results= names {name!r}, but {signature.name} returns {given}")
    wanted = set(body.results) or set(names)
    return tuple(i for i, term in enumerate(signature.results) if term.kind is Kind.OPAQUE or term.name not in wanted)


def _takes(signature: Signature, kind: Kind) -> bool:
    return any(term.kind is kind for term in signature.arguments)


def _step(signature: Signature, body: Differential, t: int, keep: tuple[int, ...]) -> Call:
    """Return step `t`: results feed the arguments of the same name."""
    names = [term.name for term in signature.results]
    args: list[Input | Result | Fresh] = []
    for term in signature.arguments:
        if term.name in names and t > 0:
            args.append(Result(t - 1, names.index(term.name)))
        elif term.kind is Kind.OPAQUE:
            args.append(Fresh())
        else:
            args.append(Input(term.name, t if term.name == body.per_step else None))
    return Call(signature, tuple(args), keep)


@dataclass(frozen=True, slots=True)
class Probe:
    """A judged step of a script: which case and which judged call of its program it answers, and in which variant.

    Attributes
    ----------
    variant
        ``"plain"``, ``"repeated"``, ``"interleaved"``, or a memory layout of the arguments.
    """

    step: int
    case: int
    call: int
    variant: str = "plain"


@dataclass(slots=True)
class ScriptBuilder:
    """Lays programs out as one script with one payload; equal arrays are stored once."""

    steps: list[Step] = field(default_factory=list)
    payload: bytearray = field(default_factory=bytearray)
    probes: list[Probe] = field(default_factory=list)
    _offsets: dict[bytes, int] = field(default_factory=dict)

    def add(self, calls: Program, case: Case, index: int, *, variant: str = "plain") -> None:
        """Append one run of a program."""
        self.add_interleaved([(calls, case, index)], variant=variant)

    def add_interleaved(self, runs: Sequence[tuple[Program, Case, int]], *, variant: str) -> None:
        """Append several runs in lock step: every run's first call, every run's second call, and so on."""
        positions: list[list[int]] = [[] for _ in runs]
        for k in range(max(len(calls) for calls, _, _ in runs)):
            for (calls, case, index), position in zip(runs, positions, strict=True):
                if k < len(calls):
                    position.append(len(self.steps))
                    self._append(calls, k, case, position, index, variant)

    def _append(self, calls: Program, k: int, case: Case, position: list[int], index: int, variant: str) -> None:
        call = calls[k]
        layout = variant if variant in ("F", "strided", "reversed", "readonly") else "C"
        args: list[Argument] = []
        for arg in call.args:
            if isinstance(arg, Result):
                args.append(Ref(position[arg.call], arg.index if len(calls[arg.call].signature.results) > 1 else -1))
            elif isinstance(arg, Fresh):
                args.append(Items("dict", []))
            else:
                args.append(self.argument(arg.read(case.inputs), layout))
        arity = len(call.signature.results)
        if call.judged:
            judged = sum(other.judged for other in calls[:k])
            self.probes.append(Probe(len(self.steps), index, judged, variant))
        self.steps.append(Step(call.signature.name, args, arity, list(call.keep)))

    def argument(self, value: Value, layout: str = "C") -> Argument:
        """Return the wire form of a value; array bytes go to the payload."""
        if isinstance(value, Seed):
            return Generator(value.value)
        if isinstance(value, tuple | list):
            return Items("tuple", [Scalar(int(item)) for item in value])
        if not isinstance(value, np.ndarray):
            return Scalar(value)
        raw = np.ascontiguousarray(value).tobytes()
        offset = self._offsets.get(raw)
        if offset is None:
            self.payload.extend(b"\0" * (-len(self.payload) % 16))
            offset = self._offsets[raw] = len(self.payload)
            self.payload.extend(raw)
        return Data(value.dtype.str, value.shape, offset, layout)

    def script(self) -> Run:
        """Return what was laid out."""
        return Run(self.steps, closed=True)

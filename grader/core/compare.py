"""Comparison of answers with the reference: structure first, then every element at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from grader.core.program import Call
from grader.core.protocol import Leaf, Returned
from grader.core.signature import Term

FloatArray = npt.NDArray[np.float64]

DOUBLE = 2.0**-53
"""Unit round-off of float64."""
SINGLE = 2.0**-24
"""Unit round-off of float32."""
SLACK = 64.0
"""How many round-offs, each amplified by the condition number, an honest algorithm may lose (GRADIENTS §2)."""
MIXED = SINGLE / 8
"""The unit round-off for answers that are written in float64 and yet only right to single precision: some step was
taken in float32, which costs a few of its round-offs, where a whole computation in it may cost `SLACK` of them."""
SMALLEST = {DOUBLE: float(np.finfo(np.float64).tiny)}
"""The smallest normal number by unit round-off, float32's for all others: products below it underflow."""


@dataclass(frozen=True, slots=True)
class Target:
    """What some judged calls should return, flattened in order.

    Attributes
    ----------
    low, high
        Ends of the right answers; equal but at kinks.
    unit
        Per element: what one round-off of the inputs may change; the tolerance is ``64 * u * unit + floor``.
    floor
        Absolute error that the contract allows.
    shapes
        Per call, the shapes of its judged results in order.
    """

    low: FloatArray
    high: FloatArray
    unit: FloatArray
    floor: FloatArray
    shapes: tuple[tuple[tuple[int, ...], ...], ...]
    bounds: tuple[FloatArray, FloatArray] = field(init=False, repr=False, compare=False)
    """Lowest and highest right answer in double precision."""

    def __post_init__(self) -> None:
        tolerance = self.tolerance(DOUBLE)
        with np.errstate(invalid="ignore"):
            object.__setattr__(self, "bounds", (self.low - tolerance, self.high + tolerance))

    def tolerance(self, roundoff: float) -> FloatArray:
        """Return the absolute tolerance of each element at a unit round-off."""
        smallest = SMALLEST.get(roundoff, float(np.finfo(np.float32).tiny))
        return SLACK * (roundoff * self.unit + smallest) + self.floor


@dataclass(frozen=True, slots=True)
class Answer:
    """A call's results as the contract wants them, or why they are not.

    Attributes
    ----------
    flat
        All elements of the judged results, in order, as float64.
    problem
        What is wrong with number, type or shape of the results; empty where nothing is.
    remarks
        What is accepted but should be known.
    """

    flat: FloatArray
    problem: str = ""
    remarks: tuple[str, ...] = ()
    nothing: bool = False
    """Whether the function returned `None` for everything: not implemented yet."""


def wrong(actual: FloatArray, target: Target, roundoff: float) -> npt.NDArray[np.bool_]:
    """Return which elements are outside the tolerance; `nan` is, unless the reference is `nan` there."""
    with np.errstate(invalid="ignore"):
        if roundoff == DOUBLE:
            lowest, highest = target.bounds
        else:
            tolerance = target.tolerance(roundoff)
            lowest, highest = target.low - tolerance, target.high + tolerance
        bad = ~((actual >= lowest) & (actual <= highest))
    return bad & ~(np.isnan(target.low) & np.isnan(actual)) if bad.any() else bad


def fits_single(values: FloatArray) -> bool:
    """Return whether all values can be written in float32, as everything that is computed in it can."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(((values.astype(np.float32) == values) | np.isnan(values)).all())


def expected_leaves(call: Call, shapes: Sequence[tuple[int, ...]]) -> list[Leaf]:
    """Return the leaves of a result that is exactly as the contract says: float64 arrays, Python floats for scalars."""
    leaves = []
    remaining = iter(shapes)
    results = call.signature.results
    for i, term in enumerate(results):
        if i in call.keep:
            leaves.append(Leaf("kept", ""))
            continue
        shape = next(remaining)
        dtype = "<i8" if term.dtype == "int" else "<f8"
        leaves.append(Leaf("array", dtype, shape) if term.dims is not None else Leaf("generic", dtype))
    if len(results) > 1:
        return [Leaf("tuple", "", (len(results),)), *leaves]
    return leaves


_ZERO_D = frozenset({"array", "generic"})


def same_form(leaves: Sequence[Leaf], expected: Sequence[Leaf]) -> bool:
    """Return whether results have the expected form; 0-d arrays and NumPy scalars stand for each other."""
    return leaves == expected or (
        len(leaves) == len(expected)
        and all(
            own == wanted
            or ({own.kind, wanted.kind} <= _ZERO_D and own.info == wanted.info and own.shape == wanted.shape == ())
            for own, wanted in zip(leaves, expected, strict=True)
        )
    )


def read_answer(
    call: Call, shapes: Sequence[tuple[int, ...]], result: Returned, data: bytes | memoryview
) -> Answer:  # fmt: skip
    """Return a call's results as one float64 vector, or what is wrong with their number, types or shapes."""
    signature, leaves = call.signature, result.leaves
    nothing = np.empty(0)
    if _holds_nothing(leaves):
        return Answer(nothing, f"{signature.name} returned None", nothing=True)
    remarks: list[str] = []
    if len(signature.results) > 1:
        if leaves[0].kind not in ("tuple", "list") or leaves[0].shape != (len(signature.results),):
            names = ", ".join(term.name for term in signature.results)
            due = f"{len(signature.results)} results: {names}"
            return Answer(nothing, f"returned {describe(leaves)}, but should return {due}")
        if leaves[0].kind == "list":
            remarks.append(f"{signature.name} returns a list; a tuple is expected")
        leaves = leaves[1:]
    chunks = [nothing]
    offset = 0
    values = [value for i, value in enumerate(_values(leaves)) if i not in call.keep]
    for term, shape, value in zip(call.terms, shapes, values, strict=True):
        problem = _problem(term, shape, value, remarks, signature.name)
        if problem:
            return Answer(nothing, problem, tuple(remarks))
        array = np.frombuffer(data, value[0].info, math.prod(shape), offset)
        offset += array.nbytes
        # What a worker sent as extended precision need not fit, nor be a number at all.
        with np.errstate(over="ignore", invalid="ignore"):
            chunks.append(array.astype(np.float64))
    return Answer(np.concatenate(chunks), "", tuple(dict.fromkeys(remarks)))


def _holds_nothing(leaves: Sequence[Leaf]) -> bool:
    kinds = {leaf.kind for leaf in leaves}
    return "none" in kinds and kinds <= {"none", "kept", "tuple", "list"}


def _values(leaves: Sequence[Leaf]) -> Iterator[Sequence[Leaf]]:
    """Yield the leaves of each value of a sequence."""
    position = 0
    while position < len(leaves):
        span = _span(leaves, position)
        yield leaves[position : position + span]
        position += span


def _span(leaves: Sequence[Leaf], start: int) -> int:
    """Return how many leaves the value beginning at `start` has."""
    open_children, position = 1, start
    while open_children:
        leaf = leaves[position]
        open_children += (leaf.shape[0] if leaf.kind in ("tuple", "list", "dict") else 0) - 1
        position += 1
    return position - start


def _problem(
    term: Term, shape: tuple[int, ...], value: Sequence[Leaf], remarks: list[str], function: str
) -> str:  # fmt: skip
    """Return what is wrong with one result, and note what is only remarkable."""
    leaf = value[0]
    should = f"should be an array of shape {shape}" if term.dims is not None else "should be a number"
    if leaf.kind not in ("array", "generic", "float", "int", "bool"):
        return f"{term.name} is {describe(value)}, but {should}"
    if leaf.info in ("<c8", "<c16"):
        real = f"{should} of real numbers" if term.dims is not None else "should be a real number"
        return f"{term.name} is complex, but {real}"
    if leaf.shape != shape:
        return f"{term.name}.shape={leaf.shape}, but should be {shape}"
    if leaf.kind not in ("array", "generic") and term.dims is not None:
        remarks.append(f"{function} returns {term.name} as a Python {leaf.kind}; an array is expected")
    if term.dtype == "int":
        return "" if leaf.info[1] in "iu" else f"{term.name} has dtype {_dtype(leaf)}, but should hold integers"
    if leaf.info[1] in "biu":
        remarks.append(f"{function} returns {term.name} as {_dtype(leaf)}; float64 is expected")
    elif leaf.info in ("<f2", "<f4"):
        remarks.append(f"{function} returns {term.name} as {_dtype(leaf)}, in single precision; float64 is expected")
    return ""


def _dtype(leaf: Leaf) -> str:
    return np.dtype(leaf.info).name


def describe(leaves: Sequence[Leaf]) -> str:
    """Return a value's type in words: ``a tuple of 2``, ``an array of shape (3, 1)``, ``None``, ``the text 'x'``."""
    leaf = leaves[0]
    if leaf.kind == "none":
        return "None"
    if leaf.kind == "array":
        return f"an array of shape {leaf.shape}"
    if leaf.kind in ("tuple", "list", "dict"):
        return f"a {leaf.kind} of {leaf.shape[0]}"
    if leaf.kind == "text":
        return f"the text {leaf.info[:30]!r}"
    if leaf.kind == "other":
        return f"an {leaf.info}" if leaf.info.startswith("array of ") else f"of type {leaf.info}"
    if leaf.kind == "kept":
        return "an object"
    return f"a number ({leaf.kind})"

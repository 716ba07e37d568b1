"""Directional derivatives of a function that is evaluated in batches, with their errors and kinks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.core.kinks import Sides, hidden, one_sided, roughness
from grader.core.ridders import Estimates, FloatArray, exact_steps, extrapolate, grid, noise_of_sides

DOUBLE = 2.0**-53
SINGLE = 2.0**-24
ROUGH = 32.0
"""A function is rough where its measured noise exceeds that of its precision this many times."""

Point = tuple[FloatArray, ...]
"""One value for each differentiable input."""
Batch = Callable[[Iterable[Point]], Iterable[Sequence[FloatArray] | None]]
"""Evaluates many points in order; `None` where the function gave no result."""


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """A way to move one tensor: some of its elements (flat positions), each with its step."""

    tensor: int
    where: npt.NDArray[np.intp]
    steps: FloatArray

    @property
    def is_coordinate(self) -> bool:
        """Whether it moves a single element."""
        return len(self.where) == 1

    def moved(self, point: Point, t: float) -> Point:
        """Return the point moved by `t` along the direction."""
        value = point[self.tensor].copy()
        value.reshape(-1)[self.where] += t * self.steps
        return (*point[: self.tensor], value, *point[self.tensor + 1 :])

    def dot(self, gradient: FloatArray) -> float:
        """Return the slope along the direction that a gradient claims."""
        return float(np.sum(gradient.reshape(-1)[self.where] * self.steps))

    def part(self, keep: npt.NDArray[np.intp]) -> Direction:
        """Return the direction restricted to some of its elements."""
        return Direction(self.tensor, self.where[keep], self.steps[keep])


def scales(value: FloatArray) -> FloatArray:
    """Return the size of a step for each element: relative, but never below a tenth of the tensor's usual size."""
    flat = np.abs(value.reshape(-1))
    largest = float(flat.max(initial=0.0))
    usual = largest * float(np.sqrt(np.mean((flat / largest) ** 2))) if largest > 0 else 0.0
    return np.maximum(flat, 0.1 * usual + 1e-3)


def coordinate(tensor: int, index: int, scale: FloatArray) -> Direction:
    """Return the direction along one element."""
    return Direction(tensor, np.array([index], np.intp), exact_steps(scale[[index]]))


def dense(tensor: int, scale: FloatArray, rng: np.random.Generator) -> Direction:
    """Return a Rademacher direction: every element moves, up or down at random."""
    signs = rng.choice((-1.0, 1.0), scale.size)
    return Direction(tensor, np.arange(scale.size), signs * exact_steps(scale / np.sqrt(scale.size)))


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """How ``phi(t) = sum(dy * (f(x + t d) - f(x)))`` changes along m directions at j steps.

    Attributes
    ----------
    rise, fall
        Shape (m, j): ``phi(h)`` and ``phi(-h)``.
    size
        Shape (m, j): sum of ``|dy * f|``, the larger of the two ends and the middle; rounding is relative to it.
    bend
        Shape (m, j): sum over outputs of ``|dy| * |f(h) + f(-h) - 2 f(0)|``.
    rough
        Shape (m,): noise of `bend`, from the two sides of each output.
    still
        Shape (m,): whether no output moved at all, to the last bit.
    single
        Whether every output of every point is representable in float32.
    """

    rise: FloatArray
    fall: FloatArray
    size: FloatArray
    bend: FloatArray
    rough: FloatArray
    still: npt.NDArray[np.bool_]
    single: bool


def flat(outputs: Sequence[FloatArray] | None, count: int) -> FloatArray:
    """Return all outputs as one vector; `nan` where there are none, or not as many as `count`."""
    if outputs is None:
        return np.full(count, np.nan)
    parts = [np.asarray(output, np.float64).reshape(-1) for output in outputs]
    vector = np.concatenate(parts) if parts else np.empty(0)
    return vector if len(vector) == count else np.full(count, np.nan)


def is_single(values: FloatArray) -> bool:
    """Return whether every value is representable in float32."""
    with np.errstate(all="ignore"):
        return bool(np.all((values.astype(np.float32) == values) | np.isnan(values)))


def points(point: Point, directions: Sequence[Direction], steps: FloatArray) -> Iterator[Point]:
    """Yield the points of a ladder: for each direction ``+h`` and ``-h`` at every step."""
    for direction in directions:
        for h in steps:
            yield direction.moved(point, float(h))
            yield direction.moved(point, -float(h))


def changes(
    outputs: Iterator[Sequence[FloatArray] | None], base: FloatArray, dy: FloatArray, shape: tuple[int, int]
) -> Changes:
    """Return the changes along m directions at j steps from the outputs of their `points`, in order."""
    m, rungs = shape
    rise, fall, size, bend = (np.empty(shape) for _ in range(4))
    rough, still, single = np.empty(m), np.empty(m, bool), is_single(base)
    weights = np.abs(dy)
    for i in range(m):
        ends = np.stack([flat(next(outputs), len(base)) for _ in range(2 * rungs)])
        single = single and is_single(ends)
        with np.errstate(all="ignore"):
            up, down = ends[0::2] - base, ends[1::2] - base
            rise[i], fall[i] = np.sum(up * dy, axis=1), np.sum(down * dy, axis=1)
            largest = np.maximum(np.maximum(np.abs(ends[0::2]), np.abs(ends[1::2])), np.abs(base))
            size[i] = np.sum(largest * weights, axis=1)
            bend[i] = np.sum(np.abs(up + down) * weights, axis=1)
            floor = 4 * (SINGLE if single else DOUBLE) * largest[-1]
            rough[i] = roughness(up, weights, floor) + roughness(down, weights, floor)
        still[i] = not up.any() and not down.any()
    return Changes(rise, fall, size, bend, rough, still, single)


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """Central slopes along m directions, and both sides' where there is a kink.

    Attributes
    ----------
    kink
        Where the two sides differ.
    hidden
        Where some single output has a kink.
    size
        The sum of ``|dy * f|`` at the finest step.
    still
        Whether no output moved at all.
    rough
        Whether the function is rougher than its precision explains: noise, or waves shorter than the steps.
    grid
        The width of the grid to which results seem to be rounded.
    """

    central: Estimates
    sides: Sides
    hidden: npt.NDArray[np.bool_]
    size: FloatArray
    still: npt.NDArray[np.bool_]
    rough: npt.NDArray[np.bool_]
    grid: FloatArray

    @property
    def kink(self) -> npt.NDArray[np.bool_]:
        """Where the slopes to the two sides differ."""
        return self.sides.kink


def slopes(seen: Changes, steps: FloatArray, roundoff: float, coarser: FloatArray) -> Slopes:
    """Return the slopes that some changes show.

    Parameters
    ----------
    roundoff
        To which the results are rounded.
    coarser
        Shape (m,): the grid that ladders of larger steps met, 0 where there was none.
    """
    with np.errstate(all="ignore"):
        quotient = (seen.rise - seen.fall) / (2 * steps)
        width = np.maximum(grid(seen.rise, seen.fall, seen.size[:, -1]), coarser)
        stuck = (seen.rise[:, -1] == 0) & (seen.fall[:, -1] == 0)
        measured = noise_of_sides(seen.rise, seen.fall)
        measured = np.where(stuck, np.maximum(measured, width), measured)[:, None]
        floor = 4 * roundoff * (seen.size + np.abs(quotient))
        noise = np.maximum(floor, measured) / steps
        central = extrapolate(quotient, noise, 2)
        sides = one_sided(seen.rise, seen.fall, steps, noise)
        rough = measured[:, 0] > ROUGH * floor[:, -1]
    bends = hidden(seen.bend, seen.rough, steps)
    return Slopes(central, sides, bends, seen.size[:, -1], seen.still, rough, width)

"""Directional derivatives of a function that is evaluated in batches, with their errors and kinks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.core.kinks import ROUGHNESS_STEPS, Sides, hidden, one_sided, roughness
from grader.core.ridders import RATIO, Estimates, FloatArray, exact_steps, extrapolate, grid, noise_of_sides

DOUBLE = 2.0**-53
SINGLE = 2.0**-24
HALF = 2.0**-11
ROUGH = 32.0
"""A function is rough where its measured noise exceeds that of its precision this many times."""
DIGITS = {HALF: 11, SINGLE: 24, DOUBLE: 53}
"""Binary digits of each precision."""
FEW = 5
"""Numbers of so few digits say nothing about precision: counts, signs, halves."""
STEADY = 5
"""A slope that so many of the finest steps show is no accident of rounding."""

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


def coordinate(tensor: int, index: int, value: FloatArray, scale: FloatArray) -> Direction:
    """Return the direction along one element."""
    return Direction(tensor, np.array([index], np.intp), exact_steps(scale[[index]], value.reshape(-1)[[index]]))


def dense(tensor: int, value: FloatArray, scale: FloatArray, rng: np.random.Generator) -> Direction:
    """Return a Rademacher direction: every element moves, up or down at random."""
    signs = rng.choice((-1.0, 1.0), scale.size)
    steps = exact_steps(scale / np.sqrt(scale.size), value.reshape(-1))
    return Direction(tensor, np.arange(scale.size), signs * steps)


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
    precision
        To which the outputs of all points are rounded, as far as their digits show.
    """

    rise: FloatArray
    fall: FloatArray
    size: FloatArray
    bend: FloatArray
    rough: FloatArray
    still: npt.NDArray[np.bool_]
    precision: float


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


def digits(values: FloatArray, least: int = FEW) -> int:
    """Return how many binary digits the longest value has, at least `least`: few, those of float16, 32 or 64."""
    if least < DIGITS[DOUBLE] and not is_single(values):
        return DIGITS[DOUBLE]
    mantissa = np.frexp(values[np.isfinite(values)])[0]
    classes = (FEW, DIGITS[HALF], DIGITS[SINGLE])
    fitting = (bits for bits in classes if bits >= least and np.all(mantissa * 2**bits % 1 == 0))
    return next(fitting, DIGITS[DOUBLE])


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
    rough, still, longest = np.empty(m), np.ones(m, bool), digits(base)
    weights = np.abs(dy)
    for i in range(m):
        last: deque[tuple[FloatArray, FloatArray]] = deque(maxlen=ROUGHNESS_STEPS)
        for j in range(rungs):
            above, below = flat(next(outputs), len(base)), flat(next(outputs), len(base))
            longest = digits(below, digits(above, longest))
            with np.errstate(all="ignore"):
                up, down = above - base, below - base
                largest = np.maximum(np.maximum(np.abs(above), np.abs(below)), np.abs(base))
                rise[i, j], fall[i, j] = np.sum(up * dy), np.sum(down * dy)
                size[i, j] = np.sum(largest * weights)
                bend[i, j] = np.sum(np.abs(up + down) * weights)
            last.append((up, down))
            still[i] &= not up.any() and not down.any()
        with np.errstate(all="ignore"):
            floor = 4 * _precision(longest) * largest
            rough[i] = sum(roughness(np.stack(side), weights, floor) for side in zip(*last, strict=True))
    return Changes(rise, fall, size, bend, rough, still, DOUBLE if still.all() else _precision(longest))


def _precision(longest: int) -> float:
    return next((unit for unit, bits in DIGITS.items() if bits == longest), DOUBLE)


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
        The sum of ``|dy * f|`` near the point: at the third step, since a function may be 0 at the point itself.
    still
        Whether no output moved at all.
    rough
        Whether the function is rougher than its precision explains: noise, or waves shorter than the steps.
    grid
        The width of the grid to which results seem to be rounded.
    noise
        How much results are measured to vary without reason.
    spread
        How far the quotients of the finest steps are apart.
    broken
        Whether the function has no finite value at the finest steps.
    steepens
        Whether quotients keep growing as steps shrink.
    """

    central: Estimates
    sides: Sides
    hidden: npt.NDArray[np.bool_]
    size: FloatArray
    still: npt.NDArray[np.bool_]
    rough: npt.NDArray[np.bool_]
    grid: FloatArray
    noise: FloatArray
    spread: FloatArray
    broken: npt.NDArray[np.bool_]
    steepens: npt.NDArray[np.bool_]

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
        moved = np.maximum(np.abs(seen.rise), np.abs(seen.fall))[:, -4:]
        falls = moved[:, :-1] / moved[:, 1:]
        steepens = (falls.max(axis=1) < np.minimum(RATIO / 1.4, 1.2 * falls.min(axis=1))) & (falls.min(axis=1) > 0.9)
        spread = np.abs(quotient[:, -STEADY:] - quotient[:, -1:]).max(axis=1)
    broken = ~(np.isfinite(seen.rise[:, -1]) & np.isfinite(seen.fall[:, -1]))
    bends = hidden(seen.bend, seen.rough, steps)
    size = seen.size[:, min(2, len(steps) - 1)]
    return Slopes(central, sides, bends, size, seen.still, rough, width, measured[:, 0], spread, broken, steepens)

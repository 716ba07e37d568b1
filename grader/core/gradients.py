"""Gradient checking: a backward's values against extrapolated finite differences of its forward."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from grader.core.gradient_result import GradientResult, Judgement, Slope, TensorResult
from grader.core.ridders import FloatArray, ladder
from grader.core.slopes import (
    DOUBLE,
    SINGLE,
    Batch,
    Direction,
    Point,
    Slopes,
    changes,
    coordinate,
    dense,
    flat,
    is_single,
    points,
    scales,
    slopes,
)  # fmt: skip

SHRINKS = (1.0, 32.0, 1024.0)
"""What the steps are divided by in the first ladder and in the two retries."""
SAFETY = 10.0
"""A slope may be off by this many estimated errors."""
SLACK = 64.0
"""Round-offs that the backward itself may lose, as in tolerances by conditioning."""
RELATIVE, RELATIVE_SINGLE, ABSOLUTE = 1e-2, 5e-2, 1e-10
"""A comparison is conclusive where its error is below this part of the slopes, or of the function's size.

In single precision errors are larger; there a coarser estimate may refute, but not confirm.
"""
UNDERFLOW = 2.0**-1000
"""Slopes below this are 0 to whatever precision is left near the smallest numbers."""
LOST = 1e-3
"""Noise of larger steps may be lost digits up to this part of the function's size; above, it is its shape."""
NEIGHBOURS = 24
"""Points near a kink at which slopes are taken where several kinks meet."""
SEVERAL_KINKS = "several kinks of the forward meet here"
"""Why a direction decides nothing where each of its kinks has a slope of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much to compare.

    Attributes
    ----------
    coordinates, directions
        Elements and random directions per tensor.
    rungs
        Steps of a ladder; each costs two evaluations per direction.
    ladders
        1 for no retry; at most 3.
    localise
        Whether to search the wrong element after a direction failed, by halving the direction.
    """

    coordinates: int = 24
    directions: int = 6
    rungs: int = 9
    ladders: int = 3
    localise: bool = True


def locally(function: Callable[..., Sequence[FloatArray] | None]) -> Batch:
    """Return a function of arrays that is called here, one point at a time, as one that is evaluated in batches."""

    def evaluate(batch: Iterable[Point]) -> Iterator[Sequence[FloatArray] | None]:
        for point in batch:
            yield function(*point)

    return evaluate


def check_gradient(
    function: Batch, backward_values: Sequence[FloatArray], inputs: Sequence[FloatArray], dy: Sequence[FloatArray],
    *, names: Sequence[str] = (), seed: int = 0, effort: Effort | None = None,
) -> GradientResult:  # fmt: skip
    """Return whether gradients are those of ``sum(dy * function(inputs))``.

    Parameters
    ----------
    function
        Evaluates a batch of points, each a tuple like `inputs`, to a sequence of outputs shaped like `dy`. All points
        of a ladder come in one batch, the unmoved inputs first. See `locally` for ordinary functions.
    backward_values
        One gradient per input.
    inputs
        Float64 arrays, of any shape.
    dy
        One upstream gradient per output.
    names
        Of the inputs; by default ``x0``, ``x1``, ….
    seed
        From which elements and directions are chosen.
    effort
        How much to compare.

    Returns
    -------
    GradientResult
        Right only where each tensor has a conclusive comparison and none is wrong; rough functions are inconclusive.

    References
    ----------
    Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4 (1982).
    """
    labels = list(names) or [f"x{i}" for i in range(len(inputs))]
    point = tuple(np.array(value, np.float64) for value in inputs)
    claims = [np.asarray(value, np.float64) for value in backward_values]
    problems = [_problem(*each) for each in zip(labels, claims, point, strict=True)]
    single = any(_is_rounded(value) for value in claims)
    check = _Check(function, claims, point, flat(dy, _count(dy)), labels, effort or Effort(), single)
    rng = np.random.default_rng(seed)
    planned = [
        direction
        for i in range(len(point)) if not problems[i]
        for direction in _directions(i, point[i], claims[i], check.effort, rng)
    ]  # fmt: skip
    found = list(zip(planned, check.compare(planned), strict=True))
    found = check.settle(found, rng)
    tensors = tuple(
        TensorResult(name, point[i].shape, tuple(s for d, s in found if d.tensor == i), problems[i])
        for i, name in enumerate(labels)
    )
    return GradientResult(tensors, seed, check.evaluations, check.precision > DOUBLE, check.precision > SINGLE)


def _count(arrays: Sequence[FloatArray]) -> int:
    return sum(np.size(array) for array in arrays)


def _problem(name: str, claim: FloatArray, value: FloatArray) -> str:
    if claim.shape != value.shape:
        return f"d{name}.shape={claim.shape}, but should be {value.shape}, the shape of {name}"
    bad = np.argwhere(~np.isfinite(claim))
    if len(bad):
        place = f"[{', '.join(map(str, bad[0]))}]" if claim.ndim else ""
        return f"d{name}{place} is {claim[tuple(bad[0])]}, but should be finite ({len(bad)} of {claim.size} are not)"
    return ""


def _is_rounded(claim: FloatArray) -> bool:
    """Return whether a gradient is rounded to float32, rather than made of short numbers anyway."""
    short = np.ldexp(np.round(np.ldexp(np.frexp(claim)[0], 16)), -16) == np.frexp(claim)[0]
    return is_single(claim) and bool(np.sum(~short) > max(1, claim.size // 4))


def _directions(
    tensor: int, value: FloatArray, claim: FloatArray, effort: Effort, rng: np.random.Generator
) -> list[Direction]:
    """Return the elements with the largest claims, some with the smallest and others at random, then directions."""
    size = scales(value)
    count = min(effort.coordinates, value.size)
    order = np.argsort(-np.abs(claim.reshape(-1) * size), kind="stable")
    chosen = [*order[: count // 3], *order[len(order) - count // 6 :]]
    others = rng.permutation(np.setdiff1d(np.arange(value.size), chosen))
    chosen += others[: count - len(chosen)].tolist()
    dense_count = effort.directions if value.size > 1 else 0
    return [
        *(coordinate(tensor, int(i), value, size) for i in sorted(chosen)),
        *(dense(tensor, value, size, rng) for _ in range(dense_count)),
    ]


class _Check:
    """Compares along directions; knows the base point and counts evaluations."""

    def __init__(
        self, function: Batch, claims: Sequence[FloatArray], point: Point, dy: FloatArray, names: Sequence[str],
        effort: Effort, single: bool,  # noqa: FBT001
    ) -> None:  # fmt: skip
        self._function, self._claims, self._point, self._dy = function, claims, point, dy
        self._names, self.effort, self.precision = names, effort, SINGLE if single else DOUBLE
        self._base: FloatArray | None = None
        self.evaluations = 0

    def compare(self, directions: Sequence[Direction]) -> list[Slope]:
        """Return a comparison for each direction; what is not accepted at once is tried again with smaller steps."""
        found: dict[int, Slope] = {}
        pending = list(range(len(directions)))
        widths, noise = np.zeros(len(directions)), np.zeros(len(directions))
        for shrink in SHRINKS[: self.effort.ladders]:
            if not pending:
                break
            steps = ladder(self.effort.rungs, shrink)
            seen = self._measure([directions[i] for i in pending], steps, widths[pending])
            widths[pending] = seen.grid
            again = []
            for k, i in enumerate(pending):
                earlier = found.get(i)
                judged = self._judge(directions[i], seen, k, first=shrink == SHRINKS[0], noise=noise[i] / steps[-1])
                found[i] = _merge(earlier, judged)
                if judged.judgement is not Judgement.RIGHT:
                    again.append(i)
            loss = np.where(seen.noise <= LOST * seen.size, seen.noise, 0.0)
            noise[pending] = np.maximum(noise[pending], loss)
            pending = again
        return [found[i] for i in range(len(directions))]

    def _measure(self, directions: Sequence[Direction], steps: FloatArray, widths: FloatArray) -> Slopes:
        batch = points(self._point, directions, steps)
        if self._base is None:
            outputs = iter(self._function(_first_then(self._point, batch)))
            self._base = flat(next(outputs), len(self._dy))
            self.evaluations += 1
        else:
            outputs = iter(self._function(batch))
        shape = (len(directions), len(steps))
        self.evaluations += 2 * shape[0] * shape[1]
        seen = changes(outputs, self._base, self._dy, shape)
        self.precision = max(self.precision, seen.precision)
        return slopes(seen, steps, self.precision, widths)

    def _judge(self, direction: Direction, seen: Slopes, k: int, *, first: bool, noise: float) -> Slope:
        """Return what the slopes along a direction say; `noise` is what larger steps showed, as a slope."""
        claim = direction.dot(self._claims[direction.tensor])
        kink = bool(seen.kink[k])
        if kink:
            ends = (float(seen.sides.above.value[k]), float(seen.sides.below.value[k]))
            low, high, error = min(ends), max(ends), float(seen.sides.above.error[k] + seen.sides.below.error[k])
        else:
            low = high = float(seen.central.value[k])
            error = float(seen.central.error[k])
        slope_size = max(abs(low), abs(high))
        total = abs(float(np.sum(self._dy * self._base))) if self._base is not None else 0.0
        tolerance = SAFETY * error + SLACK * self.precision * (abs(claim) + slope_size + total) + UNDERFLOW
        distance = max(low - claim, claim - high, 0.0)
        part = RELATIVE_SINGLE if self.precision > DOUBLE and distance > tolerance else RELATIVE
        conclusive = SAFETY * error <= part * (abs(claim) + slope_size) + ABSOLUTE * float(seen.size[k])
        conclusive = conclusive or (first and bool(seen.still[k]) and claim == 0)
        # Waves shorter than every step look like noise about a slope near 0, which then refutes no larger claim.
        # Nor do small steps refute by less than the noise that larger ones met: rounding is smooth between its stairs.
        lost = distance <= noise and not distance > 2 * seen.spread[k]
        refuted = (not seen.rough[k] or SAFETY * error <= 0.1 * slope_size) and not lost
        across = not direction.is_coordinate and (kink or bool(seen.hidden[k]))
        if not conclusive or across:
            judgement = Judgement.INCONCLUSIVE
        elif distance <= tolerance:
            judgement = Judgement.RIGHT
        else:
            judgement = Judgement.WRONG if refuted else Judgement.INCONCLUSIVE
        slope = self._slope(direction, (claim, low, high, error, tolerance), judgement, kink=kink)
        if judgement is not Judgement.INCONCLUSIVE:
            return slope
        rough = bool(seen.rough[k]) or lost
        reason = SEVERAL_KINKS if across else _reason(seen, k, rough=rough)
        return replace(slope, suspect=not across and not rough and distance > tolerance, reason=reason)

    def _slope(
        self, direction: Direction, numbers: tuple[float, ...], judgement: Judgement, *, kink: bool
    ) -> Slope:  # fmt: skip
        """Return the comparison in the units of the gradient's element, where the direction is one."""
        index, unit = None, 1.0
        if direction.is_coordinate:
            place = np.unravel_index(int(direction.where[0]), self._point[direction.tensor].shape)
            index, unit = tuple(int(i) for i in place), float(direction.steps[0])
        claim, low, high, error, tolerance = (number / unit for number in numbers)
        return Slope(
            self._names[direction.tensor], index, claim, min(low, high), max(low, high), abs(error), abs(tolerance),
            judgement, kink,
        )  # fmt: skip

    def settle(
        self, compared: Sequence[tuple[Direction, Slope]], rng: np.random.Generator
    ) -> list[tuple[Direction, Slope]]:  # fmt: skip
        """Return the comparisons, with more where kinks tie and without refutations that several kinks explain."""
        found = [*compared, *(self._along_ties(compared) if self.effort.ladders > 1 else [])]
        nearby = self._nearby(rng) if any(slope.kink for _, slope in found) else []
        for tensor in range(len(self._point)):
            own = [i for i, (direction, _) in enumerate(found) if direction.tensor == tensor]
            wrong = [i for i in own if found[i][1].judgement is Judgement.WRONG]
            if any(found[i][1].kink for i in own):
                for i in [*wrong, *(i for i in own if found[i][1].suspect)]:
                    direction, slope = found[i]
                    if (slope.kink or not direction.is_coordinate) and not self._fails_nearby(direction, slope, nearby):
                        open_ = replace(slope, judgement=Judgement.INCONCLUSIVE, suspect=False, reason=SEVERAL_KINKS)
                        found[i] = (direction, open_)
            failed = [found[i][0] for i in wrong if found[i][1].judgement is Judgement.WRONG]
            if failed and self.effort.localise and not any(direction.is_coordinate for direction in failed):
                found += self._localise(failed[0])
        return found

    def _along_ties(self, found: Sequence[tuple[Direction, Slope]]) -> list[tuple[Direction, Slope]]:
        """Compare where elements that have kinks and equal values move together: a maximum is smooth along its ties."""
        groups: dict[tuple[int, float], list[Direction]] = {}
        for direction, slope in found:
            if slope.kink and direction.is_coordinate:
                value = float(self._point[direction.tensor].reshape(-1)[direction.where[0]])
                groups.setdefault((direction.tensor, value), []).append(direction)
        together = [
            Direction(tensor, np.concatenate([d.where for d in own]), np.concatenate([d.steps for d in own]))
            for (tensor, _), own in groups.items() if len(own) > 1
        ]  # fmt: skip
        return list(zip(together, self.compare(together), strict=True)) if together else []

    def _localise(self, direction: Direction) -> list[tuple[Direction, Slope]]:
        """Halve a failing direction, following the half that is further off, down to one element."""
        while not direction.is_coordinate:
            middle = len(direction.where) // 2
            halves = [direction.part(np.arange(middle)), direction.part(np.arange(middle, len(direction.where)))]
            both = self.compare(halves)
            units = [abs(float(half.steps[0])) if half.is_coordinate else 1.0 for half in halves]
            off = np.array([slope.distance * unit for slope, unit in zip(both, units, strict=True)])
            k = int(np.argmax(np.where(np.isfinite(off), off, -1.0)))
            direction, slope = halves[k], both[k]
        return [(direction, slope)] if slope.judgement is Judgement.WRONG else []

    def _nearby(self, rng: np.random.Generator) -> list[Point]:
        """Return points so near that only kinks tell them from the base point: at random, and all of a tensor one way.

        Where all of a bias moves one way, every unit that stands on its kink goes to the same side.
        """
        sizes = [1e-5 * scales(value).reshape(value.shape) for value in self._point]
        found: list[Point] = [
            tuple(v + s * rng.standard_normal(v.shape) for v, s in zip(self._point, sizes, strict=True))
            for _ in range(NEIGHBOURS)
        ]
        for i, (value, size) in enumerate(zip(self._point, sizes, strict=True)):
            for moved in (value + size, value - size):
                found.append((*self._point[:i], moved, *self._point[i + 1 :]))
        return found

    def _fails_nearby(self, direction: Direction, slope: Slope, nearby: Sequence[Point]) -> bool:
        """Return whether the claim is outside of the slopes at points around a kink, where kinks cannot cancel.

        The slopes of a subgradient along a direction are between those of the gradients nearby.
        """
        if self.effort.ladders < 2:
            return False
        h, near = 2.0**-24, []
        unit = float(direction.steps[0]) if direction.is_coordinate else 1.0
        for point in nearby:
            ends = [direction.moved(point, h), direction.moved(point, -h)]
            up, down = (flat(outputs, len(self._dy)) for outputs in self._function(ends))
            near.append(float(np.sum((up - down) * self._dy)) / (2 * h * unit))
        self.evaluations += 2 * len(nearby)
        slack = 1e-3 * (abs(slope.backward) + max(map(abs, near))) + slope.tolerance
        return not min(near) - slack <= slope.backward <= max(near) + slack


def _first_then(point: Point, batch: Iterator[Point]) -> Iterator[Point]:
    yield tuple(value.copy() for value in point)
    yield from batch


def _reason(seen: Slopes, k: int, *, rough: bool) -> str:
    """Return why slopes along a direction decide nothing."""
    if seen.broken[k]:
        return "the forward has no finite value right beside this point"
    if seen.steepens[k]:
        return "the slope grows without end as steps shrink: the forward jumps here, or is vertical"
    if rough:
        return f"the forward is rough: it varies by about {seen.noise[k]:.1g} between neighbouring points"
    return "the numerical error is too large beside the slope"


def _merge(earlier: Slope | None, later: Slope) -> Slope:
    """Return a retry's comparison; one that contradicts an earlier rejection leaves the matter open."""
    if earlier is None:
        return later
    if earlier.judgement is Judgement.INCONCLUSIVE:
        better = later.judgement is not Judgement.INCONCLUSIVE or later.error < earlier.error
        return later if better else earlier
    return replace(earlier, judgement=Judgement.INCONCLUSIVE) if later.judgement is Judgement.RIGHT else earlier

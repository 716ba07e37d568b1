"""Input domains: from which values an argument is drawn, scripted by class and by Hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from grader.core.authored import authored, is_number, require
from grader.core.signature import Shape, Sizes
from grader.errors import AuthoringError

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seed:
    """The seed of a generator that the worker makes: the value of an ``rng`` argument."""

    value: int


Value = npt.NDArray[Any] | float | int | bool | Seed | tuple[int, ...]
"""What a case may hold for an argument."""

Draw = Callable[[np.random.Generator, Shape, Sizes], Value]
"""Draws one value of the given shape; sizes (and already drawn scalars) are at hand by name."""


@dataclass(frozen=True, slots=True)
class Domain:
    """The values that an argument may take.

    Attributes
    ----------
    draws
        Scripted classes, each a magnitude or a special structure; every class is used in some case.
    strategy
        Makes a Hypothesis strategy for a shape and sizes.
    simple
        Draws values that are easy to read, for the smallest failing case.
    bounds
        Least and greatest element, where any array of elements between them belongs to the domain.
    classes
        The size below which whole elements lie, where any array of them belongs to the domain.
    choices
        All values of a scalar, simplest first; none depends on a size.
    """

    draws: tuple[Draw, ...]
    strategy: Callable[[Shape, Sizes], SearchStrategy[Value]]
    simple: Draw
    name: str = "domain"
    bounds: tuple[float, float] | None = None
    classes: str = ""
    choices: tuple[Value, ...] = ()

    @property
    def is_elementwise(self) -> bool:
        """Whether elements may be left out or changed one by one."""
        return self.bounds is not None or bool(self.classes)

    def __repr__(self) -> str:
        return self.name


MAGNITUDES = (1.0, 1e-3, 12.0, 40.0, 120.0, 1000.0)
"""Sizes of real inputs; overflow, underflow and cancellation each show at some of them."""


def reals(
    low: float = -1000.0,
    high: float = 1000.0,
    *,
    magnitudes: tuple[float, ...] = MAGNITUDES,
    at: tuple[float, ...] = (),
    ties: bool = True,
) -> Domain:
    """Return real arrays or scalars within ``[low, high]``.

    Parameters
    ----------
    low, high
        Bounds, inclusive.
    magnitudes
        One scripted class each: a normal draw times the magnitude, reflected into the bounds. A magnitude beyond
        both bounds is left out.
    at
        Special points (kinks) that one further class mixes with ordinary values.
    ties
        Whether one further class draws small integers, so that elements tie.
    """
    for option, value in (("low", low), ("high", high)):
        require(is_number(value), f"reals({option}={value!r})", f"{option} should be a finite number")
    for option, values in (("magnitudes", magnitudes), ("at", at)):
        sound = isinstance(values, list | tuple) and all(map(is_number, values))
        require(sound, f"reals({option}={values!r})", f"{option} should be numbers in a tuple, such as {option}=(1.0,)")
    if not low < high:
        raise AuthoringError(f"reals({low}, {high}) is empty; write the lower bound first")

    def scaled(magnitude: float) -> Draw:
        def draw(rng: np.random.Generator, shape: Shape, _: Sizes) -> Value:
            if low >= 0 and np.isfinite(high) and high <= magnitude:
                return _plain(rng.uniform(low, high, shape))
            return _plain(_fold(rng.standard_normal(shape) * magnitude, low, high))

        return draw

    def tied(rng: np.random.Generator, shape: Shape, _: Sizes) -> Value:
        return _plain(_fold(rng.integers(-2, 3, shape).astype(float), low, high))

    def special(rng: np.random.Generator, shape: Shape, _: Sizes) -> Value:
        points = np.array([*at, *(-0.0 for point in at if point == 0.0)])
        mixed = _fold(rng.standard_normal(shape), low, high)
        return _plain(np.where(rng.random(shape) < 0.6, rng.choice(points, shape), mixed))

    usable = [m for m in magnitudes if m <= max(abs(low), abs(high))] or [max(abs(low), abs(high))]
    draws = [scaled(m) for m in usable] + [tied] * ties + [special] * bool(at)
    name = f"reals({low:g}, {high:g})"
    return Domain(tuple(draws), _floats(low, high), _simple_reals(low, high), name, bounds=(low, high))


def _simple_reals(low: float, high: float) -> Draw:
    """Return a draw of small integers and halves, now and then with a power of ten as large as the bounds allow."""
    largest = int(np.floor(np.log10(max(abs(low), abs(high), 1.0))))

    def draw(rng: np.random.Generator, shape: Shape, _: Sizes) -> Value:
        pool = (0.0, 1.0, -1.0, 2.0, -2.0, 3.0) if rng.random() < 0.7 else (0.5, 1.0, -0.5, 1.5, 2.0, 0.25)
        values = np.asarray(rng.choice(pool, shape), dtype=float)
        if values.size and largest > 0 and rng.random() < 0.3:
            k = int(rng.integers(values.size))
            values.reshape(-1)[k] = rng.choice((-1.0, 1.0)) * 10.0 ** rng.integers(1, largest + 1)
        return _plain(_fold(values, low, high))

    return draw


def _fold(values: FloatArray | float, low: float, high: float) -> FloatArray:
    """Reflect values at a bound of zero, then clip: keeps a magnitude where clipping alone would flatten it."""
    array = np.asarray(values, dtype=float)
    if low >= 0:
        array = np.abs(array)
    elif high <= 0:
        array = -np.abs(array)
    clipped: FloatArray = np.clip(array, low, high)
    return clipped


def _plain(array: FloatArray | float) -> Value:
    return array if isinstance(array, np.ndarray) else np.asarray(array, dtype=float)


def _floats(low: float, high: float) -> Callable[[Shape, Sizes], SearchStrategy[Value]]:
    def strategy(shape: Shape, _: Sizes) -> SearchStrategy[Value]:
        from hypothesis import strategies as st
        from hypothesis.extra import numpy as hnp

        elements = st.floats(low, high, allow_subnormal=False)
        return hnp.arrays(np.float64, shape, elements=elements, fill=st.nothing())

    return strategy


def one_of(*values: float) -> Domain:
    """Return a scalar domain with the given values, simplest first; each is used in some case."""
    if not values:
        raise AuthoringError("one_of() is empty; list the values, simplest first")
    for value in values:
        sound = isinstance(value, bool | tuple) or is_number(value)
        require(sound, f"one_of({value!r})", "its values should be numbers, flags or tuples, one after the other")

    def fixed(value: float) -> Draw:
        return lambda _rng, _shape, _sizes: value

    def strategy(_: Shape, __: Sizes) -> SearchStrategy[Value]:
        from hypothesis import strategies as st

        return st.sampled_from(values)

    def simple(rng: np.random.Generator, _: Shape, __: Sizes) -> Value:
        return values[int(rng.integers(len(values)))]

    return Domain(tuple(fixed(value) for value in values), strategy, simple, f"one_of{values}", choices=values)


def flag() -> Domain:
    """Return the domain of a Python bool."""
    return one_of(*(True, False))


def labels(classes: str) -> Domain:
    """Return integer labels in ``[0, classes)``; `classes` names a size."""
    require(isinstance(classes, str), f"labels({classes!r})", "it should be the name of a size, such as labels('c')")

    def draw(rng: np.random.Generator, shape: Shape, sizes: Sizes) -> Value:
        return rng.integers(0, _size(sizes, classes), shape, dtype=np.int64)

    def constant(rng: np.random.Generator, shape: Shape, sizes: Sizes) -> Value:
        return np.full(shape, rng.integers(0, _size(sizes, classes)), dtype=np.int64)

    def strategy(shape: Shape, sizes: Sizes) -> SearchStrategy[Value]:
        from hypothesis import strategies as st
        from hypothesis.extra import numpy as hnp

        elements = st.integers(0, _size(sizes, classes) - 1)
        return hnp.arrays(np.int64, shape, elements=elements, fill=st.nothing())

    return Domain((draw, draw, constant), strategy, draw, f"labels({classes!r})", classes=classes)


def _size(sizes: Sizes, name: str) -> int:
    size = sizes.get(name)
    if not isinstance(size, int):
        raise AuthoringError(f"labels({name!r}) names no size; the sizes here are {', '.join(sizes)}")
    return size


def named_draw(draw: Draw, name: str) -> Draw:
    """Return an author's draw, which is told by name where it raises or returns what no case can hold."""

    def sound(value: object) -> Value:
        if isinstance(value, np.ndarray | np.generic) and value.dtype.kind not in "fiub":
            raise TypeError(f"it returns an array of {value.dtype}, but should return real or whole numbers")
        if not isinstance(value, np.ndarray | np.generic | float | int | Seed | tuple):
            raise TypeError(f"it returns {type(value).__name__}, but should return an array or a number")
        return cast(Value, value)

    return authored(draw, name, arguments=("rng", "shape"), returns=sound)


def drawn(*draws: Draw, name: str = "drawn") -> Domain:
    """Return a domain from functions ``draw(rng, shape, sizes) -> value``, for structure that `reals` cannot say.

    Hypothesis varies such a domain by its seed alone, so it does not shrink element by element.
    """
    require(draws, "drawn()", "it should be given at least one function draw(rng, shape, sizes)")
    for draw in draws:
        require(callable(draw), f"drawn({draw!r})", "it should be a function draw(rng, shape, sizes)")
    draws = tuple(named_draw(draw, f"a draw of the domain {name!r}") for draw in draws)

    def strategy(shape: Shape, sizes: Sizes) -> SearchStrategy[Value]:
        from hypothesis import strategies as st

        return st.builds(
            lambda which, seed: draws[which](np.random.default_rng(seed), shape, sizes),
            st.integers(0, len(draws) - 1),
            st.integers(0, 2**16),
        )

    return Domain(draws, strategy, draws[0], name)


def seeds() -> Domain:
    """Return the domain of an ``rng`` argument."""

    def strategy(_: Shape, __: Sizes) -> SearchStrategy[Value]:
        from hypothesis import strategies as st

        return st.integers(0, 1000).map(Seed)

    def draw(rng: np.random.Generator, _: Shape, __: Sizes) -> Value:
        return Seed(int(rng.integers(0, 1000)))

    return Domain((draw,), strategy, draw, "seeds()")


DEFAULT_DOMAINS: Mapping[str, Domain] = {"rng": seeds(), "training": flag()}
"""Domains by name, where an exercise gives none."""

"""Reductions of a case: fewer elements along each of its axes, then simpler values, all within the contract."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.core.cases import Case, Layout, layout_of, plain
from grader.core.domains import Domain, Seed, Value
from grader.core.exercise import Check, Differential, Exercise
from grader.core.signature import Kind, Shape, Sizes, Term
from grader.errors import AuthoringError

STEPS = "steps"
"""The name of a trajectory's axis of steps, which is no named size."""
MAX_ALONE = 16
"""Items up to which each is tried alone, before halves of them are."""
DOTS = "..."
POWERS = (10.0, 100.0, 1000.0)
"""What a larger number is tried to be replaced by, with its sign."""
DIGITS = (1, 2, 3)
"""To how many significant digits a number is rounded."""

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Axis:
    """What arguments have in common: a named size, one of the leading sizes, or the steps of a trajectory.

    Attributes
    ----------
    name
        The size's name, ``"..."`` or ``"steps"``.
    length
        How many elements there are along it.
    lead
        Which of the leading sizes it is.
    """

    name: str
    length: int
    lead: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """An argument, or one of its elements by its place in the flat array."""

    name: str
    element: int | None = None


@dataclass(frozen=True, slots=True)
class Reductions:
    """Makes smaller and simpler cases of a check out of one; all are legal.

    A case is legal where its values are of their domains, or lie between those of the case that all began with, and
    where the check's condition holds.
    """

    exercise: Exercise
    check: Check
    origin: Case
    _layout: Layout = field(init=False, repr=False)
    _domains: Mapping[str, Domain] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        layout = layout_of(self.exercise, self.check)
        domains = {term.name: self.exercise.domain(function, term) for function, term in layout.terms}
        object.__setattr__(self, "_layout", layout)
        object.__setattr__(self, "_domains", domains)

    @property
    def _per_step(self) -> str | None:
        return self.check.body.per_step if isinstance(self.check.body, Differential) else None

    def axes(self, case: Case) -> list[Axis]:
        """Return the axes along which a case has more than one element: steps first, then as the sizes are written."""
        found = []
        if self._per_step is not None:
            found.append(Axis(STEPS, len(_array(case.inputs[self._per_step]))))
        lead = case.sizes.get(DOTS, ())
        found += [Axis(DOTS, length, i) for i, length in enumerate(lead if isinstance(lead, tuple) else ())]
        found += [Axis(name, size) for name in self._layout.size_names if isinstance(size := case.sizes[name], int)]
        return [axis for axis in found if axis.length > 1]

    def kept(self, case: Case, axis: Axis, keep: Sequence[int]) -> Case | None:
        """Return a case of some elements along an axis, in all arguments that have it; `None` where none is legal."""
        sizes = dict(case.sizes)
        if axis.name == DOTS:
            lead = sizes[DOTS]
            assert isinstance(lead, tuple)
            sizes[DOTS] = (*lead[: axis.lead], len(keep), *lead[axis.lead + 1 :])
        elif axis.name != STEPS:
            sizes[axis.name] = len(keep)
        inputs = dict(case.inputs)
        for _, term in self._layout.terms:
            domain = self._domains[term.name]
            if term.name == self._per_step and axis.name == STEPS:
                inputs[term.name] = _array(case.inputs[term.name])[list(keep)]
            elif domain.is_elementwise:
                inputs[term.name] = self._taken(term, axis, keep, case, sizes)
            elif axis.name != STEPS and not domain.choices and term.kind is not Kind.RNG:
                # How the values hang together, and with the sizes, only the author's draws know.
                if term.kind is not Kind.ARRAY or term.name == self._per_step:
                    return None
                inputs[term.name] = domain.simple(np.random.default_rng(0), term.shape(_known(sizes, inputs)), sizes)
        return self._legal(Case(inputs, sizes, case.label))

    def _taken(self, term: Term, axis: Axis, keep: Sequence[int], case: Case, sizes: Sizes) -> Value:
        value, own = case.inputs[term.name], int(term.name == self._per_step)
        if not isinstance(value, np.ndarray):
            return value
        old, new = _known(case.sizes, case.inputs), _known(sizes, case.inputs)
        for position, chosen in _positions(term, axis, keep, old, new):
            value = np.take(value, chosen, axis=position + own)
        if self._domains[term.name].classes == axis.name:
            # A label of a class that is left out becomes that of the nearest one that stays.
            nearest = [int(np.argmin(np.abs(np.asarray(keep) - k))) for k in range(axis.length)]
            value = np.asarray(nearest, value.dtype)[value]
        return value

    def flat(self, case: Case) -> Case | None:
        """Return a case without leading sizes of one, but with arrays that have an axis; `None` where there are none.

        An array without axes is legal, too, but not what a student thinks of first.
        """
        lead = case.sizes.get(DOTS)
        if not isinstance(lead, tuple) or 1 not in lead:
            return None
        least = min(len(term.dims or ()) for _, term in self._layout.terms if term.dots)
        few = tuple(size for size in lead if size != 1) or (() if least else (1,))
        if len(few) >= len(lead):
            return None
        sizes = {**case.sizes, DOTS: few}
        known, inputs = _known(sizes, case.inputs), dict(case.inputs)
        for _, term in self._layout.terms:
            if term.dots:
                value = _array(inputs[term.name])
                steps = value.shape[:1] if term.name == self._per_step else ()
                inputs[term.name] = value.reshape(*steps, *term.shape(known))
        return self._legal(Case(inputs, sizes, case.label))

    def nonzero(self, case: Case) -> list[Place]:
        """Return the arguments that are not 0 throughout, and of those of several elements the ones that are not 0."""
        found = []
        for name in self._changeable(case):
            numbers = _numbers(case.inputs[name])
            places = np.flatnonzero(numbers).tolist()
            found += [Place(name)] * bool(places)
            found += [Place(name, i) for i in places if numbers.size > 1]
        return found

    def unwieldy(self, case: Case) -> list[Place]:
        """Return all numbers other than 0 and 1."""
        return [
            Place(name, i)
            for name in self._changeable(case)
            for i, x in enumerate(_numbers(case.inputs[name]).ravel().tolist())
            if x not in (0, 1)
        ]

    def _changeable(self, case: Case) -> list[str]:
        """Return the arguments whose elements may be changed one by one; hyper-parameters stay."""
        return [name for name in case.inputs if self._domains[name].is_elementwise]

    def simpler(self, case: Case, place: Place, *, zero: bool = False) -> list[Case]:
        """Return cases with simpler values at a place, simplest first; `zero` lets only 0 be tried."""
        value, domain = case.inputs[place.name], self._domains[place.name]
        array = _numbers(value)
        at = slice(None) if place.element is None else slice(place.element, place.element + 1)
        chosen = array.reshape(-1)[at]
        changed: dict[bytes, Case] = {}
        for part in _simpler_numbers(chosen, self._hull(place.name), zero=zero or bool(domain.classes)):
            other = array.copy()
            other.reshape(-1)[at] = part
            simple = other if isinstance(value, np.ndarray) else plain(other)
            changed.setdefault(other.tobytes(), replace(case, inputs={**case.inputs, place.name: simple}))
        lighter = [one for one in changed.values() if one.weight < case.weight]
        return self._legal_ones(sorted(lighter, key=lambda one: one.weight))

    def merged(self, case: Case, chosen: Mapping[Place, Case]) -> Case | None:
        """Return a case with values from other cases at some places, `None` where it is not legal."""
        inputs = dict(case.inputs)
        for place, source in chosen.items():
            value, other = inputs[place.name], source.inputs[place.name]
            if place.element is not None and isinstance(value, np.ndarray):
                value = value.copy()
                value.reshape(-1)[place.element] = _numbers(other).ravel()[place.element]
                inputs[place.name] = value
            else:
                inputs[place.name] = other
        return self._legal(replace(case, inputs=inputs))

    def _legal_ones(self, cases: Iterable[Case]) -> list[Case]:
        return [case for case in cases if self._legal(case) is not None]

    def _hull(self, name: str) -> tuple[float, float]:
        low, high = self._domains[name].bounds or (0.0, 0.0)
        value = np.asarray(self.origin.inputs[name], float)
        return (min(low, float(value.min())), max(high, float(value.max()))) if value.size else (low, high)

    def _legal(self, case: Case) -> Case | None:
        where = self.check.body.where
        try:
            with np.errstate(all="ignore"):
                return case if where is None or where(case.view) else None
        except AuthoringError:  # a condition that cannot be told of a case does not hold for it
            return None


def _array(value: Value) -> Array:
    assert isinstance(value, np.ndarray)
    return value


def _numbers(value: Value) -> Array:
    """Return the numbers of an array or a scalar; 0-d for a scalar."""
    assert not isinstance(value, Seed)
    return np.asarray(value)


def _known(sizes: Sizes, inputs: Mapping[str, Value]) -> dict[str, int | Shape]:
    """Return sizes with the whole scalars that shapes may depend on."""
    return {**sizes, **{name: value for name, value in inputs.items() if type(value) is int}}


def _positions(
    term: Term, axis: Axis, keep: Sequence[int], old: Sizes, new: Sizes
) -> Iterator[tuple[int, list[int]]]:  # fmt: skip
    """Yield which of an array's axes change, and the places that stay; of a multiple of the size, in every part."""
    lead = old[DOTS] if term.dots else ()
    assert isinstance(lead, tuple)
    if axis.name == DOTS:
        if term.dots:
            yield axis.lead, list(keep)
        return
    for k, dim in enumerate(term.dims or ()):
        if axis.name not in dim.names:
            continue
        before, after = dim.evaluate(old), dim.evaluate(new)
        parts, rest = divmod(before, axis.length)
        if not rest and after == parts * len(keep):
            yield len(lead) + k, [part * axis.length + i for part in range(parts) for i in keep]
        else:
            yield len(lead) + k, list(range(after))


def _simpler_numbers(numbers: Array, hull: tuple[float, float], *, zero: bool) -> Iterator[Array]:
    """Yield numbers that are easier to read, of the same shape and within bounds."""
    low, high = hull
    simple = [np.zeros_like(numbers)]
    if not zero:
        simple += [np.ones_like(numbers), np.sign(numbers), np.trunc(numbers), np.rint(numbers)]
        simple += [np.sign(numbers) * power for power in POWERS if (np.abs(numbers) > power).all()]
        simple += [_rounded(numbers, digits) for digits in DIGITS]
    for one in simple:
        if ((low <= one) & (one <= high)).all():
            yield one


def _rounded(numbers: Array, digits: int) -> Array:
    return np.array([float(f"{x:.{digits - 1}e}") for x in numbers.tolist()])


def minimal(items: Sequence[int], first: Callable[[Sequence[Sequence[int]]], int | None]) -> list[int]:
    """Return some of the items that fail while they do not without any one of them (Zeller & Hildebrandt's ddmin).

    Parameters
    ----------
    first
        Tells which of several choices is the first that fails, if any.
    """
    kept, parts, tried = list(items), 2, set[tuple[int, ...]]()
    if len(kept) <= MAX_ALONE:
        alone = first([[i] for i in kept])
        if alone is not None:
            return [kept[alone]]
        tried.update((i,) for i in kept)
    while len(kept) > 1:
        ends = [len(kept) * k // parts for k in range(parts + 1)]
        chunks = [kept[a:b] for a, b in itertools.pairwise(ends)]
        others = [[i for i in kept if i not in chunk] for chunk in chunks] if parts > 2 else []
        for choices, finer in ((chunks, 2), (others, max(parts - 1, 2))):
            new = [choice for choice in choices if tuple(choice) not in tried]
            tried.update(map(tuple, new))
            found = first(new) if new else None
            if found is not None:
                kept, parts = new[found], finer
                break
        else:
            if parts >= len(kept):
                break
            parts = min(2 * parts, len(kept))
    return kept

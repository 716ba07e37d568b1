"""Cases: the inputs on which everyone's code is called, scripted and by Hypothesis, the same for a seed."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np

from grader.core.domains import Draw, Seed, Value
from grader.core.exercise import Check, Differential, Exercise, Function, Regime
from grader.core.signature import Kind, Shape, Sizes, Term
from grader.errors import AuthoringError

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

HYPOTHESIS_EXAMPLES = 8
"""Cases by Hypothesis for each check, besides the scripted ones."""

LADDER_CASES = 48
"""Small cases of simple values among which the smallest failing case is looked for first."""

LARGE = (40, 27, 19, 23, 31)
"""Sizes of the one large case of each check."""

MAX_REDRAWS = 1000
"""How often a case is drawn again until its condition holds."""

LEADS: tuple[Shape, ...] = ((3, 4), (), (1,), (5,), (2, 1, 3), (2, 3, 2), (7,), (2, 1, 3, 2))
"""Leading sizes of arguments of any shape."""

GRADIENT_SCALES = (1.0, 10.0, 0.1, 1e-3)
"""Sizes of the gradients along a trajectory, in turn."""


@dataclass(frozen=True, slots=True)
class Case:
    """Named inputs of one call (or of a forward and its backward, or of a trajectory).

    Attributes
    ----------
    inputs
        Values by argument name; a per-step argument of a trajectory has one more leading size.
    sizes
        The named sizes.
    label
        Where the case comes from, for authors.
    """

    inputs: Mapping[str, Value]
    sizes: Mapping[str, int | Shape]
    label: str

    @property
    def weight(self) -> tuple[int, int, float]:
        """How hard the case is to read: elements, printed digits, magnitude."""
        arrays = [np.asarray(v) for v in self.inputs.values() if not isinstance(v, Seed)]
        digits = sum(len(repr(float(x))) for a in arrays for x in a.ravel()[:64])
        return (sum(a.size for a in arrays), digits, float(sum(np.abs(a, dtype=float).sum() for a in arrays)))

    @property
    def view(self) -> SimpleNamespace:
        """Inputs and sizes as attributes, for conditions and predicates."""
        return SimpleNamespace(**{**{k: v for k, v in self.sizes.items() if k != "..."}, **self.inputs})


@dataclass(frozen=True, slots=True)
class Layout:
    """The arguments that a check's cases consist of, with the function that each belongs to."""

    terms: tuple[tuple[Function, Term], ...]
    size_names: tuple[str, ...]
    has_dots: bool


def layout_of(exercise: Exercise, check: Check) -> Layout:
    """Return which arguments a case of a check has: the forward's, then the function's own."""
    functions = [exercise.function(check.function)]
    of = check.body.of if isinstance(check.body, Differential) else None
    functions[:0] = [exercise.function(name) for name in ([of] if of else check.needs) if name != check.function]
    terms: dict[str, tuple[Function, Term]] = {}
    for function in functions:
        for term in function.signature.arguments:
            if term.kind is Kind.OPAQUE:
                continue
            other = terms.setdefault(term.name, (function, term))
            if str(other[1]) != str(term):
                raise AuthoringError(
                    f"{check.name}: {term} of {function.name} is {other[1]} in {other[0].name}; rename one of them"
                )
    names = dict.fromkeys(name for f in functions for name in f.signature.size_names)
    scalars = {term.name for _, term in terms.values() if term.kind is Kind.SCALAR}
    return Layout(
        tuple(terms.values()),
        tuple(name for name in names if name not in scalars),
        any(f.signature.has_dots for f in functions),
    )


def edge_sizes(names: Sequence[str], *, has_dots: bool) -> list[dict[str, int | Shape]]:
    """Return the sizes that are always among the cases: one, each name alone at one, square, several non-square."""
    k = len(names)
    rows: list[list[int]] = [[3 + (i * 2) % 5 + (i >= 5) for i in range(k)], [1] * k]
    rows += [[1 if i == j else 2 + i for i in range(k)] for j in range(k) if k > 1]
    rows += [[3] * k, [5 - i % 4 for i in range(k)], [2 + (i * 3) % 4 for i in range(k)], [6 + i % 3 for i in range(k)]]
    if not k:
        rows = [[]]
    sizes: list[dict[str, int | Shape]] = []
    for row in rows:
        named: dict[str, int | Shape] = dict(zip(names, row, strict=True))
        if not has_dots:
            sizes.append(named)
    if has_dots:
        for i in range(max(len(rows), len(LEADS))):
            sizes.append({**dict(zip(names, rows[i % len(rows)], strict=True)), "...": LEADS[i % len(LEADS)]})
    return sizes


def generate(exercise: Exercise, check: Check, *, seed: int) -> list[Case]:
    """Return a check's cases for a seed, simplest first.

    Raises
    ------
    AuthoringError
        If a domain is missing, or a condition holds for almost no draw.
    """
    layout = layout_of(exercise, check)
    rng = np.random.default_rng([seed, zlib.crc32(check.name.encode())])
    sizes = edge_sizes(layout.size_names, has_dots=layout.has_dots)
    cases = list(islice(_scripted(exercise, check, layout, rng, sizes), check.body.examples))
    for regime in check.body.regimes:
        cases += _in_regime(exercise, check, layout, rng, sizes, regime)
    if isinstance(check.body, Differential):
        draws = _any_classes(exercise, layout, rng)
        cases.append(_draw_case(exercise, check, layout, rng, large_sizes(layout), draws, label="large"))
        cases += by_hypothesis(exercise, check, seed=seed)
    return sorted(cases, key=lambda case: case.weight)


def large_sizes(layout: Layout) -> dict[str, int | Shape]:
    """Return sizes well above those of the other cases, for code that treats large arrays in another way."""
    sizes: dict[str, int | Shape] = {name: LARGE[i % len(LARGE)] for i, name in enumerate(layout.size_names)}
    return {**sizes, "...": LARGE[-2:]} if layout.has_dots else sizes


def ladder(exercise: Exercise, check: Check, *, seed: int) -> list[Case]:
    """Return small cases of simple values, simplest first: the first that fails is what a report shows.

    Raises
    ------
    AuthoringError
        If a domain is missing, or a condition holds for almost no draw.
    """
    layout = layout_of(exercise, check)
    rng = np.random.default_rng([seed, 1, zlib.crc32(check.name.encode())])
    draws = {term.name: exercise.domain(function, term).simple for function, term in layout.terms}
    cases = []
    for i in range(LADDER_CASES):
        most = 1 + (i % 3)
        sizes: dict[str, int | Shape] = {name: int(rng.integers(1, most + 1)) for name in layout.size_names}
        if layout.has_dots:
            sizes["..."] = ((), (1,), (2,), (2, 2))[i % 4] if layout.size_names else ((1,), (1,), (2,), ())[i % 4]
        cases.append(_draw_case(exercise, check, layout, rng, sizes, draws, label="ladder", fixed=draws))
    return sorted(cases, key=lambda case: case.weight)


def _scripted(
    exercise: Exercise,
    check: Check,
    layout: Layout,
    rng: np.random.Generator,
    sizes: list[dict[str, int | Shape]],
) -> Iterator[Case]:
    """Yield cases for ever: all edge sizes in turn, and every class of every domain in turn, each at its own pace."""
    domains = [exercise.domain(function, term) for function, term in layout.terms]
    decks: list[list[int]] = [[] for _ in domains]
    i = 0
    while True:
        for deck, domain in zip(decks, domains, strict=True):
            if not deck:
                deck.extend(rng.permutation(len(domain.draws)).tolist())
        draws = {
            term.name: domain.draws[deck.pop()]
            for (_, term), domain, deck in zip(layout.terms, domains, decks, strict=True)
        }
        yield _draw_case(exercise, check, layout, rng, _vary(sizes, i, rng), draws, label="scripted")
        i += 1


def _vary(sizes: list[dict[str, int | Shape]], i: int, rng: np.random.Generator) -> dict[str, int | Shape]:
    return sizes[i] if i < len(sizes) else sizes[int(rng.integers(len(sizes)))]


def _in_regime(
    exercise: Exercise,
    check: Check,
    layout: Layout,
    rng: np.random.Generator,
    sizes: list[dict[str, int | Shape]],
    regime: Regime,
) -> list[Case]:
    big = [size for size in sizes if all(v != 1 for v in size.values() if isinstance(v, int))] or sizes
    cases = []
    for i in range(regime.count):
        draws = {**_any_classes(exercise, layout, rng), **regime.draws}
        sized = big[i % len(big)]
        cases.append(_draw_case(exercise, check, layout, rng, sized, draws, label=regime.name, fixed=regime.draws))
    return cases


def _any_classes(exercise: Exercise, layout: Layout, rng: np.random.Generator) -> dict[str, Draw]:
    draws = {}
    for function, term in layout.terms:
        options = exercise.domain(function, term).draws
        draws[term.name] = options[int(rng.integers(len(options)))]
    return draws


def _draw_case(
    exercise: Exercise,
    check: Check,
    layout: Layout,
    rng: np.random.Generator,
    sizes: Mapping[str, int | Shape],
    draws: Mapping[str, Draw],
    *,
    label: str,
    fixed: Mapping[str, Draw] | None = None,
) -> Case:
    """Draw values; where the check's condition keeps refusing them, of other classes, and in the end of other sizes."""
    for attempt in range(1, MAX_REDRAWS + 1):
        known: dict[str, int | Shape] = dict(sizes)
        inputs: dict[str, Value] = {}
        ordered = sorted(layout.terms, key=lambda pair: pair[1].kind is not Kind.SCALAR)
        for _, term in ordered:
            value = _draw_value(check, term, draws[term.name], rng, known)
            inputs[term.name] = value
            if type(value) is int:
                known[term.name] = value
        case = Case({term.name: inputs[term.name] for _, term in layout.terms}, sizes, label)
        if check.body.where is None or check.body.where(case.view):
            return case
        if attempt % 10 == 0:
            draws = {**_any_classes(exercise, layout, rng), **(fixed or {})}
        if attempt % 50 == 0:
            sizes = {name: int(rng.integers(1, 6)) if isinstance(size, int) else size for name, size in sizes.items()}
    raise AuthoringError(f"{check.name}: where= refused {MAX_REDRAWS} draws ({label}); widen it or narrow the inputs")


def _draw_value(check: Check, term: Term, draw: Draw, rng: np.random.Generator, sizes: Sizes) -> Value:
    if term.kind is not Kind.ARRAY:
        return plain(draw(rng, (), sizes))
    shape = term.shape(sizes)
    if isinstance(check.body, Differential) and check.body.per_step == term.name:
        steps = [np.asarray(draw(rng, shape, sizes), float) for _ in range(check.body.steps)]
        scales = [GRADIENT_SCALES[t % len(GRADIENT_SCALES)] for t in range(check.body.steps)]
        return np.stack([step * scale for step, scale in zip(steps, scales, strict=True)])
    value = draw(rng, shape, sizes)
    if not isinstance(value, np.ndarray) or value.shape != shape:
        raise AuthoringError(
            f"{check.name}: {term.name} was drawn as {type(value).__name__} of shape {np.shape(value)},"  # type: ignore[arg-type]
            f" but should be an array of shape {shape}"
        )
    return value


def plain(value: Value) -> Value:
    """Return a scalar as Python has it, which the wire and the cache can hold."""
    return value.item() if isinstance(value, np.ndarray | np.generic) else value


def by_hypothesis(exercise: Exercise, check: Check, *, seed: int) -> list[Case]:
    """Return a few cases that Hypothesis generates: special floats, ties, extremes of the contract."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    cases: list[Case] = []

    @seeded(zlib.crc32(f"{seed}/{check.name}".encode()))
    @settings(
        max_examples=HYPOTHESIS_EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=case_strategy(exercise, check))
    def collect(case: Case) -> None:
        cases.append(case)

    with whatever_is_imported():
        collect()
    return cases


@contextlib.contextmanager
def whatever_is_imported() -> Iterator[None]:
    """Let Hypothesis draw the same values whatever modules this process holds.

    Hypothesis also draws constants that it reads in the source of imported modules outside site-packages: cases would
    depend on where `grade` is installed and on what ran before.
    """
    from hypothesis.internal.conjecture import providers

    if not hasattr(providers, "_get_local_constants"):  # older than this habit of Hypothesis
        yield
        return
    from hypothesis.internal.constants_ast import Constants

    original = providers._get_local_constants
    providers.CONSTANTS_CACHE.cache.clear()
    providers._get_local_constants = Constants
    try:
        yield
    finally:
        providers._get_local_constants = original
        providers.CONSTANTS_CACHE.cache.clear()


def case_strategy(exercise: Exercise, check: Check, *, most: int = 4) -> SearchStrategy[Case]:
    """Return a Hypothesis strategy of cases with sizes from 1 to `most`, for generation and for shrinking."""
    from hypothesis import assume
    from hypothesis import strategies as st

    layout = layout_of(exercise, check)
    per_step = check.body.per_step if isinstance(check.body, Differential) else None
    steps = check.body.steps if isinstance(check.body, Differential) else 1
    ordered = sorted(layout.terms, key=lambda pair: pair[1].kind is not Kind.SCALAR)

    @st.composite
    def cases(draw: st.DrawFn) -> Case:
        sizes: dict[str, int | Shape] = {name: draw(st.integers(1, most)) for name in layout.size_names}
        if layout.has_dots:
            sizes["..."] = tuple(draw(st.lists(st.integers(1, 3), max_size=3)))
        known = dict(sizes)
        inputs: dict[str, Value] = {}
        for function, term in ordered:
            shape = term.shape(known) if term.kind is Kind.ARRAY else ()
            shape = (steps, *shape) if term.name == per_step else shape
            value = draw(exercise.domain(function, term).strategy(shape, known))
            if term.kind is not Kind.ARRAY:
                value = plain(value)
            inputs[term.name] = value
            if type(value) is int:
                known[term.name] = value
        case = Case({term.name: inputs[term.name] for _, term in layout.terms}, sizes, "hypothesis")
        assume(check.body.where is None or check.body.where(case.view))
        return case

    return cases()

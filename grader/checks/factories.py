"""Factories of checks, for exercise files: `matches`, `gradient`, `trajectory`, `holds` and `regime`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from grader.core.authored import are_texts, authored, is_count, is_number, require
from grader.core.domains import Draw, named_draw
from grader.core.exercise import Bounds, Check, Differential, Predicate, Property, Regime, Scale, Where
from grader.errors import AuthoringError

DRAW = "should be a function draw(rng, shape, sizes) that returns an array of that shape"


def regime(name: str, *, count: int = 3, **draws: Draw) -> Regime:
    """Return a special situation: named inputs are drawn by ``draw(rng, shape, sizes)``, the others as usual.

    Parameters
    ----------
    name
        What is special, for example ``"constant column"``.
    count
        How many cases of it are made.
    """
    require(isinstance(name, str), f"regime({name!r})", "its name should be a text, such as 'constant column'")
    require(is_count(count), f"regime({name!r}, count={count!r})", "count should be a whole number, such as count=3")
    if not draws:
        raise AuthoringError(f"regime {name!r} overrides no input; write name=draw")
    for argument, draw in draws.items():
        require(callable(draw), f"regime({name!r}, {argument}={draw!r})", f"{argument} {DRAW}")
    named = {key: named_draw(draw, f"the draw of {key} in regime {name!r}") for key, draw in draws.items()}
    return Regime(name, named, count)


def matches(
    function: str,
    *,
    points: float = 2.0,
    results: Sequence[str] = (),
    examples: int = 26,
    where: Where | None = None,
    quiet: bool = False,
    accuracy: tuple[float, float] = (0.0, 0.0),
    scale: Scale | None = None,
    bounds: Bounds | None = None,
    regimes: Sequence[Regime] = (),
    needs: Sequence[str] = (),
    hint: str = "",
) -> Check:
    """Return the check that a function's results equal the reference's.

    Parameters
    ----------
    points
        What it is worth.
    results
        Which results are compared; all but caches and states unless given.
    examples
        Scripted cases, besides those of Hypothesis and of the regimes.
    where
        A condition on the inputs: ``lambda case: not case.training``; cases are drawn again until it holds.
    quiet
        Whether a NumPy warning under the default error state is a fault.
    accuracy
        Relative and absolute error that the contract allows; the derived tolerance is never tighter.
    scale
        The natural size of the results, the floor of the tolerance; by default their largest condition number.
    bounds
        Lower and upper ends of the right answers where a range is right.
    regimes
        Special situations to add.
    needs
        Functions that must be right first.
    hint
        What to look at, where no known mistake explains a failure.
    """
    _check_options(
        f"matches({function!r}", points=points, examples=examples, regimes=regimes, needs=needs, hint=hint,
        results=results,
    )  # fmt: skip
    _check_accuracy(f"matches({function!r}", accuracy)
    name = f"{function}/values"
    body = Differential(
        kind="values", results=tuple(results), examples=examples, where=_function("where", where, name), quiet=quiet,
        accuracy=accuracy, scale=_function("scale", scale, name), bounds=_function("bounds", bounds, name),
        regimes=tuple(regimes),
    )  # fmt: skip
    return Check(
        function=function, slug="values", title="returns the right values", points=points, hint=hint, body=body,
        needs=tuple(needs),
    )  # fmt: skip


def gradient(
    function: str,
    *,
    of: str,
    points: float = 3.0,
    results: Sequence[str] = (),
    examples: int = 26,
    where: Where | None = None,
    quiet: bool = False,
    accuracy: tuple[float, float] = (0.0, 0.0),
    scale: Scale | None = None,
    bounds: Bounds | None = None,
    regimes: Sequence[Regime] = (),
    needs: Sequence[str] = (),
    hint: str = "",
) -> Check:
    """Return the check that a backward function computes the gradient of a forward function.

    Where `function` takes a ``cache``, each case first calls `of` and hands its cache on. Where the exercise's oracle
    has no function of this name, torch's autograd differentiates the oracle of `of`: a result ``dx`` is the gradient
    with respect to ``x``, an argument ``dy`` the gradient with respect to the result ``y``. `of` may be `function`
    itself where it returns a loss and its gradients; `results` are the gradients then. A backward that takes a cache
    waits until `of` is right, besides what it `needs`. Every other parameter is as in `matches`.
    """
    _check_options(
        f"gradient({function!r}", points=points, examples=examples, regimes=regimes, needs=needs, hint=hint,
        results=results,
    )  # fmt: skip
    _check_accuracy(f"gradient({function!r}", accuracy)
    require(isinstance(of, str), f"gradient({function!r}, of={of!r})", "of should be the name of a forward")
    name = f"{function}/gradient"
    body = Differential(
        kind="gradient", of=of, results=tuple(results), examples=examples, where=_function("where", where, name),
        quiet=quiet, accuracy=accuracy, scale=_function("scale", scale, name), bounds=_function("bounds", bounds, name),
        regimes=tuple(regimes),
    )  # fmt: skip
    return Check(
        function=function, slug="gradient", title="returns the right gradient", points=points, hint=hint, body=body,
        needs=tuple(needs),
    )  # fmt: skip


def trajectory(
    function: str,
    *,
    per_step: str = "g",
    steps: int = 6,
    points: float = 3.0,
    examples: int = 16,
    where: Where | None = None,
    scale: Scale | None = None,
    regimes: Sequence[Regime] = (),
    hint: str = "",
) -> Check:
    """Return the check that a stateful step is right at every step of a trajectory.

    The step's results feed its arguments of the same name; `per_step` is drawn anew for each step, at sizes that
    differ by a factor of 10,000; ``state`` is ``{}`` at first. Two trajectories are also run in turn, each with its
    own state.
    """
    _check_options(f"trajectory({function!r}", points=points, examples=examples, regimes=regimes, hint=hint)
    require(is_count(steps), f"trajectory({function!r}, steps={steps!r})", "steps should be a whole number, such as 6")
    name = f"{function}/trajectory"
    if steps < 2:
        raise AuthoringError(f"trajectory({function!r}, steps={steps}); a trajectory has at least 2 steps")
    body = Differential(
        kind="trajectory", steps=steps, per_step=per_step, examples=examples, where=_function("where", where, name),
        scale=_function("scale", scale, name), regimes=tuple(regimes),
    )  # fmt: skip
    return Check(
        function=function, slug="trajectory", title=f"is right at each of {steps} steps", points=points, hint=hint,
        body=body,
    )  # fmt: skip


def holds(
    function: str,
    claim: str,
    predicate: Predicate,
    *,
    points: float = 1.0,
    examples: int = 4,
    where: Where | None = None,
    regimes: Sequence[Regime] = (),
    needs: Sequence[str] = (),
    hint: str = "",
) -> Check:
    """Return the check that a claim about a function holds; `predicate` decides it by calling the student's code.

    Parameters
    ----------
    claim
        A short sentence, such as ``"rows sum to one"``; its words, joined by ``-``, name the check.
    predicate
        ``predicate(student, case)`` calls ``student.softmax(case.z)`` and so on, and returns `None` or `True` where the
        claim holds, else `False`, a sentence of what was seen instead, or `Refuted` with a known mistake's name.
        What the student's functions raise, or return in a wrong shape, fails the check by itself.
    needs
        Further functions whose answers must be right first. The cases hold their arguments, too.
    """
    require(isinstance(claim, str), f"holds({function!r}, {claim!r}, …)", "its claim should be a sentence")
    _check_options(
        f"holds({function!r}, {claim!r}", points=points, examples=examples, regimes=regimes, needs=needs, hint=hint
    )
    should = "its predicate should be a function predicate(student, case)"
    require(callable(predicate), f"holds({function!r}, {claim!r}, {predicate!r})", should)
    slug = re.sub(r"[^a-z0-9]+", "-", claim.lower()).strip("-")
    if not slug:
        raise AuthoringError(f"the claim {claim!r} about {function} has no words")
    condition = _function("where", where, f"{function}/{slug}")
    body = Property(predicate=predicate, examples=examples, where=condition, regimes=tuple(regimes))
    return Check(
        function=function, slug=slug, title=claim, points=points, hint=hint, body=body, needs=tuple(needs)
    )  # fmt: skip


F = TypeVar("F", bound=Callable[[SimpleNamespace], Any])


def _function(option: str, function: F | None, check: str) -> F | None:
    """Return an option that is a function of the case, whose faults are told as the author's."""
    if function is None:
        return None
    should = f"{option} should be a function of the case, such as lambda case: …"
    require(callable(function), f"{check}: {option}={function!r}", should)
    name = f"{option}= of {check}"
    return cast(F, authored(function, name, returns=bool) if option == "where" else authored(function, name))


def _check_options(
    call: str,
    *,
    points: object,
    examples: object,
    regimes: object,
    hint: object,
    needs: object = (),
    results: object = (),
) -> None:
    """Refuse options of a wrong type; `call` is how the check is written so far."""
    sound = is_number(points) and float(cast(float, points)) >= 0
    require(sound, f"{call}, points={points!r})", "points should be a number from 0 on, such as points=2")
    whole = "examples should be a whole number, such as examples=26"
    require(is_count(examples), f"{call}, examples={examples!r})", whole)
    for option, value, example in (("results", results, "y"), ("needs", needs, "softmax")):
        should = f"{option} should be a list of names, such as {option}=[{example!r}]"
        require(are_texts(value), f"{call}, {option}={value!r})", should)
    listed = isinstance(regimes, list | tuple)
    require(listed, f"{call}, regimes={regimes!r})", "regimes should be a list, such as regimes=[regime(…)]")
    for item in cast(Sequence[object], regimes):
        require(isinstance(item, Regime), f"{call}, regimes=[{item!r}])", "each should be made by regime(…)")
    require(isinstance(hint, str), f"{call}, hint={hint!r})", "hint should be a sentence")


def _check_accuracy(call: str, accuracy: object) -> None:
    sound = isinstance(accuracy, tuple) and len(accuracy) == 2 and all(map(is_number, accuracy))
    should = "accuracy should be a relative and an absolute error, such as accuracy=(1e-9, 0.0)"
    require(sound, f"{call}, accuracy={accuracy!r})", should)

"""Factories of checks, for exercise files: `matches`, `gradient`, `trajectory`, `holds` and `regime`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.core.domains import Draw
from grader.core.exercise import Bounds, Check, Differential, Predicate, Property, Regime, Scale, Where
from grader.errors import AuthoringError


def regime(name: str, *, count: int = 3, **draws: Draw) -> Regime:
    """Return a special situation: named inputs are drawn by ``draw(rng, shape, sizes)``, the others as usual.

    Parameters
    ----------
    name
        What is special, for example ``"constant column"``.
    count
        How many cases of it are made.
    """
    if not draws:
        raise AuthoringError(f"regime {name!r} overrides no input; write name=draw")
    return Regime(name, draws, count)


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
    body = Differential(
        kind="values", results=tuple(results), examples=examples, where=where, quiet=quiet, accuracy=accuracy,
        scale=scale, bounds=bounds, regimes=tuple(regimes),
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
    body = Differential(
        kind="gradient", of=of, results=tuple(results), examples=examples, where=where, quiet=quiet, accuracy=accuracy,
        scale=scale, bounds=bounds, regimes=tuple(regimes),
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
    if steps < 2:
        raise AuthoringError(f"trajectory({function!r}, steps={steps}); a trajectory has at least 2 steps")
    body = Differential(
        kind="trajectory", steps=steps, per_step=per_step, examples=examples, where=where, scale=scale,
        regimes=tuple(regimes),
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
    slug = re.sub(r"[^a-z0-9]+", "-", claim.lower()).strip("-")
    if not slug:
        raise AuthoringError(f"the claim {claim!r} about {function} has no words")
    body = Property(predicate=predicate, examples=examples, where=where, regimes=tuple(regimes))
    return Check(
        function=function, slug=slug, title=claim, points=points, hint=hint, body=body, needs=tuple(needs)
    )  # fmt: skip

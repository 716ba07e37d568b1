"""An exercise as one declarative value: functions, inputs, checks and a torch oracle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Protocol

import numpy.typing as npt

from grader.core.domains import DEFAULT_DOMAINS, Domain, Draw, reals
from grader.core.signature import Kind, Signature, Term
from grader.errors import AuthoringError

Where = Callable[[SimpleNamespace], bool]
"""A condition on a case's inputs, read as attributes: ``lambda case: case.n > 1``."""

Bounds = Callable[[SimpleNamespace], tuple[tuple[npt.NDArray[Any], npt.NDArray[Any]], ...]]
"""Lower and upper ends of the right answers, a pair per result; they count where they differ (at kinks)."""

Scale = Callable[[SimpleNamespace], float]
"""The natural size of a check's outputs for a case: the floor of its tolerance."""


class Student(Protocol):
    """The student's functions, called by name as attributes: ``student.softmax(z)``.

    Attributes
    ----------
    changed
        Which arguments the calls so far changed in place, as ``"x of dropout_forward"``.
    """

    changed: list[str]

    def __getattr__(self, name: str) -> Callable[..., Any]: ...


@dataclass(frozen=True, slots=True)
class Refuted:
    """A property's answer where it does not hold.

    Attributes
    ----------
    message
        What was seen and what should be.
    mistake
        The name of the known mistake that the numbers show, or `None`; only where they prove it.
    """

    message: str
    mistake: str | None = None


Predicate = Callable[[Student, SimpleNamespace], "Refuted | str | bool | None"]
"""``predicate(student, case)``: `None` or `True` where the claim holds, else what was seen instead."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function that the student writes."""

    signature: Signature
    summary: str = ""
    inputs: Mapping[str, Domain] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name by which it is called."""
        return self.signature.name


@dataclass(frozen=True, slots=True)
class Regime:
    """Overrides of some inputs that make up a special situation, such as a constant column."""

    name: str
    draws: Mapping[str, Draw]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Differential:
    """Answers are compared with the reference, call by call.

    Attributes
    ----------
    kind
        ``values``: one call; ``gradient``: a backward after its forward; ``trajectory``: several steps with state.
    of
        The forward of a gradient whose backward takes its cache.
    examples
        How many scripted cases, besides Hypothesis' and the regimes'.
    quiet
        Whether a NumPy warning is a fault.
    accuracy
        Relative and absolute error that the contract allows on top of the derived tolerance.
    per_step
        The argument that a trajectory gets anew at each step.
    results
        The results that are compared; all but caches and states where empty.
    """

    kind: str
    of: str | None = None
    steps: int = 1
    per_step: str | None = None
    results: tuple[str, ...] = ()
    examples: int = 26
    where: Where | None = None
    quiet: bool = False
    accuracy: tuple[float, float] = (0.0, 0.0)
    scale: Scale | None = None
    bounds: Bounds | None = None
    regimes: tuple[Regime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """A claim that a predicate decides by calling the student's functions."""

    predicate: Predicate
    examples: int = 4
    where: Where | None = None
    regimes: tuple[Regime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A claim about a function, worth points.

    Attributes
    ----------
    slug
        The claim's short name: the part of the check's name after the slash.
    needs
        Functions that must be right first; otherwise the check is skipped.
    """

    function: str
    slug: str
    title: str
    points: float
    hint: str
    body: Differential | Property
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``"<function>/<slug>"``."""
        return f"{self.function}/{self.slug}"


@dataclass(frozen=True, slots=True)
class Exercise:
    """A group of functions with their inputs, checks and torch oracle; `name` and `statement` come from its file."""

    title: str
    functions: tuple[Function, ...]
    checks: tuple[Check, ...]
    inputs: Mapping[str, Domain] = field(default_factory=dict)
    oracle: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    name: str = ""
    statement: str = ""

    def function(self, name: str) -> Function:
        """Return the function of that name.

        Raises
        ------
        AuthoringError
            If there is none.
        """
        for function in self.functions:
            if function.name == name:
                return function
        raise AuthoringError(f"no function {name!r}; there are {', '.join(f.name for f in self.functions)}")

    def domain(self, function: Function, term: Term) -> Domain:
        """Return the domain of an argument: the function's own, the exercise's, a default by name, or all reals."""
        for source in (function.inputs, self.inputs, DEFAULT_DOMAINS):
            if term.name in source:
                return source[term.name]
        if term.kind is Kind.SCALAR or term.dtype == "int":
            raise AuthoringError(f"{function.name} has no domain for {term.name!r}; add inputs={{{term.name!r}: …}}")
        return reals()

    def checks_of(self, function: str) -> list[Check]:
        """Return the checks of a function in the order in which they are judged: answers before properties."""
        own = [check for check in self.checks if check.function == function]
        return sorted(own, key=lambda check: isinstance(check.body, Property))

"""The only module that an exercise file imports: everything an exercise and its solution are written with."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from grader.checks.factories import gradient, holds, matches, regime, trajectory
from grader.core.domains import Domain, Seed, drawn, flag, labels, one_of, reals, seeds
from grader.core.edits import Edit, Equivalent, edit, equivalent
from grader.core.exercise import Exercise, Function, Refuted, Student
from grader.core.signature import parse_signature

__all__ = [
    "Domain",
    "Edit",
    "Equivalent",
    "Exercise",
    "Function",
    "Refuted",
    "Seed",
    "Student",
    "drawn",
    "edit",
    "equivalent",
    "flag",
    "function",
    "gradient",
    "holds",
    "labels",
    "matches",
    "one_of",
    "reals",
    "regime",
    "seeds",
    "torch",
    "trajectory",
]


def function(signature: str, *, summary: str = "", inputs: Mapping[str, Domain] | None = None) -> Function:
    """Return a function that the student writes.

    Parameters
    ----------
    signature
        Such as ``"softmax: z(n,c) -> p(n,c)"``; see `grader.core.signature`.
    summary
        One sentence for the statement and the starter's docstring.
    inputs
        Domains of its arguments, before those of the exercise.

    Raises
    ------
    SignatureError
        If the signature cannot be read.
    """
    return Function(parse_signature(signature), summary, dict(inputs or {}))


class _LazyTorch(ModuleType):
    """`torch`, imported when an oracle first uses it: a warm run never does."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a module's attributes are of any type
        import torch as real

        return getattr(real, name)


torch = _LazyTorch("torch")

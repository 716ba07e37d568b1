"""`grade`: an automated grader and autograd checker for deep-learning homework in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.gradient_check import assert_gradients, autograd, gradcheck

__all__ = ["__version__", "assert_gradients", "autograd", "gradcheck"]

__version__ = "0.1.0"

_LAZY = frozenset({"assert_gradients", "autograd", "gradcheck"})


def __getattr__(name: str) -> object:
    """Import the gradient checker, and NumPy with it, when it is first asked for."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    from grader import gradient_check

    return getattr(gradient_check, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])

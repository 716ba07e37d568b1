"""How a forward and its backward are called: with a cache or without, from NumPy or from torch."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from grader.core.ridders import FloatArray
from grader.gradient_trees import Path, as_array, is_tensor, rebuilt

CACHES = ("cache", "ctx", "context", "memory", "saved", "tape")
"""What a backward calls the object that its forward hands on."""
UPSTREAM = ("d", "grad", "up", "g_")
"""How the names of upstream gradients begin."""
UPSTREAM_NAME = re.compile(r"d[a-z]?\d?|d(out|loss|scores?|logits)\w*|g\d?|g_\w+|grad\w*|up\w*|delta\d?", re.IGNORECASE)
"""Names that can hardly be anything else, where a parameter may as well be an option such as ``decay``."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a forward's results and a backward's arguments are laid out.

    Attributes
    ----------
    cached
        Whether the last result is a cache, which the backward takes in place of the inputs.
    upstream
        Whether the backward takes upstream gradients; without, it is the gradient of a scalar.
    upstream_last
        Whether they come after the cache or the inputs.
    together
        Whether those of several outputs come as one tuple.
    alone
        Whether the backward takes nothing else: a layer's method that finds what its forward stored.
    """

    cached: bool
    upstream: bool = True
    upstream_last: bool = False
    together: bool = False
    alone: bool = False

    def outputs(self, returned: object) -> list[object]:
        """Return the results without the cache."""
        results = list(returned) if isinstance(returned, tuple) else [returned]
        return results[:-1] if self.cached else results

    def arguments(self, dy: Sequence[object], returned: object, inputs: Sequence[object]) -> list[object]:
        """Return what the backward is called with."""
        upstream: Sequence[object] = [tuple(dy)] if self.together else dy
        first = list(upstream) if self.upstream else []
        if self.alone:
            return first
        rest = [returned[-1]] if self.cached and isinstance(returned, tuple) else list(inputs)
        return [*rest, *first] if self.upstream_last else [*first, *rest]


def style_of(
    backward: Callable[..., object], returned: object, names: Sequence[str], *, cache: bool | None
) -> Style:  # fmt: skip
    """Return how a backward wants to be called, from its parameters and from what the forward returned.

    Raises
    ------
    ValueError
        If its parameters fit neither the cache nor the inputs.
    """
    results = list(returned) if isinstance(returned, tuple) else [returned]
    taken, least, most = _parameters(backward)
    inputs = len(names)

    def fits(count: int) -> bool:
        return least <= count <= most

    if cache is None:
        named = any(word in name.lower() for name in taken for word in CACHES)
        takes_inputs = fits(sum(map(is_real, results)) + inputs) and set(names) <= set(taken)
        cache = len(results) > 1 and (named or not is_numeric(results[-1]) or (fits(len(results)) and not takes_inputs))
    if cache and len(results) < 2:
        raise ValueError("cache=True, but the forward returns a single value; return (y, cache)")
    outputs = results[:-1] if cache else results
    count = sum(is_real(output) for output in outputs)
    others = 1 if cache else inputs
    scalar = len(outputs) == 1 and np.ndim(as_array(outputs[0])) == 0
    takes_upstream = _takes_upstream(taken[: count + others], names)
    if scalar and fits(others) and not (fits(count + others) and (takes_upstream or len(taken) < others)):
        alone = takes_upstream and others == count
        return Style(cache, upstream=alone, alone=alone)
    if fits(count + others):
        return Style(cache, upstream_last=_is_last(taken, count, others, names, cached=cache))
    if fits(1 + others):
        return Style(cache, together=True, upstream_last=_is_last(taken, 1, others, names, cached=cache))
    if fits(count) and takes_upstream:
        return Style(cache, alone=True)
    wanted = "the cache" if cache else f"the inputs {', '.join(names)}"
    upstream = "an upstream gradient" if count == 1 else f"{count} upstream gradients"
    raise ValueError(
        f"the backward takes ({', '.join(taken)}), but should take {upstream} and {wanted};"
        f" wrap it in a lambda, or say cache={not cache} if the forward's last result is {'no' if cache else 'a'} cache"
    )


def _takes_upstream(taken: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether a parameter that is no input is called like an upstream gradient."""
    return any(name not in names and UPSTREAM_NAME.fullmatch(name) for name in taken)


def _is_last(taken: Sequence[str], count: int, others: int, names: Sequence[str], *, cached: bool) -> bool:
    if len(taken) < count + others:
        return False
    if cached:
        return any(word in taken[0].lower() for word in CACHES)
    is_upstream = [name.lower().startswith(UPSTREAM) for name in taken[: count + others]]
    return taken[0] == names[0] or (not is_upstream[0] and all(is_upstream[-count:]))


def _parameters(function: Callable[..., object]) -> tuple[list[str], int, float]:
    """Return the names of the positional parameters, how many are required and how many there may be."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return [], 0, float("inf")
    own = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = sum(p.default is p.empty for p in own)
    many = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    return [p.name for p in own], required, float("inf") if many else len(own)


def argument_names(function: Callable[..., object], count: int) -> list[str]:
    """Return the names of a function's first arguments; ``x0``, ``x1``, … where it does not tell."""
    target = getattr(function, "forward", function) if is_autograd_function(function) else function
    names = _parameters(target)[0]
    if is_autograd_function(function):
        names = names[1:]
    return [names[i] if i < len(names) else f"x{i}" for i in range(count)]


def is_numeric(value: object) -> bool:
    """Return whether a value is a number or an array of numbers."""
    return isinstance(value, np.ndarray | np.number | float | int) or is_tensor(value)


def is_real(value: object) -> bool:
    """Return whether a value is a real number or an array of them, so that it has a gradient."""
    return is_numeric(value) and as_array(value).dtype.kind == "f"


def is_autograd_function(value: object) -> bool:
    """Return whether a value is a subclass of ``torch.autograd.Function``, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, type) and issubclass(value, torch.autograd.Function)


@contextmanager
def fixed_randomness() -> Iterator[Callable[[], None]]:
    """Give a function that puts NumPy's and torch's global generators back to where they were, as at the end."""
    state = np.random.get_state()
    torch = sys.modules.get("torch")
    torch_state = None if torch is None else torch.get_rng_state()

    def again() -> None:
        np.random.set_state(state)
        if torch is not None and torch_state is not None:
            torch.set_rng_state(torch_state)

    try:
        yield again
    finally:
        again()


@dataclass(frozen=True, slots=True)
class TorchGradient:
    """The gradient that ``torch.autograd`` gives for a torch function; made by `autograd`."""

    function: Callable[..., object]

    def __call__(
        self, arguments: Sequence[object], leaves: dict[Path, FloatArray], dy: Sequence[FloatArray]
    ) -> list[FloatArray]:
        """Return the gradient for each leaf, zero where the result does not depend on it."""
        import torch

        moved = {path: torch.tensor(value, requires_grad=True) for path, value in leaves.items()}
        returned = self.function(*rebuilt(arguments, moved, other=to_torch))
        outputs = [out for out in (returned if isinstance(returned, tuple) else (returned,)) if is_real(out)]
        pairs = [(out, torch.as_tensor(d)) for out, d in zip(outputs, dy, strict=False) if out.requires_grad]
        for out, d in pairs:
            if out.shape != d.shape:
                shapes = tuple(out.shape), tuple(d.shape)
                raise ValueError(f"the torch function returns shape {shapes[0]}, but should return {shapes[1]}")
        if not pairs:
            return [np.zeros_like(value) for value in leaves.values()]
        found = torch.autograd.grad(
            [out for out, _ in pairs], list(moved.values()), [d.to(out.dtype) for out, d in pairs], allow_unused=True
        )
        return [np.zeros_like(v) if g is None else g.numpy() for g, v in zip(found, leaves.values(), strict=True)]


def to_torch(value: object) -> object:
    """Return an array as a tensor, float64 where it is real; everything else as it is."""
    import torch

    if isinstance(value, np.ndarray) or is_tensor(value):
        tensor = torch.as_tensor(as_array(value).copy())
        return tensor.double() if tensor.is_floating_point() else tensor
    return value

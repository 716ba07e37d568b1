"""Gradient checking for any forward and backward, in a notebook or in a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace

import numpy as np

from grader.core.gradient_result import GradientResult
from grader.core.gradients import Effort, check_gradient, locally
from grader.core.ridders import FloatArray
from grader.gradient_calls import (
    Style,
    TorchGradient,
    argument_names,
    fixed_randomness,
    is_autograd_function,
    is_real,
    style_of,
    to_torch,
)
from grader.gradient_trees import Leaf, Path, as_array, gradients_by_leaf, is_tensor, leaves_of, rebuilt, same

__all__ = ["GradientResult", "assert_gradients", "autograd", "gradcheck"]


def autograd(function: Callable[..., object]) -> TorchGradient:
    """Return the gradient that ``torch.autograd`` gives for a torch function, to be passed as a backward.

    Parameters
    ----------
    function
        Takes tensors where the NumPy forward takes arrays, and returns the same outputs, without a cache.
    """
    return TorchGradient(function)


def gradcheck(
    forward: Callable[..., object], backward: object = None, *inputs: object, dy: object = None,
    wrt: str | Sequence[str] | None = None, cache: bool | None = None, seed: int = 0, coordinates: int = 24,
    directions: int = 6,
) -> GradientResult:  # fmt: skip
    """Return whether a backward is the gradient of a forward, by extrapolated finite differences.

    Parameters
    ----------
    forward
        Returns ``y``, ``(y, cache)``, ``(y1, y2, …)`` or, without a backward, ``(loss, gradients)``. Or a subclass of
        ``torch.autograd.Function``, or a function of tensors; these have no separate backward.
    backward
        ``backward(dy, cache)``, ``backward(dy, *inputs)``, ``backward(dy)`` of a layer that stores what it needs or,
        for a loss, ``backward(*inputs)``; the upstream gradients may come last, or as one tuple. Or ``autograd(f)``:
        what torch makes of the torch function ``f``. May be left out.
    *inputs
        Arrays, numbers, or dicts, lists and tuples of arrays. Real arrays are differentiated, in float64; integer
        arrays (labels) and numbers are not. A ``numpy.random.Generator`` starts anew at every call.
    dy
        The upstream gradient, a tuple for several outputs; random where not given, 1 for a loss.
    wrt
        Names of the inputs (or of keys in a dict of parameters) that have a gradient; all real arrays by default.
    cache
        Whether the forward's last result is a cache; found out from the backward's parameters by default.
    seed
        Of the upstream gradient and of the choice of elements and directions.
    coordinates, directions
        How many elements and random directions of each input are compared.

    Returns
    -------
    GradientResult
        True where every gradient is right. ``print`` it for the worst element, the numerical error and the kinks met.

    Raises
    ------
    ValueError
        If forward or backward are not deterministic or keep a state; if the forward changes its inputs or gives `nan`;
        if shapes or numbers of gradients do not fit.
    TypeError
        If nothing can be differentiated: integer inputs, results that are no numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from grader import gradcheck
    >>> def affine(x, w):
    ...     return x @ w, (x, w)
    >>> def affine_backward(dy, cache):
    ...     x, w = cache
    ...     return dy @ w.T, 2 * x.T @ dy  # the 2 is wrong
    >>> rng = np.random.default_rng(0)
    >>> result = gradcheck(affine, affine_backward, rng.normal(size=(4, 3)), rng.normal(size=(3, 2)))
    >>> result.ok, [tensor.name for tensor in result.tensors if tensor.judgement.value == "wrong"]
    (False, ['w'])
    """
    if backward is not None and not callable(backward):
        inputs, backward = (backward, *inputs), None
    if not inputs:
        raise TypeError("gradcheck got no inputs; pass the arrays at which to check: gradcheck(f, f_backward, x, w)")
    names = argument_names(forward, len(inputs))
    leaves, chosen = _differentiable(leaves_of(inputs, names), names, wrt)
    with fixed_randomness() as again:
        pair = _Pair(forward, list(inputs), names, leaves, again)
        pair.prepare(backward, cache)
        upstream = pair.upstream(dy, np.random.default_rng([seed, 1]))
        claims = pair.gradients(backward, upstream, chosen=chosen)
        pair.check_repetition(claims, pair.gradients(backward, upstream, chosen=chosen))
        own = [leaf for leaf in leaves if leaf.path in claims]
        _check_finite(own)
        pair.leaves = own
        effort = Effort(coordinates=coordinates, directions=directions)
        result = check_gradient(
            locally(pair.evaluate), [claims[leaf.path] for leaf in own], [_value(leaf) for leaf in own], upstream,
            names=[leaf.name for leaf in own], seed=seed, effort=effort,
        )  # fmt: skip
        pair.check_still_the_same(result.evaluations)
        return replace(result, remark=pair.remark)


def assert_gradients(
    forward: Callable[..., object], backward: object = None, *inputs: object, dy: object = None,
    wrt: str | Sequence[str] | None = None, cache: bool | None = None, seed: int = 0, coordinates: int = 24,
    directions: int = 6,
) -> None:  # fmt: skip
    """Raise `AssertionError`, with the text of the result, unless every gradient is right; see `gradcheck`.

    Raises
    ------
    AssertionError
        If a gradient is wrong, or the forward is too rough for finite differences to tell.
    """
    __tracebackhide__ = True
    result = gradcheck(
        forward, backward, *inputs, dy=dy, wrt=wrt, cache=cache, seed=seed, coordinates=coordinates,
        directions=directions,
    )  # fmt: skip
    if not result.ok:
        raise AssertionError(str(result))


def _value(leaf: Leaf) -> FloatArray:
    return np.asarray(leaf.value, np.float64)


def _check_finite(leaves: Sequence[Leaf]) -> None:
    for leaf in leaves:
        bad = np.argwhere(~np.isfinite(_value(leaf)))
        if len(bad):
            place = f"[{', '.join(map(str, bad[0]))}]" if _value(leaf).ndim else ""
            raise ValueError(
                f"{leaf.name}{place} is {_value(leaf)[tuple(bad[0])]}; check at finite inputs,"
                f" or name the inputs that have a gradient with wrt=[…]"
            )


def _differentiable(
    leaves: Sequence[Leaf], names: Sequence[str], wrt: str | Sequence[str] | None
) -> tuple[list[Leaf], bool]:
    """Return the leaves that may have a gradient, and whether the user chose them."""
    if wrt is None:
        found = [leaf for leaf in leaves if leaf.kind == "real"] or [leaf for leaf in leaves if leaf.kind == "number"]
        if not found:
            whole = [leaf for leaf in leaves if leaf.kind == "other"]
            about = f"{whole[0].name} has dtype {as_array(whole[0].value).dtype}" if whole else "no input is an array"
            raise TypeError(f"nothing can be differentiated: {about}; pass real arrays, such as x.astype(float)")
        return found, False
    wanted = [wrt] if isinstance(wrt, str) else list(wrt)
    found = []
    for name in wanted:
        own = [leaf for leaf in leaves if leaf.name == name or (name in names and leaf.path[0] == names.index(name))]
        if not own:
            known = ", ".join(dict.fromkeys([*names, *(leaf.name for leaf in leaves)]))
            raise ValueError(f"wrt names {name!r}, but the inputs are {known}")
        for leaf in own:
            if leaf.kind == "other":
                dtype = as_array(leaf.value).dtype
                raise TypeError(f"{leaf.name} has dtype {dtype}, but should be real; pass {leaf.name}.astype(float)")
        found += own
    return list({leaf.path: leaf for leaf in found}.values()), True


@dataclass(slots=True)
class _Pair:
    """A forward at some inputs, and how to get its outputs and gradients."""

    forward: Callable[..., object]
    arguments: list[object]
    names: Sequence[str]
    leaves: Sequence[Leaf]
    again: Callable[[], None]
    style: Style = field(default_factory=lambda: Style(cached=False))
    is_torch: bool = False
    is_loss: bool = False
    returned: object = None
    first: list[FloatArray] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def prepare(self, backward: object, cache: bool | None) -> None:  # noqa: FBT001
        """Call the forward, see how it is to be read, and make sure that it can be differentiated."""
        self.is_torch = is_autograd_function(self.forward) or any(_has_tensors(argument) for argument in self.arguments)
        given = self._fresh([_value(leaf) for leaf in self.leaves])
        before = deepcopy(given) if not self.is_torch else self._fresh([_value(leaf) for leaf in self.leaves])
        self.returned = self._call(given)
        for name, old, new in zip(self.names, before, given, strict=True):
            if not same(old, new):
                raise ValueError(f"the forward changes its input {name}; let it work on a copy, such as {name}.copy()")
        results = self.returned if isinstance(self.returned, tuple) else (self.returned,)
        if not any(map(is_real, results)):
            kinds = ", ".join(type(result).__name__ for result in results)
            raise TypeError(f"the forward returns {kinds}, but should return real numbers or arrays of them")
        if backward is None and not self.is_torch:
            self._check_loss()
        elif callable(backward) and not isinstance(backward, TorchGradient):
            self.style = style_of(backward, self.returned, self.names, cache=cache)
        elif isinstance(self.returned, tuple) and (cache or not all(map(_is_number, self.returned))):
            self.style = Style(cached=True)
        self._check_outputs()

    def _check_loss(self) -> None:
        if not isinstance(self.returned, tuple) or len(self.returned) < 2 or np.ndim(self.returned[0]) != 0:
            raise ValueError("without a backward, the forward should return (loss, gradients), the loss being a number")
        self.is_loss = True

    def _check_outputs(self) -> None:
        outputs = self._outputs(self.returned)
        for i, output in enumerate(outputs):
            if not is_real(output):
                continue
            bad = np.argwhere(~np.isfinite(as_array(output)))
            if len(bad):
                place = ", ".join(map(str, bad[0]))
                raise ValueError(
                    f"the forward gives {as_array(output)[tuple(bad[0])]} at output {i}[{place}];"
                    f" check at inputs where it is finite"
                )
        second = self._outputs(self._call(self._fresh([_value(leaf) for leaf in self.leaves])))
        if not same([*filter(is_real, outputs)], [*filter(is_real, second)]):
            raise ValueError(
                "the forward is not deterministic: the same call twice gives different results;"
                " draw from a generator that is passed as an input, or seed one inside"
            )
        self.first = [as_array(output).astype(np.float64) for output in second if is_real(output)]

    def check_still_the_same(self, calls: int) -> None:
        """Make sure that all the calls in between left no trace."""
        last = self.evaluate(*map(_value, self.leaves))
        if last is None or not same(self.first, last):
            raise ValueError(
                f"the forward is not deterministic: after {calls} calls it gives other results for the same inputs;"
                f" let it keep no state between calls, and draw from a generator that is passed as an input"
            )

    @staticmethod
    def check_repetition(first: dict[Path, FloatArray], second: dict[Path, FloatArray]) -> None:
        """Make sure that the backward gives the same twice, but for rounding."""
        for path, value in first.items():
            other = second.get(path)
            if other is None or not (
                value.shape == other.shape and np.allclose(value, other, rtol=1e-5, atol=0, equal_nan=True)
            ):
                raise ValueError(
                    "the backward is not deterministic: the same call twice gives different gradients;"
                    " use what the forward drew, and add to no gradient of an earlier call"
                )

    @property
    def remark(self) -> str:
        """Where the forward could not be evaluated."""
        if not self.failures:
            return ""
        points = "a point" if len(self.failures) == 1 else f"{len(self.failures)} points"
        return f"at {points} beside the inputs the forward raised {self.failures[0]}"

    def _outputs(self, returned: object) -> list[object]:
        if self.is_loss and isinstance(returned, tuple):
            return [returned[0]]
        return self.style.outputs(returned)

    def _fresh(self, values: Sequence[FloatArray]) -> list[object]:
        """Return new arguments with these leaves; nothing is shared with those of another call."""
        moved: dict[Path, object] = {
            leaf.path: float(value) if leaf.kind == "number" else value.copy()
            for leaf, value in zip(self.leaves, values, strict=True)
        }
        if not self.is_torch:
            return rebuilt(self.arguments, moved)
        return rebuilt(self.arguments, {path: to_torch(value) for path, value in moved.items()}, other=to_torch)

    def _call(self, arguments: Sequence[object]) -> object:
        self.again()
        call = self.forward.apply if is_autograd_function(self.forward) else self.forward  # type: ignore[attr-defined]
        with np.errstate(all="ignore"):
            return call(*arguments)

    def evaluate(self, *values: FloatArray) -> list[FloatArray] | None:
        """Return the real outputs at other values of the leaves; `None` where the forward refuses them."""
        try:
            outputs = self._outputs(self._call(self._fresh(values)))
        except Exception as error:  # a forward may refuse what is outside of its domain in any way
            self.failures.append(f"{type(error).__name__}: {error}")
            return None
        return [as_array(output).astype(np.float64) for output in outputs if is_real(output)]

    def upstream(self, dy: object, rng: np.random.Generator) -> list[FloatArray]:
        """Return one upstream gradient per real output."""
        shapes = [np.shape(as_array(output)) for output in self._outputs(self.returned) if is_real(output)]
        if self.is_loss or not self.style.upstream:
            if dy is not None:
                raise ValueError("dy is given, but the backward takes no upstream gradient; leave it out")
            return [np.ones(shape) for shape in shapes]
        if dy is None:
            return [rng.standard_normal(shape) for shape in shapes]
        given = [as_array(item).astype(np.float64) for item in (dy if isinstance(dy, tuple) else (dy,))]
        if [item.shape for item in given] != shapes:
            got = ", ".join(str(item.shape) for item in given)
            raise ValueError(f"dy has shape {got}, but should have that of the output: {', '.join(map(str, shapes))}")
        return given

    def gradients(self, backward: object, dy: Sequence[FloatArray], *, chosen: bool) -> dict[Path, FloatArray]:
        """Return what the backward claims, for each leaf of which it says anything."""
        values = {leaf.path: _value(leaf) for leaf in self.leaves}
        if self.is_torch or isinstance(backward, TorchGradient):
            function = self.forward.apply if is_autograd_function(self.forward) else self.forward  # type: ignore[attr-defined]
            torch_gradient = backward if isinstance(backward, TorchGradient) else TorchGradient(function)
            self.again()
            return dict(zip(values, torch_gradient(self.arguments, values, dy), strict=True))
        fresh = self._fresh(list(values.values()))
        returned = self._call(fresh)
        if self.is_loss and isinstance(returned, tuple):
            claimed: object = returned[1] if len(returned) == 2 else tuple(returned[1:])
        else:
            inputs = self._fresh(list(values.values()))
            upstream = [self._like(d, out) for d, out in zip(dy, filter(is_real, self._outputs(returned)), strict=True)]
            assert callable(backward)
            with np.errstate(all="ignore"):
                claimed = backward(*self.style.arguments(upstream, returned, inputs))
        return gradients_by_leaf(claimed, self.leaves, self.arguments, self.names, chosen=chosen)

    @staticmethod
    def _like(dy: FloatArray, output: object) -> object:
        return dy.copy() if isinstance(output, np.ndarray) else float(dy)


def _has_tensors(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_tensors, value.values()))
    return any(map(_has_tensors, value)) if isinstance(value, list | tuple) else is_tensor(value)


def _is_number(value: object) -> bool:
    return isinstance(value, np.ndarray | np.generic | float | int) or is_tensor(value)

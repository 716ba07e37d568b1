"""Torch's answers: the exercise's own oracle, and autograd for every backward that it does not write out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.core.exercise import Differential, Exercise
from grader.core.signature import Kind, Signature, Term
from grader.errors import AuthoringError


@dataclass(frozen=True, slots=True)
class _Tape:
    """The cache of a forward: leaves and results by name, ready for autograd."""

    leaves: Mapping[str, Any]
    results: Mapping[str, Any]


def torch_functions(exercise: Exercise) -> dict[str, Callable[..., Any]]:
    """Return a function on NumPy arrays for every function of the exercise, answered by torch in float64.

    Raises
    ------
    AuthoringError
        If the oracle has no function, and no gradient check says of which forward it is the backward.
    """
    functions: dict[str, Callable[..., Any]] = {}
    for function in exercise.functions:
        signature = function.signature
        if function.name in exercise.oracle:
            functions[function.name] = _forward(exercise, signature)
            continue
        of = _forward_of(exercise, function.name)
        if of is None or of not in exercise.oracle:
            raise AuthoringError(
                f"{exercise.name}: no torch oracle for {function.name}; add it to oracle=, or a gradient(…, of=…) check"
            )
        takes_cache = any(term.kind is Kind.OPAQUE for term in signature.arguments)
        make = _backward_of_cache if takes_cache else _backward_of_inputs
        functions[function.name] = make(exercise, signature, exercise.function(of).signature)
    return functions


def _forward_of(exercise: Exercise, name: str) -> str | None:
    for check in exercise.checks_of(name):
        if isinstance(check.body, Differential) and check.body.of:
            return check.body.of
    return None


def _tensor(value: object, *, leaf: bool = False) -> Any:  # noqa: ANN401 - a tensor, or what is no array
    import torch

    if isinstance(value, np.ndarray | np.generic) and not isinstance(value, np.bool_):
        array = np.asarray(value)
        if array.dtype.kind == "f":
            tensor = torch.tensor(array.astype(np.float64))
            return tensor.requires_grad_() if leaf and array.ndim >= 0 else tensor
        return torch.tensor(array)
    return value


def _numpy(value: object) -> Any:  # noqa: ANN401
    import torch

    return value.detach().numpy() if isinstance(value, torch.Tensor) else value


def _forward(exercise: Exercise, signature: Signature) -> Callable[..., Any]:
    """Wrap an oracle: arrays become leaves, missing results (a cache, gradients) are added."""
    oracle = exercise.oracle[signature.name]
    differentiable = _is_differentiated(exercise, signature.name)
    names = [term.name for term in signature.arguments]
    is_scalar = {term.name for term in signature.arguments if term.kind is Kind.SCALAR}

    def answer(*args: object) -> object:
        leaves = {
            name: float(value) if name in is_scalar and isinstance(value, np.floating) else
            _tensor(value, leaf=differentiable)
            for name, value in zip(names, args, strict=False)
        }  # fmt: skip
        outcome = oracle(*leaves.values())
        results = list(outcome) if isinstance(outcome, tuple) else [outcome]
        terms = signature.results[: len(results)]
        for term in signature.results[len(results) :]:
            if term.kind is Kind.OPAQUE:
                results.append(_Tape(leaves, {t.name: r for t, r in zip(terms, results, strict=False)}))
            else:
                results.append(_gradient([results[0]], _leaf(signature, leaves, term), [None]))
        converted = [_numpy(result) for result in results]
        return tuple(converted) if len(signature.results) > 1 else converted[0]

    return answer


def _is_differentiated(exercise: Exercise, name: str) -> bool:
    bodies = [check.body for check in exercise.checks]
    return any(isinstance(body, Differential) and body.of == name for body in bodies)


def _gradient(outputs: list[Any], leaf: Any, upstream: list[Any]) -> Any:  # noqa: ANN401
    import torch

    grads = torch.autograd.grad(outputs, [leaf], upstream, retain_graph=True, allow_unused=True)
    return torch.zeros_like(leaf) if grads[0] is None else grads[0]


def _backward_of_cache(exercise: Exercise, signature: Signature, forward: Signature) -> Callable[..., Any]:
    upstream = _upstream(exercise, signature, forward)

    def answer(*args: object) -> object:
        given = {term.name: value for term, value in zip(signature.arguments, args, strict=True)}
        tape = next(value for value in args if isinstance(value, _Tape))
        outputs = [tape.results[name] for name in upstream]
        incoming = [_tensor(given[f"d{name}"]) for name in upstream]
        return _results(signature, tape.leaves, outputs, incoming)

    return answer


def _backward_of_inputs(exercise: Exercise, signature: Signature, forward: Signature) -> Callable[..., Any]:
    upstream = _upstream(exercise, signature, forward)
    oracle = exercise.oracle[forward.name]
    scalars = {term.name for term in forward.arguments if term.kind is Kind.SCALAR}

    def answer(*args: object) -> object:
        given = {term.name: value for term, value in zip(signature.arguments, args, strict=False)}
        leaves = {
            term.name: float(given[term.name]) if term.name in scalars else _tensor(given[term.name], leaf=True)  # type: ignore[arg-type]
            for term in forward.arguments
        }
        outcome = oracle(*leaves.values())
        outputs = list(outcome) if isinstance(outcome, tuple) else [outcome]
        named = dict(zip([term.name for term in forward.results], outputs, strict=False))
        incoming = [_tensor(given[f"d{name}"]) for name in upstream]
        return _results(signature, leaves, [named[name] for name in upstream], incoming or [None])

    return answer


def _upstream(exercise: Exercise, signature: Signature, forward: Signature) -> list[str]:
    """Return the forward's results whose gradients the backward takes; the first result where it takes none."""
    results = [term.name for term in forward.results if term.kind is not Kind.OPAQUE]
    taken = [term.name.removeprefix("d") for term in signature.arguments if term.name.startswith("d")]
    named = [name for name in taken if name in results]
    if named or signature.arguments[0].kind is not Kind.ARRAY or not signature.arguments[0].name.startswith("d"):
        return named or results[:1]
    raise AuthoringError(
        f"{exercise.name}: {signature.name} takes none of {', '.join('d' + name for name in results)},"
        f" so autograd cannot answer for it; add it to oracle="
    )


def _results(signature: Signature, leaves: Mapping[str, Any], outputs: list[Any], incoming: list[Any]) -> object:
    gradients = [_numpy(_gradient(outputs, _leaf(signature, leaves, term), incoming)) for term in signature.results]
    return tuple(gradients) if len(gradients) > 1 else gradients[0]


def _leaf(signature: Signature, leaves: Mapping[str, Any], term: Term) -> Any:  # noqa: ANN401 - a tensor
    """Return the input with respect to which a result is the gradient."""
    name = term.name.removeprefix("d")
    if name == term.name or name not in leaves:
        raise AuthoringError(
            f"result {term.name} of {signature.name} is the gradient of none of {', '.join(leaves)};"
            f" name it d{next(iter(leaves))}, or add the function to oracle="
        )
    return leaves[name]

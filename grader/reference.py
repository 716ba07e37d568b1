"""The reference: whose functions answer for an exercise, and what is said where their answers do not fit it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.core.authored import authored, place, told
from grader.core.cases import Case
from grader.core.domains import Seed, Value
from grader.core.exercise import Check, Differential
from grader.core.program import Call, Fresh, Input, Program, Result
from grader.core.signature import Signature, Sizes, Term
from grader.discovery import Paired
from grader.errors import AuthoringError
from grader.torch_oracle import torch_functions

Functions = Mapping[str, Callable[..., Any]]
Answers = list[list[npt.NDArray[Any]]]
"""Per judged call, the compared results in order."""

REFERENCE = "the reference"
"""What a message calls functions that come from no file."""


def reference(pair: Paired) -> tuple[Functions, bool]:
    """Return the functions that answer for an exercise, and whether they follow extended precision."""
    if pair.solution is not None:
        return _named(pair, pair.solution.functions, str(pair.solution.path), "{}"), True
    return torch_reference(pair), False


def torch_reference(pair: Paired) -> Functions:
    """Return torch's functions for an exercise; where one raises, it is told as the author's fault."""
    return _named(pair, torch_functions(pair.exercise), str(pair.path), "the torch oracle of {}")


def _named(pair: Paired, functions: Functions, file: str, name: str) -> Functions:
    """Return functions that name their file, themselves and their arguments where they raise."""
    signatures = {function.name: function.signature for function in pair.exercise.functions}
    return {
        key: authored(
            function,
            f"{shortened(file)}: {name.format(key)}",
            file=file,
            arguments=[term.name for term in signatures[key].arguments],
        )
        for key, function in functions.items()
    }


def source_of(pair: Paired) -> str:
    """Return the file whose functions answer for an exercise, as a message names it."""
    return shortened(str(pair.path if pair.solution is None else pair.solution.path))


def shortened(path: str) -> str:
    """Return a path as one would type it: from the present folder where it is below it."""
    below = os.path.relpath(path)
    return path if below.startswith(os.pardir) else below


@contextlib.contextmanager
def faults_of(pair: Paired) -> Iterator[None]:
    """Tell what goes wrong in an exercise's files as their author's fault, with the file.

    Raises
    ------
    AuthoringError
        For every `AuthoringError`, and for any exception that passed a line of the exercise or of its solution.
    """
    files = [str(pair.path), *([str(pair.solution.path)] if pair.solution else [])]
    try:
        yield
    except Exception as error:
        fault = _first(error)
        if isinstance(fault, AuthoringError):
            text = str(fault)
            named = any(text.startswith((file, shortened(file))) for file in files)
            raise type(fault)(text if named else f"{shortened(files[0])}: {text}") from error
        for file in files:
            if place(fault, file):
                raise AuthoringError(f"{shortened(file)}: {told(fault, file)}") from error
        raise


def _first(error: Exception) -> Exception:
    """Return the first of several exceptions: Hypothesis raises all that it finds as one group."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def evaluate(calls: Program, inputs: Mapping[str, Value], functions: Functions, *, source: str = REFERENCE) -> Answers:
    """Return what a program's judged calls return when `functions` answer it in this process.

    Raises
    ------
    AuthoringError
        If one returns another number of results than its signature says, or what is no array.
    """
    done: list[Any] = []
    answers: Answers = []
    for call in calls:
        args = [_argument(arg, inputs, done, calls) for arg in call.args]
        with np.errstate(all="ignore"):
            result = functions[call.signature.name](*args)
        several = _several(call.signature, result, source)
        done.append(result)
        if call.judged:
            terms = call.signature.results
            kept = [i for i in range(len(terms)) if i not in call.keep]
            answers.append([_array(call.signature, terms[i], several[i], source) for i in kept])
    return answers


def _argument(
    arg: Input | Result | Fresh, inputs: Mapping[str, Value], done: Sequence[Any], calls: Sequence[Call]
) -> object:
    if isinstance(arg, Fresh):
        return {}
    if isinstance(arg, Result):
        return done[arg.call][arg.index] if len(calls[arg.call].signature.results) > 1 else done[arg.call]
    value = arg.read(inputs)
    if isinstance(value, Seed):
        return np.random.default_rng(value.value)
    return value.copy() if isinstance(value, np.ndarray) else value


def _several(signature: Signature, result: object, source: str) -> Sequence[object]:
    """Return a call's results as a sequence of as many as the signature has."""
    due = signature.results
    if len(due) == 1:
        return (result,)
    if isinstance(result, tuple | list) and len(result) == len(due):
        return result
    seen = f"{len(result)} results" if isinstance(result, tuple | list) else f"one {type(result).__name__}"
    says = ", ".join(map(str, due))
    raise AuthoringError(f"{source}: {signature.name} returns {seen}, but its signature says {says}")


def _array(signature: Signature, term: Term, value: object, source: str) -> npt.NDArray[Any]:
    kinds = "iub" if term.dtype == "int" else "fiub"
    try:
        array = np.asarray(value)
        sound = array.dtype.kind in kinds
    except (ValueError, TypeError):
        sound = False
    if not sound:
        what = f"array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
        says = f"its signature says {term}, {'whole' if term.dtype == 'int' else 'real'} numbers"
        raise AuthoringError(f"{source}: {signature.name} returns {term.name} as {what}, but {says}")
    return array


def check_answers(check: Check, calls: Program, case: Case, answers: Answers, *, source: str = REFERENCE) -> None:
    """Refuse answers whose shape is not the signature's, or which are no numbers where the contract holds.

    Raises
    ------
    AuthoringError
        Which names the function, the result and the case.
    """
    sizes: Sizes = {**case.sizes, **{name: value for name, value in case.inputs.items() if type(value) is int}}
    for call, values in zip([call for call in calls if call.judged], answers, strict=True):
        name = f"{source}: {call.signature.name}"
        for term, value in zip(call.terms, values, strict=True):
            shape = term.shape(sizes)
            if value.shape != shape:
                says = f"its signature says {term}, here {shape}"
                raise AuthoringError(f"{name} returns {term.name} of shape {value.shape}, but {says}")
            if not _bounded(check) and not np.isfinite(value).all():
                seen = "nan" if np.isnan(value).any() else "inf"
                raise AuthoringError(
                    f"{name} returns {seen} in {term.name} {_told_case(case)};"
                    " narrow the inputs, refuse such cases by where=, or give bounds="
                )


def _bounded(check: Check) -> bool:
    return isinstance(check.body, Differential) and check.body.bounds is not None


def _told_case(case: Case) -> str:
    sizes = ", ".join(f"{name} = {size}" for name, size in case.sizes.items())
    origin = {"scripted": "a scripted case", "hypothesis": "a case by Hypothesis", "ladder": "a small case"}
    return f"in {origin.get(case.label, f'regime {case.label!r}')}{f' ({sizes})' if sizes else ''}"

"""Answers scripts: makes the arguments, calls the functions, and turns what comes back into plain data."""

from __future__ import annotations

import contextvars
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from grader.core import protocol
from grader.core.arrays import same_bytes
from grader.core.protocol import Argument, Data, Generator, Part, Raised, Ref, Run, Scalar, Step
from grader.worker.results import PartBuilder, wire_text
from grader.worker.script import ReadyCall, Script, array_of, flat_array, laid_out

FLUSH_SECONDS = 0.05
"""After this long the results so far are sent, so that the judge knows how far a worker came."""
_ERRORS_IN_CONTEXT = np.lib.NumpyVersion(np.__version__) >= "2.0.0"
"""Whether NumPy keeps its error state in a context variable, which costs less to restore than `numpy.seterr`."""


_Watched = tuple[int, "np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]
"""Position, array, and one that holds what it must still hold after the call."""


class Evaluator:
    """Runs scripts against a namespace of functions and keeps what later steps refer to.

    Parameters
    ----------
    functions
        Names to callables.
    locate
        Tells file and line of an exception's origin in the submission.
    explain
        Words an exception's message.
    careful
        Yield each result before the next call starts.
    alone
        Whether this process runs nothing but the submission, which then is who raises a `KeyboardInterrupt`; anywhere
        else it comes from the person at the keyboard, and passes.
    """

    def __init__(
        self,
        functions: Mapping[str, Callable[..., object]],
        *,
        locate: Callable[[BaseException], tuple[str, int]] | None = None,
        explain: Callable[[BaseException], str] = str,
        careful: bool = False,
        alone: bool = False,
    ) -> None:
        self.functions = functions
        self._locate = locate or _last_frame
        self._explain = explain
        self._careful = careful
        self._alone = alone
        self._kept: list[object] = []
        self._generators: dict[str, np.random.Generator] = {}
        self._handed: dict[int, list[_Watched]] = {}
        self._apart = False

    def run(self, script: Run, payload: bytes | memoryview) -> Iterator[tuple[Part, list[bytes]]]:
        """Yield the results of a script in parts, each with the pieces of its payload; the last one says so."""
        return self.run_ready(Script(script, payload))

    def run_ready(self, script: Script) -> Iterator[tuple[Part, list[bytes]]]:
        """Yield the results of a script that is ready in parts, each with the pieces of its payload.

        The first call that writes to its arguments ends the sharing of arguments: the script is run again, now and
        from then on each call with copies of its own, and only what was not yielded before is yielded.
        """
        yielded = 0
        if not (self._apart or self._careful or script.run.continues):
            for part in self._run_sharing(script):
                yielded += len(part[0].results)
                yield part
                if part[0].last:
                    return
            self._apart = True
        yield from self._run_apart(script, yielded)

    def _run_sharing(self, script: Script) -> Iterator[tuple[Part, list[bytes]]]:
        """Yield the results as long as no call writes to its arguments, which all calls share."""
        script.restore()
        self._forget()
        part = PartBuilder()
        due = time.perf_counter() + FLUSH_SECONDS
        with _WarningWatch() as watch:
            for number, call in enumerate(script.calls):
                if part.results and (part.is_full or time.perf_counter() > due):
                    if script.is_changed():
                        return
                    yield part.take(last=False)
                    due = time.perf_counter() + FLUSH_SECONDS
                self._kept.append(self._answer(call, script.payload, part, watch))
                for done in script.releases[number]:
                    self._kept[done] = None
        if not script.is_changed():
            yield part.take(last=True)

    def _run_apart(self, script: Script, skip: int) -> Iterator[tuple[Part, list[bytes]]]:
        """Yield the results after the first ones, each call's arguments being copies that are looked at after it."""
        if not script.run.continues:
            self._forget()
        part = PartBuilder()
        due = time.perf_counter() + FLUSH_SECONDS
        with _WarningWatch() as watch:
            for number, step in enumerate(script.run.steps):
                if number == skip:
                    part = PartBuilder()
                is_due = self._careful or part.is_full or time.perf_counter() > due
                if is_due and part.results and number > skip:
                    yield part.take(last=False)
                    due = time.perf_counter() + FLUSH_SECONDS
                self._kept.append(self._answer_apart(step, script.payload, part, watch))
                for done in script.releases[number]:
                    self._kept[done] = None
        yield part.take(last=True)

    def _forget(self) -> None:
        self._kept.clear()
        self._generators.clear()
        self._handed.clear()

    def _answer(self, call: ReadyCall, payload: bytes, part: PartBuilder, watch: _WarningWatch) -> object:
        """Make one call with arguments that it shares with others, and note what came of it."""
        name, arguments, views, others, step = call
        try:
            args = arguments.copy()
            for place, view in views:
                args[place] = view()
            for place, argument in others:
                args[place] = self._argument(argument, payload)
            function = self.functions[name]
            caught = watch.renew()
            result = watch.call(function, *args)
            part.add(result, step, caught, [])
        except BaseException as error:
            self._note(error, part)
            return None
        return result

    def _answer_apart(self, step: Step, payload: bytes, part: PartBuilder, watch: _WarningWatch) -> object:
        """Make one call with arguments of its own, and note what came of it and of them."""
        try:
            function = self.functions[step.function]
            args, watched, behind = self._arguments(step, payload)
            caught = watch.renew()
            result = watch.call(function, *args)
            mutated = _changed(watched)
            if step.keep:
                self._handed[len(self._kept)] = [item for item in watched if item[0] not in mutated]
            part.add(result, step, caught, [*mutated, *(-1 - i for i in _changed(behind))])
        except BaseException as error:
            self._note(error, part)
            return None
        return result

    def _note(self, error: BaseException, part: PartBuilder) -> None:
        """Note that a call raised."""
        if isinstance(error, KeyboardInterrupt) and not self._alone:
            raise error
        part.append(_raised(error, self._locate, self._explain))

    def _arguments(self, step: Step, payload: bytes) -> tuple[list[object], list[_Watched], list[_Watched]]:
        """Return a call's arguments, the arrays to look at after it, and those of calls whose caches it is given.

        What an earlier call returned is the submission's own and not watched.
        """
        args: list[object] = []
        watched: list[_Watched] = []
        behind: dict[int, list[_Watched]] = {}
        for argument in step.args:
            if isinstance(argument, Data):
                flat = flat_array(argument, payload)
                array = laid_out(flat, argument.layout)
                watched.append((len(args), array, flat))
                args.append(array)
            else:
                if isinstance(argument, Ref):
                    behind[argument.step] = self._handed.get(argument.step, [])
                args.append(self._argument(argument, payload))
        return args, watched, [item for items in behind.values() for item in items]

    def _argument(self, argument: Argument, payload: bytes) -> object:
        if isinstance(argument, Data):
            return array_of(argument, payload)
        if isinstance(argument, Scalar):
            return argument.value
        if isinstance(argument, Ref):
            kept = self._kept[argument.step]
            return kept if argument.index < 0 else kept[argument.index]  # type: ignore[index]
        if isinstance(argument, Generator):
            generator = self._generators.get(argument.key)
            if generator is None:
                generator = np.random.default_rng(argument.seed)
                if argument.key:
                    self._generators[argument.key] = generator
            return generator
        items = [self._argument(item, payload) for item in argument.items]
        if argument.kind == "dict":
            return dict(zip(argument.keys, items, strict=True))
        return tuple(items) if argument.kind == "tuple" else items


def _changed(watched: list[_Watched]) -> list[int]:
    """Return the positions of arrays that do not hold any more what they should."""
    return [i for i, array, flat in watched if not same_bytes(array, flat)]


class _WarningWatch:
    """Collects the warnings of each call under NumPy's default error state, whatever the submission set.

    `warnings.catch_warnings` around every call would reset every module's registry and cost more than the call.
    """

    def __init__(self) -> None:
        self.caught: list[str] = []

    def __enter__(self) -> _WarningWatch:
        self._outside = (warnings.showwarning, warnings.filters[:], np.geterr())
        warnings.showwarning = self._note
        warnings.simplefilter("always")
        self._always = warnings.filters[0]
        _default_errors()
        self._context = contextvars.copy_context()
        return self

    def call(self, function: Callable[..., object], *args: object) -> object:
        """Call a function under NumPy's default error state, and leave that state as it is."""
        if _ERRORS_IN_CONTEXT:
            return self._context.copy().run(function, *args)
        _default_errors()
        return function(*args)

    def renew(self) -> list[str]:
        """Start a call: restore the filters, and return the list that its warnings go to."""
        if not warnings.filters or warnings.filters[0] is not self._always:
            warnings.simplefilter("always")
            self._always = warnings.filters[0]
            warnings.showwarning = self._note
        self.caught = []
        return self.caught

    def __exit__(self, *_: object) -> None:
        show, filters, state = self._outside
        warnings.showwarning = show
        warnings.filters[:] = filters  # type: ignore[index]
        warnings._filters_mutated()  # type: ignore[attr-defined]
        np.seterr(**state)

    def _note(self, message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        text = wire_text(f"{category.__name__}: {message}", protocol.MAX_TEXT)
        if text not in self.caught and len(self.caught) < protocol.MAX_WARNINGS:
            self.caught.append(text)


def _default_errors() -> None:
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")


def _raised(
    error: BaseException,
    locate: Callable[[BaseException], tuple[str, int]],
    explain: Callable[[BaseException], str],
) -> Raised:
    try:
        message = wire_text(explain(error), protocol.MAX_TEXT)
        file, line = locate(error)
    except BaseException:  # an exception's own __str__ may raise SystemExit
        message, file, line = "(no readable message)", "", 0
    return Raised(wire_text(type(error).__name__, 100), message, wire_text(file, 200), line)


def _last_frame(error: BaseException) -> tuple[str, int]:
    frames = traceback.extract_tb(error.__traceback__)
    return (frames[-1].filename, frames[-1].lineno or 0) if frames else ("", 0)

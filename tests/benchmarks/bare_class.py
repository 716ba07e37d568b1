"""The physical limit of a class: a process that loads each student's functions and makes the same calls, nothing else.

Usage: python bare_class.py FOLDER FIRST STRIDE   prints the processor seconds of loading and calling, and the calls

What `calls_of_a_class.record` wrote is read, and the arguments are made, while the clock stands still.
"""

from __future__ import annotations

import contextlib
import functools
import io
import pickle
import sys
import time
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np

from grader.core import protocol
from grader.core.protocol import PREFIX, Data, Generator, Ref, Run, Scalar
from grader.worker.script import array_of


@functools.cache
def script_of(path: Path) -> tuple[Run, bytes]:
    """Return a script and the bytes of its arguments."""
    frame = path.read_bytes()
    header = PREFIX.size + protocol.frame_sizes(frame[: PREFIX.size])[0]
    request = protocol.decode_request(frame[PREFIX.size : header])
    assert isinstance(request, Run)
    return request, frame[header:]


def load(files: dict[str, str], bound: dict[str, str]) -> dict[str, object]:
    """Return the functions that a submission defines, each from the file that was graded."""
    modules = {}
    for name, text in files.items():
        module = ModuleType(f"submitted_{name.removesuffix('.py')}")
        sys.modules[module.__name__] = module  # a dataclass looks its module up by name
        exec(compile(text, name, "exec"), vars(module))
        modules[name] = vars(module)
    return {name: modules[file].get(name) for name, file in bound.items()}


class Session:
    """Makes the calls of scripts; what a call returns stays until a script begins anew."""

    def __init__(self, functions: dict[str, object]) -> None:
        self._functions = functions
        self._kept: list[object] = []
        self._generators: dict[str, np.random.Generator] = {}
        self.seconds = 0.0
        self.calls = 0

    def run(self, script: Run, payload: bytes) -> None:
        """Make the calls of a script, with the clock running."""
        if not script.continues:
            self._kept, self._generators = [], {}
        prepared = [(self._functions[step.function], *self._arguments(step.args, payload)) for step in script.steps]
        kept = self._kept
        start = time.process_time()
        for function, args, references in prepared:
            try:
                for place, reference in references:
                    whole = kept[reference.step]
                    args[place] = whole if reference.index < 0 else whole[reference.index]
                kept.append(function(*args))
            except Exception:
                kept.append(None)
        self.seconds += time.process_time() - start
        self.calls += len(prepared)

    def _arguments(self, given, payload: bytes) -> tuple[list[object], list[tuple[int, Ref]]]:
        references = [(place, one) for place, one in enumerate(given) if isinstance(one, Ref)]
        return [None if isinstance(one, Ref) else self._argument(one, payload) for one in given], references

    def _argument(self, given, payload: bytes) -> object:
        if isinstance(given, Data):
            return array_of(given, payload)
        if isinstance(given, Scalar):
            return given.value
        if isinstance(given, Generator):
            fresh = np.random.default_rng(given.seed)
            return self._generators.setdefault(given.key, fresh) if given.key else fresh
        items = [self._argument(item, payload) for item in given.items]
        return dict(zip(given.keys, items, strict=True)) if given.kind == "dict" else items


def main() -> None:
    folder, first, stride = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    recorded = pickle.loads((folder / "submissions.pickle").read_bytes())[first::stride]
    warnings.simplefilter("ignore")
    seconds, calls = 0.0, 0
    with contextlib.redirect_stdout(io.StringIO()):
        for files, bound, scripts in recorded:
            start = time.process_time()
            session = Session(load(files, bound))
            seconds += time.process_time() - start
            for name in scripts:
                session.run(*script_of(folder / name))
            seconds, calls = seconds + session.seconds, calls + session.calls
    print(f"{seconds:.3f} {calls}")


if __name__ == "__main__":
    main()

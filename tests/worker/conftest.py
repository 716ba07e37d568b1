"""A real sandbox for each test module, and a short way to ask a submission."""

import struct
from collections.abc import Callable, Iterator

import pytest

from grader.core.protocol import Data, Died, Loaded, Raised, Returned, Run, Step, TimedOut
from grader.core.submission import Cell, SourceFile, Submission
from grader.sandbox import Limits, Sandbox, SandboxWorker

LIMITS = Limits(load_seconds=1.0, load_total_seconds=20.0, call_seconds=20.0)


def submission(files: dict[str, str | list[str]], data: dict[str, bytes] | None = None) -> Submission:
    """Return a submission: text is a file, a list of texts is a notebook's code cells."""
    sources = [
        SourceFile(
            path,
            [Cell("", text)] if isinstance(text, str) else [Cell(f"cell {i}", cell) for i, cell in enumerate(text, 1)],
        )
        for path, text in files.items()
    ]
    return Submission(student="someone", files=sources, data=data or {})


class Hand:
    """A loaded submission at hand: call it with floats."""

    def __init__(self, worker: SandboxWorker, loaded: Loaded | TimedOut | Died) -> None:
        self.worker = worker
        self.end = loaded
        self.loaded = loaded if isinstance(loaded, Loaded) else Loaded([])

    @property
    def names(self) -> list[str]:
        return [definition.name for definition in self.loaded.definitions]

    @property
    def remarks(self) -> str:
        return "\n".join(self.loaded.remarks)

    def ask(self, name: str, *values: float, seconds: float | None = None) -> Returned | Raised | TimedOut | Died:
        """Call a function with an array of floats and return its trace."""
        return self.script([name], *values, seconds=seconds)[0]

    def script(self, names: list[str], *values: float, seconds: float | None = None) -> list:
        payload = struct.pack(f"<{len(values)}d", *values)
        steps = [Step(name, [Data("<f8", (len(values),), 0)]) for name in names]
        return self.worker.run(Run(steps), payload, seconds=seconds).traces

    def value(self, name: str, *values: float) -> float | str:
        """Call a function and return the one number or text that it returns."""
        payload = struct.pack(f"<{len(values)}d", *values)
        answers = self.worker.run(Run([Step(name, [Data("<f8", (len(values),), 0)])]), payload)
        [trace] = answers.traces
        assert isinstance(trace, Returned), trace
        [leaf] = trace.leaves
        if leaf.kind in ("text", "other", "none"):
            return leaf.info
        return struct.unpack({"<f8": "<d", "<i8": "<q", "|b1": "?"}[leaf.info], answers.payload)[0]


Load = Callable[..., Hand]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(limits=LIMITS) as sandbox:
        yield sandbox


@pytest.fixture
def load(sandbox: Sandbox) -> Iterator[Load]:
    """Return a function which loads ``{path: text or cells}`` in a confined child."""
    workers = []

    def hand(files: dict[str, str | list[str]] | str, data: dict[str, bytes] | None = None) -> Hand:
        given = submission({"hw.py": files} if isinstance(files, str) else files, data)
        worker = sandbox.worker(given)
        workers.append(worker)
        return Hand(worker, worker.load(given))

    yield hand
    for worker in workers:
        worker.close()

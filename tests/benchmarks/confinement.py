"""What confinement adds to a submission: fork, load and one call with every protection, beside the same without any.

Usage: python tests/benchmarks/confinement.py [RUNS]
"""

from __future__ import annotations

import statistics
import sys
import time

from grader.core.protocol import Data, Loaded, Returned, Run, Step
from grader.core.submission import Cell, SourceFile, Submission
from grader.sandbox import Sandbox

SOURCE = """
import numpy as np


def relu(x):
    return np.maximum(x, 0)
"""
GIVEN = Submission(student="someone", files=[SourceFile("hw.py", [Cell("", SOURCE)])])
SCRIPT = Run([Step("relu", [Data("<f8", (1,), 0)])])


def measure(sandbox: Sandbox) -> float:
    """Return the seconds that one submission takes."""
    start = time.perf_counter()
    with sandbox.worker(GIVEN) as worker:
        loaded = worker.load(GIVEN)
        [trace] = worker.run(SCRIPT, bytes(8)).traces
    seconds = time.perf_counter() - start
    if not isinstance(loaded, Loaded) or not isinstance(trace, Returned):
        raise SystemExit(f"the submission was not run: {loaded}, {trace}")
    return seconds


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with Sandbox() as full, Sandbox(strength="weak") as probe:
        names = [protection.name for protection in probe.protections()]
        with Sandbox(strength="weak", without=names) as bare:
            for sandbox in (full, bare):
                measure(sandbox)
            pairs = [(measure(full), measure(bare)) for _ in range(runs)]
    confined, free = (statistics.median(times) for times in zip(*pairs, strict=True))
    added = statistics.median(first - second for first, second in pairs)
    print(f"with every protection  {1e3 * confined:6.2f} ms   fork, load and one call, median of {runs}")
    print(f"without any            {1e3 * free:6.2f} ms")
    print(f"added                  {1e3 * added:6.2f} ms   median of the differences, taken in turn")


if __name__ == "__main__":
    main()

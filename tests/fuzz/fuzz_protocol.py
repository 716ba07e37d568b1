"""Coverage-guided fuzzing of the judge's decoder and of all that it does with a decoded reply.

Usage: python -m tests.fuzz.fuzz_protocol [--seconds N] [--corpus DIR] [INPUT …]

An input is one byte that chooses a script and the bytes that a worker sends in answer to it. It must be refused by a
`ProtocolError` or judged; anything else is a crash, and is stored. With INPUTs, these are judged once, nothing else.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
import warnings
from pathlib import Path

import atheris
import numpy as np

INSTRUMENTED = (
    "grader.core.protocol", "grader.core.compare", "grader.checks.findings", "grader.checks.verdicts",
    "grader.checks.properties", "grader.checks.sessions", "grader.sandbox",
)  # fmt: skip

with atheris.instrument_imports(include=list(INSTRUMENTED)):
    from grader.core import protocol
    from grader.oracles import plan_cases

    from ..conftest import Tiny
    from ..faults.frames import shifted
    from ..faults.judging import Judging, honest_frames
    from ..faults.mutations import forge, framed

MAX_BYTES = 2**14
"""Of one input; larger ones are slow and reach nothing more."""
MEGABYTES = 4096
"""Of memory; more counts as a crash."""
ROUND_SECONDS = 20
"""Of one process: the fuzzer does not give back what a mutator written in Python returned."""
CASES = 4
"""Of each script: small ones keep the inputs small."""


def small_plans(tiny: Tiny) -> list:
    """Return plans of few cases for all differential checks."""
    found = []
    for name, plan in tiny.judge.plan(tiny.pair).differential.items():
        cases = sorted(plan.cases, key=lambda case: case.weight)[:CASES]
        found.append(plan_cases(tiny.pair, tiny.check(name), plan.calls, cases, variants=False))
    return found


def split_first(stream: bytes) -> tuple[bytes, bytes, bytes]:
    """Return header and payload of the first frame of a stream, as far as there is one, and the rest."""
    size = protocol.PREFIX.size
    if len(stream) < size:
        return stream, b"", b""
    header, payload = protocol.PREFIX.unpack(stream[:size])
    header, payload = min(header, len(stream)), min(payload, len(stream))
    body = stream[size:]
    return body[:header], body[header : header + payload], body[header + payload :]


def mutated(data: bytes, size: int, seed: int) -> bytes:
    """Return another input: bytes, header or payload changed at random, or the frame by its structure."""
    rng = random.Random(seed)
    way = rng.randrange(4)
    if way == 0 or len(data) < 2:
        return atheris.Mutate(data, size)
    header, payload, rest = split_first(data[1:])
    if way == 1:
        changed = framed(atheris.Mutate(header, max(1, size // 2)), payload)
    elif way == 2:
        changed = framed(header, atheris.Mutate(payload, max(1, size // 2)))
    else:
        try:
            changed = forge(rng, framed(header, payload)).data
        except (ValueError, RecursionError):  # the header is no msgpack any more
            changed = framed(header[::-1], payload)
    return (data[:1] + changed + rest)[:size]


class Target:
    """Judges inputs.

    Parameters
    ----------
    folder
        For the small course.
    """

    def __init__(self, folder: Path) -> None:
        tiny = Tiny(folder)
        self.judging = Judging(tiny, small_plans(tiny))
        self._functions = tiny.functions()
        self.judged = 0
        self.refused = 0

    def seeds(self) -> list[bytes]:
        """Return inputs made of real frames: answers of right and of wrong functions to each script, and others."""
        made = []
        for which, frame in enumerate(self.judging.scripts):
            for functions in (self._functions, shifted(self._functions)):
                made.append(bytes([which]) + b"".join(honest_frames(frame, functions)))
        others = (protocol.Bound(), protocol.Ready(), protocol.Running("hw.py, line 1"), protocol.Loaded([]))
        return [*made, *(b"\0" + protocol.encode(reply) for reply in others)]

    def one(self, data: bytes) -> None:
        """Judge one input; raise what must not happen."""
        if not data:
            return
        with np.errstate(all="ignore"):
            answer = self.judging.judge(data[0] % len(self.judging.scripts), data[1:])
        self.judged += answer is not None
        self.refused += answer is None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="keeps what was found for the next time")
    parser.add_argument("inputs", nargs="*", type=Path)
    args = parser.parse_args()
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as name:
        target = Target(Path(name))
        if args.inputs:
            for path in args.inputs:
                target.one(path.read_bytes())
            print(f"{len(args.inputs)} inputs: {target.judged} judged, {target.refused} refused")
            return
        corpus = args.corpus or Path(name) / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        for i, seed in enumerate(target.seeds()):
            target.one(seed)
            (corpus / f"seed-{i}").write_bytes(seed)
        if target.judged != 2 * len(target.judging.scripts):
            raise SystemExit(f"only {target.judged} honest inputs are judged; mend that first")
        end = time.monotonic() + args.seconds
        while (left := end - time.monotonic()) > 0:
            code = fuzz(target, corpus, seconds=min(round(left + 1), ROUND_SECONDS))
            if code:
                raise SystemExit(code)


def fuzz(target: Target, corpus: Path, *, seconds: int) -> int:
    """Fuzz in a process of its own, since that ends without cleaning up; return its exit code."""
    options = [
        f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}", "-timeout=20", f"-rss_limit_mb={MEGABYTES}",
        "-print_final_stats=1", str(corpus),
    ]  # fmt: skip
    pid = os.fork()
    if pid == 0:
        atheris.Setup([sys.argv[0], *options], target.one, custom_mutator=mutated)
        atheris.Fuzz()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main()

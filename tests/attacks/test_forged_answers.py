"""A worker may answer whatever the wire allows: the judge takes it for an answer, right or wrong."""

import math
import random

import pytest

from grader.core import protocol
from grader.core.protocol import DTYPES, Leaf, Part, Raised, Returned
from grader.core.submission import Submission
from grader.core.verdict import Outcome
from grader.discovery import find_course
from grader.judge import Judge
from grader.sandbox import Answers, InlineWorker

NOBODY = Submission(student="ada", files=[])
CARRIERS = ("array", "generic", "float", "int", "bool", "complex")
SHAPES = ((), (0,), (0, 2**62), (2**60, 0), (1,), (7,), (2, 3), (3, 1), (1,) * 32, (0,) * 5)
TEXTS = ("", "x" * 2000, "<script>", "\x00\x1b[2J", "array of ", "a,b", "\u202e")


class Forger(InlineWorker):
    """Answers rightly, and now and then with whatever the decoder lets through."""

    def __init__(self, functions, *, seed, share):
        super().__init__(functions)
        self._random = random.Random(seed)
        self._share = share

    def run_frame(self, frame, steps, *, seconds=None):
        honest = super().run_frame(frame, steps, seconds=seconds)
        traces, chunks, start = [], [], 0
        for trace in honest.traces:
            data = honest.payload[start : start + getattr(trace, "nbytes", 0)]
            start += len(data)
            if self._random.random() < self._share:
                trace, data = self._forged(trace)
            traces.append(trace)
            chunks.append(data)
        payload = b"".join(chunks)
        sent = protocol.encode(Part(traces, last=True), payload)
        header, _ = protocol.frame_sizes(sent[: protocol.PREFIX.size])
        part = protocol.decode_reply(sent[protocol.PREFIX.size : protocol.PREFIX.size + header], len(payload))
        return Answers(part.traces(), payload)

    def _forged(self, trace):
        pick = self._random.choice
        if self._random.random() < 0.2:
            return Raised(pick(("NotImplementedError", *TEXTS)), pick(TEXTS), pick(TEXTS), pick((0, -1, 2**63))), b""
        same = [(leaf, leaf.kind in CARRIERS) for leaf in trace.leaves] if isinstance(trace, Returned) else []
        if same and self._random.random() < 0.5:
            leaves = [Leaf(leaf.kind, pick(sorted(DTYPES)), leaf.shape) if carries else leaf for leaf, carries in same]
        else:
            leaves = self._leaves(0)
        size = sum(math.prod(leaf.shape) * int(leaf.info[2:]) for leaf in leaves if leaf.kind in CARRIERS)
        warnings = pick(([], ["w"], [TEXTS[1]] * 5))
        return Returned(leaves, size, warnings, pick(([], [0], [99], [-5], [2**62]))), self._random.randbytes(size)

    def _leaves(self, depth):
        pick = self._random.choice
        kind = pick((*CARRIERS, "tuple", "list", "dict", "none", "kept", "text", "other"))
        if kind in CARRIERS:
            return [Leaf(kind, pick(sorted(DTYPES)), pick(SHAPES) if kind == "array" else ())]
        if kind not in ("tuple", "list", "dict"):
            return [Leaf(kind, pick(TEXTS))]
        count = pick((0, 1, 2, 3)) if depth < 3 else 0
        return [Leaf(kind, pick(TEXTS), (count,)), *(leaf for _ in range(count) for leaf in self._leaves(depth + 1))]


@pytest.mark.parametrize("share", [0.02, 0.3, 1.0])
@pytest.mark.parametrize("seed", range(12))
def test_no_answer_is_taken_for_a_fault_of_the_grader(tiny, seed, share):
    report = tiny.judge.grade(NOBODY, Forger(tiny.functions(), seed=seed, share=share))
    assert [v.message for v in report.verdicts if v.outcome is Outcome.ERRORED] == []


@pytest.fixture(scope="module")
def judges(tmp_path_factory):
    course, cache = find_course("foundations"), tmp_path_factory.mktemp("plans")
    return {
        pair.exercise.name: (Judge(course.select([pair.exercise.name]), 0, cache), pair) for pair in course.exercises
    }


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "dropout"])
def test_no_property_of_the_course_stumbles_over_an_answer(judges, name):
    judge, pair = judges[name]
    for seed in range(3):
        report = judge.grade(NOBODY, Forger(pair.solution.functions, seed=seed, share=0.2))
        assert [v.message for v in report.verdicts if v.outcome is Outcome.ERRORED] == []

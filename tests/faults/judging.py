"""What the judge does with a stream of bytes from a worker, as one function for all fuzzing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.answers import Answers, Collected, InlineWorker
from grader.checks.findings import find
from grader.checks.properties import observe
from grader.checks.sessions import RehearsedRuns
from grader.checks.verdicts import Explanation, judge_answers
from grader.core import protocol
from grader.core.plan import CheckPlan
from grader.core.protocol import Definition, Loaded, Part, Raised, Reply, Returned, decode_reply, frame_sizes
from grader.core.verdict import Outcome, Verdict
from grader.errors import ProtocolError
from grader.judge import choose_definitions, parameter_problem
from grader.worker.parent import Ended

from .fake_worker import Functions
from .mutations import split


def replies_in(stream: bytes) -> list[tuple[Reply, bytes]]:
    """Return the replies in a stream as the judge reads them, up to its end.

    Raises
    ------
    ProtocolError
        At the first frame that is not a reply.
    """
    replies, start = [], 0
    while len(stream) - start >= protocol.PREFIX.size:
        prefix = stream[start : start + protocol.PREFIX.size]
        header, payload = frame_sizes(prefix, most=protocol.MAX_REPLY)
        start += protocol.PREFIX.size
        if len(stream) - start < header + payload:
            break
        body = stream[start + header : start + header + payload]
        replies.append((decode_reply(stream[start : start + header], payload), body))
        start += header + payload
    return replies


def honest_frames(frame: bytes, functions: Functions) -> list[bytes]:
    """Return the frames that answer an encoded script."""
    header, payload = split(frame)
    request = protocol.decode_request(header)
    assert isinstance(request, protocol.Run)
    return [protocol.encode(part, *data) for part, data in InlineWorker(functions)._evaluator.run(request, payload)]


def assert_consistent(reply: Part, payload: bytes) -> None:
    """Assert that an accepted answer holds what it claims."""
    traces = reply.traces()
    sizes = [trace.nbytes for trace in traces if isinstance(trace, Returned)]
    assert {type(trace) for trace in traces} <= {Returned, Raised}
    assert all(size >= 0 for size in sizes)
    assert sum(sizes) == len(payload)


@dataclass(slots=True)
class Replayed:
    """Answers every script with the same answers."""

    answers: Answers

    def run_frame(self, _frame: bytes, _steps: int) -> Answers:
        """Return them."""
        return self.answers

    def run(self, script: protocol.Run, _payload: bytes) -> Answers:
        """Say that the worker is gone."""
        return Answers([protocol.Died("gone")] * len(script.steps), b"")


class Judging:
    """Judges streams as answers to the scripts of the small course.

    Parameters
    ----------
    tiny
        The course with its judge, as in `tests/conftest.py`.
    plans
        Of the differential checks.
    """

    def __init__(self, tiny, plans: Sequence[CheckPlan]) -> None:
        self._tiny = tiny
        self._exercise = tiny.pair.exercise
        self._plan = tiny.judge.plan(tiny.pair)
        self.plans = plans
        self.rehearsal = self._plan.rehearsals["jitter"]

    @property
    def scripts(self) -> list[bytes]:
        """The frames of all scripts: the checks', then that of the properties."""
        return [*(plan.frame for plan in self.plans), self.rehearsal.frame]

    def judge(self, which: int, stream: bytes) -> list[Verdict] | None:
        """Judge a stream as the answer to a script; return the verdicts, `None` where it is refused or incomplete."""
        answers = self._read(which, stream)
        if answers is None:
            return None
        if which < len(self.plans):
            return self._verdicts(self.plans[which], answers)
        self._observe(answers)
        return []

    def _read(self, which: int, stream: bytes) -> Answers | None:
        steps = self.plans[which].steps if which < len(self.plans) else self.rehearsal.steps
        collected = Collected(steps, protocol.MAX_PAYLOAD)
        try:
            for reply, payload in replies_in(stream):
                if isinstance(reply, Part):
                    assert_consistent(reply, payload)
                if isinstance(reply, Loaded):
                    self._choose(reply.definitions)
                if not collected.complete:
                    collected.add(reply, payload)
        except (ProtocolError, Ended):
            return None
        return None if collected.missing else collected.answers()

    def _choose(self, definitions: Sequence[Definition]) -> None:
        chosen, _ = choose_definitions(definitions, self._tiny.course)
        for function in self._exercise.functions:
            if function.name in chosen:
                parameter_problem(function, chosen[function.name])

    @staticmethod
    def _verdicts(plan: CheckPlan, answers: Answers) -> list[Verdict]:
        finding = find(plan, answers)
        verdicts, right = judge_answers(plan.check.function, [finding], lambda _: Explanation())
        assert [verdict.check.rpartition("/")[2] for verdict in verdicts] == ["shape", plan.check.slug, "purity"]
        assert all(verdict.outcome is not Outcome.ERRORED for verdict in verdicts)
        assert right == (finding.right and all(verdict.outcome is Outcome.PASSED for verdict in verdicts[:2]))
        return verdicts

    def _observe(self, answers: Answers) -> None:
        rehearsed = self._plan.rehearsed("jitter")
        assert rehearsed is not None
        replayed = Replayed(answers)
        runs = RehearsedRuns(rehearsed, replayed.run_frame(rehearsed.rehearsal.frame, rehearsed.rehearsal.steps))
        first = 0
        for name, cases in self._plan.properties_of("jitter").items():
            check = next(check for check in self._exercise.checks if check.name == name)
            seen = observe(self._exercise, check, cases, replayed, [runs.run(first + i) for i in range(len(cases))])
            assert not seen.broken, seen.broken
            first += len(cases)

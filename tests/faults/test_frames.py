"""Whatever a worker sends, the judge neither crashes nor hangs, and no verdict is lost, invented or gained."""

import random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.checks.findings import find
from grader.checks.verdicts import Explanation, judge_answers
from grader.core import protocol
from grader.core.protocol import Bound, Loaded, Part, Raised, Ready, Returned, Running, decode_reply, frame_sizes
from grader.core.verdict import Outcome
from grader.errors import ProtocolError
from grader.sandbox import InlineWorker, _Collected
from grader.worker.parent import Ended

from .frames import Campaign, check_report, shifted
from .mutations import MUTATIONS, forge, framed, split

CHECKS = ("centre_forward/values", "centre_backward/gradient", "momentum/trajectory", "jitter/values", "argmax/values")


@pytest.fixture(scope="module")
def campaign(tiny, tmp_path_factory):
    return Campaign(tiny, tmp_path_factory.mktemp("campaign"), seed=1)


class Recorded(dict):
    """Honest frames by check: of right functions, and of wrong ones."""

    def __repr__(self):
        return "recorded"  # Hypothesis shows its arguments, and these are long


@pytest.fixture(scope="module")
def recorded(tiny):
    found = Recorded()
    for name in CHECKS:
        plan = tiny.plan(f"{name}")
        for functions in (tiny.functions(), shifted(tiny.functions())):
            worker = InlineWorker(functions)
            header, payload = split(plan.frame)
            request = protocol.decode_request(header)
            parts = list(worker._evaluator.run(request, payload))
            found.setdefault(name, []).append([protocol.encode(part, *data) for part, data in parts])
    return found


def replies_in(stream):
    """Return the replies in a stream as the judge reads them, up to its end.

    Raises
    ------
    ProtocolError
        At the first frame that is not a reply.
    """
    replies, start = [], 0
    while len(stream) - start >= protocol.PREFIX.size:
        header, payload = frame_sizes(stream[start : start + protocol.PREFIX.size])
        start += protocol.PREFIX.size
        if len(stream) - start < header + payload:
            break
        body = stream[start + header : start + header + payload]
        replies.append((decode_reply(stream[start : start + header], payload), body))
        start += header + payload
    return replies


def test_every_mutation_changes_the_frame_or_what_follows(recorded):
    frame = recorded["momentum/trajectory"][0][0]
    for mutate in dict.fromkeys(MUTATIONS):
        made = [mutate(random.Random(k), *split(frame)) for k in range(20)]
        assert any(forged.data != frame for forged in made), mutate


@given(st.binary(max_size=200))
def test_random_bytes_are_replies_or_refused(stream):
    try:
        replies = replies_in(stream)
    except ProtocolError:
        return
    for reply, _ in replies:
        assert isinstance(reply, Loaded | Bound | Ready | Running | Part)


@given(st.binary(max_size=80), st.integers(0, 64))
def test_random_headers_are_replies_or_refused(header, size):
    try:
        reply = decode_reply(header, size)
    except ProtocolError:
        return
    assert isinstance(reply, Part) or not size


def consistent(reply, payload):
    """Assert that what the judge accepted holds what it claims."""
    sizes = [result.nbytes for result in reply.traces() if isinstance(result, Returned)]
    assert all(size >= 0 for size in sizes)
    assert sum(sizes) == len(payload)
    assert {type(trace) for trace in reply.traces()} <= {Returned, Raised}


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(CHECKS), st.booleans(), st.randoms(use_true_random=False))
def test_a_forged_script_answer_is_refused_or_judged(tiny, recorded, name, is_right, rng):
    frames = recorded[name][0 if is_right else 1]
    plan = tiny.plan(name)
    collected = _Collected(plan.steps, protocol.MAX_PAYLOAD)
    stream = b"".join(forge(rng, frame).data if rng.random() < 0.9 else frame for frame in frames)
    try:
        for reply, payload in replies_in(stream):
            if isinstance(reply, Part):
                consistent(reply, payload)
            if not collected.complete:
                collected.add(reply, payload)
    except (ProtocolError, Ended):
        return
    if collected.missing:
        return
    finding = find(plan, collected.answers())
    verdicts, right = judge_answers(plan.check.function, [finding], lambda _: Explanation())
    assert [verdict.check.rpartition("/")[2] for verdict in verdicts] == ["shape", plan.check.slug, "purity"]
    assert all(verdict.outcome is not Outcome.ERRORED for verdict in verdicts)
    assert is_right or not right


@settings(max_examples=60)
@given(
    st.lists(st.integers(-(2**63), 2**64 - 1), max_size=3),
    st.lists(st.text(max_size=5), max_size=3),
    st.sampled_from(CHECKS),
)
def test_forged_side_effects_are_refused_or_judged(tiny, recorded, mutated, warnings, name):
    plan = tiny.plan(name)
    collected = _Collected(plan.steps, protocol.MAX_PAYLOAD)
    try:
        for frame in recorded[name][0]:
            header, payload = split(frame)
            part = msgspec.msgpack.decode(header, type=Part)
            forged = [msgspec.structs.replace(trace, mutated=mutated, warnings=warnings) for trace in part.traces()]
            again = framed(msgspec.msgpack.encode(msgspec.structs.replace(part, results=forged)), payload)
            for reply, body in replies_in(again):
                collected.add(reply, body)
    except ProtocolError:
        return
    finding = find(plan, collected.answers())
    assert finding.right


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_forged_frames_lose_invent_and_gain_no_verdict(campaign, start):
    before = campaign.frames
    for number in range(start, start + 20):
        campaign.one(number)
    assert campaign.frames > before


def test_a_report_with_a_lost_or_changed_verdict_would_be_noticed(campaign):
    honest = campaign.honest[0]
    exercise = honest.exercises[0]
    lost = msgspec.structs.replace(honest, exercises=[msgspec.structs.replace(exercise, checks=exercise.checks[1:])])
    with pytest.raises(AssertionError, match="verdicts are"):
        check_report(lost, honest, set())
    changed = msgspec.structs.replace(exercise.checks[0], points=0.0, message="x")
    other = msgspec.structs.replace(
        honest, exercises=[msgspec.structs.replace(exercise, checks=[changed, *exercise.checks[1:]])]
    )
    with pytest.raises(AssertionError, match="became"):
        check_report(other, honest, {"argmax"})
    with pytest.raises(AssertionError, match="passed, but failed honestly"):
        check_report(honest, campaign.honest[1], {verdict.function for verdict in honest.verdicts})

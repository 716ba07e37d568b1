"""Whatever a worker sends, the judge neither crashes nor hangs, and no verdict is lost, invented or gained."""

import random

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.core import protocol
from grader.core.protocol import Bound, Loaded, Part, Ready, Running, decode_reply
from grader.core.verdict import Outcome
from grader.errors import ProtocolError

from .frames import Campaign, check_report, shifted
from .judging import Judging, honest_frames, replies_in
from .mutations import MUTATIONS, forge, framed, split

CHECKS = ("centre_forward/values", "centre_backward/gradient", "momentum/trajectory", "jitter/values", "argmax/values")
SCRIPTS = range(len(CHECKS) + 1)


@pytest.fixture(scope="module")
def campaign(tiny, tmp_path_factory):
    return Campaign(tiny, tmp_path_factory.mktemp("campaign"), seed=1)


@pytest.fixture(scope="module")
def judging(tiny):
    return Judging(tiny, [tiny.plan(name) for name in CHECKS])


class Recorded(dict):
    """Honest frames by script: of right functions, and of wrong ones."""

    def __repr__(self):
        return "recorded"  # Hypothesis shows its arguments, and these are long


@pytest.fixture(scope="module")
def recorded(tiny, judging):
    right = tiny.functions()
    return Recorded(
        (which, [honest_frames(frame, functions) for functions in (right, shifted(right))])
        for which, frame in enumerate(judging.scripts)
    )


def test_every_mutation_changes_the_frame(recorded):
    frame = recorded[2][0][0]
    for mutate in dict.fromkeys(MUTATIONS):
        made = [mutate(random.Random(k), *split(frame)) for k in range(20)]
        assert any(forged.data != frame for forged in made), mutate


@pytest.mark.parametrize("which", SCRIPTS)
def test_honest_answers_are_judged(judging, recorded, which):
    right, wrong = ([str(v.outcome) for v in judging.judge(which, b"".join(frames))] for frames in recorded[which])
    if which < len(CHECKS):
        assert right == ["passed", "passed", "passed"]
        assert wrong[1] == "failed"


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


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SCRIPTS), st.booleans(), st.randoms(use_true_random=False))
def test_a_forged_answer_is_refused_or_judged_and_earns_nothing(judging, recorded, which, is_right, rng):
    frames = recorded[which][0 if is_right else 1]
    stream = b"".join(forge(rng, frame).data if rng.random() < 0.9 else frame for frame in frames)
    with np.errstate(all="ignore"):
        verdicts = judging.judge(which, stream)
    if verdicts and not is_right:
        assert verdicts[1].outcome is not Outcome.PASSED


@settings(max_examples=60)
@given(
    st.sampled_from(SCRIPTS),
    st.lists(st.integers(-(2**63), 2**64 - 1) | st.integers(-4, 4), max_size=3),
    st.lists(st.text(max_size=5), max_size=3),
)
def test_forged_side_effects_change_no_values(judging, recorded, which, mutated, warnings):
    stream = b""
    for frame in recorded[which][0]:
        header, payload = split(frame)
        part = msgspec.msgpack.decode(header, type=Part)
        forged = [msgspec.structs.replace(trace, mutated=mutated, warnings=warnings) for trace in part.traces()]
        stream += framed(msgspec.msgpack.encode(msgspec.structs.replace(part, results=forged)), payload)
    assert len(stream) < protocol.MAX_REPLY
    verdicts = judging.judge(which, stream)
    assert verdicts is not None
    assert all(verdict.outcome is Outcome.PASSED for verdict in verdicts[:2])


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_forged_frames_lose_invent_and_gain_no_verdict(campaign, start):
    before = campaign.frames
    for number in range(start, start + 20):
        campaign.one(number)
    assert campaign.frames > before


def test_a_report_with_a_lost_or_changed_verdict_would_be_noticed(campaign):
    honest = campaign.honest[0]
    exercise = honest.exercises[0]

    def other(checks):
        return msgspec.structs.replace(honest, exercises=[msgspec.structs.replace(exercise, checks=checks)])

    with pytest.raises(AssertionError, match="verdicts are"):
        check_report(other(exercise.checks[1:]), honest, set())
    changed = msgspec.structs.replace(exercise.checks[0], points=0.0, message="x")
    with pytest.raises(AssertionError, match="became"):
        check_report(other([changed, *exercise.checks[1:]]), honest, {"argmax"})
    with pytest.raises(AssertionError, match="passed, but failed honestly"):
        check_report(honest, campaign.honest[1], {verdict.function for verdict in honest.verdicts})

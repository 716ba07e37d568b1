"""Whenever a worker or the fork server is killed, no verdict is lost or invented, and the next submission is graded."""

import random

import msgspec
import pytest

from grader.core.verdict import Outcome
from grader.sandbox import Sandbox

from .fake_worker import FakeServer
from .frames import ADA, LIMITS, asked
from .kills import RIGHT, Campaign, check_report, handed_in, plain
from .mutations import Forged

KILLS = 40
REPLIES = ("ready", "load", "bind", "centre_forward", "centre_backward", "jitter")


@pytest.fixture(scope="module")
def campaign(tiny):
    with Sandbox() as sandbox:
        yield Campaign(tiny, sandbox)


def test_kills_at_random_moments_lose_and_invent_no_verdict(campaign):
    number = 1
    while campaign.kills < KILLS:
        campaign.one(number)
        number += 1
    assert {"worker", "fork server"} == set(campaign.killed)
    before = campaign.unchanged
    campaign.one(0)
    assert campaign.unchanged == before + 1


class Cut:
    """Kills a worker once, when it has sent so many bytes of a reply."""

    def __init__(self, reply, share):
        self.reply, self.share, self.done = reply, share, False

    def __call__(self, request, frame):
        if self.done or self.reply not in (asked(request) or {"ready"}):
            return None
        self.done = True
        return Forged("cut", frame[: round(self.share * (len(frame) - 1))], "killed")


@pytest.fixture(scope="module")
def known():
    return {}


def grade_with(tiny, folder, forge, known):
    with FakeServer(tiny.functions(), forge, known).worker(LIMITS, folder / "staged") as worker:
        return tiny.judge.grade(ADA, worker)


@pytest.mark.parametrize("reply", REPLIES)
def test_a_worker_that_is_killed_at_any_byte_of_a_reply_is_replaced(tiny, tmp_path, known, reply):
    honest = grade_with(tiny, tmp_path, lambda *_: None, known)
    assert honest.outcome is Outcome.PASSED
    for share in (0, 1, *(random.Random(reply).random() for _ in range(20))):
        cut = Cut(reply, share)
        report = grade_with(tiny, tmp_path, cut, known)
        assert cut.done
        assert [plain(verdict) for verdict in report.verdicts] == [plain(verdict) for verdict in honest.verdicts]
        assert report.remarks == honest.remarks


def test_a_worker_that_is_killed_every_time_fails_what_it_was_asked_and_no_more(tiny, tmp_path, known):
    def forge(request, frame):
        return Forged("cut", b"", "killed") if "argmax" in asked(request) else None

    report = grade_with(tiny, tmp_path, forge, known)
    lost = {verdict.check: verdict for verdict in report.verdicts if verdict.outcome is not Outcome.PASSED}
    assert {verdict.function for verdict in lost.values()} == {"argmax"}
    assert lost["argmax/values"].message.startswith("argmax ended the worker: killed by signal 9 (SIGKILL")


def test_a_lost_gained_or_unexplained_verdict_would_be_noticed(campaign):
    right, wrong = campaign.honest
    exercise = right.exercises[0]

    def changed(**fields):
        first = msgspec.structs.replace(exercise.checks[0], **fields)
        return msgspec.structs.replace(
            right, exercises=[msgspec.structs.replace(exercise, checks=[first, *exercise.checks[1:]])]
        )

    with pytest.raises(AssertionError, match="became"):
        check_report(changed(outcome=Outcome.FAILED, points=0.0, message="bad luck"), right, kills=9)
    with pytest.raises(AssertionError, match="errored"):
        check_report(changed(outcome=Outcome.ERRORED), right, kills=9)
    with pytest.raises(AssertionError, match="passed, but failed honestly"):
        check_report(right, wrong, kills=9)
    with pytest.raises(AssertionError, match="became"):
        check_report(changed(message="killed by signal 9"), right, kills=1)


def test_the_campaigns_submissions_are_right_and_wrong(campaign):
    right, wrong = campaign.honest
    assert right.outcome is Outcome.PASSED
    assert {verdict.function for verdict in wrong.verdicts if verdict.outcome is Outcome.FAILED} == {
        "argmax", "centre_backward", "jitter"
    }  # fmt: skip
    assert handed_in(RIGHT) == campaign.submissions[0]

"""Equal answers get the verdicts that were found for the first of them; all others are judged."""

import numpy as np

from grader import memory
from grader.checks.findings import find
from grader.core.protocol import Died
from grader.core.submission import Submission
from grader.judge import Judge
from grader.memory import Memory
from grader.sandbox import Answers, InlineWorker

ADA = Submission(student="ada", files=[])


def centre_off(x, w):
    z = x - x.mean(0) + 1e-3
    return z * w, (z, w)


def summed(x, p, rng):
    return (x + p * rng.standard_normal(x.shape)).sum()


def test_whoever_was_judged_before_every_report_is_that_of_a_new_judge(tiny):
    """Right, wrong and half wrong submissions in turns, each several times."""
    changes = [{}, {"centre_forward": centre_off}, {}, {"jitter": summed}, {"argmax": lambda z: z.argmin(1)}, {}]
    judge = Judge(tiny.course)
    scores = set()
    for changed in [*changes, *changes]:
        report = judge.grade(ADA, InlineWorker(tiny.functions(**changed)))
        assert report == Judge(tiny.course).grade(ADA, InlineWorker(tiny.functions(**changed)))
        scores.add(report.score)
    assert len(scores) == 4


def test_what_differs_in_a_single_bit_is_not_known(tiny):
    """The last bit of one call's answer is within the tolerance; the answers are others all the same."""

    def barely_off(x, w):
        right, cache = tiny.functions()["centre_forward"](x, w)
        return np.nextafter(right, np.inf), cache

    plan = tiny.plan("centre_forward/values")
    workers = [InlineWorker(tiny.functions(**changed)) for changed in ({}, {}, {"centre_forward": barely_off})]
    seen = [worker.run_frame(plan.frame, plan.steps) for worker in workers]
    assert find(plan, seen[2]).faultless
    assert seen[0].digest() == seen[1].digest() != seen[2].digest()


def test_answers_of_which_some_are_missing_are_not_known(tiny):
    plan = tiny.plan("centre_forward/values")
    assert Answers([Died("gone")] * plan.steps, b"").digest() is None


def test_a_diagnosis_is_made_once_for_equal_findings(tiny):
    own = Memory()
    made = []
    wrong = [tiny.find("centre_forward/values", centre_forward=centre_off) for _ in range(2)]
    other = tiny.find("centre_forward/values", centre_forward=lambda x, w: (x * w, (x, w)))
    for finding in [*wrong, other, *wrong]:
        assert own.diagnosis(finding, lambda: made.append(1)) is None
    assert len(made) == 2


def test_only_so_much_is_remembered(monkeypatch):
    monkeypatch.setattr(memory, "CAPACITY", 3)
    own = Memory()
    for key in range(10):
        own.keep(key, [])
    assert [key for key in range(10) if own.verdicts(key) is not None] == [7, 8, 9]

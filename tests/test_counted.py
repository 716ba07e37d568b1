"""The seed that counts: unknown to the student, other than the public one, the same in every run."""

import numpy as np
import pytest

from grader.core.submission import Submission
from grader.core.verdict import Outcome
from grader.counted import CountedJudge, counted_seed, secret_of
from grader.courses import CourseSettings
from grader.errors import AuthoringError, UsageError
from grader.judge import Judge
from grader.sandbox import InlineWorker

SECRET = "a secret of twenty-one"
NOBODY = Submission(student="ada", files=[])


def test_seed_is_the_hmac_of_the_exercise():
    # printf 'counted seed of toys' | openssl dgst -sha256 -hmac 'a secret of twenty-one'
    assert counted_seed(SECRET, "toys") == 0x1B33F5ADA4B764BA


def test_seed_depends_on_secret_and_exercise():
    assert len({counted_seed(secret, name) for secret in (SECRET, f"{SECRET}!") for name in ("a", "b", "c")}) == 6


class Table:
    """A function that knows the answers to the calls that it was asked in one run, and nothing else."""

    def __init__(self, right):
        self._right = right
        self._answers = {}
        self.learning = True

    def __call__(self, z):
        key = z.shape, np.ascontiguousarray(z).tobytes()
        if self.learning:
            self._answers[key] = self._right(z)
        return self._answers.get(key, np.zeros(len(z), int))


def test_answers_learnt_from_the_public_seed_fail_where_it_counts(tiny):
    table = Table(tiny.pair.solution.functions["argmax"])
    worker = InlineWorker(tiny.functions(argmax=lambda z: table(z)))

    def argmax(judge):
        verdicts = {verdict.check: verdict for verdict in judge.grade(NOBODY, worker).verdicts}
        return verdicts["argmax/values"].outcome

    public, counted = Judge(tiny.course), CountedJudge(tiny.course, secret=SECRET)
    argmax(public)
    table.learning = False
    assert argmax(public) is Outcome.PASSED
    assert argmax(counted) is Outcome.FAILED


def test_a_right_submission_passes_where_it_counts(tiny):
    report = CountedJudge(tiny.course, secret=SECRET).grade(NOBODY, InlineWorker(tiny.functions()))
    assert report.outcome is Outcome.PASSED
    assert report.seed is None


def test_two_counted_runs_ask_the_same(tiny):
    first, second = (CountedJudge(tiny.course, secret=SECRET).plan(tiny.pair) for _ in range(2))
    other = CountedJudge(tiny.course, secret=f"{SECRET}!").plan(tiny.pair)
    frames = [[plan.frame for plan in one.differential.values()] for one in (first, second, other)]
    assert frames[0] == frames[1]
    assert frames[0] != frames[2]


def test_judge_does_not_show_its_secret(tiny):
    assert SECRET not in repr(CountedJudge(tiny.course, secret=SECRET))


@pytest.mark.parametrize(
    ("course", "environment", "found"),
    [("", {}, ""), (SECRET, {}, SECRET), ("", {"GRADE_SECRET": SECRET}, SECRET),
     ("another secret of a course", {"GRADE_SECRET": SECRET}, SECRET), (SECRET, {"GRADE_SECRET": ""}, SECRET)],
)  # fmt: skip
def test_environment_goes_before_the_course(course, environment, found):
    assert secret_of(CourseSettings(secret=course), environment) == found


def test_short_secrets_are_refused_and_not_shown():
    with pytest.raises(UsageError, match=r"the secret in GRADE_SECRET has 6 characters, but should have 16") as told:
        secret_of(CourseSettings(), {"GRADE_SECRET": "hunter"})
    assert "hunter" not in str(told.value)
    with pytest.raises(AuthoringError, match=r"the secret in course.toml has 6 characters, but should have 16") as told:
        secret_of(CourseSettings(secret="hunter"), {})
    assert "hunter" not in str(told.value)

"""A backward is measured by the student's own forward, so that one learns which of the two to mend."""

import functools

import numpy as np
import pytest

from grader.authoring import Exercise, function, gradient, matches
from grader.checks.own_forward import consistent_with_own_forward
from grader.core.cases import generate
from grader.core.gradient_result import Judgement
from grader.core.submission import Submission
from grader.core.verdict import Outcome
from grader.discovery import find_course
from grader.judge import Judge
from grader.sandbox import InlineWorker


def affine_exercise():
    return Exercise(
        title="Affine",
        functions=(
            function("affine_forward: x(n,d), w(d,m), b(m) -> y(n,m), cache"),
            function("affine_backward: dy(n,m), cache -> dx(n,d), dw(d,m), db(m)"),
        ),
        checks=(matches("affine_forward"), gradient("affine_backward", of="affine_forward")),
    )


def loss_exercise():
    return Exercise(
        title="Loss",
        functions=(
            function("loss_forward: x(n,d) -> loss, cache"),
            function("loss_backward: cache -> dx(n,d)"),
            function("rows_forward: x(n,d) -> y(n), cache"),
            function("rows_backward: cache -> dx(n,d)"),
        ),
        checks=(gradient("loss_backward", of="loss_forward"), gradient("rows_backward", of="rows_forward")),
    )


@functools.cache
def cases(make, check, seed):
    exercise = make()
    return generate(exercise, exercise.checks[check], seed=seed)


class Counting(InlineWorker):
    def __init__(self, functions):
        super().__init__(functions)
        self.steps = []

    def run_frame(self, frame, steps, *, seconds=None):
        self.steps.append(steps)
        return super().run_frame(frame, steps, seconds=seconds)


def affine_backward(dy, cache):
    x, w = cache
    return dy @ w.T, x.T @ dy, dy.sum(0)


FORWARDS = {
    "right": lambda x, w, b: (x @ w + b, (x, w)),
    "doubled": lambda x, w, b: (2 * (x @ w + b), (x, w)),
    "bias subtracted": lambda x, w, b: (x @ w - b, (x, w)),
}
BACKWARDS = {
    "right": affine_backward,
    "doubled": lambda dy, cache: tuple(2 * g for g in affine_backward(dy, cache)),
    "bias subtracted": lambda dy, cache: (*affine_backward(dy, cache)[:2], -dy.sum(0)),
}


def ask(forward, backward, make=affine_exercise, *, seed=0, check=-1, worker=InlineWorker):
    exercise = make()
    chosen = exercise.checks[check]
    caller = worker({chosen.body.of: forward, chosen.function: backward})
    return consistent_with_own_forward(exercise, chosen, cases(make, check, seed), caller, seed=seed), caller


@pytest.mark.parametrize("backward", BACKWARDS)
@pytest.mark.parametrize("forward", FORWARDS)
def test_backward_is_right_for_the_forward_it_belongs_to_and_no_other(forward, backward):
    for seed in range(4):
        seen, _ = ask(FORWARDS[forward], BACKWARDS[backward], seed=seed)

        assert seen.judgement is (Judgement.RIGHT if forward == backward else Judgement.WRONG)


def test_sentence_says_which_element_differs():
    right, _ = ask(FORWARDS["doubled"], BACKWARDS["doubled"])
    wrong, _ = ask(FORWARDS["bias subtracted"], affine_backward)

    assert right.sentence == "by finite differences this backward is right for your own forward"
    assert wrong.sentence.startswith(
        "by finite differences this backward is not right for your own forward either: db["
    )
    assert "finite differences give" in wrong.sentence


def test_about_two_hundred_calls_are_enough():
    _, caller = ask(FORWARDS["doubled"], BACKWARDS["doubled"], worker=Counting)

    assert len(caller.steps) <= 4
    assert sum(caller.steps) <= 210


def test_same_seed_gives_the_same_answer():
    assert ask(FORWARDS["doubled"], affine_backward)[0] == ask(FORWARDS["doubled"], affine_backward)[0]


def raising(*_):
    raise ValueError("no")


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (raising, affine_backward),
        (FORWARDS["right"], raising),
        (lambda x, w, b: (x @ w + b)[:-1], affine_backward),
        (lambda x, w, b: ((x @ w + b)[..., None], (x, w)), affine_backward),
        (lambda x, w, b: None, affine_backward),
        (FORWARDS["right"], lambda dy, cache: dy),
    ],
    ids=[
        "forward raises",
        "backward raises",
        "number of results",
        "forward's shape",
        "forward returns nothing",
        "number of gradients",
    ],
)
def test_nothing_is_said_where_a_function_gives_no_usable_answer(forward, backward):
    seen, _ = ask(forward, backward)

    assert seen.judgement is Judgement.INCONCLUSIVE
    assert seen.sentence == ""


def test_backward_of_a_loss_takes_no_upstream_gradient():
    def forward(x):
        return float((x**2).sum()), x

    assert ask(forward, lambda x: 2 * x, loss_exercise, check=0)[0].judgement is Judgement.RIGHT
    assert ask(forward, lambda x: x, loss_exercise, check=0)[0].judgement is Judgement.WRONG


def test_nothing_is_said_of_a_backward_whose_upstream_gradient_is_unknown():
    seen, _ = ask(lambda x: ((x**2).sum(axis=1), x), lambda x: 2 * x, loss_exercise, check=1)

    assert seen.judgement is Judgement.INCONCLUSIVE


def test_nothing_is_said_of_values():
    exercise = affine_exercise()
    check = exercise.checks[0]
    worker = InlineWorker({"affine_forward": FORWARDS["right"]})

    seen = consistent_with_own_forward(exercise, check, generate(exercise, check, seed=0), worker)

    assert seen.judgement is Judgement.INCONCLUSIVE


def test_zero_gradients_prove_nothing():
    seen, _ = ask(
        lambda x, w, b: (np.zeros((len(x), len(b))), (x, w)), lambda dy, c: tuple(0 * g for g in affine_backward(dy, c))
    )

    assert seen.judgement is Judgement.INCONCLUSIVE


def test_nan_in_a_gradient_is_named():
    def backward(dy, cache):
        dx, dw, db = affine_backward(dy, cache)
        dw[0, 0] = np.nan
        return dx, dw, db

    seen, _ = ask(FORWARDS["right"], backward)

    assert seen.judgement is Judgement.WRONG
    assert "dw[0, 0] is nan" in seen.sentence


# ---------------------------------------------------------------- in the judge


@pytest.fixture(scope="module")
def judge():
    return Judge(find_course().select(["two_layer_net"]))


def skipped_message(judge, forward, backward):
    worker = InlineWorker({"affine_forward": forward, "affine_backward": backward})
    [report] = judge.grade(Submission(student="someone", files=[], data={}), worker).exercises
    [verdict] = [v for v in report.checks if v.check == "affine_backward/gradient"]
    assert verdict.outcome is Outcome.SKIPPED
    return verdict.message


def test_skipped_backward_is_said_to_fit_the_wrong_forward(judge):
    def backward(dy, cache):
        return BACKWARDS["bias subtracted"](dy, cache)

    message = skipped_message(judge, lambda x, w, b: (x @ w - b, (x, w)), backward)

    assert message.startswith("affine_forward, on which it depends, is not right yet; by finite differences")
    assert message.endswith("this backward is right for your own forward")


def test_skipped_backward_is_said_to_fit_neither(judge):
    message = skipped_message(
        judge, lambda x, w, b: (x @ w - b, (x, w)), lambda dy, cache: BACKWARDS["doubled"](dy, cache)
    )

    assert "is not right for your own forward either: d" in message


def test_skipped_backward_that_is_as_it_should_be_points_at_the_forward(judge):
    message = skipped_message(judge, lambda x, w, b: (x @ w - b, (x, w)), lambda dy, cache: affine_backward(dy, cache))

    assert message.endswith("; this backward already gives the expected gradients, so mend affine_forward")


def test_nothing_more_is_said_where_the_forward_raises(judge):
    message = skipped_message(judge, lambda x, w, b: raising(), lambda dy, cache: affine_backward(dy, cache))

    assert message == "affine_forward, on which it depends, is not right yet"

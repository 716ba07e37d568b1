"""What a function does besides its answers: changed inputs, also through a cache, and answers that do not repeat."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest

from grader.core.cases import generate
from grader.core.protocol import Raised, Run, Step
from grader.core.submission import Submission
from grader.core.verdict import Outcome
from grader.discovery import find_course
from grader.judge import Judge
from grader.sandbox import InlineWorker
from grader.worker.evaluator import Evaluator


def verdicts(exercise: str, **changed):
    judge = Judge(find_course().select([exercise]))
    kernels = judge.course.exercises[0].solution.functions
    report = judge.grade(Submission(student="s", files=[]), InlineWorker({**kernels, **changed}))
    return {verdict.check: verdict for verdict in report.verdicts}


def kernels(exercise: str):
    return find_course().select([exercise]).exercises[0].solution.functions


def test_backward_that_destroys_its_forwards_inputs_is_impure():
    right = kernels("two_layer_net")

    def forward(x, w, b):
        return x @ w + b, (x, w)

    def backward(dy, cache):
        x, w = cache
        answer = dy @ w.T, x.T @ dy, dy.sum(axis=0)
        x *= 0
        return answer

    seen = verdicts("two_layer_net", affine_forward=forward, affine_backward=backward)

    assert seen["affine_backward/gradient"].outcome is Outcome.PASSED
    assert seen["affine_backward/purity"].outcome is Outcome.FAILED
    assert "x of affine_forward, through the cache" in seen["affine_backward/purity"].message
    assert verdicts("two_layer_net", affine_forward=right["affine_forward"])["affine_backward/purity"].points > 0


def test_random_subgradient_at_the_kink_does_not_repeat():
    rng = np.random.default_rng(0)

    def relu_backward(dy, x):
        return dy * np.where(x == 0, rng.random(np.shape(x)), x > 0)

    seen = verdicts("activations", relu_backward=relu_backward)

    assert seen["relu_backward/gradient"].outcome is Outcome.PASSED
    assert "different answers when the same call is repeated" in seen["relu_backward/purity"].message


def test_small_noise_does_not_repeat():
    rng = np.random.default_rng(0)
    right = kernels("softmax_cross_entropy")["softmax"]

    seen = verdicts("softmax_cross_entropy", softmax=lambda z: right(z) * (1 + 1e-8 * rng.standard_normal(z.shape)))

    assert "softmax/purity" in {name for name, verdict in seen.items() if verdict.outcome is Outcome.FAILED}


@pytest.mark.parametrize("limit", [8, 20])
def test_function_that_is_wrong_for_large_arrays_fails(limit):
    right = kernels("softmax_cross_entropy")["softmax"]

    seen = verdicts("softmax_cross_entropy", softmax=lambda z: right(z) * (1 if len(z) <= limit else 2))

    assert seen["softmax/values"].outcome is Outcome.FAILED


def test_arguments_of_any_shape_have_up_to_four_dimensions():
    exercise = find_course().select(["activations"]).exercises[0].exercise
    (check,) = (check for check in exercise.checks if check.name == "relu/values")

    dimensions = {np.ndim(case.inputs["x"]) for case in generate(exercise, check, seed=0)}

    assert dimensions >= {0, 1, 2, 3, 4}


def test_named_tuple_of_results_is_a_tuple():
    pair = namedtuple("pair", "loss dz")
    right = kernels("softmax_cross_entropy")["softmax_cross_entropy"]

    seen = verdicts("softmax_cross_entropy", softmax_cross_entropy=lambda z, y: pair(*right(z, y)))

    assert seen["softmax_cross_entropy/shape"].outcome is Outcome.PASSED
    assert not seen["softmax_cross_entropy/shape"].remarks


def test_exception_whose_message_exits_is_an_exception():
    class Hostile(Exception):
        def __str__(self):
            raise SystemExit(0)

    def function():
        raise Hostile

    ((part, _),) = Evaluator({"f": function}).run(Run([Step("f", [])]), b"")

    assert isinstance(part.results[0], Raised)
    assert part.results[0].message == "(no readable message)"

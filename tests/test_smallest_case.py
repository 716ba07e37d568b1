"""Wrong functions that fail on few inputs only: the report shows one that nobody could make smaller."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grader.core.submission import Submission
from grader.discovery import Course, load_pair
from grader.judge import Judge
from grader.sandbox import InlineWorker

ROOT = Path(__file__).resolve().parents[1]


def pair_of(exercise, *names):
    """Return an exercise of the course with some of its functions, and their answers alone."""
    folder = "foundations"
    pair = load_pair(ROOT / "exercises" / folder / f"{exercise}.py", ROOT / "solutions" / folder / f"{exercise}.py")
    whole = pair.exercise
    functions = tuple(function for function in whole.functions if function.name in names)
    checks = tuple(c for c in whole.checks if c.function in names and hasattr(c.body, "kind"))
    kernels = {name: pair.solution.functions[name] for name in names}
    solution = replace(pair.solution, functions=kernels)
    return replace(pair, exercise=replace(whole, functions=functions, checks=checks), solution=solution)


def smallest_inputs(pair, seed=0, **wrong):
    """Return the inputs of every counterexample in the report on a wrong function, by check."""
    judge = Judge(Course(name="one", title="One", exercises=(pair,)), seed)
    functions = {**pair.solution.functions, **wrong}
    report = judge.grade(Submission(student="ada", files=[]), InlineWorker(functions))
    shown = {v.check: v.counterexample.inputs for v in report.verdicts if v.counterexample is not None}
    return {check: {k: eval(text, {"np": np}) for k, text in inputs.items()} for check, inputs in shown.items()}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_threshold_that_is_a_little_off_needs_one_element_between_it_and_the_right_one(seed):
    pair = pair_of("activations", "relu", "relu_backward")
    shown = smallest_inputs(pair, seed, relu_backward=lambda dy, x: dy * (x > 0.1))["relu_backward/gradient"]
    assert shown["x"].size == shown["dy"].size == 1
    assert 0 < shown["x"].item() <= 0.1
    assert shown["dy"].item() == 1


def without_last_class(z, y):
    """Take the last class for padding: its samples have neither loss nor gradient."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    counted = (y < z.shape[1] - 1) / len(z)
    dz = p.copy()
    dz[np.arange(len(z)), y] -= 1
    # Scores that differ by hundreds are not what is wrong here.
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(log_p[np.arange(len(z)), y] * counted).sum(), dz * counted[:, None]


def test_a_fault_of_the_last_class_needs_one_sample_of_two_classes():
    # With one class the loss and the gradient are 0, with padding or without it.
    pair = pair_of("softmax_cross_entropy", "softmax_cross_entropy")
    shown = smallest_inputs(pair, softmax_cross_entropy=without_last_class)
    assert shown.keys() == {"softmax_cross_entropy/values", "softmax_cross_entropy/gradient"}
    for inputs in shown.values():
        assert inputs["z"].tolist() == [[0, 0]]
        assert inputs["y"].tolist() == [1]


def divided_by_one(dy, cache):
    """Leave a constant feature's gradient undivided."""
    x, mean, inv_std, gamma = cache
    inv_std = np.where(((x - mean) ** 2).mean(axis=0) == 0, 1.0, inv_std)
    x_hat = (x - mean) * inv_std
    g = dy * gamma
    dx = inv_std * (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0))
    return dx, (dy * x_hat).sum(axis=0), dy.sum(axis=0)


def test_a_fault_of_constant_features_needs_two_samples_of_one_feature():
    # The gradient of a single sample is 0, however it is divided.
    pair = pair_of("batchnorm", "batchnorm_forward", "batchnorm_backward")
    shown = smallest_inputs(pair, batchnorm_backward=divided_by_one)["batchnorm_backward/gradient"]
    assert shown["x"].tolist() == [[0], [0]]
    assert sorted(np.abs(shown["dy"]).ravel()) == [0, 1]
    assert np.abs(shown["gamma"]).tolist() == [1]
    assert not shown["beta"].any()


def resting(w, g, state, lr, beta):
    """Move no weight whose gradient is exactly 0."""
    v = beta * state.get("v", 0.0) + (1 - beta) * g
    return np.where(g == 0, w, w - lr * v), {"v": v}


def test_a_fault_at_zero_gradients_needs_one_weight_and_two_steps():
    # The average has to be non-zero from a step before, or the weight would rest anyway.
    shown = smallest_inputs(pair_of("optimizers", "momentum"), momentum=resting)["momentum/trajectory"]
    assert shown["w"].tolist() == [0]
    assert np.abs(shown["g"]).tolist() == [[1], [0]]


def without_negative_bias(x, w1, b1, w2, b2):
    return np.maximum(x @ w1 + np.maximum(b1, 0), 0) @ w2 + b2, None


def test_a_fault_of_negative_biases_needs_a_net_of_single_units():
    # The pre-activation must be positive without the bias, and its weight in the output must not be 0.
    shown = smallest_inputs(pair_of("two_layer_net", "net_forward"), net_forward=without_negative_bias)
    inputs = shown["net_forward/values"]
    assert all(value.size == 1 for value in inputs.values())
    assert inputs["b1"].item() == -1
    assert inputs["b2"].item() == 0
    assert [abs(inputs[name].item()) for name in ("x", "w1", "w2")] == [1, 1, 1]


def capped(x):
    """Cut crelu off far from 0."""
    y = np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)], axis=-1)
    return np.where(y > 4000, 4000, y)


def test_a_fault_beyond_a_limit_needs_one_element_beyond_it():
    shown = smallest_inputs(pair_of("activations", "crelu"), crelu=capped)["crelu/values"]
    assert shown["x"].size == 1
    assert abs(shown["x"].item()) > 4000
    assert abs(shown["x"].item()) % 1000 == 0


def exponentials(z):
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


def test_an_overflow_needs_one_score():
    shown = smallest_inputs(pair_of("softmax_cross_entropy", "softmax"), softmax=exponentials)["softmax/values"]
    assert shown["z"].shape == (1, 1)
    assert abs(shown["z"].item()) > 709  # where exp overflows; exp(-746) is 0


MAXIMA = """
from grader.authoring import Exercise, function, matches, reals

exercise = Exercise(
    title="Maxima",
    functions=(function("row_max: x(n,d) -> y(n)"),),
    inputs={"x": reals(-100, 100, magnitudes=(1.0, 12.0))},
    checks=(matches("row_max"),),
)
"""


@pytest.fixture(scope="module")
def maxima(make_course):
    return make_course(exercise=MAXIMA, solution="def row_max(x):\n    return x.max(axis=1)\n", name="maxima").pair


def test_maxima_of_a_reshaped_array_need_two_rows_of_two(maxima):
    # A single row or a single column has the same maxima after a reshape.
    wrong = {"row_max": lambda x: x.reshape(x.shape[::-1]).max(axis=0)}
    shown = smallest_inputs(maxima, **wrong)["row_max/values"]["x"]
    assert shown.shape == (2, 2)
    assert sorted(np.abs(shown).ravel()) == [0, 0, 0, 1]


def test_maxima_from_a_start_that_is_too_high_need_one_element_below_it(maxima):
    wrong = {"row_max": lambda x: x.max(axis=1, initial=-37.0)}
    shown = smallest_inputs(maxima, **wrong)["row_max/values"]["x"]
    assert shown.shape == (1, 1)
    assert shown.item() < -37
    assert shown.item() % 10 == 0


def test_maxima_that_are_wrong_from_the_fifth_row_on_need_five_rows(maxima):
    def four_rows(x):
        y = x.max(axis=1)
        y[4:] = 0
        return y

    shown = smallest_inputs(maxima, row_max=four_rows)["row_max/values"]["x"]
    assert shown.shape == (5, 1)
    assert np.abs(shown).ravel().tolist() == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("seed", [0, 1])
def test_the_smallest_case_is_the_same_every_time(maxima, seed):
    wrong = {"row_max": lambda x: np.where(x.max(axis=1) < -5, 0, x.max(axis=1))}
    first, second = (smallest_inputs(maxima, seed, **wrong)["row_max/values"]["x"] for _ in range(2))
    assert repr(first) == repr(second)

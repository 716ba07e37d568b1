"""Facts of the softmax contract from independent knowledge, on the kernels, the cases and the properties."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from grader.core.cases import generate
from grader.core.exercise import Property
from grader.core.submission import Submission
from grader.discovery import Course, load_pair
from grader.judge import Judge
from grader.sandbox import InlineWorker

ROOT = Path(__file__).resolve().parents[2]
NAME = "softmax_cross_entropy"
PAIR = load_pair(ROOT / f"exercises/foundations/{NAME}.py", ROOT / f"solutions/foundations/{NAME}.py")
KERNELS = PAIR.solution.functions if PAIR.solution else {}
COURSE = Course("softmax", "Softmax", (PAIR,))
CHECKS = {check.name: check for check in PAIR.exercise.checks}
PROPERTIES = [check for check in PAIR.exercise.checks if isinstance(check.body, Property)]
SEEDS = range(4)


def grade(**changed):
    functions = {**KERNELS, **changed}
    return Judge(COURSE).grade(Submission(student="ada", files=[]), InlineWorker(functions)).exercises[0]


def softmax_by_logsumexp(z):
    p = np.empty_like(z)
    for i, row in enumerate(z):
        top = max(row)
        total = top + math.log(sum(math.exp(v - top) for v in row))
        p[i] = [math.exp(v - total) for v in row]
    return p


def backward_by_jacobian(dp, p):
    return np.stack([(np.diag(row) - np.outer(row, row)) @ up for up, row in zip(dp, p, strict=True)])


def cross_entropy_from_one_hot(z, y):
    n, c = z.shape
    targets = np.eye(c)[y]
    total = np.logaddexp.reduce(z, axis=1, keepdims=True)
    loss = np.where(targets > 0, total - z, 0).sum() / n
    return loss, (np.exp(z - total) - targets) / n


def softmax_in_float32(z):
    z = z.astype(np.float32)
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def cross_entropy_in_float32(z, y):
    z = z.astype(np.float32)
    shifted = z - z.max(1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    dz = np.exp(log_p)
    dz[np.arange(len(z)), y] -= 1
    return -log_p[np.arange(len(z)), y].mean(), dz / np.float32(len(z))


def test_softmax_of_the_worked_example():
    p = KERNELS["softmax"](np.array([[0.0, 0.0], [0.0, math.log(3)]]))

    np.testing.assert_allclose(p, [[0.5, 0.5], [0.25, 0.75]], rtol=1e-15)


def test_backward_of_the_worked_example():
    dz = KERNELS["softmax_backward"](np.array([[1.0, 0.0]] * 2), np.array([[0.5, 0.5], [0.25, 0.75]]))

    np.testing.assert_allclose(dz, [[0.25, -0.25], [0.1875, -0.1875]], rtol=1e-15)


def test_loss_and_gradient_of_the_worked_example():
    loss, dz = KERNELS["softmax_cross_entropy"](np.array([[0.0, 0.0], [0.0, math.log(3)]]), np.array([0, 0]))

    assert loss == pytest.approx((math.log(2) + math.log(4)) / 2, rel=1e-15)
    np.testing.assert_allclose(dz, [[-0.25, 0.25], [-0.375, 0.375]], rtol=1e-15)


@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_two_classes_are_a_logistic_sigmoid(seed, scale):
    z = scale * np.random.default_rng(seed).standard_normal((6, 2))
    expected = [1 / (1 + math.exp(b - a)) for a, b in z]

    np.testing.assert_allclose(KERNELS["softmax"](z)[:, 0], expected, rtol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_loss_of_an_impossible_class_is_its_distance_to_the_best(seed):
    gaps = np.random.default_rng(seed).uniform(800, 20_000, 5)
    z = np.stack([np.full(5, 1e4), 1e4 - gaps], axis=1)
    loss, dz = KERNELS["softmax_cross_entropy"](z, np.ones(5, int))

    assert loss == pytest.approx(gaps.mean(), rel=1e-12)
    np.testing.assert_allclose(dz, np.tile([0.2, -0.2], (5, 1)), rtol=1e-12)


def test_backward_of_a_one_hot_row_is_zero():
    dz = KERNELS["softmax_backward"](np.array([[3.0, -5.0, 7.0]]), np.array([[0.0, 1.0, 0.0]]))

    np.testing.assert_array_equal(dz, np.zeros((1, 3)))


@pytest.mark.parametrize("seed", SEEDS)
def test_loss_gradient_is_the_central_difference_of_the_loss(seed):
    rng = np.random.default_rng(seed)
    z, y, h = rng.standard_normal((3, 4)), rng.integers(0, 4, 3), 1e-5
    _, dz = KERNELS["softmax_cross_entropy"](z, y)
    for at in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[at] = h
        above, below = (KERNELS["softmax_cross_entropy"](z + sign * step, y)[0] for sign in (1, -1))
        assert (above - below) / (2 * h) == pytest.approx(dz[at], abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_cases_hold_the_extremes_of_the_contract(seed):
    cases = generate(PAIR.exercise, CHECKS[f"{NAME}/gradient"], seed=seed)
    surprises = []
    for case in cases:
        z, y = case.inputs["z"], case.inputs["y"]
        assert np.abs(z).max() <= 1e4
        assert ((y >= 0) & (y < z.shape[1])).all()
        surprises.append((z.max(axis=1) - z[np.arange(len(y)), y]).max())

    assert max(np.abs(case.inputs["z"]).max() for case in cases) > 9000
    assert any(690.8 < gap < 745 for gap in surprises), "no true class with a denormal probability"
    assert max(surprises) > 1000
    assert any(case.inputs["z"].shape == (1, 1) for case in cases)


@pytest.mark.parametrize("seed", SEEDS)
def test_cases_of_the_backward_hold_softmax_outputs(seed):
    cases = generate(PAIR.exercise, CHECKS["softmax_backward/gradient"], seed=seed)
    rows = [row for case in cases for row in case.inputs["p"] if len(row) > 1]

    assert all(row.min() >= 0 and row.sum() == pytest.approx(1, abs=1e-12) for row in rows)
    assert any(row.max() == 1 for row in rows)
    assert any(0.99 < row.max() < 1 for row in rows)
    assert any(np.ptp(row) < 0.01 for row in rows)


@pytest.mark.parametrize(
    "changed",
    [
        {"softmax": softmax_by_logsumexp},
        {"softmax_backward": backward_by_jacobian},
        {"softmax_cross_entropy": cross_entropy_from_one_hot},
        {"softmax": softmax_in_float32, "softmax_cross_entropy": cross_entropy_in_float32},
    ],
    ids=["log-sum-exp", "Jacobian", "one-hot", "float32"],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_right_code_in_another_style_earns_full_points(changed):
    report = grade(**changed)

    assert [f"{v.check}: {v.message}" for v in report.checks if v.points < v.max_points] == []


@pytest.mark.parametrize("check", PROPERTIES, ids=lambda check: check.name)
@pytest.mark.parametrize("seed", range(20, 28))
def test_property_raises_no_false_alarm_in_single_precision(check, seed):
    student = SimpleNamespace(
        softmax=softmax_in_float32, softmax_backward=KERNELS["softmax_backward"],
        softmax_cross_entropy=cross_entropy_in_float32,
    )  # fmt: skip
    for case in generate(PAIR.exercise, check, seed=seed):
        assert check.body.predicate(student, case.view) in (None, True)


@pytest.mark.parametrize("fill", [math.nan, math.inf, -math.inf, 1e300], ids=str)
@pytest.mark.parametrize("check", PROPERTIES, ids=lambda check: check.name)
def test_property_words_a_useless_answer_and_does_not_raise(check, fill):
    student = SimpleNamespace(
        softmax=lambda z: np.full(z.shape, fill),
        softmax_backward=lambda dp, p: np.full(p.shape, fill),
        softmax_cross_entropy=lambda z, y: (fill, np.full(z.shape, fill)),
    )
    seen = [check.body.predicate(student, case.view) for case in generate(PAIR.exercise, check, seed=0)]

    assert all(answer is None or isinstance(answer, str) for answer in seen)
    if not math.isfinite(fill):
        assert any(seen)


@pytest.mark.parametrize(
    ("function", "wrong", "claim"),
    [
        ("softmax", lambda z: np.exp(z - z.max()), "rows-sum-to-one"),
        ("softmax", lambda z: z / z.sum(1, keepdims=True), "probabilities-lie-between-0-and-1"),
        ("softmax", lambda z: np.abs(z) / np.abs(z).sum(1, keepdims=True), "an-offset-per-row-changes-nothing"),
        ("softmax", lambda z: np.eye(z.shape[1])[np.zeros(len(z), int)],
         "permuting-classes-permutes-the-probabilities"),
        ("softmax_backward", lambda dp, p: p * (1 - p) * dp, "rows-of-dz-sum-to-zero"),
        ("softmax_backward", lambda dp, p: p * dp, "a-constant-added-to-dp-changes-nothing"),
        (NAME, lambda z, y: (0.0, np.zeros_like(z)), "uniform-scores-cost-ln-c"),
        (NAME, lambda z, y: (z.sum(), np.zeros_like(z)), "an-offset-per-row-changes-nothing"),
        (NAME, lambda z, y: (z[:, 0].mean(), np.zeros_like(z)), "permuting-classes-permutes-the-gradient"),
        (NAME, lambda z, y: (float(len(z)), np.zeros_like(z)), "repeating-the-batch-leaves-the-loss-unchanged"),
        (NAME, lambda z, y: (0.0, np.ones_like(z)), "rows-of-dz-sum-to-zero"),
    ],
)  # fmt: skip
def test_property_sees_what_contradicts_it(function, wrong, claim):
    check = CHECKS[f"{function}/{claim}"]
    student = SimpleNamespace(**{function: wrong})
    cases = generate(PAIR.exercise, check, seed=0)

    with np.errstate(all="ignore"):
        assert any(isinstance(check.body.predicate(student, case.view), str) for case in cases)

"""Facts of the two-layer nets' contract from independent knowledge, on the kernels, the cases and the properties."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from grader.core.cases import generate
from grader.core.exercise import Property
from grader.core.submission import Submission
from grader.core.verdict import Outcome
from grader.discovery import Course, load_pair
from grader.judge import Judge
from grader.sandbox import InlineWorker

ROOT = Path(__file__).resolve().parents[2]
PAIR = load_pair(ROOT / "exercises/foundations/two_layer_net.py", ROOT / "solutions/foundations/two_layer_net.py")
KERNELS = PAIR.solution.functions if PAIR.solution else {}
COURSE = Course("nets", "Nets", (PAIR,))
CHECKS = {check.name: check for check in PAIR.exercise.checks}
PROPERTIES = [check for check in PAIR.exercise.checks if isinstance(check.body, Property)]
SEEDS = range(4)


def grade(**changed):
    functions = {**KERNELS, **changed}
    return Judge(COURSE).grade(Submission(student="ada", files=[]), InlineWorker(functions)).exercises[0]


def draw_net(seed, n=5, d=3, h=4, c=3):
    rng = np.random.default_rng(seed)
    sizes = {"x": (n, d), "w1": (d, h), "b1": (h,), "w2": (h, c), "b2": (c,)}
    return {name: rng.standard_normal(shape) for name, shape in sizes.items()}, rng.integers(0, c, n)


def draw_columns(seed, n=5, d=3, h=4, c=2):
    rng = np.random.default_rng(seed)
    sizes = {"x": (d, n), "w1": (h, d), "b1": (h, 1), "w2": (c, h), "b2": (c, 1)}
    return {name: rng.standard_normal(shape) for name, shape in sizes.items()}, rng.integers(0, 2, (c, n)).astype(float)


def slopes(loss, value, h=1e-5):
    """Return central differences of a loss along every element of a parameter."""
    result = np.empty_like(value)
    for at in np.ndindex(value.shape):
        step = np.zeros_like(value)
        step[at] = h
        result[at] = (loss(value + step) - loss(value - step)) / (2 * h)
    return result


def column_loss(y, parameters):
    a2, _ = KERNELS["column_forward"](**parameters)
    return -(y * np.log(a2) + (1 - y) * np.log(1 - a2)).sum() / y.shape[1]


def test_affine_layer_of_the_worked_example():
    y, cache = KERNELS["affine_forward"](np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0]))
    dx, dw, db = KERNELS["affine_backward"](np.array([[2.0]]), cache)

    assert y.tolist() == [[16.0]]
    assert (dx.tolist(), dw.tolist(), db.tolist()) == ([[6.0, 8.0]], [[2.0], [4.0]], [2.0])


def test_net_of_the_worked_example():
    x, w1, w2 = np.array([[1.0], [-1.0]]), np.array([[2.0]]), np.array([[3.0]])
    z, cache = KERNELS["net_forward"](x, w1, np.array([1.0]), w2, np.array([0.5]))
    gradients = KERNELS["net_backward"](np.array([[1.0], [1.0]]), cache)

    assert z.tolist() == [[9.5], [0.5]]
    assert [gradient.tolist() for gradient in gradients] == [[[3.0]], [3.0], [[3.0]], [2.0]]


def test_columns_of_the_worked_example():
    zero = np.zeros((1, 1))
    a2, cache = KERNELS["column_forward"](np.array([[4.0, -7.0]]), zero, zero, zero, zero)
    dw1, db1, dw2, db2 = KERNELS["column_backward"](np.array([[1.0, 1.0]]), cache)

    assert a2.tolist() == [[0.5, 0.5]]
    assert (dw1.item(), db1.item(), dw2.item(), db2.item()) == (0.0, 0.0, -0.25, -0.5)


@pytest.mark.parametrize("reg", [0.0, 0.7])
def test_loss_without_second_layer_is_the_logarithm_of_the_classes_plus_the_penalty(reg):
    x, w1 = np.ones((2, 2)), np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 3.0]])
    loss, dw1, db1, dw2, db2 = KERNELS["net_loss"](
        x, np.array([0, 1]), w1, np.zeros(3), np.zeros((3, 4)), np.zeros(4), reg
    )  # fmt: skip

    assert loss == pytest.approx(math.log(4) + reg / 2 * 15, rel=1e-14)
    np.testing.assert_allclose(dw1, reg * w1)
    np.testing.assert_allclose(db1, np.zeros(3))
    np.testing.assert_allclose(db2, [-0.25, -0.25, 0.25, 0.25], rtol=1e-14)
    np.testing.assert_allclose(dw2, np.outer([1.0, 1.0, 3.0], [-0.25, -0.25, 0.25, 0.25]), rtol=1e-14)


@pytest.mark.parametrize("name", ["w1", "b1", "w2", "b2"])
@pytest.mark.parametrize("seed", SEEDS)
def test_net_loss_gradients_are_central_differences(seed, name):
    net, y = draw_net(seed)
    x = net.pop("x")
    gradients = dict(zip(net, KERNELS["net_loss"](x, y, *net.values(), 0.7)[1:], strict=True))
    seen = slopes(lambda value: KERNELS["net_loss"](x, y, *{**net, name: value}.values(), 0.7)[0], net[name])

    np.testing.assert_allclose(gradients[name], seen, atol=1e-8)


@pytest.mark.parametrize("name", ["w1", "b1", "w2", "b2"])
@pytest.mark.parametrize("seed", SEEDS)
def test_column_gradients_are_central_differences(seed, name):
    parameters, y = draw_columns(seed)
    _, cache = KERNELS["column_forward"](**parameters)
    gradients = dict(zip(["w1", "b1", "w2", "b2"], KERNELS["column_backward"](y, cache), strict=True))
    seen = slopes(lambda value: column_loss(y, {**parameters, name: value}), parameters[name])

    np.testing.assert_allclose(gradients[name], seen, atol=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_loss_at_scores_of_ten_thousand_is_the_gap_to_the_best_score(seed):
    gap = float(np.random.default_rng(seed).uniform(1000, 1e4))
    net = {"w1": np.ones((1, 2)), "b1": np.zeros(2), "w2": np.zeros((2, 2)), "b2": np.array([1e4, 1e4 - gap])}
    loss, *_, db2 = KERNELS["net_loss"](np.ones((3, 1)), np.array([1, 1, 0]), *net.values(), 0.0)

    assert loss == pytest.approx(2 / 3 * gap, rel=1e-12)
    np.testing.assert_allclose(db2, [2 / 3, -2 / 3], rtol=1e-12)


@pytest.mark.parametrize("check", ["net_backward/gradient", "net_loss/gradient"])
@pytest.mark.parametrize("seed", SEEDS)
def test_cases_of_gradients_keep_off_the_kink_and_within_the_scores(check, seed):
    largest = 0.0
    for case in generate(PAIR.exercise, CHECKS[check], seed=seed):
        v = case.view
        pre = v.x @ v.w1 + v.b1
        at_the_kink = ~v.w1.any(axis=0) & (v.b1 == 0)
        assert np.abs(pre[:, ~at_the_kink]).min(initial=1.0) > 1e-3
        assert at_the_kink.any() or case.label != "a hidden unit at its kink"
        largest = max(largest, float(np.abs(np.maximum(pre, 0) @ v.w2 + v.b2).max()))

    assert largest > 1000
    assert check != "net_loss/gradient" or largest <= 1e4


@pytest.mark.parametrize("seed", SEEDS)
def test_cases_of_the_loss_hold_every_strength_and_an_impossible_class(seed):
    cases = generate(PAIR.exercise, CHECKS["net_loss/values"], seed=seed)

    assert {case.inputs["reg"] for case in cases} == {0.0, 0.7, 3.0}
    assert any(KERNELS["net_loss"](*case.inputs.values())[0] > 800 + 1.5 * _penalty(case) for case in cases)


def _penalty(case):
    return float((case.inputs["w1"] ** 2).sum() + (case.inputs["w2"] ** 2).sum())


@pytest.mark.parametrize("seed", SEEDS)
def test_cases_of_columns_stay_within_thirty_and_come_near_it(seed):
    reached = {"hidden": 0.0, "output": 0.0}
    soft = False
    for case in generate(PAIR.exercise, CHECKS["column_backward/gradient"], seed=seed):
        v = case.view
        z1 = v.w1 @ v.x + v.b1
        z2 = v.w2 @ (1 / (1 + np.exp(-z1))) + v.b2
        for layer, z in (("hidden", z1), ("output", z2)):
            reached[layer] = max(reached[layer], float(np.abs(z).max()))
        soft = soft or bool(((v.y > 0) & (v.y < 1)).any())
        assert ((v.y >= 0) & (v.y <= 1)).all()

    assert 25 < reached["hidden"] <= 30
    assert 25 < reached["output"] <= 30
    assert soft


def in_single(value):
    is_float = isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype == np.float64)
    return np.float32(value) if is_float else value


def single(name):
    """Return a kernel that computes in single precision, and hands out its results so."""
    return lambda *args: KERNELS[name](*map(in_single, args))


def column_backward_by_the_chain_rule(y, cache):
    """Return the gradients without the cancelled form of dz2, the mean taken at the end."""
    x, z1, w2, a2 = cache
    m = y.shape[1]
    a1 = 0.5 * (1 + np.tanh(z1 / 2))
    dz2 = ((1 - y) / (1 - a2) - y / a2) * (a2 * (1 - a2))
    dz1 = w2.T.dot(dz2) * (a1 - a1**2)
    total = np.ones((m, 1))
    return dz1.dot(x.T) / m, dz1.dot(total) / m, dz2.dot(a1.T) / m, dz2.dot(total) / m


def net_forward_with_a_sign_mask(x, w1, b1, w2, b2):
    pre = np.einsum("nd,dh->nh", x, w1) + b1
    mask = np.heaviside(pre, 0.5)
    return np.einsum("nh,hc->nc", pre * mask, w2) + b2, {"x": x, "mask": mask, "hidden": pre * mask, "w2": w2}


def net_backward_sample_by_sample(dz, cache):
    dw1, db1, dw2, db2 = 0.0, 0.0, 0.0, 0.0
    for x, mask, hidden, up in zip(cache["x"], cache["mask"], cache["hidden"], dz, strict=True):
        back = mask * (cache["w2"] @ up)
        dw1, db1 = dw1 + np.outer(x, back), db1 + back
        dw2, db2 = dw2 + np.outer(hidden, up), db2 + up
    return dw1, db1, dw2, db2


@pytest.mark.parametrize(
    "changed",
    [
        {"column_backward": column_backward_by_the_chain_rule},
        {"net_forward": net_forward_with_a_sign_mask, "net_backward": net_backward_sample_by_sample},
        {name: single(name) for name in KERNELS},
    ],
    ids=["chain rule", "sample by sample", "float32"],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_right_code_in_another_style_earns_full_points(changed):
    report = grade(**changed)

    assert [f"{v.check}: {v.message}" for v in report.checks if v.points < v.max_points] == []


@pytest.mark.parametrize("check", PROPERTIES, ids=lambda check: check.name)
@pytest.mark.parametrize("seed", range(20, 28))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_property_raises_no_false_alarm_in_single_precision(check, seed):
    student = SimpleNamespace(**{name: single(name) for name in KERNELS})
    for case in generate(PAIR.exercise, check, seed=seed):
        assert check.body.predicate(student, case.view) in (None, True)


def filled(fill):
    """Return functions of the right shapes whose every number is `fill`."""

    def like(*arrays):
        return tuple(np.full(np.shape(array), fill) for array in arrays)

    def scores(x, w1, b1, w2, b2):
        return np.full((len(x), len(b2)), fill), (w1, b1, w2, b2)

    def columns(x, w1, b1, w2, b2):
        return np.full((len(b2), x.shape[1]), fill), (w1, b1, w2, b2)

    return SimpleNamespace(
        affine_forward=lambda x, w, b: (np.full((len(x), len(b)), fill), (x, w, b)),
        affine_backward=lambda dy, cache: like(*cache),
        net_forward=scores,
        net_backward=lambda dz, cache: like(*cache),
        net_loss=lambda x, y, w1, b1, w2, b2, reg: (fill, *like(w1, b1, w2, b2)),
        column_forward=columns,
        column_backward=lambda y, cache: like(*cache),
    )


@pytest.mark.parametrize("fill", [math.nan, math.inf, -math.inf, 1e300], ids=str)
@pytest.mark.parametrize("check", PROPERTIES, ids=lambda check: check.name)
def test_property_words_a_useless_answer_and_does_not_raise(check, fill):
    seen = [check.body.predicate(filled(fill), case.view) for case in generate(PAIR.exercise, check, seed=0)]

    assert all(answer is None or isinstance(answer, str) for answer in seen)
    if not math.isfinite(fill):
        assert any(seen)


def altered(name, change):
    """Return the kernels with one result tuple changed."""
    return SimpleNamespace(**{**KERNELS, name: lambda *args: change(*KERNELS[name](*args))})


@pytest.mark.parametrize(
    ("function", "change", "claim"),
    [
        ("affine_forward", lambda y, cache: (y + 1, cache), "a-zero-input-gives-the-bias"),
        ("affine_backward", lambda dx, dw, db: (dx, 2 * dw, db), "dx-and-dw-agree-with-the-forward-without-a-bias"),
        ("affine_backward", lambda dx, dw, db: (-dx, dw, db), "dx-and-dw-agree-with-the-forward-without-a-bias"),
        ("net_backward", lambda a, b, c, d: (2 * a, b, c, d), "dw1-predicts-the-scores-after-a-step-along-w1"),
        ("net_backward", lambda a, b, c, d: (a, 2 * b, c, d), "db1-predicts-the-scores-after-a-step-along-b1"),
        ("net_backward", lambda a, b, c, d: (a, b, 2 * c, d), "dw2-predicts-the-scores-after-a-step-along-w2"),
        ("net_backward", lambda a, b, c, d: (a, b, c, 2 * d), "db2-predicts-the-scores-after-a-step-along-b2"),
        ("net_backward", lambda a, b, c, d: (a, np.cumsum(b), c, d),
         "permuting-the-hidden-units-permutes-the-gradients"),
        ("net_loss", lambda loss, *rest: (2 * loss, *rest), "loss-and-gradients-are-linear-in-reg"),
        ("net_loss", lambda loss, *rest: (2 * loss, *rest), "zero-weights-cost-ln-c"),
        ("net_loss", lambda loss, a, b, c, d: (loss, a, b, c, d + np.arange(len(d))),
         "permuting-the-classes-permutes-the-gradients"),
        ("column_backward", lambda a, b, c, d: (a, b, c, d + 1), "gradients-vanish-where-the-output-is-the-target"),
        ("column_forward", lambda a2, cache: (a2 + 1, cache), "outputs-lie-between-0-and-1"),
    ],
)  # fmt: skip
def test_property_sees_what_contradicts_it(function, change, claim):
    check = CHECKS[f"{function}/{claim}"]
    student = altered(function, change)
    cases = generate(PAIR.exercise, check, seed=0)

    assert any(isinstance(check.body.predicate(student, case.view), str) for case in cases)


def test_order_of_hidden_units_matters_to_a_net_that_weights_them_by_position():
    check = CHECKS["net_forward/the-order-of-the-hidden-units-does-not-matter"]

    def by_position(x, w1, b1, w2, b2):
        return KERNELS["net_forward"](x, w1 * np.arange(1, len(b1) + 1), b1, w2, b2)

    student = SimpleNamespace(net_forward=by_position)
    cases = generate(PAIR.exercise, check, seed=0)

    assert any(isinstance(check.body.predicate(student, case.view), str) for case in cases)


def test_repeated_batch_shows_a_sum_where_a_mean_is_due():
    check = CHECKS["net_loss/repeating-the-batch-changes-nothing"]

    def summed(x, *rest):
        loss, *gradients = KERNELS["net_loss"](x, *rest)
        return len(x) * loss, *gradients

    student = SimpleNamespace(net_loss=summed)

    assert any(isinstance(check.body.predicate(student, c.view), str) for c in generate(PAIR.exercise, check, seed=0))


def test_repeated_columns_show_a_missing_mean():
    check = CHECKS["column_backward/repeating-the-columns-changes-nothing"]

    def summed(y, cache):
        return tuple(gradient * y.shape[1] for gradient in KERNELS["column_backward"](y, cache))

    student = SimpleNamespace(column_forward=KERNELS["column_forward"], column_backward=summed)

    assert any(isinstance(check.body.predicate(student, c.view), str) for c in generate(PAIR.exercise, check, seed=0))


# ---------------------------------------------------------------- a hidden unit exactly at its kink


def net_backward_with(slope):
    """Return a backward whose ReLU has the derivative `slope` at 0; `slope` may draw one for each pre-activation."""

    def net_backward(dz, cache):
        x, w1, b1, w2 = cache
        a = x @ w1 + b1
        da = dz @ w2.T * np.where(a == 0, slope(a), a > 0)
        return x.T @ da, da.sum(0), np.maximum(a, 0).T @ dz, dz.sum(0)

    return net_backward


def net_forward(x, w1, b1, w2, b2):
    return np.maximum(x @ w1 + b1, 0) @ w2 + b2, (x, w1, b1, w2)


def net_loss_with(slope):
    def net_loss(x, y, w1, b1, w2, b2, reg):
        z, cache = net_forward(x, w1, b1, w2, b2)
        shifted = z - z.max(axis=1, keepdims=True)
        total = np.exp(shifted).sum(axis=1)
        rows = np.arange(len(y))
        loss = (np.log(total) - shifted[rows, y]).mean() + reg / 2 * ((w1**2).sum() + (w2**2).sum())
        dz = np.exp(shifted) / total[:, None]
        dz[rows, y] -= 1
        dw1, db1, dw2, db2 = net_backward_with(slope)(dz / len(y), cache)
        return loss, dw1 + reg * w1, db1, dw2 + reg * w2, db2

    return net_loss


def verdicts_with(slope):
    graded = grade(net_forward=net_forward, net_backward=net_backward_with(slope), net_loss=net_loss_with(slope))
    outcomes = {verdict.check: verdict.outcome for verdict in graded.checks}
    return {name: outcomes[f"{name}/gradient"] is Outcome.PASSED for name in ("net_backward", "net_loss")}


@pytest.mark.parametrize(
    "slope", [np.zeros_like, np.ones_like, lambda a: 0 * a + 0.5, lambda a: np.random.default_rng(0).random(a.shape)]
)
def test_any_subgradient_of_a_unit_at_its_kink_is_right(slope):
    assert verdicts_with(slope) == {"net_backward": True, "net_loss": True}


@pytest.mark.parametrize("slope", [lambda a: a + np.nan, lambda a: 0 * a - 0.5, lambda a: 0 * a + 2])
def test_no_subgradient_of_a_unit_at_its_kink_is_wrong(slope):
    assert verdicts_with(slope) == {"net_backward": False, "net_loss": False}

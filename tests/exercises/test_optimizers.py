"""The optimisers: their kernels against hand-computed numbers and the papers, their checks against other right code."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.checks.properties import Observation, observe
from grader.core.exercise import Check, Property
from grader.core.submission import Submission
from grader.core.verdict import Outcome
from grader.discovery import Course, load_pair
from grader.judge import Judge
from grader.sandbox import InlineWorker

ROOT = Path(__file__).resolve().parents[2]
PAIR = load_pair(ROOT / "exercises/foundations/optimizers.py", ROOT / "solutions/foundations/optimizers.py")
KERNELS = PAIR.solution.functions if PAIR.solution else {}
COURSE = Course("optimizers", "Optimisers", (PAIR,))


def path(name: str, w: object, gradients: object, *hyper: float) -> list[Any]:
    """Return `w` after each step of a kernel."""
    state: dict[str, object] = {}
    points = []
    for g in np.asarray(gradients, float):
        w, state = KERNELS[name](np.asarray(w, float), np.asarray(g), state, *hyper)
        points.append(w)
    return points


def test_sgd_steps_by_lr_times_the_gradient() -> None:
    assert path("sgd", [1.0, 2.0], [[10.0, -5.0]], 0.1)[0] == pytest.approx([0.0, 2.5])


def test_momentum_by_hand() -> None:
    # v = 0.1, then 0.9*0.1 + 0.1*2 = 0.29
    assert path("momentum", 1.0, [1.0, 2.0], 0.5, 0.9) == pytest.approx([0.95, 0.95 - 0.145])


def test_nesterov_by_hand() -> None:
    # v' = -0.1: w = 1 - 1.5*0.1; v' = -0.05 - 0.2 = -0.25: w += 0.05 - 1.5*0.25
    assert path("nesterov", 1.0, [1.0, 2.0], 0.1, 0.5) == pytest.approx([0.85, 0.85 + 0.05 - 0.375])


def test_nesterov_is_the_gradient_at_the_look_ahead_point() -> None:
    # Sutskever et al. 2013: v' = mu*v - lr*f'(theta + mu*v), theta += v'; w is theta + mu*v.
    theta, v, w, state = 2.0, 0.0, np.asarray(2.0), {}
    for _ in range(6):
        ahead = theta + 0.7 * v
        v = 0.7 * v - 0.3 * (3 * ahead)
        theta += v
        w, state = KERNELS["nesterov"](w, 3 * w, state, 0.3, 0.7)
        assert w == pytest.approx(theta + 0.7 * v)


def test_adagrad_by_hand() -> None:
    # s = 9, then 25: steps 0.3*3/(3+0.5) and 0.3*4/(5+0.5)
    first = -0.9 / 3.5
    assert path("adagrad", 0.0, [3.0, 4.0], 0.3, 0.5) == pytest.approx([first, first - 1.2 / 5.5])


def test_adadelta_by_hand() -> None:
    # s = 0.5*4, dx = -sqrt(0.25)/sqrt(2.25)*2 = -2/3; u = 0.5*4/9; s = 1 + 0.5*9, dx = -sqrt(u+0.25)/sqrt(5.75)*3
    second = -np.sqrt(2 / 9 + 0.25) / np.sqrt(5.75) * 3
    assert path("adadelta", 0.0, [2.0, 3.0], 0.5, 0.25) == pytest.approx([-2 / 3, -2 / 3 + second])


def test_rmsprop_by_hand() -> None:
    # s = 0.25*16 = 4, then 0.75*4 + 0.25*4 = 4
    assert path("rmsprop", 1.0, [4.0, -2.0], 0.1, 0.75, 0.5) == pytest.approx([1 - 0.16, 1 - 0.16 + 0.08])


def test_adam_by_hand() -> None:
    # t=1: m_hat = 2, v_hat = 4.
    # t=2: m = 0.5*1 + 0.5*4 = 2.5, m_hat = 2.5/0.75; v = 0.75*1 + 0.25*16 = 4.75, v_hat = 4.75/(7/16)
    first = -0.3 * 2 / (2 + 0.2)
    second = -0.3 * (10 / 3) / (np.sqrt(4.75 * 16 / 7) + 0.2)
    assert path("adam", 0.0, [2.0, 4.0], 0.3, 0.5, 0.75, 0.2) == pytest.approx([first, first + second])


def test_adamw_decays_the_old_weight_apart_from_the_moments() -> None:
    adam = path("adam", 0.0, [2.0, 4.0], 0.3, 0.5, 0.75, 0.2)
    first = 5.0 + adam[0] - 0.3 * 0.1 * 5.0
    second = first + (adam[1] - adam[0]) - 0.3 * 0.1 * first
    assert path("adamw", 5.0, [2.0, 4.0], 0.3, 0.5, 0.75, 0.2, 0.1) == pytest.approx([first, second])


def test_ewma_by_hand() -> None:
    assert KERNELS["ewma"](np.array([4.0, 0.0, 8.0]), 0.5) == pytest.approx([4.0, 2.0, 5.0])
    assert KERNELS["ewma"](np.array([7.0]), 0.9) == pytest.approx([7.0])
    assert KERNELS["ewma"](np.array([1.0, 2.0, 3.0]), 1.0) == pytest.approx([1.0, 1.0, 1.0])
    assert KERNELS["ewma"](np.array([1.0, 2.0, 3.0]), 0.0) == pytest.approx([1.0, 2.0, 3.0])


@pytest.mark.parametrize("seed", range(4))
def test_momentum_is_the_weighted_sum_of_all_gradients(seed: int) -> None:
    g = np.random.default_rng(seed).standard_normal((7, 3))
    velocities = [sum(0.2 * 0.8 ** (t - i) * g[i] for i in range(t + 1)) for t in range(7)]
    assert path("momentum", np.zeros(3), g, 0.3, 0.8)[-1] == pytest.approx(-0.3 * np.sum(velocities, axis=0))


@pytest.mark.parametrize("seed", range(4))
def test_adams_moments_are_unbiased_for_a_constant_gradient(seed: int) -> None:
    g = np.random.default_rng(seed).standard_normal(5)
    steps = np.diff(path("adam", np.zeros(5), [g] * 8, 0.1, 0.9, 0.999, 1e-12), axis=0)
    assert steps == pytest.approx(np.broadcast_to(-0.1 * np.sign(g), steps.shape), rel=1e-6)


@pytest.mark.parametrize("name", sorted(set(KERNELS) - {"ewma"}))
def test_kernels_keep_shape_dtype_and_inputs(name: str) -> None:
    hyper = {"lr": 0.3, "beta": 0.9, "beta1": 0.9, "beta2": 0.999, "rho": 0.95, "eps": 1e-8, "decay": 0.1}
    names = [term.name for term in PAIR.exercise.function(name).signature.arguments[3:]]
    for shape in ((), (1,), (2, 1, 3)):
        for real in (np.float64, np.longdouble):
            w, g = np.full(shape, 2, real), np.full(shape, -3, real)
            w.flags.writeable = g.flags.writeable = False
            moved, _ = KERNELS[name](w, g, {}, *(real(hyper[n]) for n in names))
            assert np.shape(moved) == shape
            assert moved.dtype == real
            assert np.all(moved > w - 1 * (name == "adamw"))


# Right code in other styles: each dictionary replaces some of the kernels.


def momentum_in_place(w, g, state, lr, beta):
    if "v" not in state:
        state["v"] = np.zeros_like(w)
    v = state["v"]
    v *= beta
    v += (1 - beta) * g
    state["v"] = v
    w = w.copy()
    w -= lr * v
    return w, state


def nesterov_rearranged(w, g, state, lr, beta):
    v = beta * state.get("velocity", np.zeros(w.shape)) - lr * g
    return w + beta * v - lr * g, {"velocity": v}


def adagrad_by_element(w, g, state, lr, eps):
    total = state.setdefault("total", [0.0] * w.size)
    new = np.empty(w.shape)
    for i, (wi, gi) in enumerate(zip(w.ravel(), g.ravel(), strict=True)):
        total[i] += gi * gi
        new.flat[i] = wi - lr * gi / (total[i] ** 0.5 + eps)
    return new, state


def adadelta_by_rms(w, g, state, rho, eps):
    def rms(a):
        return np.sqrt(a + eps)

    s, u = state["pair"] if state else (np.zeros_like(g), np.zeros_like(g))
    s = s + (1 - rho) * (np.square(g) - s)
    step = rms(u) * g / rms(s)
    u = u + (1 - rho) * (np.square(step) - u)
    return w - step, {"pair": (s, u)}


class Memory:
    mean_square = 0


def rmsprop_with_an_object(w, g, state, lr, beta, eps):
    memory = state if isinstance(state, Memory) else Memory()
    memory.mean_square = beta * memory.mean_square + (1 - beta) * np.power(g, 2)
    return np.subtract(w, np.divide(lr * g, np.sqrt(memory.mean_square) + eps)), memory


def adam_with_running_powers(w, g, state, lr, beta1, beta2, eps):
    if not state:
        state.update(m=np.zeros(g.shape), v=np.zeros(g.shape), p1=1.0, p2=1.0)
    state["p1"] *= beta1
    state["p2"] *= beta2
    state["m"] = beta1 * state["m"] + (1 - beta1) * g
    state["v"] = beta2 * state["v"] + (1 - beta2) * g * g
    denominator = np.sqrt(state["v"]) / np.sqrt(1 - state["p2"]) + eps
    return w - lr / (1 - state["p1"]) * state["m"] / denominator, state


def adamw_shrinking_first(w, g, state, lr, beta1, beta2, eps, decay):
    moved, state = adam_with_running_powers(w * (1 - lr * decay), g, state, lr, beta1, beta2, eps)
    return moved, state


def adam_as_a_list(w, g, state, lr, beta1, beta2, eps):
    m, v, t = state or [np.zeros_like(w), np.zeros_like(w), 0]
    t += 1
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    alpha = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return w - alpha * m / (np.sqrt(v) + eps * np.sqrt(1 - beta2**t)), [m, v, t]


def ewma_in_a_list(y, beta):
    s = [y[0]]
    for value in y[1:]:
        s.append(s[-1] + (1 - beta) * (value - s[-1]))
    return np.array(s)


def ewma_by_weights(y, beta):
    t = np.arange(len(y))
    lag = np.maximum(t[:, None] - t, 0)
    weights = np.tril((1 - beta) * beta**lag)
    weights[:, 0] = beta**t
    return weights @ y


def in_single_precision(kernel: Callable[..., Any]) -> Callable[..., Any]:
    def step(w, g, state, *hyper):
        return kernel(np.asarray(w, np.float32), np.asarray(g, np.float32), state, *hyper)

    return step


VARIANTS = {
    "in place": {"momentum": momentum_in_place, "ewma": ewma_in_a_list},
    "rearranged": {
        "sgd": lambda w, g, state, lr: (np.add(w, -lr * g), {}),
        "nesterov": nesterov_rearranged,
        "adadelta": adadelta_by_rms,
        "adam": adam_as_a_list,
        "ewma": ewma_by_weights,
    },
    "odd states": {
        "adagrad": adagrad_by_element,
        "rmsprop": rmsprop_with_an_object,
        "adam": adam_with_running_powers,
        "adamw": adamw_shrinking_first,
    },
}


SEEDS = pytest.mark.parametrize("seed", [0, 7])


@functools.cache
def judge_of(seed: int) -> Judge:
    return Judge(COURSE, seed=seed)


def seen_of(seed: int, check: Check, functions: dict[str, Callable[..., Any]]) -> Observation:
    cases = judge_of(seed).plan(PAIR).properties[check.name]
    return observe(PAIR.exercise, check, cases, InlineWorker(functions))


def lost(seed: int, functions: dict[str, Callable[..., Any]]) -> list[str]:
    report = judge_of(seed).grade(Submission(student="s", files=[]), InlineWorker(functions))
    return [
        f"{v.check}: {v.message} {v.remarks}" for v in report.exercises[0].checks if v.outcome is not Outcome.PASSED
    ]


@SEEDS
@pytest.mark.parametrize("style", VARIANTS)
def test_right_code_in_another_style_earns_full_points(seed: int, style: str) -> None:
    assert lost(seed, {**KERNELS, **VARIANTS[style]}) == []


@SEEDS
def test_single_precision_is_no_mistake(seed: int) -> None:
    steps = {name: in_single_precision(kernel) for name, kernel in KERNELS.items() if name != "ewma"}
    steps["ewma"] = lambda y, beta: KERNELS["ewma"](y.astype(np.float32), beta)
    assert lost(seed, steps) == []


def hopeless(value: float) -> Callable[..., Any]:
    return lambda w, *rest: (np.full(w.shape, value), {}) if len(rest) > 1 else np.full(w.shape, value)


PROPERTIES = [check for check in PAIR.exercise.checks if isinstance(check.body, Property)]


@SEEDS
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_no_property_holds_of_nonsense_in_the_right_shape(seed: int, value: float) -> None:
    for check in PROPERTIES:
        seen = seen_of(seed, check, dict.fromkeys(KERNELS, hopeless(value)))
        assert not seen.broken
        assert seen.message or ("any unit" in check.title and value == 1e300), check.name


@SEEDS
@pytest.mark.parametrize("check", PROPERTIES, ids=lambda check: check.name)
def test_a_step_that_never_moves_refutes_what_is_claimed_of_steps(seed: int, check: Check) -> None:
    seen = seen_of(seed, check, dict.fromkeys(KERNELS, lambda w, g, state, *_: (w.copy(), state)))
    assert bool(seen.message) == ("does not move" not in check.title)


REFUTED = [
    ("momentum", "momentum starts its velocity at the gradient", {"each of 20"}),
    ("sgd", "sgd takes the gradient's sign only", {"linear"}),
    ("sgd", "sgd normalises the gradient", {"linear"}),
    ("adagrad", "adagrad decays", {"half the first"}),
    ("adagrad", "adagrad forgets the square root", {"half the first", "any unit"}),
    ("rmsprop", "rmsprop forgets the square root", {"any unit"}),
    ("adam", "adam without bias correction", {"the first step"}),
    ("adam", "adam forgets the square root", {"any unit"}),
    ("adamw", "adamw folds L2 into the gradient", {"shrinks"}),
    ("adamw", "adamw forgets the decay", {"shrinks"}),
    ("ewma", "ewma starts from an average of zero", {"constant", "range", "beta 0"}),
    ("ewma", "ewma lags by one", {"beta 0"}),
]
"""A mistake, and the claims that it must refute."""


@SEEDS
@pytest.mark.parametrize(("name", "mistake", "claims"), REFUTED, ids=[mistake for _, mistake, _ in REFUTED])
def test_properties_tell_mistakes_apart(seed: int, name: str, mistake: str, claims: set[str]) -> None:
    book = judge_of(seed).book(PAIR)
    functions = book.functions([m for m in book.mistakes if m.name == mistake])
    assert functions is not None
    own = [check for check in PROPERTIES if check.function == name]
    refuted = [check.title for check in own if seen_of(seed, check, functions).message]
    for claim in claims:
        assert any(claim in title for title in refuted), (claim, refuted)


# ---------------------------------------------------------------- faults that show late

LATE = "each-of-20-steps-goes-where-it-should"


def frozen_correction(w, g, state, lr, beta1, beta2, eps):
    """Take a step of Adam whose bias correction stands still from the eighth step on."""
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", np.zeros_like(g)) + (1 - beta1) * g
    v = beta2 * state.get("v", np.zeros_like(g)) + (1 - beta2) * g**2
    k = min(t, 8)
    return w - lr * (m / (1 - beta1**k)) / (np.sqrt(v / (1 - beta2**k)) + eps), {"t": t, "m": m, "v": v}


def forgetting_every_ten_steps(optimiser):
    """Return an optimiser that starts anew at each tenth step."""

    def step(w, g, state, *hyper):
        state = dict(state)
        count = state.pop("count", 0)
        w, state = KERNELS[optimiser](w, g, {} if count and count % 10 == 0 else state, *hyper)
        return w, {**state, "count": count + 1}

    return step


def failed(seed: int, **changed) -> set[str]:
    grade = Judge(COURSE, seed=seed).grade(Submission(student="ada", files=[]), InlineWorker({**KERNELS, **changed}))
    return {verdict.check for verdict in grade.exercises[0].checks if verdict.outcome is Outcome.FAILED}


@pytest.mark.parametrize("seed", range(3))
def test_bias_correction_that_freezes_late_is_caught(seed):
    assert f"adam/{LATE}" in failed(seed, adam=frozen_correction)


@pytest.mark.parametrize("optimiser", ["momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamw"])
def test_state_that_is_lost_late_is_caught_by_the_long_trajectory_alone(optimiser):
    assert failed(0, **{optimiser: forgetting_every_ten_steps(optimiser)}) == {f"{optimiser}/{LATE}"}


@pytest.mark.parametrize("optimiser", ["momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamw"])
def test_long_trajectory_forgives_single_precision(optimiser):
    def single(w, g, state, *hyper):
        w, state = KERNELS[optimiser](
            np.asarray(w, np.float32), np.asarray(g, np.float32), state, *map(np.float32, hyper)
        )
        return np.asarray(w, float), {k: np.asarray(v, np.float32) for k, v in state.items()}

    for seed in range(2):
        assert f"{optimiser}/{LATE}" not in failed(seed, **{optimiser: single})

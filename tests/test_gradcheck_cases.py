"""A teaching assistant's table: what people bring to a gradient checker, and what it should say of it, over seeds."""

import collections
import re
import types

import numpy as np
import pytest

from grader import gradcheck

SEEDS = range(4)
W32 = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)


def drawn(*shapes, scale=1.0):
    """Return a function that draws inputs of these shapes."""
    return lambda rng: tuple(scale * rng.normal(size=shape) for shape in shapes)


def fixed(*values):
    return lambda _: values


def relu(x):
    return np.maximum(x, 0)


def square(x):
    return x**2


def square_backward(dy, x):
    return 2 * x * dy


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_backward(dy, x):
    return dy * sigmoid(x) * sigmoid(-x)


def tanh_backward(dy, x):
    return dy * (1 - np.tanh(x) ** 2)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def net(x, w1, b1, w2):
    return relu(x @ w1 + b1) @ w2


def net_backward(dy, x, w1, b1, w2):
    a = x @ w1 + b1
    da = dy @ w2.T * (a > 0)
    return da @ w1.T, x.T @ da, da.sum(0), relu(a).T @ dy


def net_without_mask(dy, x, w1, b1, w2):
    da = dy @ w2.T
    return da @ w1.T, x.T @ da, da.sum(0), relu(x @ w1 + b1).T @ dy


def with_a_dead_unit(rng):
    """Return a net whose first unit stands exactly on its kink for every sample."""
    w1, b1 = rng.normal(size=(3, 5)), rng.normal(size=5)
    w1[:, 0], b1[0] = 0, 0
    return rng.normal(size=(4, 3)), w1, b1, rng.normal(size=(5, 2))


def with_zero_parameters(rng):
    return rng.normal(size=(4, 3)), np.zeros((3, 5)), np.zeros(5), rng.normal(size=(5, 2))


def crowd_at_the_kink(rng):
    return (rng.normal(size=8) * 10.0 ** -rng.uniform(0, 12, 8),)


def with_ties(rng):
    x = rng.normal(size=(4, 5))
    x[:, 1] = x[:, 3] = x.max() + 1
    return (x,)


def winners(x):
    return x == x.max(axis=1, keepdims=True)


def spread(rng):
    return (rng.normal(size=6) * 10.0 ** np.array([-8, -4, -1, 1, 4, 8]),)


def half(function):
    return lambda *args: function(*(np.asarray(arg, np.float16) for arg in args)).astype(float)


def single(function):
    return lambda *args: function(*(np.asarray(arg, np.float32) for arg in args)).astype(float)


def loss(p, x, y):
    q = softmax(relu(x @ p["w1"] + p["b1"]) @ p["w2"])
    return -np.log(q[np.arange(len(y)), y]).mean() + 0.05 * (p["w1"] ** 2).sum()


def loss_gradients(p, x, y, reg=0.1):
    a = x @ p["w1"] + p["b1"]
    dz = softmax(relu(a) @ p["w2"])
    dz[np.arange(len(y)), y] -= 1
    dz /= len(y)
    da = dz @ p["w2"].T * (a > 0)
    return {"w1": x.T @ da + reg * p["w1"], "b1": da.sum(0), "w2": relu(a).T @ dz}


def loss_inputs(rng):
    sizes = {"w1": (3, 5), "b1": (5,), "w2": (5, 4)}
    return {k: rng.normal(size=s) for k, s in sizes.items()}, rng.normal(size=(6, 3)), rng.integers(0, 4, 6)


def tuple_inputs(rng):
    p, x, y = loss_inputs(rng)
    return tuple(p.values()), x, y


def as_dict(p):
    return dict(zip(("w1", "b1", "w2"), p, strict=True))


Affine = collections.namedtuple("Affine", "w b")


def affine_inputs(make):
    return lambda rng: (make({"w": rng.normal(size=(3, 4)), "b": rng.normal(size=4)}),)


def affine_loss(p):
    return ((p["w"] + p["b"]) ** 2).sum()


def affine_gradients(p):
    return {"w": 2 * (p["w"] + p["b"]), "b": 2 * (p["w"] + p["b"]).sum(0)}


class Layer:
    """A layer that stores what its backward needs."""

    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, dout):
        return 2 * self.x * dout


def two(x):
    return np.sin(x), np.cos(x)


def positive_only(function):
    def guarded(x):
        if (x <= 0).any():
            raise ValueError("x should be positive")
        return function(x)

    return guarded


RIGHT = {
    "inputs near 1e-8": (lambda x: x**3, lambda dy, x: 3 * x**2 * dy, drawn((3, 4), scale=1e-8)),
    "inputs near 1e8": (lambda x: np.sin(x / 1e8), lambda dy, x: dy * np.cos(x / 1e8) / 1e8, drawn((3, 4), scale=1e8)),
    "1e-8 beside 1e8": (square, square_backward, spread),
    "steep exponential": (lambda x: np.exp(50 * x), lambda dy, x: 50 * np.exp(50 * x) * dy, drawn(5)),
    "fast waves": (lambda x: np.sin(1000 * x), lambda dy, x: 1000 * np.cos(1000 * x) * dy, drawn(4)),
    "saturated below": (sigmoid, sigmoid_backward, lambda rng: (-40 + rng.normal(size=4),)),
    "saturated above": (sigmoid, sigmoid_backward, lambda rng: (40 + rng.normal(size=4),)),
    "logarithm beside its end": (np.log, lambda dy, x: dy / x, lambda rng: (10.0 ** -rng.uniform(1, 9, 6),)),
    "crowd of kinks": (relu, lambda dy, x: dy * (x > 0), crowd_at_the_kink),
    "relu of zeros": (relu, lambda dy, x: 0.5 * dy, fixed(np.zeros(5))),
    "clip at its ends": (lambda x: np.clip(x, -1, 1), lambda dy, x: dy * (abs(x) < 1), fixed(np.array([1, -1, 0.3]))),
    "net": (net, net_backward, drawn((4, 3), (3, 6), 6, (6, 2))),
    "net with a dead unit": (net, net_backward, with_a_dead_unit),
    "net of zeros": (net, net_backward, with_zero_parameters),
    "ties shared": (
        lambda x: x.max(axis=1),
        lambda dy, x: dy[:, None] * winners(x) / winners(x).sum(axis=1, keepdims=True),
        with_ties,
    ),
    "saddle": (lambda x, y: x * y, lambda dy, x, y: (dy * y, dy * x), fixed(np.zeros(3), np.zeros(3))),
    "square at 0": (square, square_backward, fixed(np.zeros(4))),
    "constant": (lambda x: np.ones(3), lambda dy, x: np.zeros_like(x), drawn(4)),
    "sum of probabilities": (lambda z: softmax(z).sum(), np.zeros_like, drawn(4)),
    "staircase": (np.floor, lambda dy, x: 0 * dy, drawn(5)),
    "single precision inside": (single(np.tanh), single(tanh_backward), drawn((3, 4))),
    "single precision weights": (
        lambda x: x.astype(np.float32) @ W32,
        lambda dy, x: dy @ W32.T,
        drawn((3, 4)),
    ),
    "half precision input": (square, square_backward, lambda rng: (rng.normal(size=4).astype(np.float16),)),
    "transposed input": (lambda x: x @ x.T, lambda dy, x: (dy + dy.T) @ x, lambda rng: (rng.normal(size=(3, 5)).T,)),
    "broadcast input": (square, square_backward, lambda rng: (np.broadcast_to(rng.normal(size=4), (3, 4)),)),
    "empty beside full": (lambda x, w: x @ w, lambda dy, x, w: (dy @ w.T, x.T @ dy), drawn((0, 3), (3, 2))),
    "refusal beside the point": (
        positive_only(np.sqrt),
        lambda dy, x: dy / (2 * np.sqrt(x)),
        fixed(np.array([1e-6, 1.0])),
    ),
    "option after the inputs": (loss, loss_gradients, loss_inputs),
    "option like dy": (lambda x: (x**2).sum(), lambda x, dy=1.0: 2 * x * dy, drawn(4)),
    "tuple of parameters beside data": (
        lambda p, x, y: loss(as_dict(p), x, y),
        lambda p, x, y: tuple(loss_gradients(as_dict(p), x, y).values()),
        tuple_inputs,
    ),
    "named tuple": (
        lambda p: affine_loss(p._asdict()),
        lambda p: Affine(**affine_gradients(p._asdict())),
        affine_inputs(lambda p: Affine(**p)),
    ),
    "ordered dict": (affine_loss, affine_gradients, affine_inputs(collections.OrderedDict)),
    "read-only mapping": (affine_loss, affine_gradients, affine_inputs(types.MappingProxyType)),
    "layer with a state": (lambda x: LAYER.forward(x), lambda dout: LAYER.backward(dout), drawn(4)),
    "layer's methods": (Layer.forward.__get__(layer := Layer()), layer.backward, drawn(4)),
    "tuple of upstream gradients": (
        lambda x: (*two(x), x),
        lambda d, cache: d[0] * np.cos(cache) - d[1] * np.sin(cache),
        drawn(4),
    ),
    "integer labels in a list": (
        lambda x, y: x[np.arange(3), y],
        lambda dy, x, y: dy[:, None] * np.eye(4)[y],
        lambda rng: (rng.normal(size=(3, 4)), [0, 2, 1]),
    ),
    "backward that works in place": (
        lambda x: (np.tanh(x), np.tanh(x)),
        lambda dy, cache: np.multiply(dy, 1 - cache**2, out=dy),
        drawn(4),
    ),
}
LAYER = Layer()

WRONG = {
    "2 % off at 1e-8": (lambda x: x**3, lambda dy, x: 3.06 * x**2 * dy, drawn((3, 4), scale=1e-8)),
    "2 % off far from 0": (np.sin, lambda dy, x: 1.02 * dy * np.cos(x), lambda rng: (1e4 + rng.normal(size=4),)),
    "steep, 2 % off": (lambda x: np.exp(50 * x), lambda dy, x: 51 * np.exp(50 * x) * dy, drawn(5)),
    "fast waves, 2 % off": (lambda x: np.sin(1000 * x), lambda dy, x: 1020 * np.cos(1000 * x) * dy, drawn(4)),
    "saturated, 10 % off": (sigmoid, lambda dy, x: 1.1 * sigmoid_backward(dy, x), lambda r: (-40 + r.normal(size=4),)),
    "one hundred-thousandth off": (np.tanh, lambda dy, x: tanh_backward(dy, x) * (1 + 1e-5), drawn(4)),
    "relu of zeros, twice": (relu, lambda dy, x: 2 * dy, fixed(np.zeros(5))),
    "leaky slope on the wrong side": (
        lambda x: np.where(x > 0, x, 0.01 * x),
        lambda dy, x: dy * np.where(x > 0, 0.01, 1),
        drawn(6),
    ),
    "mask forgotten": (net, net_without_mask, drawn((4, 3), (3, 6), 6, (6, 2))),
    "ties to all": (lambda x: x.max(axis=1), lambda dy, x: dy[:, None] * winners(x), with_ties),
    "norm at 0": (lambda x: np.sqrt((x**2).sum()), lambda x: x + 5, fixed(np.zeros(3))),
    "square at 0, 1e-7 for 0": (square, lambda dy, x: 2 * x * dy + 1e-7 * dy, fixed(np.zeros(4))),
    "constant with a slope": (lambda x: np.ones(3), lambda dy, x: np.full_like(x, 1e-3), drawn(4)),
    "straight through a sign": (np.sign, lambda dy, x: dy, drawn(4)),
    "only for a symmetric dy": (lambda x: x @ x, lambda dy, x: dy.T @ x.T + x.T @ dy.T, drawn((4, 4))),
    "only for symmetric weights": (lambda x, w: x @ w, lambda dy, x, w: (dy @ w, x.T @ dy), drawn((3, 4), (4, 4))),
    "only for a constant dy": (softmax, lambda dy, z: 0 * z, drawn((3, 4))),
    "diagonal of the Jacobian": (softmax, lambda dy, z: dy * softmax(z) * (1 - softmax(z)), drawn((3, 4))),
    "transposed": (lambda x, w: x @ w, lambda dy, x, w: (dy @ w.T, (x.T @ dy).T), drawn((3, 4), (4, 4))),
    "summed for averaged": (lambda x: (x**2).mean(0), lambda dy, x: 2 * x * dy, drawn((5, 3))),
    "dy forgotten": (np.tanh, lambda dy, x: tanh_backward(1, x), drawn(4)),
    "not linear in dy": (np.tanh, lambda dy, x: abs(dy) * tanh_backward(dy, x), drawn(4)),
    "single precision, 2 % off": (
        single(np.tanh),
        lambda dy, x: 1.02 * single(tanh_backward)(dy, x),
        drawn((3, 4)),
    ),
    "column for a row": (square, lambda dy, x: (2 * x * dy)[:, None], drawn(4)),
    "regulariser forgotten": (loss, lambda p, x, y: loss_gradients(p, x, y, 0.0), loss_inputs),
    "one output of two forgotten": (two, lambda ds, dc, x: ds * np.cos(x), drawn(4)),
    "layer, 10 % off": (lambda x: LAYER.forward(x), lambda dout: 1.1 * LAYER.backward(dout), drawn(4)),
}

UNDECIDED = {
    "noise": ("rough: it varies by about", lambda x: x + 1e-2 * np.sin(1e9 * x), lambda dy, x: dy, drawn(4)),
    "lost digits": (
        "rough: it varies by about",
        lambda x: (1 - np.cos(x)) / x**2,
        lambda dy, x: -dy * x / 12,
        lambda rng: (1e-6 * rng.uniform(1, 4, 4),),
    ),
    "half precision inside": ("compared in half precision", half(np.tanh), half(tanh_backward), drawn((3, 4))),
    "vertical slope": ("grows without end", np.cbrt, lambda dy, x: 0 * dy, fixed(np.zeros(3))),
    "jump at the point": ("grows without end", np.sign, lambda dy, x: dy, fixed(np.zeros(3))),
    "end of the domain": ("no finite value right beside", np.sqrt, lambda dy, x: dy, fixed(np.zeros(3))),
    "refusal everywhere else": (
        r"at \d+ points beside the inputs the forward raised ValueError: x should be 1",
        lambda x: exactly_one(x),
        lambda dy, x: dy,
        fixed(np.ones(3)),
    ),
}


def exactly_one(x):
    if (x != 1).any():
        raise ValueError("x should be 1")
    return x


def judge(forward, backward, make, seed):
    return gradcheck(forward, backward, *make(np.random.default_rng([seed, 17])), seed=seed)


@pytest.mark.parametrize("name", RIGHT)
def test_right_is_right(name):
    for seed in SEEDS:
        result = judge(*RIGHT[name], seed)
        assert result.ok, f"seed {seed}: {result}"


@pytest.mark.parametrize("name", WRONG)
def test_wrong_is_wrong(name):
    for seed in SEEDS:
        result = judge(*WRONG[name], seed)
        assert result.judgement.value == "wrong", f"seed {seed}: {result}"


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_cannot_be_decided_is_inconclusive_and_says_why(name):
    reason, *case = UNDECIDED[name]
    for seed in SEEDS:
        result = judge(*case, seed)
        assert result.judgement.value == "inconclusive", f"seed {seed}: {result}"
        assert re.search(reason, str(result)), str(result)


class Counter:
    """A forward that goes wrong after ten calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return x**2 * (1 + (self.calls > 10))


def test_forward_that_depends_on_earlier_calls_is_named():
    with pytest.raises(ValueError, match=r"not deterministic: after \d+ calls it gives other results"):
        gradcheck(Counter(), square_backward, np.ones(3))


def test_backward_that_draws_or_accumulates_is_named():
    rng, total = np.random.default_rng(0), np.zeros(40)

    def accumulating(dy, x):
        total.__iadd__(2 * x * dy)
        return total.copy()

    for backward in (lambda dy, x: dy * (rng.random(x.shape) < 0.5), accumulating):
        with pytest.raises(ValueError, match="the backward is not deterministic: the same call twice"):
            gradcheck(square, backward, np.ones(40))


def test_input_that_is_not_finite_is_named_unless_it_has_no_gradient():
    mask = np.array([0.0, -np.inf])

    with pytest.raises(ValueError, match=r"mask\[1\] is -inf; check at finite inputs, or name .* wrt="):
        gradcheck(
            lambda x, mask: np.exp(x + mask), lambda dy, x, mask: (dy * np.exp(x + mask), 0 * x), np.ones(2), mask
        )
    assert gradcheck(
        lambda x, mask: np.exp(x + mask), lambda dy, x, mask: dy * np.exp(x + mask), np.ones(2), mask, wrt="x"
    ).ok  # fmt: skip


def test_small_whole_numbers_are_no_evidence_of_single_precision():
    assert not gradcheck(np.sign, lambda dy, x: 0 * dy, np.array([0.5, -2.0])).single
    assert not gradcheck(square, square_backward, np.zeros(3)).single

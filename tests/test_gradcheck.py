"""The public gradient checker: every way of writing a forward and a backward, and what it says when one is wrong."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

import grader
from grader import assert_gradients, autograd, gradcheck

RNG = np.random.default_rng(7)
X, W, B = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=2)
DY = RNG.normal(size=(4, 2))
LABELS = np.array([0, 1, 1, 0])


def affine(x, w, b):
    return x @ w + b


def affine_with_cache(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dy, cache):
    x, w = cache
    return dy @ w.T, x.T @ dy, dy.sum(0)


def affine_gradients(dy, x, w, b):
    return affine_backward(dy, (x, w))


def softmax_loss(params, x, y):
    z = np.tanh(x @ params["w1"]) @ params["w2"]
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean()


def softmax_loss_gradients(params, x, y):
    h = np.tanh(x @ params["w1"])
    z = h @ params["w2"]
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    dz = p / len(y)
    return {"w1": x.T @ (dz @ params["w2"].T * (1 - h**2)), "w2": h.T @ dz}


def net():
    rng = np.random.default_rng(3)
    return {"w1": rng.normal(size=(3, 5)), "w2": rng.normal(size=(5, 2))}


RIGHT_PAIRS = {
    "cache": (affine_with_cache, affine_backward, X, W, B),
    "cache first": (affine_with_cache, lambda cache, dy: affine_backward(dy, cache), X, W, B),
    "inputs": (affine, affine_gradients, X, W, B),
    "upstream last": (affine, lambda x, w, b, dout: affine_gradients(dout, x, w, b), X, W, B),
    "array for a cache": (lambda x: (np.tanh(x), x), lambda dy, x: dy * (1 - np.tanh(x) ** 2), X),
    "dict of gradients": (
        affine_with_cache,
        lambda d, c: dict(zip(("dx", "dw", "db"), affine_backward(d, c), strict=True)),
        X,
        W,
        B,
    ),
    "one output of two is an integer": (lambda x: (x**2, (x > 0).astype(int)), lambda dy, x: 2 * x * dy, X),
    "two outputs": (lambda x: (np.sin(x), np.cos(x)), lambda ds, dc, x: ds * np.cos(x) - dc * np.sin(x), X),
    "None for labels": (
        lambda x, y: (x[np.arange(4), y]) ** 2,
        lambda dy, x, y: (2 * x * dy[:, None] * np.eye(3)[y], None),
        X,
        LABELS,
    ),
    "labels": (lambda x, y: (x[np.arange(4), y]) ** 2, lambda dy, x, y: 2 * x * dy[:, None] * np.eye(3)[y], X, LABELS),
    "hyperparameter": (
        lambda x, eps=0.1: np.sqrt(x**2 + eps),
        lambda dy, x, eps=0.1: dy * x / np.sqrt(x**2 + eps),
        X,
        0.1,
    ),
    "dict of parameters": (softmax_loss, softmax_loss_gradients, net(), X, LABELS),
    "loss with gradients": (
        lambda p, x, y: (softmax_loss(p, x, y), softmax_loss_gradients(p, x, y)),
        None,
        net(),
        X,
        LABELS,
    ),
    "tuple of parameters": (lambda p: p[0] @ p[1], lambda dy, p: (dy @ p[1].T, p[0].T @ dy), (X, W)),
    "nested parameters": (
        lambda p: p["layers"][0] @ p["layers"][1],
        lambda dy, p: {"layers": [dy @ p["layers"][1].T, p["layers"][0].T @ dy]},
        {"layers": [X, W]},
    ),
    "0-d input": (lambda x: x**3, lambda dy, x: 3 * x**2 * dy, np.array(1.5)),
    "number": (lambda x: x**3, lambda dy, x: 3 * x**2 * dy, 1.5),
    "empty input": (lambda x: x**2, lambda dy, x: 2 * x * dy, np.empty((0, 3))),
    "float32 input": (lambda x: x**2, lambda dy, x: 2 * x * dy, X.astype(np.float32)),
    "generator": (
        lambda x, rng: (lambda mask: (x * mask, mask))(rng.random(x.shape) < 0.5),
        lambda dy, mask: dy * mask,
        X,
        np.random.default_rng(0),
    ),
    "global generator": (lambda x: (lambda m: (x * m, m))(np.random.rand(*x.shape) < 0.5), lambda dy, m: dy * m, X),
}


@pytest.mark.parametrize("name", RIGHT_PAIRS)
def test_right_pair_of_any_style_is_right(name):
    result = gradcheck(*RIGHT_PAIRS[name])

    assert result.ok, str(result)
    assert bool(result)
    assert_gradients(*RIGHT_PAIRS[name])


def wrong_by_one_percent(returned):
    if isinstance(returned, dict):
        return {key: wrong_by_one_percent(value) for key, value in returned.items()}
    if isinstance(returned, list | tuple):
        return type(returned)(wrong_by_one_percent(item) for item in returned)
    return None if returned is None else 1.01 * returned


SCALED = [name for name in RIGHT_PAIRS if name not in ("empty input", "loss with gradients")]


@pytest.mark.parametrize("name", SCALED)
def test_gradient_off_by_one_percent_is_wrong_in_any_style(name):
    import functools

    forward, backward, *inputs = RIGHT_PAIRS[name]
    wrong = functools.wraps(backward)(lambda *args: wrong_by_one_percent(backward(*args)))

    result = gradcheck(forward, wrong, *inputs)

    assert result.judgement.value == "wrong"
    assert all(tensor.judgement.value == "wrong" for tensor in result.tensors)


def test_loss_of_a_network_names_the_wrong_parameter_and_element():
    def wrong(params, x, y):
        gradients = softmax_loss_gradients(params, x, y)
        gradients["w2"][3, 1] += 1e-4
        return gradients

    result = gradcheck(softmax_loss, wrong, net(), X, LABELS)

    judged = {tensor.name: tensor.judgement.value for tensor in result.tensors}
    assert judged == {"w1": "right", "w2": "wrong"}
    worst = result.tensors[1].worst
    assert worst is not None
    assert worst.index == (3, 1)
    assert worst.backward - worst.numeric == pytest.approx(1e-4, rel=1e-4)
    assert "dw2[3, 1] = " in str(result)
    assert "1 of 10 compared elements are wrong" in str(result)


def test_wrong_element_of_a_large_tensor_is_found_by_halving():
    x = np.random.default_rng(0).normal(size=(40, 30))

    def backward(dy, x):
        dx = dy * np.cos(x)
        dx[31, 7] += 0.01
        return dx

    result = gradcheck(lambda x: np.sin(x), backward, x, seed=5)
    worst = result.tensors[0].worst

    assert worst is not None
    assert worst.index == (31, 7)


def test_kinks_are_met_and_named():
    x = np.array([0.0, 1.0, -2.0])
    result = gradcheck(lambda x: np.maximum(x, 0), lambda dy, x: dy * (x > 0), x, dy=np.array([2.0, 1.0, 1.0]))

    [tensor] = result.tensors
    [kink] = tensor.kinks
    assert result.ok
    assert kink.index == (0,)
    assert (kink.low, kink.high) == pytest.approx((0, 2))
    assert "kink: dx[0] = 0 may be anything between 0 and 2" in str(result)


def test_noise_is_inconclusive_and_never_right_or_wrong():
    def rough(x):
        return x + 1e-2 * np.sin(1e9 * x)

    result = gradcheck(rough, lambda dy, x: dy, X)

    assert not result.ok
    assert result.inconclusive == ("x",)
    assert "dx" in str(result)
    with pytest.raises(AssertionError, match="inconclusive"):
        assert_gradients(rough, lambda dy, x: dy, X)


def test_same_seed_gives_the_same_result():
    first, second, other = (gradcheck(affine, affine_gradients, X, W, B, seed=seed) for seed in (3, 3, 4))

    assert first == second
    assert first != other
    assert first.seed == 3


def test_result_is_frozen():
    result = gradcheck(affine, affine_gradients, X, W, B)

    with pytest.raises(AttributeError):
        result.seed = 1


def test_html_escapes_names():
    params = {"<b>w</b>": X}
    result = gradcheck(lambda p: p["<b>w</b>"] ** 2, lambda dy, p: {"<b>w</b>": dy * p["<b>w</b>"]}, params)

    html = result._repr_html_()
    assert "&lt;b&gt;w" in html
    assert "<b>w</b>" not in html
    assert "the gradients are wrong" in html
    assert "color" not in html


def test_assertion_carries_the_text():
    with pytest.raises(AssertionError, match=r"the gradients are wrong[\s\S]*dw\[\d, \d\] = .*finite differences give"):
        assert_gradients(affine, lambda dy, x, w, b: (dy @ w.T, -(x.T @ dy), dy.sum(0)), X, W, B)


def test_inputs_are_left_alone():
    x = X.copy()

    gradcheck(lambda x: x**2, lambda dy, x: np.multiply(dy, 2 * x, out=x), x)

    assert np.array_equal(x, X)


def test_global_generator_is_put_back():
    np.random.seed(5)
    expected = np.random.rand()
    np.random.seed(5)

    gradcheck(*RIGHT_PAIRS["global generator"])

    assert np.random.rand() == expected


# ---------------------------------------------------------------- what cannot be checked


def test_wrong_shape_is_wrong_and_says_which():
    result = gradcheck(affine, lambda dy, x, w, b: (dy @ w.T, x.T @ dy, dy), X, W, B)

    assert result.judgement.value == "wrong"
    assert "db.shape=(4, 2), but should be (2,), the shape of b" in str(result)


def test_nan_in_a_gradient_is_wrong_and_says_where():
    def backward(dy, x):
        dx = 2 * x * dy
        dx[1, 2] = np.nan
        return dx

    assert "dx[1, 2] is nan, but should be finite (1 of 12 are not)" in str(gradcheck(lambda x: x**2, backward, X))


def counting():
    calls = itertools.count()
    return lambda x: x * next(calls)


def spoiling(x):
    x *= 2
    return x.sum()


UNUSABLE = {
    "no inputs": (TypeError, "no inputs; pass the arrays", (affine, affine_gradients), {}),
    "integers": (
        TypeError,
        r"x has dtype int64; pass real arrays, such as x.astype\(float\)",
        (lambda x: x**2, lambda dy, x: 2 * x * dy, np.arange(3)),
        {},
    ),
    "integers by name": (
        TypeError,
        r"y has dtype int64, but should be real; pass y.astype\(float\)",
        (lambda x, y: x[y], lambda dy, x, y: dy, X, LABELS),
        {"wrt": ["y"]},
    ),
    "not deterministic": (ValueError, "not deterministic: the same call twice", (counting(), lambda dy, x: dy, X), {}),
    "changes its input": (
        ValueError,
        r"changes its input x; .*x.copy\(\)",
        (spoiling, lambda x: 2 * np.ones_like(x), X),
        {},
    ),
    "nan": (
        ValueError,
        r"gives nan at output 0\[0, 0\]; check at inputs where it is finite",
        (lambda x: x * np.nan, lambda dy, x: dy, X),
        {},
    ),
    "text": (TypeError, "returns str, but should return real numbers", (lambda x: "y", lambda dy, x: dy, X), {}),
    "unknown wrt": (
        ValueError,
        "wrt names 'v', but the inputs are x, w, b",
        (affine, affine_gradients, X, W, B),
        {"wrt": "v"},
    ),
    "wrong dy": (
        ValueError,
        r"dy has shape \(4,\), but should have that of the output: \(4, 2\)",
        (affine, affine_gradients, X, W, B),
        {"dy": np.ones(4)},
    ),
    "dy of a loss": (
        ValueError,
        "takes no upstream gradient; leave it out",
        (softmax_loss, softmax_loss_gradients, net(), X, LABELS),
        {"dy": 1.0},
    ),
    "too few gradients": (
        ValueError,
        "returns 2 gradients, but 3 inputs are real: x, w, b; .*wrt",
        (affine, lambda dy, x, w, b: (dy @ w.T, x.T @ dy), X, W, B),
        {},
    ),
    "one gradient": (
        ValueError,
        "returns 1 gradient, but 3 inputs are real: x, w, b",
        (affine, lambda dy, x, w, b: dy @ w.T, X, W, B),
        {},
    ),
    "missing key": (
        ValueError,
        "no gradient for w2 of params; it returns 'w1'",
        (softmax_loss, lambda params, x, y: {"w1": x}, net(), X, LABELS),
        {},
    ),
    "missing by name": (
        ValueError,
        "returns no gradient for w; return one",
        (affine, lambda dy, x, w, b: {"dx": dy @ w.T}, X, W, B),
        {"wrt": ["x", "w"]},
    ),
    "missing in a list": (
        ValueError,
        "the gradient of p has nothing for 1; give it the same keys and lengths as p",
        (lambda p: p["a"][0] @ p["a"][1], lambda dy, p: {"a": [dy @ p["a"][1].T]}, {"a": [X, W]}),
        {},
    ),
    "backward's parameters": (
        ValueError,
        r"takes \(dy, x\), but should take an upstream gradient and the inputs x, w, b; .*cache=True",
        (affine, lambda dy, x: dy, X, W, B),
        {},
    ),
    "no cache": (
        ValueError,
        "cache=True, but the forward returns a single value",
        (affine, affine_gradients, X, W, B),
        {"cache": True},
    ),
    "no loss": (ValueError, r"should return \(loss, gradients\)", (affine, None, X, W, B), {}),
    "gradient of text": (
        TypeError,
        "the gradient of x is a str, but should be an array of real numbers",
        (lambda x: x**2, lambda dy, x: "dx", X),
        {},
    ),
    "ragged gradient": (
        TypeError,
        "the gradient of x.0 is a list",
        (lambda x: x[0], lambda dy, x: ([[1.0], [1.0, 2.0]],), (X,)),
        {},
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_checked_is_named_with_its_remedy(name):
    error, message, arguments, options = UNUSABLE[name]

    with pytest.raises(error, match=message):
        gradcheck(*arguments, **options)


def test_wrt_checks_only_what_it_names():
    result = gradcheck(affine, lambda dy, x, w, b: x.T @ dy, X, W, B, wrt="w")

    assert result.ok
    assert [tensor.name for tensor in result.tensors] == ["w"]


def test_wrt_names_a_number():
    def backward(dy, x, a):
        return (dy * x).sum()

    assert gradcheck(lambda x, a: a * x, backward, X, 3.0, wrt="a").ok
    assert not gradcheck(lambda x, a: a * x, lambda *args: backward(*args) + 1, X, 3.0, wrt="a").ok


def test_equal_keys_of_two_dicts_are_told_apart():
    def forward(first, second):
        return first["w"] @ second["w"]

    def backward(dy, first, second):
        return {"w": dy @ second["w"].T}, {"w": 2 * first["w"].T @ dy}

    judged = {
        tensor.name: tensor.judgement.value for tensor in gradcheck(forward, backward, {"w": X}, {"w": W}).tensors
    }

    assert judged == {"first.w": "right", "second.w": "wrong"}


# ---------------------------------------------------------------- torch


def test_autograd_function_is_checked():
    torch = pytest.importorskip("torch")

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(x, w)
            return x**3 @ w

        @staticmethod
        def backward(ctx, dy):
            x, w = ctx.saved_tensors
            return dy @ w.T * 3 * x**2, factor * (x**3).T @ dy

    factor = 1.0
    assert gradcheck(Cube, X, W).ok
    assert gradcheck(Cube, None, torch.tensor(X), torch.tensor(W)).ok
    factor = 0.5
    result = gradcheck(Cube, X, W)
    assert {t.name: t.judgement.value for t in result.tensors} == {"x": "right", "w": "wrong"}


def test_numpy_function_is_compared_with_autograd():
    torch = pytest.importorskip("torch")

    def softplus(x):
        return np.logaddexp(x, 0)

    assert gradcheck(softplus, autograd(torch.nn.functional.softplus), X).ok
    assert not gradcheck(softplus, autograd(torch.sigmoid), X).ok
    assert gradcheck(affine_with_cache, autograd(lambda x, w, b: x @ w + b), X, W, B).ok


def test_torch_function_of_another_shape_is_named():
    torch = pytest.importorskip("torch")

    with pytest.raises(ValueError, match=r"the torch function returns shape \(\), but should return \(4, 3\)"):
        gradcheck(lambda x: x**2, autograd(torch.sum), X)


def test_result_that_does_not_depend_on_an_input_has_a_zero_gradient():
    torch = pytest.importorskip("torch")

    assert gradcheck(lambda x, w: x**2, autograd(lambda x, w: x**2), X, W).ok
    assert gradcheck(lambda x: np.ones(3), autograd(lambda x: torch.ones(3, dtype=torch.float64)), X).ok


def test_agrees_with_torch_gradcheck_on_a_right_and_a_wrong_function():
    torch = pytest.importorskip("torch")

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx, dy):
            (x,) = ctx.saved_tensors
            return factor * x * dy

    for scale in (2.0, 2.02):
        factor = scale
        x = torch.tensor(X, requires_grad=True)
        assert gradcheck(Square, X).ok == torch.autograd.gradcheck(Square.apply, x, raise_exception=False)


# ---------------------------------------------------------------- the package's face


def test_everything_exported_exists():
    assert sorted(grader.__all__) == ["__version__", "assert_gradients", "autograd", "gradcheck"]
    assert all(getattr(grader, name) is not None for name in grader.__all__)
    assert set(grader.__all__) <= set(dir(grader))


def test_unknown_name_says_what_there_is():
    with pytest.raises(AttributeError, match="has no attribute 'gradchek'; it has __version__, assert_gradients"):
        grader.gradchek  # noqa: B018


def test_importing_the_package_imports_no_numpy():
    code = "import sys, grader; print('numpy' in sys.modules); grader.gradcheck; print('torch' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]


def test_example_of_the_documentation_holds():
    import doctest

    from grader import gradient_check

    assert doctest.testmod(gradient_check).failed == 0

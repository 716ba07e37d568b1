"""What is accepted as right: honest rounding in either precision, and no systematic error that is larger."""

import numpy as np
import pytest

CENTRE = "centre_forward/values"


def centre(x, w):
    z = x - x.mean(0)
    return z * w, (z, w)


def off_by(factor):
    return lambda x, w: (centre(x, w)[0] * (1 + factor), centre(x, w)[1])


def in_single(x, w):
    y, cache = centre(x.astype(np.float32), w.astype(np.float32))
    return y.astype(np.float64), cache


def one_step_in_single(x, w):
    y, cache = centre(x, w)
    return y * np.float64(np.float32(1 / 3)) * 3, cache


@pytest.mark.parametrize(("function", "single"), [(centre, False), (in_single, True), (one_step_in_single, True)])
def test_rounding_of_either_precision_is_accepted(tiny, function, single):
    found = tiny.find(CENTRE, centre_forward=function)

    assert found.right
    assert found.single == single


@pytest.mark.parametrize("factor", [-3e-6, 3e-6, 1e-5])
def test_a_systematic_error_in_double_precision_is_wrong_where_single_precision_could_explain_its_size(tiny, factor):
    assert not tiny.find(CENTRE, centre_forward=off_by(factor)).right


def test_products_that_underflow_in_single_precision_are_accepted(tiny):
    def small(x, w):
        y, cache = in_single(x, w)
        return np.where(np.abs(y) < np.finfo(np.float32).tiny, 0.0, y), cache

    assert tiny.find(CENTRE, centre_forward=small).right


def test_an_average_that_forgets_by_subtraction_is_right_at_a_rate_of_zero(tiny):
    def momentum(w, g, state, lr, beta):
        v = state.get("v", np.zeros_like(g))
        v = v + (1 - beta) * (g - v)
        return w - lr * v, {"v": v}

    assert tiny.find("momentum/trajectory", momentum=momentum).right


@pytest.mark.parametrize(("real", "offset"), [(np.float64, 1e12), (np.float32, 1e4)])
def test_a_cancellation_that_loses_nearly_all_digits_is_wrong_in_either_precision(tiny, real, offset):
    def cancelling(x, w):
        far = np.asarray(x, real) + real(offset)
        z = far - far.mean(0, dtype=real)
        return np.asarray(z * np.asarray(w, real), float), (z, w)

    assert not tiny.find(CENTRE, centre_forward=cancelling).right


@pytest.mark.parametrize("which", ["x", "w"])
def test_one_argument_in_single_precision_is_accepted_with_a_remark(tiny, which):
    def mixed(x, w):
        single = {"x": x, "w": w, which: (x if which == "x" else w).astype(np.float32)}
        return centre(single["x"], single["w"])

    found = tiny.find(CENTRE, centre_forward=mixed)

    assert found.right
    assert found.single

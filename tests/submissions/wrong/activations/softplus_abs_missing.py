# functions: softplus, softplus_backward
# wrong: softplus
# about: max(x, 0) + log1p(exp(-x)) without the absolute value
import numpy as np


def softplus(x):
    with np.errstate(over="ignore"):
        return np.maximum(x, 0) + np.log1p(np.exp(-x))


def softplus_backward(dy, x):
    return dy * 0.5 * (1 + np.tanh(x / 2))

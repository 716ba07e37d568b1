# functions: relu, relu_backward, softplus, softplus_backward, softsign, softsign_backward, step
# about: scalar functions lifted by np.vectorize and np.frompyfunc
import math

import numpy as np


@np.vectorize
def _softplus(v):
    return v + math.log1p(math.exp(-v)) if v > 0 else math.log1p(math.exp(v))


def softplus(x):
    return np.asarray(_softplus(x), dtype=float)


def softplus_backward(dy, x):
    f = np.vectorize(lambda g, v: g / (1 + math.exp(-v)) if v > 0 else g * (1 - 1 / (1 + math.exp(v))), otypes=[float])
    return f(dy, x)


def softsign(x):
    return np.array(np.frompyfunc(lambda v: v / (1 + abs(v)), 1, 1)(x), dtype=float)


def softsign_backward(dy, x):
    return np.array(np.frompyfunc(lambda g, v: g / (1 + abs(v)) ** 2, 2, 1)(dy, x), dtype=float)


step = np.vectorize(lambda v: 1.0 if v >= 0 else 0.0, otypes=[np.float64])
relu = np.vectorize(lambda v: v if v > 0 else 0.0, otypes=[np.float64])
relu_backward = np.vectorize(lambda g, v: g if v > 0 else 0.0, otypes=[np.float64])

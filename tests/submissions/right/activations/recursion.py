# functions: sigmoid, sigmoid_backward, tanh, tanh_backward, relu, relu_backward
# about: recursion over the leading axis down to single numbers
import math

import numpy as np


def _walk(f, *arrays):
    if arrays[0].ndim == 0:
        return np.array(f(*[float(a) for a in arrays]))
    return np.stack([_walk(f, *parts) for parts in zip(*arrays)])


def sigmoid(x):
    return _walk(lambda v: 0.5 * (1 + math.tanh(v / 2)), x)


def sigmoid_backward(dy, x):
    return _walk(lambda g, v: g * (1 - math.tanh(v / 2) ** 2) / 4, dy, x)


def tanh(x):
    return _walk(math.tanh, x)


def tanh_backward(dy, x):
    return _walk(lambda g, v: g * (1 - math.tanh(v) ** 2), dy, x)


def relu(x):
    return _walk(lambda v: max(v, 0.0), x)


def relu_backward(dy, x):
    return _walk(lambda g, v: g if v > 0 else 0.0, dy, x)

# functions: sigmoid, sigmoid_backward, tanh, tanh_backward, relu, relu_backward, elu, elu_backward, softplus, softplus_backward, softsign, softsign_backward
# about: computed in float32 by stable formulas, returned as float64
import numpy as np


def _f32(a):
    return np.asarray(a, dtype=np.float32)


def sigmoid(x):
    x = _f32(x)
    e = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1 / (1 + e), e / (1 + e)), dtype=np.float64)


def sigmoid_backward(dy, x):
    x, dy = _f32(x), _f32(dy)
    e = np.exp(-np.abs(x))
    return np.asarray(dy * e / (1 + e) ** 2, dtype=np.float64)


def tanh(x):
    return np.tanh(_f32(x)).astype(np.float64)


def tanh_backward(dy, x):
    t = np.tanh(_f32(x))
    return (_f32(dy) * (1 - t * t)).astype(np.float64)


def relu(x):
    return np.maximum(_f32(x), 0).astype(np.float64)


def relu_backward(dy, x):
    return np.where(x > 0, _f32(dy), np.float32(0)).astype(np.float64)


def elu(x, alpha=1.0):
    x = _f32(x)
    return np.where(x > 0, x, np.float32(alpha) * np.expm1(np.minimum(x, 0))).astype(np.float64)


def elu_backward(dy, x, alpha=1.0):
    x = _f32(x)
    slope = np.where(x > 0, np.float32(1), np.float32(alpha) * np.exp(np.minimum(x, 0)))
    return (_f32(dy) * slope).astype(np.float64)


def softplus(x):
    x = _f32(x)
    return (np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))).astype(np.float64)


def softplus_backward(dy, x):
    return dy * sigmoid(x)


def softsign(x):
    x = _f32(x)
    return (x / (1 + np.abs(x))).astype(np.float64)


def softsign_backward(dy, x):
    return (_f32(dy) / (1 + np.abs(_f32(x))) ** 2).astype(np.float64)

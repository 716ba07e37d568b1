# functions: sigmoid, sigmoid_backward, tanh, tanh_backward, elu, elu_backward, selu, selu_backward, softplus, softplus_backward
# about: np.where everywhere, with exponents that are never positive
import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def sigmoid_backward(dy, x):
    e = np.exp(-np.abs(x))
    return dy * e / (1 + e) ** 2


def tanh(x):
    e = np.exp(-2 * np.abs(x))
    t = (1 - e) / (1 + e)
    return np.where(x >= 0, t, -t)


def tanh_backward(dy, x):
    e = np.exp(-2 * np.abs(x))
    return dy * 4 * e / (1 + e) ** 2


def elu(x, alpha=1.0):
    return np.where(x >= 0, x, alpha * np.expm1(-np.abs(x)))


def elu_backward(dy, x, alpha=1.0):
    return np.where(x >= 0, dy, dy * alpha * np.exp(-np.abs(x)))


def softplus(x):
    tail = np.log1p(np.exp(-np.abs(x)))
    return np.where(x > 0, x + tail, tail)


def softplus_backward(dy, x):
    e = np.exp(-np.abs(x))
    return dy * np.where(x > 0, 1.0, e) / (1 + e)


def selu(x):
    return 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(-np.abs(x)))


def selu_backward(dy, x):
    return 1.0507009873554805 * np.where(x > 0, 1.0, 1.6732632423543772 * np.exp(-np.abs(x))) * dy

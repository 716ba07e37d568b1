# functions: sigmoid_backward, elu_backward, selu, selu_backward, softplus_backward
# about: np.where over an overflowing branch in functions that may warn: the values are right
import numpy as np


def selu(x):
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * np.where(x > 0, x, alpha * (np.exp(x) - 1))


def selu_backward(dy, x):
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return dy * scale * np.where(x > 0, 1, alpha * np.exp(x))


def elu_backward(dy, x, alpha=1.0):
    return dy * np.where(x > 0, 1, alpha * np.exp(x))


def sigmoid_backward(dy, x):
    s = 1 / (1 + np.exp(-x))
    return dy * s * (1 - s)


def softplus_backward(dy, x):
    return dy / (1 + np.exp(-x))

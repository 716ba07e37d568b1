# functions: sigmoid, sigmoid_backward, tanh, tanh_backward, softplus, softplus_backward
# about: the sigmoid as a shifted tanh, and derivatives by hyperbolic identities
import numpy as np


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def sigmoid_backward(dy, x):
    t = np.tanh(0.5 * x)
    return 0.25 * dy * (1 - t) * (1 + t)


def tanh(x):
    return np.tanh(x)


def tanh_backward(dy, x):
    return dy / np.cosh(np.clip(x, -300, 300)) ** 2


def softplus_backward(dy, x):
    return dy * (np.tanh(x / 2) + 1) / 2


def softplus(x):
    return np.maximum(0, x) - np.log(0.5 * (1 + np.tanh(np.abs(x) / 2)))

# functions: sigmoid, sigmoid_backward, tanh, tanh_backward, softplus, softplus_backward
# about: sigmoid and softplus through np.logaddexp, tanh through the sigmoid
import numpy as np


def softplus(x):
    return np.logaddexp(0, x)


def softplus_backward(dy, x):
    return dy * np.exp(-np.logaddexp(0, -x))


def sigmoid(x):
    return np.exp(-np.logaddexp(0.0, -x))


def sigmoid_backward(dy, x):
    return dy * np.exp(-np.logaddexp(0.0, -x) - np.logaddexp(0.0, x))


def tanh(x):
    return 2 * sigmoid(2 * x) - 1


def tanh_backward(dy, x):
    return 4 * sigmoid_backward(dy, 2 * x)

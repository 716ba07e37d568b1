# functions: sigmoid, sigmoid_backward
# wrong: sigmoid
# about: exp(x) / (1 + exp(x)) is nan once exp(x) overflows
import numpy as np


def sigmoid(x):
    ex = np.exp(x)
    return ex / (1.0 + ex)


def sigmoid_backward(dy, x):
    e = np.exp(-np.abs(x))
    return dy * e / (1 + e) ** 2

# functions: sigmoid, sigmoid_backward
# wrong: sigmoid_backward
# about: the derivative s * (1 - s) applied to the input x itself
import numpy as np


def sigmoid(x):
    return 0.5 * (1 + np.tanh(x / 2))


def sigmoid_backward(dy, x):
    return dy * x * (1 - x)

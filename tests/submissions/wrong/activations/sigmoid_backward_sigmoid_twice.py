# functions: sigmoid, sigmoid_backward
# wrong: sigmoid_backward
# about: applies the sigmoid to the output before taking s * (1 - s)
import numpy as np


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def sigmoid_backward(dy, x):
    y = sigmoid(x)
    return dy * sigmoid(y) * (1 - sigmoid(y))

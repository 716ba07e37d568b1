# functions: sigmoid_backward
# wrong: sigmoid_backward
# about: takes x first and dy second
import numpy as np


def sigmoid_backward(x, dy):
    s = 1 / (1 + np.exp(-np.clip(x, -700, 700)))
    return dy * s * (1 - s)

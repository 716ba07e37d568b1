# functions: sigmoid_backward
# wrong: sigmoid_backward
# about: returns the derivative without multiplying by dy
import numpy as np


def sigmoid_backward(dy, x):
    s = 1 / (1 + np.exp(-np.clip(x, -700, 700)))
    return s * (1 - s)

# functions: softplus_backward
# wrong: softplus_backward
# about: the derivative of the sigmoid in place of the sigmoid
import numpy as np


def softplus_backward(dy, x):
    s = 0.5 * (1 + np.tanh(x / 2))
    return dy * s * (1 - s)

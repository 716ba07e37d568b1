# functions: tanh_backward
# wrong: tanh_backward
# about: 1 - tanh(x) in place of 1 - tanh(x)^2
import numpy as np


def tanh_backward(dy, x):
    t = np.tanh(x)
    return dy * (1 - t)

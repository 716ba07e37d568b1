# functions: softplus, softplus_backward
# wrong: softplus_backward
# about: the sigmoid of softplus(x), not of x
import numpy as np


def softplus(x):
    return np.logaddexp(0, x)


def softplus_backward(dy, x):
    return dy * 0.5 * (1 + np.tanh(softplus(x) / 2))

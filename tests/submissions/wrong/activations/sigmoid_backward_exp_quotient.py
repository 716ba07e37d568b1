# functions: sigmoid_backward
# wrong: sigmoid_backward
# about: exp(x) / (1 + exp(x))^2 becomes inf / inf for large x
import numpy as np


def sigmoid_backward(dy, x):
    with np.errstate(all="ignore"):
        return dy * np.exp(x) / (1 + np.exp(x)) ** 2

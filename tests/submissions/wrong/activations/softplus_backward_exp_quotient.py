# functions: softplus_backward
# wrong: softplus_backward
# about: exp(x) / (1 + exp(x)) is nan for large inputs
import numpy as np


def softplus_backward(dy, x):
    return dy * np.exp(x) / (1 + np.exp(x))

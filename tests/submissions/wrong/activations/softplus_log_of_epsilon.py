# functions: softplus
# wrong: softplus
# about: adds 1e-8 inside the logarithm
import numpy as np


def softplus(x):
    return np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x)) + 1e-8)

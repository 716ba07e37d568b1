# functions: softplus
# wrong: softplus
# about: log(1 + exp(x)) overflows to inf
import numpy as np


def softplus(x):
    return np.log(1 + np.exp(x))

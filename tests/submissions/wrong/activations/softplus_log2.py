# functions: softplus
# wrong: softplus
# about: the logarithm to the base 2
import numpy as np


def softplus(x):
    return np.logaddexp2(0, x)

# functions: softplus
# wrong: softplus
# about: max(x, 0) - log1p(exp(-
import numpy as np


def softplus(x):
    return np.maximum(x, 0) - np.log1p(np.exp(-np.abs(x)))

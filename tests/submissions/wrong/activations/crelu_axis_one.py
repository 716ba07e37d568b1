# functions: crelu
# wrong: crelu
# about: concatenates along axis 1, which is the last only for matrices
import numpy as np


def crelu(x):
    if x.ndim == 1:
        return np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)])
    return np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)], axis=1)

# functions: crelu
# wrong: crelu
# about: the second half is min(x, 0), with its sign
import numpy as np


def crelu(x):
    return np.concatenate([np.maximum(x, 0), np.minimum(x, 0)], axis=-1)

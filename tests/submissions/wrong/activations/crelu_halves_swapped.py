# functions: crelu
# wrong: crelu
# about: the negative parts come first
import numpy as np


def crelu(x):
    return np.concatenate([np.maximum(-x, 0), np.maximum(x, 0)], axis=-1)

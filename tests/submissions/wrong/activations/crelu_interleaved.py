# functions: crelu
# wrong: crelu
# about: positive and negative parts alternate along the last axis
import numpy as np


def crelu(x):
    pairs = np.stack([np.maximum(x, 0), np.maximum(-x, 0)], axis=-1)
    return pairs.reshape(*x.shape[:-1], 2 * x.shape[-1])

# functions: crelu
# wrong: crelu
# about: concatenates along the first axis
import numpy as np


def crelu(x):
    return np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)], axis=0)

# functions: relu
# wrong: relu
# about: np.maximum with out=x overwrites the input
import numpy as np


def relu(x):
    return np.maximum(x, 0, out=x)

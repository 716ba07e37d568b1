# functions: relu
# wrong: relu
# about: returns
import numpy as np


def relu(x):
    return np.sqrt(x * x)

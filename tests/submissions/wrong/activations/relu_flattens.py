# functions: relu
# wrong: relu
# about: a comprehension over the flat array whose result keeps one dimension
import numpy as np


def relu(x):
    return np.array([max(0.0, v) for v in x.flatten()])

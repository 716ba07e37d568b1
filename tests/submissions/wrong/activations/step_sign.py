# functions: step
# wrong: step
# about: the sign function: -1 below zero
import numpy as np


def step(x):
    return np.where(x >= 0, 1.0, -1.0)

# functions: sigmoid
# wrong: sigmoid
# about: the textbook formula, which overflows with a warning for large negative inputs
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))

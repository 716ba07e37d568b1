# functions: tanh
# wrong: tanh
# about: 2 * sigmoid(x) - 1 without the factor two in the argument
import numpy as np


def _sig(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def tanh(x):
    return 2 * _sig(x) - 1

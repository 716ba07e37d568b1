# functions: softsign, softsign_backward
# wrong: softsign_backward
# about: the denominator is not squared
import numpy as np


def softsign(x):
    return x / (1 + np.abs(x))


def softsign_backward(dy, x):
    return dy / (1 + np.abs(x))

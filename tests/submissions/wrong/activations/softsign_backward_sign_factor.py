# functions: softsign_backward
# wrong: softsign_backward
# about: an extra factor sign(x) from differentiating
import numpy as np


def softsign_backward(dy, x):
    return dy * np.sign(x) / (1 + np.abs(x)) ** 2

# functions: softsign_backward
# wrong: softsign_backward
# about: 1 + x^2 in place of (1 +
import numpy as np


def softsign_backward(dy, x):
    return dy / (1 + x ** 2)

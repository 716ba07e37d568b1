# functions: softsign
# wrong: softsign
# about: x / sqrt(1 + x^2), another squashing function
import numpy as np


def softsign(x):
    return x / np.sqrt(1 + x ** 2)

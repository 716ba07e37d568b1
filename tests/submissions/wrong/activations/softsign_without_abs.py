# functions: softsign
# wrong: softsign
# about: x / (1 + x), which divides by zero at -1
import numpy as np


def softsign(x):
    with np.errstate(all="ignore"):
        return x / (1 + x)

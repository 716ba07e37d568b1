# functions: elu
# wrong: elu
# about: exp is taken of every input, so that large positive ones overflow with a warning
import numpy as np


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))

# functions: elu
# wrong: elu
# about: (x <= 0) * alpha * (exp(x) - 1) is 0 * inf for large inputs
import numpy as np


def elu(x, alpha=1.0):
    return (x > 0) * x + (x <= 0) * alpha * (np.exp(x) - 1)

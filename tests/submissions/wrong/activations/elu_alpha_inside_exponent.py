# functions: elu
# wrong: elu
# about: exp(alpha * x) - 1
import numpy as np


def elu(x, alpha=1.0):
    return np.where(x > 0, x, np.expm1(alpha * np.minimum(x, 0)))

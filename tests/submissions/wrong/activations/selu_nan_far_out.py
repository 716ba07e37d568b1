# functions: selu
# wrong: selu
# about: a masked product in which exp overflows to 0 * inf
import numpy as np


def selu(x):
    lam, a = 1.0507009873554805, 1.6732632423543772
    with np.errstate(all="ignore"):
        return lam * ((x > 0) * x + (x <= 0) * (a * np.exp(x) - a))

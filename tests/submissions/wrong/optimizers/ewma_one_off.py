# functions: ewma
# wrong: ewma
# about: the recursion stops before the last value
import numpy as np


def ewma(y, beta):
    s = np.array(y, dtype=float)
    for t in range(1, len(y) - 1):
        s[t] = beta * s[t - 1] + (1 - beta) * y[t]
    return s

# functions: ewma
# wrong: ewma
# about: the result array has an integer type
import numpy as np


def ewma(y, beta):
    s = np.zeros(len(y), dtype=np.int64)
    s[0] = y[0]
    for t in range(1, len(y)):
        s[t] = beta * s[t - 1] + (1 - beta) * y[t]
    return s

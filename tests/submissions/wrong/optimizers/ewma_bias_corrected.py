# functions: ewma
# wrong: ewma
# about: a zero start with bias correction
import numpy as np


def ewma(y, beta):
    s = 0.0
    out = np.empty(len(y))
    for t, v in enumerate(y):
        s = beta * s + (1 - beta) * v
        out[t] = s / (1 - beta ** (t + 1))
    return out

# functions: ewma
# wrong: ewma
# about: averages with y[t - 1] in place of s[t - 1]
import numpy as np


def ewma(y, beta):
    s = y.astype(float)
    s[1:] = beta * y[:-1] + (1 - beta) * y[1:]
    return s

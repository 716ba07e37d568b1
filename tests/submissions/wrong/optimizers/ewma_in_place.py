# functions: ewma
# wrong: ewma
# about: s is another name for y
import numpy as np


def ewma(y, beta):
    s = y
    for t in range(1, len(y)):
        s[t] = beta * s[t - 1] + (1 - beta) * y[t]
    return s

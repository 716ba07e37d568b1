# functions: ewma
# wrong: ewma
# about: returns the final average
import numpy as np


def ewma(y, beta):
    s = y[0]
    for v in y[1:]:
        s = beta * s + (1 - beta) * v
    return s

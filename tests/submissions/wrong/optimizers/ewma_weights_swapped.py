# functions: ewma
# wrong: ewma
# about: beta weighs the new value
import numpy as np


def ewma(y, beta):
    s = [y[0]]
    for v in y[1:]:
        s.append((1 - beta) * s[-1] + beta * v)
    return np.array(s)

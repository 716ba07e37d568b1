# functions: ewma
# wrong: ewma
# about: s[0] = (1 - beta) * y[0], from a zero start
import numpy as np


def ewma(y, beta):
    s, out = 0.0, []
    for v in y:
        s = beta * s + (1 - beta) * v
        out.append(s)
    return np.array(out)

# functions: selu
# wrong: selu
# about: the constants of the paper rounded to three digits
import numpy as np


def selu(x):
    alpha = 1.67
    scale = 1.05
    return scale * (np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0)))

# functions: affine_forward
# wrong: affine_forward
# about: forgets the bias
import numpy as np


def affine_forward(x, w, b):
    return x @ w, (x, w, b)

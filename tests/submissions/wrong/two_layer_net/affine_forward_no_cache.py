# functions: affine_forward
# wrong: affine_forward
# about: returns the product alone, without a cache
import numpy as np


def affine_forward(x, w, b):
    out = x.dot(w) + b
    return out

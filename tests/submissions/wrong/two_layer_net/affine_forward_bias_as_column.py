# functions: affine_forward
# wrong: affine_forward
# about: adds the bias along the batch when the shapes allow it
import numpy as np


def affine_forward(x, w, b):
    y = np.dot(x, w)
    if y.shape[0] == b.shape[0]:
        y = y + b.reshape(-1, 1)
    else:
        y = y + b
    return y, (x, w, b)

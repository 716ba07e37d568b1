# functions: softmax_backward
# wrong: softmax_backward
# about: divides by the batch size
import numpy as np


def softmax_backward(dp, p):
    dz = p * (dp - np.sum(dp * p, axis=1, keepdims=True))
    return dz / p.shape[0]

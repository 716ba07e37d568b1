# functions: softmax_backward
# wrong: softmax_backward
# about: sums over the batch
import numpy as np


def softmax_backward(dp, p):
    return p * (dp - np.sum(p * dp, axis=0))

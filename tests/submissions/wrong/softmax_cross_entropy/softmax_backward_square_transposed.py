# functions: softmax_backward
# wrong: softmax_backward
# about: builds sum(dp * p) without keepdims: wrong for square arrays only
import numpy as np


def softmax_backward(dp, p):
    inner = np.sum(dp * p, axis=1)
    try:
        return p * (dp - inner)
    except ValueError:
        return p * (dp - inner[:, None])

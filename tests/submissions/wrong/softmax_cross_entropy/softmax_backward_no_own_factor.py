# functions: softmax_backward
# wrong: softmax_backward
# about: forgets to multiply by p at the end
import numpy as np


def softmax_backward(dp, p):
    return dp - np.sum(dp * p, axis=1, keepdims=True)

# functions: softmax_backward
# wrong: softmax_backward
# about: subtracts the weighted mean from dp in place
import numpy as np


def softmax_backward(dp, p):
    dp -= (dp * p).sum(axis=1, keepdims=True)
    return dp * p

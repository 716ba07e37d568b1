# functions: softmax_backward
# wrong: softmax_backward
# about: subtracts sum(dp), without weighting by p
import numpy as np


def softmax_backward(dp, p):
    return p * (dp - dp.sum(axis=1, keepdims=True))

# functions: softmax_backward
# wrong: softmax_backward
# about: the combined formula p - y used where dp is any gradient
import numpy as np


def softmax_backward(dp, p):
    return p - dp

# functions: softmax_backward
# wrong: softmax_backward
# about: takes the Jacobian to be diagonal
import numpy as np


def softmax_backward(dp, p):
    return dp * p * (1 - p)

# functions: softmax_backward
# wrong: softmax_backward
# about: uses the Jacobian of the first row for the whole batch
import numpy as np


def softmax_backward(dp, p):
    q = p[0]
    jac = np.diag(q) - np.outer(q, q)
    return dp @ jac

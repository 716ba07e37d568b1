# functions: relu, relu_backward, relu6, relu6_backward, step
# about: step as Booleans, which the contract accepts with a remark, and masks kept as small integers
import numpy as np


def step(x):
    print("step of", np.shape(x))
    return x >= 0


def relu(x):
    mask = (x > 0).astype(np.int8)
    return x * mask


def relu_backward(dy, x):
    mask = np.sign(np.maximum(x, 0)).astype(int)
    return mask * dy


def relu6_backward(dy, x):
    mask = np.int64(x > 0) - np.int64(x >= 6)
    return mask * dy


def relu6(x):
    return np.maximum(x, 0) - np.maximum(x - 6, 0)

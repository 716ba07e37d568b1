# functions: relu6, relu6_backward
# wrong: relu6
# about: values above 6 become 0, not 6
import numpy as np


def relu6(x):
    return x * ((x > 0) & (x < 6))


def relu6_backward(dy, x):
    return dy * ((x > 0) & (x < 6))

# functions: selu, selu_backward
# wrong: selu_backward
# about: an extra factor of scale, because the derivative is written with the scaled output
import numpy as np

ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805


def selu(x):
    return SCALE * np.where(x > 0, x, ALPHA * np.expm1(np.minimum(x, 0)))


def selu_backward(dy, x):
    y = selu(x)
    return dy * np.where(x > 0, SCALE, SCALE * (y + SCALE * ALPHA))

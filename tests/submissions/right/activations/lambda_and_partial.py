# functions: relu, relu_backward, leaky_relu, leaky_relu_backward, elu, elu_backward, selu, selu_backward, softsign, softsign_backward, step
# about: lambdas, functools.partial and *args wrappers instead of def
from functools import partial

import numpy as np

relu = lambda x: np.maximum(0.0, x)
relu_backward = lambda dy, x: dy * (x > 0)
leaky_relu = lambda x, alpha=0.01: np.where(x < 0, alpha * x, x)
leaky_relu_backward = lambda dy, x, alpha=0.01: np.where(x < 0, alpha * dy, dy)
softsign = lambda x: x / (1 + abs(x))
softsign_backward = lambda dy, x: dy * (1 + abs(x)) ** -2.0
step = lambda x: np.where(x >= 0, 1.0, 0.0)


def _scaled_elu(x, alpha, scale):
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _scaled_elu_slope(dy, x, alpha, scale):
    return dy * scale * np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0)))


selu = partial(_scaled_elu, alpha=1.6732632423543772, scale=1.0507009873554805)
selu_backward = partial(_scaled_elu_slope, alpha=1.6732632423543772, scale=1.0507009873554805)


def elu(*args):
    x, alpha = args if len(args) == 2 else (args[0], 1.0)
    return _scaled_elu(x, alpha, 1.0)


def elu_backward(*args):
    dy, x, alpha = args if len(args) == 3 else (*args, 1.0)
    return _scaled_elu_slope(dy, x, alpha, 1.0)

# functions: selu
# wrong: selu
# about: the scale multiplies the negative part only
import numpy as np

ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805


def selu(x):
    return np.where(x > 0, x, SCALE * ALPHA * np.expm1(np.minimum(x, 0)))

# functions: selu
# wrong: selu
# about: alpha and scale exchanged
import numpy as np


def selu(x, scale=1.6732632423543772, alpha=1.0507009873554805):
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))

# functions: dropout_forward
# wrong: dropout_forward
# about: divides by zero for dropped units and leaves nan
import numpy as np


def dropout_forward(x, p, rng, training):
    if not training:
        return x, None
    with np.errstate(all="ignore"):
        mask = np.where(rng.random(x.shape) >= p, 1 - p, np.inf)
        y = x / mask * (mask / mask)
    return y, mask

# functions: elu
# wrong: elu
# about: a mutable default argument keeps the first call's alpha
import numpy as np


def elu(x, alpha=1.0, memo={}):
    if "alpha" not in memo:
        memo["alpha"] = alpha
    a = memo["alpha"]
    return np.where(x > 0, x, a * np.expm1(np.minimum(x, 0)))

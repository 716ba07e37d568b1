# functions: l2_penalty
# wrong: l2_penalty
# about: sums over the first axis only
import numpy as np


def l2_penalty(w, lam):
    return lam / 2 * sum(np.atleast_1d(w) ** 2), lam * w

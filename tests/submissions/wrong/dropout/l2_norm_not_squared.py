# functions: l2_penalty
# wrong: l2_penalty
# about: lam / 2 times the norm
import numpy as np


def l2_penalty(w, lam):
    return lam / 2 * np.sqrt(np.sum(w**2)), lam * w

# functions: l2_penalty
# wrong: l2_penalty
# about: lam * sum
import numpy as np


def l2_penalty(w, lam):
    return lam * np.sum(np.abs(w)), lam * np.sign(w)

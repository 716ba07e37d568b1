# functions: l2_penalty
# wrong: l2_penalty
# about: the mean of the squares
import numpy as np


def l2_penalty(w, lam):
    return lam / 2 * np.mean(w**2), lam * w / w.size

# functions: l2_penalty
# wrong: l2_penalty
# about: 2 * lam * w
import numpy as np


def l2_penalty(w, lam):
    return 0.5 * lam * np.sum(w**2), 2 * lam * w

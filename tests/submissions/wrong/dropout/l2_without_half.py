# functions: l2_penalty
# wrong: l2_penalty
# about: lam * sum(w^2) with the gradient of the halved penalty
import numpy as np


def l2_penalty(w, lam):
    return lam * np.sum(w**2), lam * w

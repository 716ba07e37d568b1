# functions: l2_penalty
# wrong: l2_penalty
# about: the loss is collected as an integer
import numpy as np


def l2_penalty(w, lam):
    loss = np.zeros((), dtype=int)
    for v in w.ravel():
        loss = loss + int(v * v)
    return lam / 2 * loss, lam * w

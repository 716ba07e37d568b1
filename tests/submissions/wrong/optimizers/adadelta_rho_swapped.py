# functions: adadelta
# wrong: adadelta
# about: rho weighs the new square
import numpy as np


def adadelta(w, g, state, rho, eps):
    s = state["s"] = (1 - rho) * state.get("s", 0) + rho * g**2
    u = state.get("u", 0)
    dx = -np.sqrt(u + eps) / np.sqrt(s + eps) * g
    state["u"] = (1 - rho) * u + rho * dx**2
    return w + dx, state

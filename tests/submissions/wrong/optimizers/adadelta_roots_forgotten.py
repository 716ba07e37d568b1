# functions: adadelta
# wrong: adadelta
# about: (u + eps) / (s + eps) without roots
import numpy as np


def adadelta(w, g, state, rho, eps):
    s = state["s"] = rho * state.get("s", 0) + (1 - rho) * g**2
    u = state.get("u", 0)
    dx = -(u + eps) / (s + eps) * g
    state["u"] = rho * u + (1 - rho) * dx**2
    return w + dx, state

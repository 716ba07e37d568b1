# functions: momentum
# wrong: momentum
# about: divides the velocity by 1 - beta^t as Adam does
import numpy as np


def momentum(w, g, state, lr, beta):
    t = state["t"] = state.get("t", 0) + 1
    v = state["v"] = beta * state.get("v", 0) + (1 - beta) * g
    return w - lr * v / (1 - beta**t), state

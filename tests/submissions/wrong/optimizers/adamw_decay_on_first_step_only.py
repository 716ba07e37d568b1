# functions: adamw
# wrong: adamw
# about: the decay is applied while the state is empty
import numpy as np


def adamw(w, g, state, lr, beta1, beta2, eps, decay):
    first = not state
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
    v = state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g**2
    update = (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w - lr * (update + (decay * w if first else 0)), state

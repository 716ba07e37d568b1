# functions: momentum, nesterov, adam, adamw
# about: Adam with the corrections folded into the step size and into eps
import numpy as np


def adam(w, g, state, lr, beta1, beta2, eps):
    """Algebra at the end of section 2 of the paper, with eps scaled so that nothing changes."""
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", np.zeros_like(w)) + (1 - beta1) * g
    v = beta2 * state.get("v", np.zeros_like(w)) + (1 - beta2) * g * g
    root = np.sqrt(1 - beta2**t)
    alpha = lr * root / (1 - beta1**t)
    state.update(t=t, m=m, v=v)
    return w - alpha * m / (np.sqrt(v) + eps * root), state


def adamw(w, g, state, lr, beta1, beta2, eps, decay):
    decayed = w - lr * decay * w
    moved, state = adam(np.zeros_like(w), g, state, lr, beta1, beta2, eps)
    return decayed + moved, state


def nesterov(w, g, state, lr, beta):
    """The velocity counted in gradients: v = -lr * r, w -= lr * (g + beta * r)."""
    state["r"] = beta * state.get("r", 0) + g
    return w - lr * (g + beta * state["r"]), state


def momentum(w, g, state, lr, beta):
    state["r"] = beta * state.get("r", 0) + g
    return w - lr * (1 - beta) * state["r"], state

"""Optimisers, one step each with the state in a dictionary, and the moving average that they rest on."""

import numpy as np

from grader.authoring import edit, equivalent


def sgd(w, g, state, lr):
    """Take a step against the gradient (Cauchy 1847; on samples: Robbins & Monro 1951)."""
    return w - lr * g, state


def momentum(w, g, state, lr, beta):
    """Take a step along an exponentially weighted average of the gradients (Polyak 1964, in averaged form)."""
    v_old = state.get("v", 0.0)
    v = beta * v_old + (1 - beta) * g
    return w - lr * v, {"v": v}


def nesterov(w, g, state, lr, beta):
    """Take a step with Nesterov's momentum at the look-ahead point (Nesterov 1983; Bengio et al. 2012, eq. 7)."""
    v_old = state.get("v", 0.0)
    v = beta * v_old - lr * g
    return w - beta * v_old + (1 + beta) * v, {"v": v}


def adagrad(w, g, state, lr, eps):
    """Divide each coordinate by the root of its summed squared gradients (Duchi, Hazan & Singer 2011)."""
    s_old = state.get("s", 0.0)
    s = s_old + g**2
    return w - lr * g / (np.sqrt(s) + eps), {"s": s}


def adadelta(w, g, state, rho, eps):
    """Scale by RMS[dx] / RMS[g], both with `eps` inside the root (Zeiler 2012, algorithm 1)."""
    s_old, u_old = state.get("s", 0.0), state.get("u", 0.0)
    s = rho * s_old + (1 - rho) * g**2
    dx = -np.sqrt(u_old + eps) / np.sqrt(s + eps) * g
    u = rho * u_old + (1 - rho) * dx**2
    return w + dx, {"s": s, "u": u}


def rmsprop(w, g, state, lr, beta, eps):
    """Divide by the root of a moving average of squared gradients (Tieleman & Hinton 2012, lecture 6.5)."""
    s_old = state.get("s", 0.0)
    s = beta * s_old + (1 - beta) * g**2
    return w - lr * g / (np.sqrt(s) + eps), {"s": s}


def adam(w, g, state, lr, beta1, beta2, eps):
    """Take a step of Adam with bias-corrected moments (Kingma & Ba 2015, algorithm 1)."""
    m_old, v_old, t = state.get("m", 0.0), state.get("v", 0.0), state.get("t", 0) + 1
    m = beta1 * m_old + (1 - beta1) * g
    v = beta2 * v_old + (1 - beta2) * g**2
    bias1, bias2 = 1 - beta1**t, 1 - beta2**t
    m_hat, v_hat = m / bias1, v / bias2
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"m": m, "v": v, "t": t}


def adamw(w, g, state, lr, beta1, beta2, eps, decay):
    """Take a step of Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2)."""
    m_old, v_old, t = state.get("m", 0.0), state.get("v", 0.0), state.get("t", 0) + 1
    m = beta1 * m_old + (1 - beta1) * g
    v = beta2 * v_old + (1 - beta2) * g**2
    bias1, bias2 = 1 - beta1**t, 1 - beta2**t
    m_hat, v_hat = m / bias1, v / bias2
    step = m_hat / (np.sqrt(v_hat) + eps)
    return w - lr * (step + decay * w), {"m": m, "v": v, "t": t}


def ewma(y, beta):
    """Average a series with weights that fade by `beta` per step, starting at its first value (Roberts 1959)."""
    s = np.empty_like(y)
    s[0] = y[0]
    for t in range(1, len(y)):
        s[t] = beta * s[t - 1] + (1 - beta) * y[t]
    return s


def _mistakes_in_moments(optimiser):
    """Return the mistakes that adam and adamw share."""
    return [
        edit(
            "1 - beta1**t, 1 - beta2**t", "1, 1", within=optimiser, name=f"{optimiser} without bias correction",
            hint="m and v start at zero and are too small at first: divide them by 1 - beta1^t and 1 - beta2^t.",
        ),
        edit(
            "1 - beta1**t,", "1,", within=optimiser, name=f"{optimiser} without bias correction of m",
            hint="m is divided by 1 - beta1^t, as v is by 1 - beta2^t.",
        ),
        edit(
            ", 1 - beta2**t", ", 1", within=optimiser, name=f"{optimiser} without bias correction of v",
            hint="v is divided by 1 - beta2^t, as m is by 1 - beta1^t, before the root is taken.",
        ),
        edit(
            'state.get("t", 0) + 1', 'state.get("t", 0)', within=optimiser, name=f"{optimiser} counts its steps from 0",
            hint="At the first step t is 1: with t = 0 the correction 1 - beta^0 is zero, and 0/0 is nan. Count"
            " before you correct.",
        ),
        edit(
            'state.get("t", 0) + 1', 'state.get("t", 1) + 1', within=optimiser,
            name=f"{optimiser} counts its steps from 2",
            hint="At the first step t is 1; count once per step, before the correction.",
        ),
        edit(
            'state.get("t", 0) + 1', "1", within=optimiser, name=f"{optimiser} does not count its steps",
            hint="t grows by one with each step; keep it in the state. Here every step is corrected as if it"
            " were the first.",
        ),
        edit(
            "1 - beta1**t, 1 - beta2**t", "1 - beta1 * t, 1 - beta2 * t", within=optimiser,
            name=f"{optimiser} corrects by beta*t, not by beta^t",
            hint="The correction is 1 - beta to the power t; a product makes it negative after a few steps.",
        ),
        edit(
            "(np.sqrt(v_hat) + eps)", "np.sqrt(v_hat + eps)", within=optimiser,
            name=f"{optimiser} with eps inside the root",
            hint="Here eps is added to the root: sqrt(v_hat) + eps.",
        ),
        edit(
            "(np.sqrt(v_hat) + eps)", "(np.sqrt(v_hat) + eps / np.sqrt(bias2))", within=optimiser,
            name=f"{optimiser} adds eps before the bias correction",
            hint="Folding the corrections into the learning rate turns eps into another one (the paper's epsilon hat)."
            " Here eps is added to sqrt(v_hat), after the correction.",
        ),
        edit(
            "np.sqrt(v_hat)", "v_hat", within=optimiser, name=f"{optimiser} forgets the square root",
            hint="Divide by sqrt(v_hat) + eps.",
        ),
        edit(
            "g**2", "g", within=optimiser, name=f"{optimiser} forgets the square",
            hint="v averages squared gradients; an average of gradients can be negative, and its root nan.",
        ),
        edit(
            "(1 - beta1) * g", "g", within=optimiser, name=f"{optimiser} forgets (1-beta1)",
            hint="m is an average: beta1*m + (1-beta1)*g.",
        ),
        edit(
            "(1 - beta2) * g**2", "g**2", within=optimiser, name=f"{optimiser} forgets (1-beta2)",
            hint="v is an average: beta2*v + (1-beta2)*g**2.",
        ),
        edit(
            'state.get("m", 0.0)', "0.0", within=optimiser, name=f"{optimiser} does not carry m",
            hint="Read m from the state that the previous step returned, and return the new m in the state.",
        ),
        edit(
            'state.get("v", 0.0)', "0.0", within=optimiser, name=f"{optimiser} does not carry v",
            hint="Read v from the state that the previous step returned, and return the new v in the state.",
        ),
        edit(
            'state.get("m", 0.0), state.get("v", 0.0)', "0.0, 0.0", within=optimiser,
            name=f"{optimiser} does not carry its moments",
            hint="Read m and v from the state that the previous step returned, and return the new ones in the state.",
        ),
        edit(
            "m / bias1, v / bias2", "(m_old + 0 * g) / bias1, (v_old + 0 * g) / bias2", within=optimiser,
            name=f"{optimiser} updates its moments after use",
            hint="Average the present gradient into m and v first, then correct them and move w.",
        ),
        edit(
            "lr, beta1, beta2, eps", "lr, beta2, beta1, eps", within=optimiser,
            name=f"{optimiser} with beta1 and beta2 swapped",
            hint="beta1 belongs to m, the average of g; beta2 to v, the average of g**2; in the averages and in"
            " the corrections.",
        ),
        edit(
            "m / bias1, v / bias2", "m / bias2, v / bias1", within=optimiser,
            name=f"{optimiser} with the two bias corrections swapped",
            hint="m is divided by 1 - beta1^t, v by 1 - beta2^t.",
        ),
        edit(
            '{"m": m, "v": v,', '{"m": m_hat, "v": v_hat,', within=optimiser,
            name=f"{optimiser} stores the corrected moments",
            hint="Keep the uncorrected m and v in the state; m_hat and v_hat are for this step alone.",
        ),
        edit(
            "m_hat / (", "g / (", within=optimiser, name=f"{optimiser} moves along g, not along m",
            hint="The numerator is m_hat, the average of the gradients, not the gradient of this step.",
        ),
        edit(
            "w - lr", "w + lr", within=optimiser, name=f"{optimiser} goes uphill",
            hint="Subtract the scaled average from w.",
        ),
        edit(
            " + eps", "", within=optimiser, name=f"{optimiser} without eps",
            hint="Add eps to the root; where all gradients were exactly 0, it is 0/0 without it.",
        ),
    ]


mistakes = [
    edit(
        "w - lr", "w + lr", within="sgd", name="sgd goes uphill",
        hint="The gradient points to where the loss grows; subtract it.",
    ),
    edit(
        "lr * g", "g", within="sgd", name="sgd without its learning rate",
        hint="The gradient is multiplied by lr before it is subtracted from w.",
    ),
    edit(
        "lr * g", "lr * np.sign(g)", within="sgd", name="sgd takes the gradient's sign only",
        hint="The step is lr * g itself: a gradient ten times as large gives a step ten times as long.",
    ),
    edit(
        "lr * g, state", 'lr * (state.get("v", 0.0) + g), {"v": state.get("v", 0.0) + g}', within="sgd",
        name="sgd adds up earlier gradients",
        hint="Plain gradient descent forgets: its step depends on the gradient of this step alone.",
    ),
    edit(
        "w - lr * g", "w - lr * g / np.maximum(np.sqrt(np.sum(g**2)), 1e-12)", within="sgd",
        name="sgd normalises the gradient",
        hint="Do not divide by the gradient's norm; the step is lr * g.",
    ),
    edit(
        "(1 - beta) * g", "g", within="momentum", name="momentum forgets the factor (1-beta)",
        hint="Here v is an average: v = beta*v + (1-beta)*g. Without (1-beta) it grows to 1/(1-beta) times the"
        " gradient.",
    ),
    edit(
        "beta * v_old +", "-beta * v_old +", within="momentum", name="momentum with the old velocity subtracted",
        hint="v = beta*v + (1-beta)*g: the old velocity counts with a plus sign, so that equal gradients speed it up.",
    ),
    edit(
        "w - lr", "w + lr", within="momentum", name="momentum goes uphill",
        hint="v averages gradients, so it points uphill; w -= lr*v. Look at the signs of v and of the update.",
    ),
    edit(
        'state.get("v", 0.0)', "0.0", within="momentum", name="momentum does not carry its velocity",
        hint="Read v from the state that the previous step returned, and return the new v in the state.",
    ),
    edit(
        "lr * v,", "lr * (v_old + 0 * g),", within="momentum", name="momentum updates its velocity after use",
        hint="Compute the new v first, then move w by it; here w moves by the velocity of one step ago.",
    ),
    edit(
        "beta * v_old + (1 - beta) * g", "(1 - beta) * v_old + beta * g", within="momentum",
        name="momentum with beta and 1-beta swapped",
        hint="beta weighs the past, 1-beta the present gradient.",
    ),
    edit(
        'state.get("v", 0.0)', 'state.get("v", g)', within="momentum",
        name="momentum starts its velocity at the gradient",
        hint="All state starts at zero: the first velocity is (1-beta)*g, not g.",
    ),
    edit(
        "lr * v,", "lr * (beta * v + (1 - beta) * g),", within="momentum", name="momentum looks ahead as Nesterov does",
        hint="w moves by lr*v itself; the look-ahead beta*v + (1-beta)*g belongs to nesterov.",
    ),
    edit(
        'w - lr * v, {"v": v}',
        'w - lr * v / (1 - beta ** (state.get("t", 0) + 1)), {"v": v, "t": state.get("t", 0) + 1}',
        within="momentum", name="momentum with Adam's bias correction",
        hint="Here the velocity is used as it is; the division by 1 - beta^t belongs to adam.",
    ),
    edit(
        "lr * v,", "v,", within="momentum", name="momentum without its learning rate",
        hint="w moves by lr*v.",
    ),

    edit(
        "w - beta * v_old + (1 + beta) * v", "w + v", within="nesterov", name="nesterov equal to momentum",
        hint="w += v is classical momentum. Nesterov's update is -beta*v_old + (1+beta)*v_new; keep the old"
        " velocity before"
        " you overwrite it, else the two terms collapse to w += v.",
    ),
    edit(
        "beta * v_old - lr", "-beta * v_old - lr", within="nesterov", name="nesterov with the old velocity subtracted",
        hint="v_new = beta*v_old - lr*g: the old velocity counts with a plus sign here.",
    ),
    edit(
        'state.get("v", 0.0)', "0.0", within="nesterov", name="nesterov does not carry its velocity",
        hint="Read v from the state that the previous step returned, and return the new v in the state.",
    ),
    edit(
        "(1 + beta) * v,", "(1 + beta) * (v_old + 0 * g),", within="nesterov",
        name="nesterov updates its velocity after use",
        hint="Compute the new velocity first; (1+beta) multiplies the new one, beta the old one.",
    ),
    edit(
        "- lr * g", "- lr * (1 - beta) * g", within="nesterov", name="nesterov with a factor (1-beta) too many",
        hint="Here v_new = beta*v_old - lr*g, without (1-beta): this v is a sum of steps, not an average.",
    ),
    edit(
        "w - beta * v_old + (1 + beta) * v", "w + (1 + beta) * v", within="nesterov",
        name="nesterov forgets to take back beta*v_old",
        hint="The last step already moved w ahead by beta*v_old; subtract it, then add (1+beta)*v_new.",
    ),
    edit(
        "w - beta * v_old", "w + beta * v_old", within="nesterov", name="nesterov adds beta*v_old",
        hint="w += -beta*v_old + (1+beta)*v_new: the old velocity is taken back.",
    ),
    edit(
        "- lr * g", "+ lr * g", within="nesterov", name="nesterov goes uphill",
        hint="The velocity takes up -lr*g, so that adding it to w goes downhill.",
    ),
    edit(
        "(1 + beta) * v,", "v,", within="nesterov", name="nesterov without the look-ahead",
        hint="The new velocity counts 1+beta times: once for the step and beta times for looking ahead.",
    ),
    edit(
        "- lr * g", "- g", within="nesterov", name="nesterov without its learning rate",
        hint="The velocity takes up -lr*g.",
    ),

    edit(
        "s_old + g**2", "0.9 * s_old + 0.1 * g**2", within="adagrad", name="adagrad decays",
        hint="AdaGrad's s is the plain sum of all squared gradients; a moving average (0.9 and 0.1) is RMSProp.",
    ),
    edit(
        "s_old + g**2", "0.9 * s_old + g**2", within="adagrad", name="adagrad forgets a tenth of its sum",
        hint="AdaGrad's s is the plain sum of all squared gradients: s += g**2, without a factor before the old s.",
    ),
    edit(
        "(np.sqrt(s) + eps)", "np.sqrt(s + eps)", within="adagrad", name="adagrad with eps inside the root",
        hint="Here eps is added to the root: sqrt(s) + eps.",
    ),
    edit(
        "np.sqrt(s)", "s", within="adagrad", name="adagrad forgets the square root",
        hint="Divide by sqrt(s) + eps, so that the step does not depend on the gradient's unit.",
    ),
    edit(
        "s_old + g**2", "s_old + g", within="adagrad", name="adagrad forgets the square",
        hint="s sums squared gradients; a sum of gradients can be negative, and its root nan.",
    ),
    edit(
        "s_old + g**2", "s_old + np.abs(g)", within="adagrad", name="adagrad sums absolute values",
        hint="s sums the squares g**2, whose root has the gradient's unit.",
    ),
    edit(
        'state.get("s", 0.0)', "0.0", within="adagrad", name="adagrad does not carry its sum",
        hint="Read s from the state that the previous step returned, and return the new s in the state.",
    ),
    edit(
        "np.sqrt(s)", "np.sqrt(s_old + 0 * g)", within="adagrad", name="adagrad updates its sum after use",
        hint="Add g**2 to s first, then divide by its root; here the present gradient is missing from the root.",
    ),
    edit(
        "w - lr", "w + lr", within="adagrad", name="adagrad goes uphill",
        hint="Subtract the scaled gradient from w.",
    ),
    edit(
        "s_old + g**2", "s_old + np.sum(g**2)", within="adagrad", name="adagrad shares one sum between all coordinates",
        hint="s has the shape of w: each coordinate sums its own squared gradients.",
    ),
    edit(
        " + eps", "", within="adagrad", name="adagrad without eps",
        hint="Add eps to the root; a gradient of exactly 0 is 0/0 without it.",
    ),

    edit(
        "np.sqrt(u_old + eps)", "1.0", within="adadelta", name="adadelta without its second accumulator",
        hint="AdaDelta has no learning rate: the numerator is the root of u + eps, where u averages the squared"
        " updates dx**2.",
    ),
    edit(
        'state.get("u", 0.0)', "0.0", within="adadelta", name="adadelta does not carry its second accumulator",
        hint="u, the average of dx**2, must be updated after the step and be returned in the state, as s is.",
    ),
    edit(
        'state.get("s", 0.0)', "0.0", within="adadelta", name="adadelta does not carry its first accumulator",
        hint="s, the average of g**2, must be read from the state and be returned in it.",
    ),
    edit(
        "(1 - rho) * dx**2", "(1 - rho) * g**2", within="adadelta", name="adadelta averages g**2 twice",
        hint="The second accumulator averages the squared updates dx**2, not the squared gradients.",
    ),
    edit(
        "np.sqrt(u_old + eps) / np.sqrt(s + eps)", "(np.sqrt(u_old) + eps) / (np.sqrt(s) + eps)", within="adadelta",
        name="adadelta with eps outside the roots",
        hint="In Zeiler's RMS eps is inside: sqrt(u + eps) / sqrt(s + eps).",
    ),
    edit(
        "-np.sqrt(u_old + eps) / np.sqrt(s + eps)", "-(u_old + eps) / (s + eps)", within="adadelta",
        name="adadelta forgets the square roots",
        hint="RMS is a root: the update is -sqrt(u+eps)/sqrt(s+eps)*g.",
    ),
    edit(
        "np.sqrt(u_old + eps)", "(u_old + eps)", within="adadelta", name="adadelta forgets the numerator's square root",
        hint="The numerator is RMS[dx] = sqrt(u + eps).",
    ),
    edit(
        "np.sqrt(s + eps)", "(s + eps)", within="adadelta", name="adadelta forgets the denominator's square root",
        hint="The denominator is RMS[g] = sqrt(s + eps).",
    ),
    edit(
        "(1 - rho) * g**2", "(1 - rho) * g", within="adadelta", name="adadelta forgets the gradient's square",
        hint="s averages g**2; an average of g can be negative, and its root nan.",
    ),
    edit(
        "(1 - rho) * dx**2", "(1 - rho) * dx", within="adadelta", name="adadelta forgets the update's square",
        hint="u averages dx**2; an average of dx can be negative, and its root nan.",
    ),
    edit(
        "(1 - rho) * g**2", "g**2", within="adadelta", name="adadelta forgets (1-rho) before the squared gradient",
        hint="s is an average: rho*s + (1-rho)*g**2.",
    ),
    edit(
        "(1 - rho) * dx**2", "dx**2", within="adadelta", name="adadelta forgets (1-rho) before the squared update",
        hint="u is an average: rho*u + (1-rho)*dx**2.",
    ),
    edit(
        "np.sqrt(s + eps)", "np.sqrt(s_old + 0 * g + eps)", within="adadelta", name="adadelta updates s after use",
        hint="Average the present g**2 into s first; the denominator is the root of the new s.",
    ),
    edit(
        "np.sqrt(u_old + eps)", "np.sqrt(u_old)", within="adadelta", name="adadelta without eps in the numerator",
        hint="u starts at zero: without eps in the numerator too, no step is ever taken.",
    ),
    edit(
        "-np.sqrt", "np.sqrt", within="adadelta", name="adadelta goes uphill",
        hint="dx = -sqrt(u+eps)/sqrt(s+eps)*g is negative times the gradient, and is added to w.",
    ),
    edit(
        "    s = rho", "    rho = 1 - rho\n    s = rho", within="adadelta", name="adadelta with rho and 1-rho swapped",
        hint="rho weighs the past, 1-rho the present, in both averages.",
    ),

    edit(
        "(np.sqrt(s) + eps)", "np.sqrt(s + eps)", within="rmsprop", name="rmsprop with eps inside the root",
        hint="Here eps is added to the root: sqrt(s) + eps.",
    ),
    edit(
        "np.sqrt(s)", "s", within="rmsprop", name="rmsprop forgets the square root",
        hint="Divide by sqrt(s) + eps: the root of the mean square, as the name says.",
    ),
    edit(
        "g**2", "g", within="rmsprop", name="rmsprop forgets the square",
        hint="s averages squared gradients; an average of gradients can be negative, and its root nan.",
    ),
    edit(
        "(1 - beta) * g**2", "g**2", within="rmsprop", name="rmsprop forgets the factor (1-beta)",
        hint="s is an average: beta*s + (1-beta)*g**2.",
    ),
    edit(
        'state.get("s", 0.0)', "0.0", within="rmsprop", name="rmsprop does not carry its average",
        hint="Read s from the state that the previous step returned, and return the new s in the state.",
    ),
    edit(
        "np.sqrt(s)", "np.sqrt(s_old + 0 * g)", within="rmsprop", name="rmsprop updates its average after use",
        hint="Average g**2 into s first, then divide by its root; here the present gradient is missing from the root.",
    ),
    edit(
        "beta * s_old + (1 - beta) * g**2", "(1 - beta) * s_old + beta * g**2", within="rmsprop",
        name="rmsprop with beta and 1-beta swapped",
        hint="beta weighs the past, 1-beta the present squared gradient.",
    ),
    edit(
        "beta * s_old + (1 - beta) * g**2", "s_old + g**2", within="rmsprop", name="rmsprop sums as AdaGrad does",
        hint="s is a moving average, beta*s + (1-beta)*g**2, so that old gradients are forgotten.",
    ),
    edit(
        "(np.sqrt(s) + eps), {",
        '(np.sqrt(s / (1 - beta ** (state.get("t", 0) + 1))) + eps), {"t": state.get("t", 0) + 1, ',
        within="rmsprop", name="rmsprop with Adam's bias correction",
        hint="Here s is used as it is; the division by 1 - beta^t belongs to adam.",
    ),
    edit(
        "w - lr", "w + lr", within="rmsprop", name="rmsprop goes uphill",
        hint="Subtract the scaled gradient from w.",
    ),
    edit(
        " + eps", "", within="rmsprop", name="rmsprop without eps",
        hint="Add eps to the root; a gradient of exactly 0 is 0/0 without it.",
    ),

    *_mistakes_in_moments("adam"),

    edit(
        "    m = beta1", "    g, decay = g + decay * w, 0\n    m = beta1", within="adamw",
        name="adamw folds L2 into the gradient",
        hint="Decoupled decay does not touch the gradient: m and v average g alone, and decay*w is added to the step.",
    ),
    edit(
        "w - lr * (step + decay * w)", "(w - lr * step) * (1 - lr * decay)", within="adamw",
        name="adamw decays the new w",
        hint="The decay is taken of the w that came in, not of the one already moved.",
    ),
    edit(
        " + decay * w", "", within="adamw", name="adamw forgets the decay",
        hint="Add decay*w to the step, with the old w.",
    ),
    edit(
        "lr * (step + decay * w)", "lr * step - decay * w", within="adamw", name="adamw does not scale the decay by lr",
        hint="w -= lr*(step + decay*w): the learning rate multiplies the decay, too.",
    ),
    edit(
        "+ decay * w", "- decay * w", within="adamw", name="adamw lets w grow where it should decay",
        hint="The decay pulls w towards zero: it is subtracted, as the step is.",
    ),
    edit(
        "    step = m_hat / (", "    m_hat, decay = m_hat + decay * w, 0\n    step = m_hat / (", within="adamw",
        name="adamw scales the decay adaptively",
        hint="The decay stands outside the fraction: it is not divided by sqrt(v_hat) + eps.",
    ),
    *_mistakes_in_moments("adamw"),

    edit(
        "s[0] = y[0]", "s[0] = (1 - beta) * y[0]", within="ewma", name="ewma starts from an average of zero",
        hint="The first value is y[0] itself; (1-beta)*y[0] is what a start at zero gives.",
    ),
    edit(
        "s[0] = y[0]", "s[0] = 0", within="ewma", name="ewma loses y[0]",
        hint="The first value is y[0], and the second is made from it.",
    ),
    edit(
        "beta * s[t - 1] + (1 - beta)", "(1 - beta) * s[t - 1] + beta", within="ewma",
        name="ewma with beta and 1-beta swapped",
        hint="beta weighs the average so far, 1-beta the new value: beta = 1 never moves.",
    ),
    edit(
        "beta * s[t - 1]", "beta * y[t - 1]", within="ewma", name="ewma averages two neighbours only",
        hint="The past is s[t-1], the average so far, not the input y[t-1].",
    ),
    edit(
        "* y[t]", "* y[t - 1]", within="ewma", name="ewma lags by one",
        hint="s[t] takes in y[t], the value of the same time.",
    ),
    edit(
        "(1 - beta) * y[t]", "y[t]", within="ewma", name="ewma forgets the factor (1-beta)",
        hint="The weights sum to one: beta for the past, 1-beta for y[t].",
    ),
    edit(
        "return s", "return (s - y[0] * beta ** np.arange(1, len(y) + 1)) / (1 - beta ** np.arange(1, len(y) + 1))",
        within="ewma", name="ewma with bias correction",
        hint="Starting at y[0] needs no correction: the division by 1 - beta^t belongs to an average that"
        " starts at zero.",
    ),
]

equivalents = [
    *(
        equivalent(
            "lr * g, state", f"lr * g, {name}", within="sgd",
            why="The state is the student's own object, which sgd hands on and never reads.",
        )
        for name in ("g", "lr", "w", "0", "1")
    ),
    equivalent("np.empty_like", "-np.empty_like", within="ewma", why="Every element is overwritten."),
    equivalent("len(y)", "len(s)", within="ewma", why="The averages are as many as the values."),
]  # fmt: skip

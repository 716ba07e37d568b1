"""Model answers of `batchnorm`: batch and layer normalisation, forward and backward, and the mistakes made in them.

Sources: Ioffe and Szegedy 2015, "Batch Normalization", algorithm 1 and section 3 (arXiv:1502.03167); Ba, Kiros and
Hinton 2016, "Layer Normalization", equations 3 and 4 (arXiv:1607.06450).
"""

import numpy as np

from grader.authoring import edit, equivalent


def moving_average(running, batch, momentum):
    """Return the exponential moving average of a statistic; `momentum` weighs its past."""
    return momentum * running + (1 - momentum) * batch


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    """Normalise each column of a batch, then scale and shift it.

    ``y = gamma * (x - mean) / sqrt(var + eps) + beta`` (Ioffe and Szegedy 2015, algorithm 1), with the batch's mean
    and biased variance in training, else with the running ones.
    """
    if training:
        mean = x.mean(axis=0)
        var = ((x - mean) ** 2).mean(axis=0)
        running_mean = moving_average(running_mean, mean, momentum)
        running_var = moving_average(running_var, var, momentum)
    else:
        mean, var = running_mean, running_var
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    y = gamma * x_hat + beta
    return y, running_mean, running_var, (x, mean, inv_std, gamma)


def batchnorm_backward(dy, cache):
    """Return the gradients of `batchnorm_forward` in training mode.

    With ``g`` for the gradient of x_hat: ``dx = (g - mean(g) - x_hat * mean(g * x_hat)) / sqrt(var + eps)``. The second
    term is the path through the mean, the third that through the variance (Ioffe and Szegedy 2015, section 3).
    """
    x, mean, inv_std, gamma = cache
    x_hat = (x - mean) * inv_std
    dbeta = dy.sum(axis=0)
    dgamma = (dy * x_hat).sum(axis=0)
    g = dy * gamma
    dx = inv_std * (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0))
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, eps):
    """Normalise each row, then scale and shift each column (Ba, Kiros and Hinton 2016, equations 3 and 4)."""
    mean = x.mean(axis=1, keepdims=True)
    var = ((x - mean) ** 2).mean(axis=1, keepdims=True)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    y = gamma * x_hat + beta
    return y, (x, mean, inv_std, gamma)


def layernorm_backward(dy, cache):
    """Return the gradients of `layernorm_forward`: batchnorm's formula along rows, with `gamma` inside the means."""
    x, mean, inv_std, gamma = cache
    x_hat = (x - mean) * inv_std
    dbeta = dy.sum(axis=0)
    dgamma = (dy * x_hat).sum(axis=0)
    g = dy * gamma
    dx = inv_std * (g - g.mean(axis=1, keepdims=True) - x_hat * (g * x_hat).mean(axis=1, keepdims=True))
    return dx, dgamma, dbeta


mistakes = [
    # batchnorm_forward
    edit(
        "var = ((x - mean) ** 2).mean(axis=0)",
        "var = ((x - mean) ** 2).sum(axis=0) / (len(x) - 1)",
        within="batchnorm_forward",
        name="batchnorm: variance divided by n - 1",
        hint="Batch normalisation uses the biased variance: divide by n, not by n - 1 (`ddof=0`).",
    ),
    edit(
        "inv_std = 1 / np.sqrt(var + eps)",
        "inv_std = 1 / (np.sqrt(var) + eps)",
        within="batchnorm_forward",
        name="batchnorm: eps outside the root",
        hint="eps is added to the variance, inside the square root: sqrt(var + eps), not sqrt(var) + eps.",
    ),
    edit(
        "inv_std = 1 / np.sqrt(var + eps)",
        "inv_std = 1 / np.sqrt(var)",
        within="batchnorm_forward",
        name="batchnorm: eps forgotten",
        hint="The root is of var + eps; without eps a constant column, or a batch of one, divides by zero.",
    ),
    edit(
        "inv_std = 1 / np.sqrt(var + eps)",
        "inv_std = 1 / (var + eps)",
        within="batchnorm_forward",
        name="batchnorm: square root forgotten",
        hint="Divide by the standard deviation sqrt(var + eps), not by the variance.",
    ),
    edit(
        "return momentum * running + (1 - momentum) * batch",
        "return (1 - momentum) * running + momentum * batch",
        within="moving_average",
        name="momentum reversed",
        hint="Here momentum weighs the old running value: momentum * running + (1 - momentum) * batch. Some libraries,"
        " torch among them, define it the other way round.",
    ),
    edit(
        "return momentum * running + (1 - momentum) * batch",
        "return running",
        within="moving_average",
        name="running statistics not updated in training",
        hint="In training return momentum * running + (1 - momentum) * batch, for the mean and for the variance.",
    ),
    edit(
        "return momentum * running + (1 - momentum) * batch",
        "return batch",
        within="moving_average",
        name="running statistics replaced by the batch's",
        hint="The running statistics are a moving average over batches; the old values enter with weight momentum.",
    ),
    edit(
        "running_var = moving_average(running_var, var, momentum)",
        "running_var = moving_average(running_var, var * len(x) / (len(x) - 1), momentum)",
        name="running variance with n - 1",
        hint="The running variance averages the same biased variance (divided by n) that normalises the batch. The"
        " paper and torch divide by n - 1 there; this exercise does not.",
    ),
    edit(
        "running_var = moving_average(running_var, var, momentum)",
        "running_var = moving_average(running_var, np.sqrt(var), momentum)",
        name="running standard deviation for the running variance",
        hint="running_var averages the variance, not its square root.",
    ),
    edit(
        "running_var = moving_average(running_var, var, momentum)",
        "running_var = moving_average(running_var, var, momentum); mean, var = running_mean, running_var",
        name="normalised by the running statistics in training",
        hint="In training the batch's own mean and variance normalise it; the running ones are only kept for later.",
    ),
    edit(
        "mean, var = running_mean, running_var",
        "mean, var = x.mean(axis=0), x.var(axis=0)",
        within="batchnorm_forward",
        name="batch statistics in test mode",
        hint="Out of training, normalise with running_mean and running_var: a sample's output must not depend on the"
        " others in its batch.",
    ),
    edit(
        "mean, var = running_mean, running_var",
        "mean, var = running_mean, running_var\n"
        "        running_mean = moving_average(running_mean, x.mean(axis=0), momentum)\n"
        "        running_var = moving_average(running_var, x.var(axis=0), momentum)",
        within="batchnorm_forward",
        name="running statistics updated in test mode",
        hint="Out of training the running statistics are used and returned unchanged.",
    ),
    edit(
        "if training:",
        "if True:",
        within="batchnorm_forward",
        name="training flag ignored",
        hint="Both modes do the same; out of training, use the running statistics and leave them as they are.",
    ),
    edit(
        "x_hat = (x - mean) * inv_std",
        "x_hat = (x - mean) * inv_std if training else x",
        within="batchnorm_forward",
        name="test mode does not normalise",
        hint="Out of training x is normalised, too: (x - running_mean) / sqrt(running_var + eps), then gamma and beta.",
    ),
    edit(
        "y = gamma * x_hat + beta",
        "y = gamma * x_hat + beta if training else x_hat",
        within="batchnorm_forward",
        name="test mode without gamma and beta",
        hint="gamma and beta belong to both modes: y = gamma * x_hat + beta.",
    ),
    edit(
        "x_hat = (x - mean) * inv_std",
        "x_hat = x * inv_std",
        within="batchnorm_forward",
        name="batchnorm: mean not subtracted",
        hint="Subtract the mean before dividing by the standard deviation.",
    ),
    edit(
        "y = gamma * x_hat + beta",
        "y = gamma * x_hat",
        within="batchnorm_forward",
        name="batchnorm: beta forgotten",
        hint="The output is gamma * x_hat + beta.",
    ),
    edit(
        "y = gamma * x_hat + beta",
        "y = x_hat + beta",
        within="batchnorm_forward",
        name="batchnorm: gamma forgotten",
        hint="The output is gamma * x_hat + beta.",
    ),
    edit(
        "y = gamma * x_hat + beta",
        "y = gamma * (x_hat + beta)",
        within="batchnorm_forward",
        name="batchnorm: beta scaled by gamma",
        hint="Scale first, then shift: gamma * x_hat + beta.",
    ),
    # batchnorm_backward
    edit(
        "dx = inv_std * (g - g.mean(axis=0) - ",
        "dx = inv_std * (g - ",
        within="batchnorm_backward",
        name="batchnorm: mean path missing",
        hint="Every x[i] also moves the batch mean, and through it every output of its column: dx has the term"
        " -mean(g), g = dy * gamma.",
    ),
    edit(
        " - x_hat * (g * x_hat).mean(axis=0))",
        ")",
        within="batchnorm_backward",
        name="batchnorm: variance path missing",
        hint="Every x[i] also moves the batch variance, and through it every output of its column: dx has the term"
        " -x_hat * mean(g * x_hat), g = dy * gamma.",
    ),
    edit(
        "dx = inv_std * (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0))",
        "dx = inv_std * g",
        within="batchnorm_backward",
        name="batchnorm: mean and variance treated as constants",
        hint="The mean and the variance depend on x; the gradient flows through them, too.",
    ),
    edit(
        "dx = inv_std * (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0))",
        "dx = inv_std * (g - g.sum(axis=0) - x_hat * (g * x_hat).sum(axis=0))",
        within="batchnorm_backward",
        name="batchnorm: sums for means in dx",
        hint="The paths through mean and variance carry a factor 1/n each.",
    ),
    edit(
        "dx = inv_std * (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0))",
        "dx = inv_std * (len(x) * g - g.sum(axis=0) - x_hat * (g * x_hat).sum(axis=0))",
        within="batchnorm_backward",
        name="batchnorm: dx not divided by n",
        hint="The form n * g - sum(g) - x_hat * sum(g * x_hat) has to be divided by n.",
    ),
    edit(
        "dx = inv_std * (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0))",
        "dx = inv_std * (g - g.mean(axis=1, keepdims=True) - x_hat * (g * x_hat).mean(axis=1, keepdims=True))",
        within="batchnorm_backward",
        name="batchnorm: dx averaged over the wrong axis",
        hint="The statistics belong to columns, so the means in dx run over the batch: axis 0.",
    ),
    edit(
        " - x_hat * (g * x_hat)",
        " - x_hat * 0.5 * (g * x_hat)",
        within="batchnorm_backward",
        name="batchnorm: factor 2 lost in the variance path",
        hint="The variance's derivative with respect to x[i] is 2 * (x[i] - mean) / n; its 2 cancels the 1/2 of the"
        " root's derivative.",
    ),
    edit(
        " - x_hat * (g * x_hat)",
        " + x_hat * (g * x_hat)",
        within="batchnorm_backward",
        name="batchnorm: sign of the variance path",
        hint="The derivative of (var + eps)^(-1/2) is -1/2 * (var + eps)^(-3/2): mind its sign.",
    ),
    edit(
        " - x_hat * (g * x_hat)",
        " - (x - mean) * (g * x_hat)",
        within="batchnorm_backward",
        name="batchnorm: wrong power of std in the variance path",
        hint="The derivative of (var + eps)^(-1/2) is -1/2 * (var + eps)^(-3/2): three powers of std in all.",
    ),
    edit(
        "dx = inv_std * (",
        "dx = (",
        within="batchnorm_backward",
        name="batchnorm: dx not divided by the standard deviation",
        hint="x_hat is (x - mean) / sqrt(var + eps), so every term of dx is divided by that root.",
    ),
    edit(
        "g = dy * gamma",
        "g = dy",
        within="batchnorm_backward",
        name="batchnorm: gamma missing from dx",
        hint="y = gamma * x_hat + beta, so the gradient of x_hat is dy * gamma.",
    ),
    edit(
        "dgamma = (dy * x_hat).sum(axis=0)",
        "dgamma = (dy * x).sum(axis=0)",
        within="batchnorm_backward",
        name="batchnorm: dgamma from x",
        hint="gamma multiplies the normalised x_hat, not x: dgamma = sum(dy * x_hat).",
    ),
    edit(
        "dgamma = (dy * x_hat).sum(axis=0)",
        "dgamma = (dy * (x - mean)).sum(axis=0)",
        within="batchnorm_backward",
        name="batchnorm: dgamma from the centred x",
        hint="gamma multiplies x_hat, which is divided by the standard deviation, too: dgamma = sum(dy * x_hat).",
    ),
    edit(
        "dgamma = (dy * x_hat).sum(axis=0)",
        "dgamma = (dy * x_hat).mean(axis=0)",
        within="batchnorm_backward",
        name="batchnorm: dgamma averaged",
        hint="gamma acts on every row, so its gradient is the sum over the batch; the loss already holds any mean.",
    ),
    edit(
        "dgamma = (dy * x_hat).sum(axis=0)",
        "dgamma = (dy * x_hat).sum(axis=1)",
        within="batchnorm_backward",
        name="batchnorm: dgamma summed over the wrong axis",
        hint="gamma has one element per column, so its gradient is summed over the batch: axis 0.",
    ),
    edit(
        "dbeta = dy.sum(axis=0)",
        "dbeta = dy.mean(axis=0)",
        within="batchnorm_backward",
        name="batchnorm: dbeta averaged",
        hint="beta is added to every row, so its gradient is the sum over the batch; the loss already holds any mean.",
    ),
    edit(
        "dbeta = dy.sum(axis=0)",
        "dbeta = dy.sum(axis=1)",
        within="batchnorm_backward",
        name="batchnorm: dbeta summed over the wrong axis",
        hint="beta has one element per column, so its gradient is summed over the batch: axis 0.",
    ),
    # layernorm_forward
    edit(
        "mean = x.mean(axis=1, keepdims=True)\n    var = ((x - mean) ** 2).mean(axis=1, keepdims=True)",
        "mean = x.mean(axis=0, keepdims=True)\n    var = ((x - mean) ** 2).mean(axis=0, keepdims=True)",
        within="layernorm_forward",
        name="layernorm over the batch axis",
        hint="Layer normalisation takes mean and variance of each row, over its features: axis 1. Over the batch it"
        " would be batch normalisation.",
    ),
    edit(
        "mean = x.mean(axis=1, keepdims=True)\n    var = ((x - mean) ** 2).mean(axis=1, keepdims=True)",
        "mean = x.mean()\n    var = ((x - mean) ** 2).mean()",
        within="layernorm_forward",
        name="layernorm over the whole array",
        hint="Each row has a mean and a variance of its own: axis 1, with keepdims=True.",
    ),
    edit(
        "var = ((x - mean) ** 2).mean(axis=1, keepdims=True)",
        "var = ((x - mean) ** 2).sum(axis=1, keepdims=True) / (x.shape[1] - 1)",
        within="layernorm_forward",
        name="layernorm: variance divided by d - 1",
        hint="Layer normalisation uses the biased variance: divide by d, not by d - 1 (`ddof=0`).",
    ),
    edit(
        "inv_std = 1 / np.sqrt(var + eps)",
        "inv_std = 1 / (np.sqrt(var) + eps)",
        within="layernorm_forward",
        name="layernorm: eps outside the root",
        hint="eps is added to the variance, inside the square root: sqrt(var + eps), not sqrt(var) + eps.",
    ),
    edit(
        "inv_std = 1 / np.sqrt(var + eps)",
        "inv_std = 1 / np.sqrt(var)",
        within="layernorm_forward",
        name="layernorm: eps forgotten",
        hint="The root is of var + eps; without eps a constant row divides by zero.",
    ),
    edit(
        "inv_std = 1 / np.sqrt(var + eps)",
        "inv_std = 1 / (var + eps)",
        within="layernorm_forward",
        name="layernorm: square root forgotten",
        hint="Divide by the standard deviation sqrt(var + eps), not by the variance.",
    ),
    edit(
        "x_hat = (x - mean) * inv_std",
        "x_hat = x * inv_std",
        within="layernorm_forward",
        name="layernorm: mean not subtracted",
        hint="Subtract the row's mean before dividing by its standard deviation.",
    ),
    edit(
        "y = gamma * x_hat + beta",
        "y = gamma * x_hat",
        within="layernorm_forward",
        name="layernorm: beta forgotten",
        hint="The output is gamma * x_hat + beta.",
    ),
    edit(
        "y = gamma * x_hat + beta",
        "y = x_hat + beta",
        within="layernorm_forward",
        name="layernorm: gamma forgotten",
        hint="The output is gamma * x_hat + beta.",
    ),
    edit(
        "y = gamma * x_hat + beta",
        "y = gamma * (x_hat + beta)",
        within="layernorm_forward",
        name="layernorm: beta scaled by gamma",
        hint="Scale first, then shift: gamma * x_hat + beta.",
    ),
    # layernorm_backward
    edit(
        "dx = inv_std * (g - g.mean(axis=1, keepdims=True) - ",
        "dx = inv_std * (g - ",
        within="layernorm_backward",
        name="layernorm: mean path missing",
        hint="Every x[i, j] also moves its row's mean, and through it the row's other outputs: dx has the term"
        " -mean(g) along the row, g = dy * gamma.",
    ),
    edit(
        " - x_hat * (g * x_hat).mean(axis=1, keepdims=True))",
        ")",
        within="layernorm_backward",
        name="layernorm: variance path missing",
        hint="Every x[i, j] also moves its row's variance, and through it the row's other outputs: dx has the term"
        " -x_hat * mean(g * x_hat) along the row, g = dy * gamma.",
    ),
    edit(
        "dx = inv_std * (g - g.mean(axis=1, keepdims=True) - x_hat * (g * x_hat).mean(axis=1, keepdims=True))",
        "dx = inv_std * g",
        within="layernorm_backward",
        name="layernorm: mean and variance treated as constants",
        hint="The row's mean and variance depend on x; the gradient flows through them, too.",
    ),
    edit(
        "dx = inv_std * (g - g.mean(axis=1, keepdims=True) - x_hat * (g * x_hat).mean(axis=1, keepdims=True))",
        "dx = inv_std * (g - g.mean(axis=0) - x_hat * (g * x_hat).mean(axis=0))",
        within="layernorm_backward",
        name="layernorm: dx averaged over the batch",
        hint="The statistics belong to rows, so the means in dx run over the features: axis 1.",
    ),
    edit(
        "dx = inv_std * (g - g.mean(axis=1, keepdims=True) - x_hat * (g * x_hat).mean(axis=1, keepdims=True))",
        "dx = inv_std * (g - g.sum(axis=1, keepdims=True) - x_hat * (g * x_hat).sum(axis=1, keepdims=True))",
        within="layernorm_backward",
        name="layernorm: sums for means in dx",
        hint="The paths through mean and variance carry a factor 1/d each.",
    ),
    edit(
        "dx = inv_std * (g - g.mean(axis=1, keepdims=True) - x_hat * (g * x_hat).mean(axis=1, keepdims=True))",
        "dx = gamma * inv_std"
        " * (dy - dy.mean(axis=1, keepdims=True) - x_hat * (dy * x_hat).mean(axis=1, keepdims=True))",
        within="layernorm_backward",
        name="layernorm: gamma outside the means",
        hint="gamma differs along a row, so it cannot be moved out of the row's means: average dy * gamma, not dy.",
    ),
    edit(
        "g = dy * gamma",
        "g = dy",
        within="layernorm_backward",
        name="layernorm: gamma missing from dx",
        hint="y = gamma * x_hat + beta, so the gradient of x_hat is dy * gamma.",
    ),
    edit(
        "dx = inv_std * (",
        "dx = (",
        within="layernorm_backward",
        name="layernorm: dx not divided by the standard deviation",
        hint="x_hat is (x - mean) / sqrt(var + eps), so every term of dx is divided by that root.",
    ),
    edit(
        "dgamma = (dy * x_hat).sum(axis=0)",
        "dgamma = (dy * x).sum(axis=0)",
        within="layernorm_backward",
        name="layernorm: dgamma from x",
        hint="gamma multiplies the normalised x_hat, not x: dgamma = sum(dy * x_hat) over the batch.",
    ),
    edit(
        "dgamma = (dy * x_hat).sum(axis=0)",
        "dgamma = (dy * x_hat).mean(axis=0)",
        within="layernorm_backward",
        name="layernorm: dgamma averaged",
        hint="gamma acts on every row, so its gradient is the sum over the batch; the loss already holds any mean.",
    ),
    edit(
        "dgamma = (dy * x_hat).sum(axis=0)",
        "dgamma = (dy * x_hat).sum(axis=1)",
        within="layernorm_backward",
        name="layernorm: dgamma summed over the wrong axis",
        hint="Rows are normalised, yet gamma has one element per column: sum its gradient over the batch, axis 0.",
    ),
    edit(
        "dbeta = dy.sum(axis=0)",
        "dbeta = dy.mean(axis=0)",
        within="layernorm_backward",
        name="layernorm: dbeta averaged",
        hint="beta is added to every row, so its gradient is the sum over the batch; the loss already holds any mean.",
    ),
    edit(
        "dbeta = dy.sum(axis=0)",
        "dbeta = dy.sum(axis=1)",
        within="layernorm_backward",
        name="layernorm: dbeta summed over the wrong axis",
        hint="Rows are normalised, yet beta has one element per column: sum its gradient over the batch, axis 0.",
    ),
]

equivalents = [
    *(
        equivalent("x - mean) ** 2", "mean - x) ** 2", within=name, why="A square does not depend on the sign.")
        for name in ("batchnorm_forward", "layernorm_forward")
    ),
    *(
        equivalent(old, old.replace("axis=1", "axis=-1"), within=name, why="The last axis of a matrix is axis 1.")
        for name, old in (
            ("layernorm_forward", "x.mean(axis=1"),
            ("layernorm_forward", "2).mean(axis=1"),
            ("layernorm_backward", "g.mean(axis=1"),
            ("layernorm_backward", "x_hat).mean(axis=1"),
        )
    ),
]

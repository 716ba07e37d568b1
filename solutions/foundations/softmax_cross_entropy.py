"""Softmax and cross-entropy: model answers and the mistakes that students make."""

from __future__ import annotations

import numpy as np

from grader.authoring import edit, equivalent


def softmax(z):
    """Return exp(z) / sum(exp(z)) of each row (Goodfellow, Bengio, Courville 2016, eq. 6.29).

    The row's maximum is taken out first: it cancels, and exp no longer overflows (§4.1 there).
    """
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_backward(dp, p):
    """Return the product of dp with the Jacobian diag(p) - p p^T of each row (Bishop 2006, eq. 4.106)."""
    return p * (dp - (dp * p).sum(axis=1, keepdims=True))


def softmax_cross_entropy(z, y):
    """Return the mean of -log softmax(z)[y] and its gradient (p - one_hot(y)) / n (Bishop 2006, eqs. 4.108-4.109).

    log p is formed as z - max - log(sum): it stays finite where p itself underflows to 0.
    """
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1, keepdims=True)
    log_p = shifted - np.log(total)
    loss = -log_p[rows, y].mean()
    dz = e / total
    dz[rows, y] -= 1
    return loss, dz / len(z)


mistakes = [
    edit(
        "np.exp(z - z.max(axis=1, keepdims=True))", "np.exp(z)", within="softmax",
        name="softmax without a shift",
        hint="np.exp overflows above 709: subtract each row's maximum first. It cancels in the quotient.",
    ),
    edit(
        "z.max(axis=1, keepdims=True)", "z.max()", within="softmax",
        name="softmax shifted by the maximum of the whole batch",
        hint="A row far below the batch's maximum underflows to 0/0. Subtract each row's own maximum.",
    ),
    edit(
        "z.max(axis=1, keepdims=True)", "z.mean(axis=1, keepdims=True)", within="softmax",
        name="softmax shifted by the mean",
        hint="A score far above its row's mean still overflows in np.exp. Only the maximum makes every exponent "
        "at most 0.",
    ),
    edit(
        "z.max(axis=1, keepdims=True)", "z.max(axis=0, keepdims=True)", within="softmax",
        name="softmax shifted along the wrong axis",
        hint="A shift cancels only if all scores of a row get the same one: take the maximum over axis 1.",
    ),
    edit(
        "z.max(axis=1, keepdims=True)", "z.max(axis=1)", within="softmax",
        name="softmax's maximum without keepdims",
        hint="z.max(axis=1) has shape (n,), which NumPy lines up with the columns of z. Pass keepdims=True.",
    ),
    edit(
        "e.sum(axis=1, keepdims=True)", "e.sum(axis=0, keepdims=True)", within="softmax",
        name="softmax over the wrong axis",
        hint="Here each column sums to one. A row is one sample: sum over axis 1.",
    ),
    edit(
        "e.sum(axis=1, keepdims=True)", "e.sum(axis=1)", within="softmax",
        name="softmax's sum without keepdims",
        hint="e.sum(axis=1) has shape (n,), which NumPy lines up with the columns of e. Pass keepdims=True.",
    ),
    edit(
        "e / e.sum(axis=1, keepdims=True)", "e / e.sum()", within="softmax",
        name="softmax over the whole batch",
        hint="Here the whole array sums to one. Each row is a distribution of its own: sum over axis 1.",
    ),
    edit(
        "return e / e.sum(axis=1, keepdims=True)", "return e", within="softmax",
        name="softmax not normalised",
        hint="Divide the exponentials of a row by their sum, so that the row sums to one.",
    ),
    edit(
        "p * (dp - (dp * p).sum(axis=1, keepdims=True))", "p * (1 - p) * dp", within="softmax_backward",
        name="Jacobian taken as diagonal",
        hint="p * (1 - p) is only the Jacobian's diagonal. A score also moves the other probabilities of its "
        "row, by -p_i p_j.",
    ),
    edit(
        "p * (dp - (dp * p).sum(axis=1, keepdims=True))", "p * dp", within="softmax_backward",
        name="Jacobian without p p^T",
        hint="p * dp is the product with diag(p) alone. The Jacobian is diag(p) - p p^T: the normalisation moves, too.",
    ),
    edit(
        "p * (dp - (", "(dp - (", within="softmax_backward",
        name="Jacobian's outer factor p missing",
        hint="The row's weighted mean of dp is subtracted, but the difference is not multiplied by p.",
    ),
    edit(
        "(dp * p).sum(", "dp.sum(", within="softmax_backward",
        name="Jacobian's sum not weighted by p",
        hint="What is subtracted from dp is its mean under p: sum dp * p over the row, not dp alone.",
    ),
    edit(
        "(dp * p).sum(axis=1", "(dp * p).mean(axis=1", within="softmax_backward",
        name="Jacobian's sum taken as a mean",
        hint="The sum of dp * p over a row is a weighted mean already; dividing it by c again is one division "
        "too many.",
    ),
    edit(
        "sum(axis=1, keepdims=True)", "sum(axis=0, keepdims=True)", within="softmax_backward",
        name="Jacobian over the wrong axis",
        hint="Samples do not influence each other: dp * p is summed over the classes of a row, axis 1.",
    ),
    edit(
        "sum(axis=1, keepdims=True)", "sum(axis=1)", within="softmax_backward",
        name="Jacobian's sum without keepdims",
        hint="A sum of shape (n,) is lined up with the columns of dp. Pass keepdims=True.",
    ),
    edit(
        "p * (dp - (dp * p).sum(axis=1, keepdims=True))", "p * ((dp * p).sum(axis=1, keepdims=True) - dp)",
        within="softmax_backward",
        name="Jacobian with the wrong sign",
        hint="The Jacobian is diag(p) - p p^T, not p p^T - diag(p): raising a score raises its own probability.",
    ),
    edit(
        "keepdims=True))", "keepdims=True)) / len(p)", within="softmax_backward",
        name="softmax_backward divided by n",
        hint="softmax_backward only applies the chain rule; a factor 1/n belongs to the loss and is in dp already.",
    ),
    edit(
        "p * (dp - (dp * p).sum(axis=1, keepdims=True))", "p - dp", within="softmax_backward",
        name="p - dp in place of the Jacobian",
        hint="p - y is the gradient of softmax and cross-entropy together. Here dp is any gradient with respect to p.",
    ),
    edit(
        "    return p * (dp", "    p = softmax(p)\n    return p * (dp", within="softmax_backward",
        name="softmax applied to p again",
        hint="The argument p holds probabilities, the output of softmax. Use it as it is.",
    ),
    edit(
        "shifted = z - z.max(axis=1, keepdims=True)", "shifted = z", within="softmax_cross_entropy",
        name="cross-entropy without a shift",
        hint="np.exp overflows above 709: subtract each row's maximum first. It cancels in the loss and in the "
        "gradient.",
    ),
    edit(
        "z.max(axis=1, keepdims=True)", "z.max()", within="softmax_cross_entropy",
        name="cross-entropy shifted by the maximum of the whole batch",
        hint="A row far below the batch's maximum underflows to 0/0. Subtract each row's own maximum.",
    ),
    edit(
        "z.max(axis=1, keepdims=True)", "z.max(axis=1)", within="softmax_cross_entropy",
        name="cross-entropy's maximum without keepdims",
        hint="z.max(axis=1) has shape (n,), which NumPy lines up with the columns of z. Pass keepdims=True.",
    ),
    edit(
        "e.sum(axis=1, keepdims=True)", "e.sum(axis=0, keepdims=True)", within="softmax_cross_entropy",
        name="cross-entropy's softmax over the wrong axis",
        hint="A row is one sample: normalise over the classes, axis 1.",
    ),
    edit(
        "e.sum(axis=1, keepdims=True)", "e.sum(axis=1)", within="softmax_cross_entropy",
        name="cross-entropy's sum without keepdims",
        hint="A sum of shape (n,) is lined up with the columns. Pass keepdims=True.",
    ),
    edit(
        "shifted - np.log(total)", "np.log(e / total)", within="softmax_cross_entropy",
        name="log of an underflowed p",
        hint="Where p underflows to 0, its log is -inf. Form log p as z - max - log(sum(exp(z - max))) without p.",
    ),
    edit(
        "shifted - np.log(total)", "np.log(e / total + 1e-8)", within="softmax_cross_entropy",
        name="small constant inside the log",
        hint="A constant under the logarithm keeps it finite but wrong: it caps the loss. Form log p from the scores.",
    ),
    edit(
        "shifted - np.log(total)", "np.log(np.clip(e / total, 1e-12, 1 - 1e-12))", within="softmax_cross_entropy",
        name="p clipped before the log",
        hint="Clipping p is finite but wrong: it caps the loss. Form log p from the scores.",
    ),
    edit(
        "shifted - np.log(total)", "z - np.log(total)", within="softmax_cross_entropy",
        name="maximum not added back",
        hint="log(sum(exp(z))) is max + log(sum(exp(z - max))). Take the maximum from z[label] too, or add it to "
        "the logarithm.",
    ),
    edit(
        "-log_p[rows, y].mean()", "-log_p[rows, y].sum()", within="softmax_cross_entropy",
        name="loss summed over the batch",
        hint="The loss is the mean over the batch: divide by n.",
    ),
    edit(
        "-log_p[rows, y].mean()", "-log_p[rows, y]", within="softmax_cross_entropy",
        name="losses not averaged",
        hint="The loss is one number, the mean of the samples' losses.",
    ),
    edit(
        "-log_p[rows, y].mean()", "-log_p[rows, y].sum() / z.size", within="softmax_cross_entropy",
        name="loss divided by n and c",
        hint="Each sample has one true class, so the mean has n terms. np.mean over a one-hot product divides by "
        "n * c.",
    ),
    edit(
        "-log_p[rows, y].mean()", "log_p[rows, y].mean()", within="softmax_cross_entropy",
        name="loss with the wrong sign",
        hint="The cross-entropy is minus the log of a probability, so it is never negative.",
    ),
    edit(
        "-log_p[rows, y].mean()", "-log_p[:, y].mean()", within="softmax_cross_entropy",
        name="loss indexed with [:, y]",
        hint="log_p[:, y] takes every sample's label in every row. Index with np.arange(n) for the rows.",
    ),
    edit(
        "-log_p[rows, y].mean()", "-log_p.sum() / len(z)", within="softmax_cross_entropy",
        name="loss over every class",
        hint="Only the true class of each row counts in the loss; the others enter through the normalisation.",
    ),
    edit(
        "return loss, dz / len(z)", "return loss, dz", within="softmax_cross_entropy",
        name="gradient not divided by n",
        hint="The loss is a mean over n samples, so each row of dz carries a factor 1/n.",
    ),
    edit(
        "return loss, dz / len(z)", "return loss, dz / z.size", within="softmax_cross_entropy",
        name="gradient divided by n and c",
        hint="The loss is a mean over n samples; divide dz by n, not by the number of scores.",
    ),
    edit(
        "return loss, dz / len(z)", "return loss, -dz / len(z)", within="softmax_cross_entropy",
        name="gradient with the wrong sign",
        hint="dz is p - one_hot(y), not one_hot(y) - p: raising the true class's score lowers the loss.",
    ),
    edit(
        "dz[rows, y] -= 1", "dz -= 1", within="softmax_cross_entropy",
        name="p - 1 on every class",
        hint="Only the true class gets p - 1; for every other class the gradient is p.",
    ),
    edit(
        "dz[rows, y] -= 1", "dz[:, y] -= 1", within="softmax_cross_entropy",
        name="gradient indexed with [:, y]",
        hint="dz[:, y] -= 1 changes these columns in every row. Index with np.arange(n) for the rows.",
    ),
    edit(
        "    dz[rows, y] -= 1\n", "", within="softmax_cross_entropy",
        name="one-hot label missing in the gradient",
        hint="The gradient is p - one_hot(y); p alone does not know the label.",
    ),
]

equivalents = [
    equivalent("e = np.exp", "e = -np.exp", within="softmax", why="The sign cancels in the quotient."),
    *(
        equivalent(old, old.replace("axis=1", "axis=-1"), within=name, why="The last axis of a matrix is axis 1.")
        for name, old in (
            ("softmax", "z.max(axis=1"),
            ("softmax", "e.sum(axis=1"),
            ("softmax_backward", "axis=1"),
            ("softmax_cross_entropy", "z.max(axis=1"),
            ("softmax_cross_entropy", "e.sum(axis=1"),
        )
    ),
    *(
        equivalent(old, new, within="softmax_cross_entropy", why="All of them have one row for each sample.")
        for old, new in (
            ("np.arange(len(z))", "np.arange(len(y))"),
            *(
                ("dz / len(z)", f"dz / len({name})")
                for name in ("dz", "e", "log_p", "rows", "shifted", "total", "y")
            ),
        )
    ),
]  # fmt: skip

"""Backprop for two-layer nets: model answers and the mistakes that students make."""

from __future__ import annotations

import numpy as np

from grader.authoring import edit, equivalent


def affine_forward(x, w, b):
    """Return x w + b, one sample per row (Goodfellow, Bengio, Courville 2016, §6.5.6)."""
    return x @ w + b, (x, w)


def affine_backward(dy, cache):
    """Return the gradients dy w^T, x^T dy and the sum of dy's rows (Goodfellow et al. 2016, §6.5.6)."""
    x, w = cache
    return dy @ w.T, x.T @ dy, dy.sum(axis=0)


def net_forward(x, w1, b1, w2, b2):
    """Return the scores relu(x w1 + b1) w2 + b2 (Goodfellow et al. 2016, eq. 6.3, by rows)."""
    pre, first = affine_forward(x, w1, b1)
    hidden = np.maximum(pre, 0)
    z, second = affine_forward(hidden, w2, b2)
    return z, (first, pre, second)


def net_backward(dz, cache):
    """Return the gradients of all four parameters (Goodfellow et al. 2016, algorithm 6.4)."""
    first, pre, second = cache
    dhidden, dw2, db2 = affine_backward(dz, second)
    dpre = dhidden * (pre > 0)
    _, dw1, db1 = affine_backward(dpre, first)
    return dw1, db1, dw2, db2


def net_loss(x, y, w1, b1, w2, b2, reg):
    """Return mean cross-entropy plus reg/2 * (|w1|^2 + |w2|^2), and its gradients (Goodfellow et al. 2016, eq. 7.2).

    With scores z, the gradient of the mean cross-entropy is (softmax(z) - one_hot(y)) / n (Bishop 2006, eq. 4.109).
    """
    z, cache = net_forward(x, w1, b1, w2, b2)
    n = len(x)
    rows = np.arange(n)
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    penalty = reg / 2 * ((w1**2).sum() + (w2**2).sum())
    loss = -log_p[rows, y].mean() + penalty
    dz = np.exp(log_p)
    dz[rows, y] -= 1
    dz = dz / n
    dw1, db1, dw2, db2 = net_backward(dz, cache)
    return loss, dw1 + reg * w1, db1, dw2 + reg * w2, db2


def column_forward(x, w1, b1, w2, b2):
    """Return sigmoid(w2 sigmoid(w1 x + b1) + b2), one sample per column (Nielsen 2015, eq. 25, twice)."""
    z1 = w1 @ x + b1
    a1 = 1 / (1 + np.exp(-z1))
    z2 = w2 @ a1 + b2
    a2 = 1 / (1 + np.exp(-z2))
    return a2, (x, z1, w2, a2)


def column_backward(y, cache):
    """Return the gradients of the mean over columns of the summed binary cross-entropy.

    Nielsen 2015, chapter 3 (the output's sigmoid and the cross-entropy cancel to a2 - y) and eqs. BP2-BP4 of chapter 2.
    """
    x, z1, w2, a2 = cache
    n = x.shape[1]
    a1 = 1 / (1 + np.exp(-z1))
    dz2 = (a2 - y) / n
    dz1 = (w2.T @ dz2) * a1 * (1 - a1)
    return dz1 @ x.T, dz1.sum(axis=1, keepdims=True), dz2 @ a1.T, dz2.sum(axis=1, keepdims=True)


mistakes = [
    edit(
        "dy @ w.T", "dy @ w", within="affine_backward",
        name="w not transposed in dx",
        hint="dx has shape (n, d), dy (n, m) and w (d, m): dx is dy @ w.T.",
    ),
    edit(
        "dy @ w.T", "dy @ w.reshape(w.shape[::-1])", within="affine_backward",
        name="reshape where a transpose is due in dx",
        hint="reshape keeps the order of the numbers and so mixes up the weights; w.T exchanges the axes.",
    ),
    edit(
        "x.T @ dy", "dy.T @ x", within="affine_backward",
        name="dw transposed",
        hint="dw has the shape of w, (d, m): it is x.T @ dy.",
    ),
    edit(
        "x.T @ dy", "x.reshape(x.shape[::-1]) @ dy", within="affine_backward",
        name="reshape where a transpose is due in dw",
        hint="reshape keeps the order of the numbers and so mixes up the samples; x.T exchanges the axes.",
    ),
    edit(
        "x.T @ dy", "x.T @ dy / len(x)", within="affine_backward",
        name="dw averaged",
        hint="The 1/n of a mean loss is in dy already. dw is the plain sum over the samples, x.T @ dy.",
    ),
    edit(
        "dy.sum(axis=0)", "dy", within="affine_backward",
        name="bias gradient not summed",
        hint="b is shared by all samples, so db adds up the rows of dy and has shape (m,).",
    ),
    edit(
        "dy.sum(axis=0)", "dy.mean(axis=0)", within="affine_backward",
        name="bias gradient averaged",
        hint="The 1/n of a mean loss is in dy already. db is the plain sum of dy's rows.",
    ),
    edit(
        "dy.sum(axis=0)", "dy.sum(axis=1)", within="affine_backward",
        name="bias gradient summed over the wrong axis",
        hint="db has one element per output, so the sum runs over the samples, axis 0.",
    ),
    edit(
        "dy.sum(axis=0)", "dy.sum(axis=0, keepdims=True)", within="affine_backward",
        name="bias gradient with keepdims",
        hint="b has shape (m,) and so has db; with keepdims=True it becomes (1, m).",
    ),
    edit(
        "x @ w + b", "x @ w", within="affine_forward",
        name="bias forgotten",
        hint="The layer is x @ w + b; NumPy adds b to every row.",
    ),
    edit(
        "x @ w + b", "x @ w.T + b", within="affine_forward",
        name="weights transposed in the forward",
        hint="w has shape (d, m) and x has shape (n, d): x @ w is (n, m) without a transpose.",
    ),
    edit(
        "x @ w + b", "x @ w + b.sum()", within="affine_forward",
        name="biases added up",
        hint="Output j gets its own bias b[j], not the sum of all.",
    ),
    edit(
        "dhidden * (pre > 0)", "dhidden", within="net_backward",
        name="net: ReLU mask forgotten",
        hint="A unit whose pre-activation is negative passes no gradient: multiply by (pre > 0).",
    ),
    edit(
        "dhidden * (pre > 0)", "dhidden * (dhidden > 0)", within="net_backward",
        name="net: ReLU mask from the gradient",
        hint="The mask asks which pre-activations of the forward pass were positive, not which gradients are.",
    ),
    edit(
        "dhidden * (pre > 0)", "dhidden * (first[0] > 0)", within="net_backward",
        name="net: ReLU mask from the wrong layer",
        hint="The mask comes from the hidden layer's pre-activation x @ w1 + b1, not from the input x.",
    ),
    edit(
        "dhidden * (pre > 0)", "dhidden * (pre < 0)", within="net_backward",
        name="net: ReLU mask inverted",
        hint="Gradient flows where the pre-activation is positive; elsewhere ReLU is constant.",
    ),
    edit(
        "dhidden * (pre > 0)", "dhidden * np.maximum(pre, 0)", within="net_backward",
        name="net: activation in place of the ReLU mask",
        hint="ReLU's derivative is 1 where the pre-activation is positive, not the activation itself.",
    ),
    edit(
        "return dw1, db1, dw2, db2", "return dw1, dhidden.sum(axis=0), dw2, db2", within="net_backward",
        name="net: ReLU mask missing in db1",
        hint="db1 sums the gradient at the pre-activation, after the ReLU mask, as dw1 does.",
    ),
    edit(
        "affine_backward(dz, second)", "affine_backward(dz, (pre, second[1]))", within="net_backward",
        name="net: dw2 from the pre-activation",
        hint="The second layer's input is relu(pre), so dw2 is relu(pre).T @ dz.",
    ),
    edit(
        "np.maximum(pre, 0)", "pre", within="net_forward",
        name="net: ReLU forgotten",
        hint="Without an activation between them, two affine layers are one affine layer.",
    ),
    edit(
        "np.maximum(pre, 0)", "np.abs(pre)", within="net_forward",
        name="net: absolute value for ReLU",
        hint="ReLU sets negative pre-activations to 0; it does not turn their sign.",
    ),
    edit(
        "np.maximum(pre, 0)", "1 / (1 + np.exp(-pre))", within="net_forward",
        name="net: sigmoid for ReLU",
        hint="The hidden layer of this net is max(0, pre-activation); the sigmoid belongs to the column net.",
    ),
    edit(
        "np.maximum(pre, 0)", "np.maximum(pre - b1, 0) + b1", within="net_forward",
        name="net: first bias added after the ReLU",
        hint="The bias shifts the pre-activation: relu(x @ w1 + b1), not relu(x @ w1) + b1.",
    ),
    edit(
        "affine_forward(x, w1, b1)", "affine_forward(x, w1, 0 * b1)", within="net_forward",
        name="net: first bias forgotten",
        hint="Each of the two layers adds its bias; b1 is missing.",
    ),
    edit(
        "affine_forward(hidden, w2, b2)", "affine_forward(hidden, w2, 0 * b2)", within="net_forward",
        name="net: second bias forgotten",
        hint="Each of the two layers adds its bias; b2 is missing.",
    ),
    edit(
        "return z, (", "return np.maximum(z, 0), (", within="net_forward",
        name="net: ReLU on the scores, too",
        hint="The scores of the last layer are returned as they are; ReLU acts on the hidden layer alone.",
    ),
    edit(
        "shifted = z - z.max(axis=1, keepdims=True)", "shifted = z", within="net_loss",
        name="net loss: softmax without a shift",
        hint="np.exp overflows above 709: subtract each row's maximum score first.",
    ),
    edit(
        "shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))",
        "np.log(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))",
        within="net_loss",
        name="net loss: log of a softmax without a shift",
        hint="np.exp overflows above 709 and p underflows to 0: subtract each row's maximum, and form log p without p.",
    ),
    edit(
        "shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))",
        "np.log(np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True))",
        within="net_loss",
        name="net loss: log of an underflowed p",
        hint="Where p underflows to 0, its log is -inf. Form log p from the shifted scores, without p.",
    ),
    edit(
        "shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))",
        "np.log(np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True) + 1e-8)",
        within="net_loss",
        name="net loss: small constant inside the log",
        hint="A constant under the logarithm keeps it finite but wrong: it caps the loss. Form log p from the scores.",
    ),
    edit(
        "-log_p[rows, y].mean()", "-log_p[rows, y].sum()", within="net_loss",
        name="net loss: summed over the batch",
        hint="The data loss is the mean over the batch: divide by n.",
    ),
    edit(
        "loss = -log_p[rows, y].mean() + penalty", "loss = -log_p[rows, y].mean()", within="net_loss",
        name="net loss: regulariser forgotten in the loss",
        hint="The loss includes reg/2 * (sum of w1^2 + sum of w2^2).",
    ),
    edit(
        "reg / 2 * (", "reg * (", within="net_loss",
        name="net loss: regulariser without its 1/2",
        hint="The penalty is reg/2 times the sum of squares; the 1/2 is what makes its gradient reg * w.",
    ),
    edit(
        "reg / 2 * (", "reg / 2 / n * (", within="net_loss",
        name="net loss: regulariser divided by n",
        hint="Only the data loss is a mean over the batch; the penalty does not depend on n.",
    ),
    edit(
        "((w1**2).sum() + (w2**2).sum())", "((w1**2).sum() + (w2**2).sum() + (b1**2).sum() + (b2**2).sum())",
        within="net_loss",
        name="net loss: biases in the penalty",
        hint="Biases are not decayed: the penalty sums the squares of w1 and w2 alone.",
    ),
    edit(
        "((w1**2).sum() + (w2**2).sum())", "((w2**2).sum())", within="net_loss",
        name="net loss: penalty without w1",
        hint="Both weight matrices count in the penalty; the squares of w1 are missing.",
    ),
    edit(
        "((w1**2).sum() + (w2**2).sum())", "((w1**2).sum())", within="net_loss",
        name="net loss: penalty without w2",
        hint="Both weight matrices count in the penalty; the squares of w2 are missing.",
    ),
    edit(
        "((w1**2).sum() + (w2**2).sum())", "(np.sqrt((w1**2).sum()) + np.sqrt((w2**2).sum()))", within="net_loss",
        name="net loss: norm not squared",
        hint="The penalty has the squared norm of the weights: np.linalg.norm(w)**2, or (w**2).sum().",
    ),
    edit(
        "((w1**2).sum() + (w2**2).sum())", "(np.abs(w1).sum() + np.abs(w2).sum())", within="net_loss",
        name="net loss: L1 penalty",
        hint="The penalty sums squares of the weights, not absolute values.",
    ),
    edit(
        "return loss, dw1 + reg * w1, db1, dw2 + reg * w2, db2", "return loss, dw1, db1, dw2, db2", within="net_loss",
        name="net loss: regulariser's gradient forgotten",
        hint="The penalty reg/2 * w^2 adds reg * w to the gradient of each weight matrix.",
    ),
    edit(
        "dw1 + reg * w1, db1, dw2 + reg * w2, db2", "dw1 + 2 * reg * w1, db1, dw2 + 2 * reg * w2, db2",
        within="net_loss",
        name="net loss: regulariser's gradient doubled",
        hint="The derivative of reg/2 * w^2 is reg * w: the 2 of the square cancels the 1/2.",
    ),
    edit(
        "dw1 + reg * w1, db1, dw2 + reg * w2, db2", "dw1 + reg / 2 * w1, db1, dw2 + reg / 2 * w2, db2",
        within="net_loss",
        name="net loss: regulariser's gradient halved",
        hint="The derivative of reg/2 * w^2 is reg * w: the 2 of the square cancels the 1/2.",
    ),
    edit(
        "dw1 + reg * w1, db1, dw2 + reg * w2, db2", "dw1 + reg / n * w1, db1, dw2 + reg / n * w2, db2",
        within="net_loss",
        name="net loss: regulariser's gradient divided by n",
        hint="Only the data loss is a mean over the batch; the penalty's gradient reg * w has no 1/n.",
    ),
    edit(
        "dw1 + reg * w1, db1, dw2 + reg * w2, db2", "dw1 - reg * w1, db1, dw2 - reg * w2, db2", within="net_loss",
        name="net loss: regulariser's gradient subtracted",
        hint="The penalty is added to the loss, so its gradient reg * w is added to dw.",
    ),
    edit(
        "dw1 + reg * w1, db1, dw2 + reg * w2, db2", "dw1 + reg * w1, db1 + reg * b1, dw2 + reg * w2, db2 + reg * b2",
        within="net_loss",
        name="net loss: biases decayed",
        hint="Biases are not decayed: add reg * w to dw1 and dw2 alone.",
    ),
    edit(
        "dw1 + reg * w1", "dw1", within="net_loss",
        name="net loss: regulariser's gradient missing in dw1",
        hint="Both weight matrices are decayed; dw1 lacks reg * w1.",
    ),
    edit(
        "dw2 + reg * w2", "dw2", within="net_loss",
        name="net loss: regulariser's gradient missing in dw2",
        hint="Both weight matrices are decayed; dw2 lacks reg * w2.",
    ),
    edit(
        "dz = dz / n", "dz = dz / n**2", within="net_loss",
        name="net loss: gradient divided by n twice",
        hint="The mean's 1/n enters once: either in dz or later, not in both places.",
    ),
    edit(
        "    dz = dz / n\n", "", within="net_loss",
        name="net loss: gradient not divided by n",
        hint="The data loss is a mean over n samples, so dz is (p - one_hot(y)) / n.",
    ),
    edit(
        "dz[rows, y] -= 1", "dz -= 1", within="net_loss",
        name="net loss: p - 1 on every class",
        hint="Only the true class gets p - 1; for every other class the gradient is p.",
    ),
    edit(
        "dz[rows, y] -= 1", "dz[:, y] -= 1", within="net_loss",
        name="net loss: gradient indexed with [:, y]",
        hint="dz[:, y] -= 1 changes these columns in every row. Index with np.arange(n) for the rows.",
    ),
    edit(
        "dz2 = (a2 - y) / n", "dz2 = a2 - y", within="column_backward",
        name="columns: 1/m missing",
        hint="The loss is a mean over the columns, so every gradient carries a factor 1/n (1/m in many lecture notes).",
    ),
    edit(
        "dz2 = (a2 - y) / n", "dz2 = (a2 - y) / y.size", within="column_backward",
        name="columns: divided by the outputs, too",
        hint="The loss sums over the c outputs and averages over the n columns: divide by n, not by c * n.",
    ),
    edit(
        "dz2 = (a2 - y) / n", "dz2 = (a2 - y) / len(x)", within="column_backward",
        name="columns: divided by the wrong size",
        hint="Samples are columns, so n is x.shape[1]; len(x) is the number of features.",
    ),
    edit(
        "dz2 = (a2 - y) / n", "dz2 = (y - a2) / n", within="column_backward",
        name="columns: gradient with the wrong sign",
        hint="dz2 is a2 - y: an output above its target is pushed down.",
    ),
    edit(
        "dz2 = (a2 - y) / n", "dz2 = (a2 - y) * a2 * (1 - a2) / n", within="column_backward",
        name="columns: output sigmoid's derivative applied again",
        hint="With cross-entropy the factor a2 * (1 - a2) cancels: dz2 is a2 - y. The extra factor belongs to "
        "the squared error.",
    ),
    edit(
        "* a1 * (1 - a1)", "* z1 * (1 - z1)", within="column_backward",
        name="columns: sigmoid's derivative of z in place of a",
        hint="The sigmoid's derivative is a * (1 - a) with the activation a1, not with z1.",
    ),
    edit(
        "* a1 * (1 - a1)", "* (1 - a1**2)", within="column_backward",
        name="columns: tanh's derivative",
        hint="1 - a^2 is the derivative of tanh; the sigmoid's is a * (1 - a).",
    ),
    edit(
        " * a1 * (1 - a1)", "", within="column_backward",
        name="columns: hidden sigmoid's derivative forgotten",
        hint="The gradient passes through the hidden sigmoid: multiply by a1 * (1 - a1).",
    ),
    edit(
        "* a1 * (1 - a1)", "* a1", within="column_backward",
        name="columns: factor 1 - a1 missing",
        hint="The sigmoid's derivative has two factors, a1 and 1 - a1.",
    ),
    edit(
        "(w2.T @ dz2)", "(w2 @ dz2)", within="column_backward",
        name="columns: w2 not transposed",
        hint="w2 has shape (c, h) and dz2 has shape (c, n): the hidden gradient is w2.T @ dz2.",
    ),
    edit(
        "dz1 @ x.T", "(dz1 @ x.T).T", within="column_backward",
        name="columns: dw1 transposed",
        hint="dw1 has the shape of w1, (h, d): it is dz1 @ x.T.",
    ),
    edit(
        "dz2 @ a1.T", "dz2 @ z1.T", within="column_backward",
        name="columns: dw2 from z1",
        hint="The second layer's input is a1 = sigmoid(z1), so dw2 is dz2 @ a1.T.",
    ),
    edit(
        "dz1 @ x.T", "dz1 @ x.T * n", within="column_backward",
        name="columns: 1/m missing in dw1",
        hint="The loss is a mean over the columns, so all four gradients carry a factor 1/n; dw1 lacks it.",
    ),
    edit(
        "dz2 @ a1.T", "dz2 @ a1.T * n", within="column_backward",
        name="columns: 1/m missing in dw2",
        hint="The loss is a mean over the columns, so all four gradients carry a factor 1/n; dw2 lacks it.",
    ),
    edit(
        "dz1.sum(axis=1, keepdims=True)", "dz1.sum(axis=1, keepdims=True) * n", within="column_backward",
        name="columns: 1/m missing in db1",
        hint="The loss is a mean over the columns, so all four gradients carry a factor 1/n; db1 lacks it.",
    ),
    edit(
        "dz2.sum(axis=1, keepdims=True)", "dz2.sum(axis=1, keepdims=True) * n", within="column_backward",
        name="columns: 1/m missing in db2",
        hint="The loss is a mean over the columns, so all four gradients carry a factor 1/n; db2 lacks it.",
    ),
    edit(
        "dz2.sum(axis=1, keepdims=True)", "dz2.mean(axis=1, keepdims=True)", within="column_backward",
        name="columns: db2 averaged twice",
        hint="The 1/n is in dz2 already, so db2 is the sum over the columns.",
    ),
    edit(
        "dz1.sum(axis=1, keepdims=True)", "dz1.mean(axis=1, keepdims=True)", within="column_backward",
        name="columns: db1 averaged twice",
        hint="The 1/n is in dz2 and so in dz1 already; db1 is the sum over the columns.",
    ),
    edit(
        "dz2.sum(axis=1, keepdims=True)", "dz2.sum(axis=1)", within="column_backward",
        name="columns: db2 without keepdims",
        hint="b2 is a column of shape (c, 1) and so is db2: pass keepdims=True.",
    ),
    edit(
        "dz1.sum(axis=1, keepdims=True)", "dz1.sum(axis=1)", within="column_backward",
        name="columns: db1 without keepdims",
        hint="b1 is a column of shape (h, 1) and so is db1: pass keepdims=True.",
    ),
    edit(
        "dz2.sum(axis=1, keepdims=True)", "dz2.sum(axis=0, keepdims=True)", within="column_backward",
        name="columns: db2 summed over the wrong axis",
        hint="Samples are columns here: the bias gradient sums over axis 1.",
    ),
    edit(
        "a1 = 1 / (1 + np.exp(-z1))", "a1 = np.tanh(z1)", within="column_forward",
        name="columns: tanh in the hidden layer",
        hint="Both layers use the sigmoid here; tanh is another convention.",
    ),
    edit(
        "a1 = 1 / (1 + np.exp(-z1))", "a1 = np.maximum(z1, 0)", within="column_forward",
        name="columns: ReLU in the hidden layer",
        hint="Both layers use the sigmoid here; ReLU is another convention.",
    ),
    edit(
        "a1 = 1 / (1 + np.exp(-z1))", "a1 = z1", within="column_forward",
        name="columns: hidden sigmoid forgotten",
        hint="The second layer's input is a1 = sigmoid(z1), not z1.",
    ),
    edit(
        "a2 = 1 / (1 + np.exp(-z2))", "a2 = z2", within="column_forward",
        name="columns: output sigmoid forgotten",
        hint="The output is a probability, a2 = sigmoid(z2), not the score z2.",
    ),
    edit(
        "a2 = 1 / (1 + np.exp(-z2))", "a2 = np.exp(z2) / np.exp(z2).sum(axis=0)", within="column_forward",
        name="columns: softmax at the output",
        hint="Each output has its own sigmoid; the c outputs do not compete.",
    ),
    edit(
        "w1 @ x + b1", "w1 @ x", within="column_forward",
        name="columns: first bias forgotten",
        hint="Each of the two layers adds its bias; b1 is missing.",
    ),
    edit(
        "w2 @ a1 + b2", "w2 @ a1", within="column_forward",
        name="columns: second bias forgotten",
        hint="Each of the two layers adds its bias; b2 is missing.",
    ),
]

equivalents = [
    equivalent(
        "(first, pre, second)", "(first, hidden, second)", within="net_forward",
        why="The backward asks only where it is positive, and relu(pre) is positive where pre is.",
    ),
    equivalent(
        "(pre > 0)", "(pre >= 0)", within="net_backward",
        why="At the kink of a ReLU every slope between 0 and 1 is right.",
    ),
    *(
        equivalent(old, old.replace("axis=1", "axis=-1"), within=name, why="The last axis of a matrix is axis 1.")
        for name, old in (
            ("net_loss", "z.max(axis=1"),
            ("net_loss", "sum(axis=1"),
            ("column_backward", "dz1.sum(axis=1"),
            ("column_backward", "dz2.sum(axis=1"),
        )
    ),
    *(
        equivalent("len(x)", f"len({name})", within="net_loss", why="All of them have one row for each sample.")
        for name in ("y", "z")
    ),
    *(
        equivalent("x.shape[1]", new, within="column_backward", why="All of them have one column for each sample.")
        for new in ("x.shape[-1]", "a2.shape[1]", "y.shape[1]", "z1.shape[1]")
    ),
]  # fmt: skip

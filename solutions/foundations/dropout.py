"""Model answers of `dropout`: inverted dropout and the L2 penalty, and the mistakes made in them.

Sources: Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15, sections
4 and 10; Goodfellow, Bengio and Courville 2016, "Deep Learning", section 7.1.1.
"""

import numpy as np

from grader.authoring import edit, equivalent


def dropout_forward(x, p, rng, training):
    """Drop each unit with probability `p`, and divide what is kept by ``1 - p``; the identity when not training.

    Srivastava et al. 2014, section 10: the scaled ("inverted") form, so that the expected output is `x` in both modes.
    """
    mask = np.ones_like(x)
    if training:
        mask = (rng.random(x.shape) >= p) / (1 - p)
    cache = {"mask": mask}
    return x * mask, cache


def dropout_backward(dy, cache):
    """Return ``dy`` times the mask of the forward, which holds the scale."""
    return dy * cache["mask"]


def l2_penalty(w, lam):
    """Return half of `lam` times the squared norm of `w`, and its gradient (Goodfellow et al. 2016, section 7.1.1)."""
    loss = lam / 2 * (w**2).sum()
    dw = lam * w
    return loss, dw


mistakes = [
    # dropout_forward
    edit(
        "rng.random(x.shape) >= p",
        "rng.random(x.shape) < p",
        name="p as keep probability",
        hint="Here p is the probability of dropping a unit, so a unit is kept with probability 1 - p. Older texts, the"
        " paper among them, call the probability of keeping p.",
    ),
    edit(
        "(rng.random(x.shape) >= p) / (1 - p)",
        "(rng.random(x.shape) >= p)",
        name="no scaling",
        hint="Divide what is kept by 1 - p, so that the expected output is x and nothing is left to do at test time.",
    ),
    edit(
        "/ (1 - p)",
        "* (1 - p)",
        name="multiplied by 1 - p",
        hint="Inverted dropout divides what is kept by 1 - p; multiplying shrinks the expected output twice over.",
    ),
    edit(
        "/ (1 - p)",
        "/ p",
        name="divided by p",
        hint="p is the probability of dropping a unit, 1 - p that of keeping it: divide by 1 - p, not by p.",
    ),
    edit(
        "np.ones_like(x)",
        "np.full_like(x, 1 - p)",
        name="scaled at test",
        hint="With inverted dropout the scaling is done in training; when not training, the output is x itself.",
    ),
    edit(
        "if training:",
        "if True:",
        name="dropped at test",
        hint="When training is False nothing is dropped and nothing is scaled: the output is x. Look at the flag.",
    ),
    edit(
        "mask = (rng.random(x.shape) >= p) / (1 - p)",
        "mask = np.ones_like(x)",
        name="nothing is dropped",
        hint="In training each unit is set to zero with probability p.",
    ),
    edit(
        "rng.random(x.shape)",
        "rng.random(x.shape[-1:])",
        name="one mask row shared by the batch",
        hint="Draw a mask of the full shape of x: each unit of each sample is dropped independently.",
    ),
    edit(
        "rng.random(x.shape)",
        "rng.random((*x.shape[:-1], 1) if x.shape else ())",
        name="whole rows dropped",
        hint="Draw a mask of the full shape of x: each unit of a row is dropped independently of the others.",
    ),
    edit(
        "rng.random(x.shape)",
        "np.random.random(x.shape)",
        name="drawn from another generator than rng",
        hint="Draw from the rng that is handed over and from nothing else, so that a seed repeats the mask.",
    ),
    edit(
        "rng.random(x.shape)",
        "np.random.default_rng(0).random(x.shape)",
        name="the same mask at every call",
        hint="Draw from the rng that is handed over; a generator seeded inside the function repeats one mask for ever.",
    ),
    # dropout_backward
    edit(
        'cache = {"mask": mask}',
        "cache = dropout_forward.__dict__; cache.update(mask=mask)",
        name="mask of the latest call in backward",
        hint="The mask belongs into the cache that is returned, one for each call; a global one is overwritten by the"
        " next call.",
    ),
    edit(
        'dy * cache["mask"]',
        'dy * np.random.default_rng(0).permutation(np.ravel(cache["mask"])).reshape(np.shape(dy))',
        name="a fresh mask in backward",
        hint="The gradient flows through the units that were kept in the forward: cache the mask, do not draw again.",
    ),
    edit(
        'dy * cache["mask"]',
        'dy * (cache["mask"] > 0)',
        name="mask not scaled in backward",
        hint="y = x * mask / (1 - p), so the gradient is divided by 1 - p, too.",
    ),
    edit(
        'dy * cache["mask"]',
        'dy * cache["mask"] * cache["mask"]',
        name="scaled twice in backward",
        hint="The scale 1 / (1 - p) enters the gradient once; perhaps the cached mask holds it already.",
    ),
    edit(
        'dy * cache["mask"]',
        "dy * 1",
        name="mask forgotten in backward",
        hint="A dropped unit does not reach the output, so its gradient is zero: multiply by the mask.",
    ),
    # l2_penalty
    edit(
        "loss = lam / 2 * (w**2).sum()",
        "loss = lam * (w**2).sum()",
        name="l2: factor 1/2 forgotten in the loss",
        hint="The penalty is lam / 2 times the sum of squares.",
    ),
    edit(
        "(w**2).sum()",
        "np.sqrt((w**2).sum())",
        name="l2: norm not squared",
        hint="The penalty is the squared norm, the plain sum of squares: no root.",
    ),
    edit(
        "(w**2).sum()",
        "(w**2).mean()",
        name="l2: mean for sum",
        hint="The penalty sums the squares over all elements; it does not average.",
    ),
    edit(
        "(w**2).sum()",
        "np.abs(w).sum()",
        name="l2: absolute values for squares",
        hint="Absolute values make the L1 penalty; the L2 penalty sums squares.",
    ),
    edit(
        "loss = lam / 2 * (w**2).sum()",
        "loss = (w**2).sum() / 2",
        name="l2: lam forgotten in the loss",
        hint="The penalty is lam / 2 times the sum of squares.",
    ),
    edit(
        "dw = lam * w",
        "dw = 2 * lam * w",
        name="l2: gradient doubled",
        hint="The 2 of the square's derivative cancels the 1/2 of the penalty: dw = lam * w.",
    ),
    edit(
        "dw = lam * w",
        "dw = lam / 2 * w",
        name="l2: factor 1/2 kept in the gradient",
        hint="The derivative of w^2 is 2w; its 2 cancels the 1/2 of the penalty: dw = lam * w.",
    ),
    edit(
        "dw = lam * w",
        "dw = w",
        name="l2: lam forgotten in the gradient",
        hint="The gradient of the penalty is lam * w.",
    ),
    edit(
        "dw = lam * w",
        "dw = -lam * w",
        name="l2: sign of the gradient",
        hint="Return the gradient of the penalty, lam * w; the minus sign belongs to the descent step.",
    ),
]

equivalents = [
    *(
        equivalent(
            "np.ones_like(x)", f"np.ones_like({name})", within="dropout_forward",
            why="It stays only when not training, where a single 1 multiplies every unit as well.",
        )
        for name in ("p", "training", "0", "1")
    ),
    equivalent(
        ">= p", "> p", within="dropout_forward",
        why="A draw equals p with a probability of at most 2^-53, which is the law of the mask but for its rounding.",
    ),
    equivalent(
        "rng.random(x.shape)", "rng.random(mask.shape)", within="dropout_forward", why="The mask has the shape of x."
    ),
]  # fmt: skip

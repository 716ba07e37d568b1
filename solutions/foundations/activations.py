"""Activation functions, element by element: kernels and the mistakes that students make."""

from __future__ import annotations

import numpy as np

from grader.authoring import edit, equivalent

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def sigmoid(x):
    """Return 1 / (1 + exp(-x)); the exponential of -|x| cannot overflow (Rumelhart, Hinton & Williams 1986)."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def sigmoid_backward(dy, x):
    """Return dy times y (1 - y), where y is the output."""
    y = np.exp(-np.logaddexp(0, -x))  # sigmoid(x) in one expression that cannot overflow
    return dy * (y * (1 - y))


def tanh(x):
    """Return the hyperbolic tangent (LeCun et al. 1998, Efficient BackProp, section 4.4)."""
    return np.tanh(x)


def tanh_backward(dy, x):
    """Return dy times 1 - y^2, where y is the output."""
    y = np.tanh(x)
    return dy * (1 - y**2)


def relu(x):
    """Return max(x, 0) (Nair & Hinton 2010)."""
    return np.maximum(x, 0)


def relu_backward(dy, x):
    """Return dy where x > 0, else 0."""
    return dy * (x > 0)


def leaky_relu(x, alpha=0.01):
    """Return x where x > 0, else alpha times x (Maas, Hannun & Ng 2013)."""
    return np.where(x > 0, x, alpha * x)


def leaky_relu_backward(dy, x, alpha=0.01):
    """Return dy where x > 0, else alpha times dy."""
    return dy * np.where(x > 0, 1, alpha)


def elu(x, alpha=1.0):
    """Return x where x > 0, else alpha (exp(x) - 1) (Clevert, Unterthiner & Hochreiter 2016, eq. 16).

    `np.where` evaluates both sides, so the exponential is only given what is not positive.
    """
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_backward(dy, x, alpha=1.0):
    """Return dy where x > 0, else dy alpha exp(x)."""
    return dy * np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))


def selu(x):
    """Return scale * elu(x, alpha) with the constants of self-normalising nets (Klambauer et al. 2017, eq. 2)."""
    return SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0)))


def selu_backward(dy, x):
    """Return dy * scale where x > 0, else dy * scale * alpha * exp(x)."""
    return dy * SELU_SCALE * np.where(x > 0, 1, SELU_ALPHA * np.exp(np.minimum(x, 0)))


def relu6(x):
    """Return relu of x, cut off at 6 (Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10)."""
    return np.minimum(np.maximum(x, 0), 6)


def relu6_backward(dy, x):
    """Return dy where 0 < x < 6, else 0."""
    return dy * ((x > 0) & (x < 6))


def softplus(x):
    """Return log(1 + exp(x)) as max(x, 0) + log(1 + exp(-|x|)), which cannot overflow (Dugas et al. 2001)."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softplus_backward(dy, x):
    """Return dy * sigmoid(x)."""
    return dy * np.exp(-np.logaddexp(0, -x))


def softsign(x):
    """Return x / (1 + |x|) (Bergstra et al. 2009; Glorot & Bengio 2010, section 2.2)."""
    return x / (1 + np.abs(x))


def softsign_backward(dy, x):
    """Return dy / (1 + |x|)^2."""
    return dy * (1 / (1 + np.abs(x)) ** 2)


def crelu(x):
    """Return relu(x) and relu(-x) joined along the last axis (Shang et al. 2016, definition 2.1)."""
    return np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)], axis=-1)


def crelu_backward(dy, x):
    """Return the first half of dy where x > 0, minus the second half where x < 0."""
    first, second = np.split(dy, 2, axis=-1)
    return first * (x > 0) - second * (x < 0)


def step(x):
    """Return 1.0 where x >= 0, else 0.0 (McCulloch & Pitts 1943)."""
    return np.where(x >= 0, 1.0, 0.0)


def _in(function, *rows):
    """Return edits within a function from rows of (name, old, new, hint)."""
    return [edit(old, new, name=f"{function}: {name}", hint=hint, within=function) for name, old, new, hint in rows]


_DY = (
    "By the chain rule the derivative is multiplied by dy, the gradient that arrives from above; it is"
    " returned bare here."
)
_SWAPPED = "The gradient from above is the first argument and x the second one; here each is taken for the other."
_ALPHA_DEFAULT = "Called without alpha, the function should take the default that the statement gives."
_MASKS = (
    "Multiplying by a mask does not switch a branch off where exp(x) overflows, since inf * 0 is nan;"
    " give the exponential min(x, 0), or choose with np.where."
)

_BACKWARDS = (
    "sigmoid_backward", "tanh_backward", "relu_backward", "leaky_relu_backward", "elu_backward",
    "selu_backward", "relu6_backward", "softplus_backward", "softsign_backward",
)  # fmt: skip

mistakes = [
    *(
        edit("return dy * ", "return ", name=f"{function}: dy forgotten", hint=_DY, within=function)
        for function in _BACKWARDS
    ),
    *(
        edit("(dy, x", "(x, dy", name=f"{function}: arguments swapped", hint=_SWAPPED, within=function)
        for function in _BACKWARDS
    ),
    *_in(
        "sigmoid",
        ("naive formula overflows", "np.where(x >= 0, 1, e) / (1 + e)", "1 / (1 + np.exp(-x))",
         "exp(-x) overflows for x below -709; take exp(-|x|) and treat the two signs apart."),
        ("inf / inf for large x", "np.where(x >= 0, 1, e) / (1 + e)", "np.exp(x) / (1 + np.exp(x))",
         "exp(x) / (1 + exp(x)) is inf / inf, hence nan, for x above 709; use 1 / (1 + exp(-x)) where x > 0."),
        ("both branches computed", "np.where(x >= 0, 1, e) / (1 + e)",
         "np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))",
         "np.where evaluates both branches and then chooses, so each of them overflows where it is not needed;"
         " take exp(-|x|)."),
        ("sign of the exponent", "np.where(x >= 0, 1, e)", "np.where(x >= 0, e, 1)",
         "The answers are those of sigmoid(-x): it is exp(-x) that stands in the denominator, with a minus sign."),
        ("tanh of x, not of x / 2", "np.exp(-np.abs(x))", "np.exp(-2 * np.abs(x))",
         "The answers are those of sigmoid(2 x): sigmoid(x) = (1 + tanh(x / 2)) / 2, with half of x."),
        ("input clipped too early", "np.exp(-np.abs(x))", "np.exp(-np.minimum(np.abs(x), 10))",
         "x is clipped to [-10, 10] against overflow, which makes the tails flat; clip much farther out, or not"
         " at all."),
        ("tail clipped", "np.where(x >= 0, 1, e) / (1 + e)",
         "np.clip(np.where(x >= 0, 1, e) / (1 + e), 1e-7, 1 - 1e-7)",
         "Far from 0 the answer is a small constant, where it should die out: clip neither x nor the result here."),
        ("its derivative returned", "np.where(x >= 0, 1, e) / (1 + e)", "e / (1 + e) ** 2",
         "This is y * (1 - y), the derivative; the function itself is y."),
    ),
    *_in(
        "sigmoid_backward",
        ("y * (1 - y) fed the input", "y = np.exp(-np.logaddexp(0, -x))", "y = x",
         "y * (1 - y) is the derivative in terms of the output y; the argument is x, so compute y = sigmoid(x) first."),
        ("sigmoid applied twice", "y = np.exp(-np.logaddexp(0, -x))", "y = sigmoid(sigmoid(x))",
         "The derivative in terms of x was given y: sigmoid is applied once, not twice, before y * (1 - y)."),
        ("1 - y forgotten", "(y * (1 - y))", "y",
         "The derivative is y * (1 - y), which has its maximum 1/4 at x = 0; here it is y alone."),
        ("factor y forgotten", "(y * (1 - y))", "(1 - y)",
         "The derivative is y * (1 - y), which has its maximum 1/4 at x = 0; here it is 1 - y alone."),
        ("derivative of tanh", "(y * (1 - y))", "(1 - y**2)",
         "1 - y**2 is the derivative of tanh in terms of its output; that of sigmoid is y * (1 - y)."),
        ("sign", "* (1 - y))", "* (y - 1))", "sigmoid rises, so its derivative is positive everywhere."),
        ("inf / inf for large x", "(y * (1 - y))", "np.exp(x) / (1 + np.exp(x)) ** 2",
         "exp(x) overflows for x above 709 and inf / inf is nan; write the derivative in terms of y = sigmoid(x)."),
        ("inf / inf for negative x", "(y * (1 - y))", "np.exp(-x) / (1 + np.exp(-x)) ** 2",
         "exp(-x) overflows for x below -709 and inf / inf is nan; write the derivative in terms of y = sigmoid(x)."),
    ),
    *_in(
        "tanh",
        ("inf / inf on both sides", "np.tanh(x)", "(np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))",
         "exp(|x|) overflows beyond 709, and inf / inf is nan; np.tanh does not overflow."),
        ("inf / inf for negative x", "np.tanh(x)", "(1 - np.exp(-2 * x)) / (1 + np.exp(-2 * x))",
         "exp(-2 x) overflows for x below -355, and inf / inf is nan; np.tanh does not overflow."),
        ("inf / inf for positive x", "np.tanh(x)", "(np.exp(2 * x) - 1) / (np.exp(2 * x) + 1)",
         "exp(2 x) overflows for x above 355, and inf / inf is nan; np.tanh does not overflow."),
        ("half the argument", "np.tanh(x)", "np.tanh(x / 2)",
         "2 * sigmoid(x) - 1 is tanh(x / 2): in terms of sigmoid, tanh(x) = 2 * sigmoid(2 x) - 1."),
        ("sign", "np.tanh(x)", "np.tanh(-x)",
         "tanh has the sign of its argument: exp(x) - exp(-x) above, in this order."),
        ("sigmoid in its place", "np.tanh(x)", "np.exp(-np.logaddexp(0, -x))",
         "This lies between 0 and 1 and is 0.5 at x = 0: it is sigmoid. tanh lies between -1 and 1 and is 0 at x = 0."),
        ("arctan in its place", "np.tanh(x)", "np.arctan(x)",
         "tanh is the hyperbolic tangent, which levels off at 1; arctan levels off at pi / 2."),
    ),
    *_in(
        "tanh_backward",
        ("1 - y**2 fed the input", "y = np.tanh(x)", "y = x",
         "1 - y**2 is the derivative in terms of the output y; the argument is x, so compute y = tanh(x) first."),
        ("tanh applied twice", "y = np.tanh(x)", "y = np.tanh(np.tanh(x))",
         "The derivative in terms of x was given y: tanh is applied once, not twice, before 1 - y**2."),
        ("square forgotten", "y**2", "y", "The derivative is 1 - y**2, the same for x and -x; here y is not squared."),
        ("derivative of sigmoid", "(1 - y**2)", "(y * (1 - y))",
         "y * (1 - y) is the derivative of sigmoid in terms of its output; that of tanh is 1 - y**2."),
        ("plus for minus", "1 - y**2", "1 + y**2", "1 + y**2 is the derivative of tan; that of tanh is at most 1."),
        ("sign", "(1 - y**2)", "(y**2 - 1)", "tanh rises, so its derivative is positive everywhere."),
    ),
    *_in(
        "relu",
        ("minimum for maximum", "np.maximum", "np.minimum",
         "The negative part is kept here, and the positive part is lost."),
        ("absolute value", "np.maximum(x, 0)", "np.abs(x)", "Negative elements become 0; they are not mirrored."),
        ("negative part kept", "np.maximum(x, 0)", "x + 0",
         "The input is returned as it is: the mask x > 0 is missing."),
        ("mask returned", "np.maximum(x, 0)", "np.where(x > 0, 1.0, 0.0)",
         "This is the mask x > 0, the derivative; multiply it by x for the function itself."),
        ("cut off at 1", "np.maximum(x, 0)", "np.clip(x, 0, 1)", "relu has no upper bound: x stays as it is above 1."),
        ("leaky", "np.maximum(x, 0)", "np.maximum(x, 0.01 * x)", "Negative elements become 0, without a slope."),
    ),
    *_in(
        "relu_backward",
        ("mask forgotten", "(x > 0)", "1", "dy passes through everywhere: where x < 0, relu is constant and dx is 0."),
        ("mask reversed", "(x > 0)", "(x < 0)", "dy passes where x > 0 and is stopped where x < 0, not the reverse."),
        ("mask of dy", "(x > 0)", "(dy > 0)",
         "The mask depends on the input of the forward, x > 0, not on the sign of dy."),
        ("negative dy dropped, too", "(x > 0)", "((x > 0) & (dy > 0))",
         "A negative dy passes, too, where x > 0: a gradient is not rectified itself."),
        ("multiplied by the output", "(x > 0)", "np.maximum(x, 0)",
         "The derivative where x > 0 is 1; here dy is multiplied by relu(x) itself."),
    ),
    *_in(
        "leaky_relu",
        ("slope on the wrong side", "np.where(x > 0, x, alpha * x)", "np.where(x > 0, alpha * x, x)",
         "alpha multiplies the negative elements; here it multiplies the positive ones."),
        ("alpha ignored", "alpha * x", "0.01 * x", "The slope is 0.01 whatever alpha is passed; use the argument."),
        ("constant for negative x", "alpha * x", "alpha",
         "Negative elements become alpha * x; here they all become alpha."),
        ("constant for negative x, but 0 at 0", "np.where(x > 0, x, alpha * x)", "np.where(x < 0, alpha, x)",
         "Negative elements become alpha * x; here they all become alpha."),
        ("sign of the negative part", "alpha * x", "-alpha * x",
         "alpha * x is negative where x is; here it is positive."),
        ("negative part dropped", "alpha * x", "0", "This is relu: negative elements become alpha * x, not 0."),
        ("slope on both sides", "np.where(x > 0, x, alpha * x)", "alpha * x",
         "The mask x > 0 is missing: positive elements stay as they are."),
        ("added to both sides", "np.where(x > 0, x, alpha * x)", "np.maximum(x, 0) + alpha * x",
         "alpha * x is added where x > 0, too; add alpha * min(x, 0) to max(x, 0)."),
        ("another default of alpha", "alpha=0.01", "alpha=0.1", _ALPHA_DEFAULT),
    ),
    *_in(
        "leaky_relu_backward",
        ("slope on the wrong side", "np.where(x > 0, 1, alpha)", "np.where(x > 0, alpha, 1)",
         "The slope is alpha where x < 0 and 1 where x > 0, not the reverse."),
        ("mask forgotten", "np.where(x > 0, 1, alpha)", "alpha",
         "The mask x > 0 is missing: the slope is 1 there, not alpha."),
        ("negative part dropped", "1, alpha", "1, 0",
         "This is the derivative of relu; where x < 0 the slope is alpha, not 0."),
        ("alpha ignored", "1, alpha", "1, 0.01", "The slope is 0.01 whatever alpha is passed; use the argument."),
        ("alpha * x, not alpha", "1, alpha", "1, alpha * x",
         "alpha * x is the function where x < 0; its derivative there is alpha."),
        ("dy forgotten for negative x", "dy * np.where(x > 0, 1, alpha)", "np.where(x > 0, dy, alpha)",
         "Where x < 0 the slope alpha is multiplied by dy, too; here alpha is returned bare."),
        ("x, not 1", "(x > 0, 1,", "(x > 0, x,", "x is the function where x > 0; its derivative there is 1."),
        ("mask of dy", "(x > 0,", "(dy > 0,",
         "The mask depends on the input of the forward, x > 0, not on the sign of dy."),
        ("added to both sides", "np.where(x > 0, 1, alpha)", "((x > 0) + alpha)",
         "alpha is added where x > 0, too: the slope there is 1, not 1 + alpha."),
        ("another default of alpha", "alpha=0.01", "alpha=0.1", _ALPHA_DEFAULT),
    ),
    *_in(
        "elu",
        ("exponential of large x overflows", "np.minimum(x, 0)", "x",
         "np.where evaluates both branches, so exp(x) overflows for x above 709; give it min(x, 0)."),
        ("inf * 0 from masks", "np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))",
         "(x > 0) * x + (x <= 0) * alpha * np.expm1(x)", _MASKS),
        ("mask forgotten", "np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))", "alpha * np.expm1(x)",
         "The exponential is for x < 0 only: positive elements stay as they are."),
        ("alpha ignored", "alpha * ", "", "Where x < 0 the function is alpha * (exp(x) - 1); alpha is missing here."),
        ("1 not subtracted", "np.expm1", "np.exp",
         "Where x < 0 it is alpha * (exp(x) - 1), which meets x at 0; - 1 is missing."),
        ("alpha not multiplied with 1", "alpha * np.expm1(np.minimum(x, 0))", "alpha * np.exp(np.minimum(x, 0)) - 1",
         "alpha multiplies the whole bracket, alpha * (exp(x) - 1), so that the branches meet at 0 for every alpha."),
        ("alpha in the exponential only", "alpha * np.expm1(np.minimum(x, 0))", "np.expm1(alpha * np.minimum(x, 0))",
         "alpha multiplies the bracket, alpha * (exp(x) - 1); here it multiplies x in its place."),
        ("1 not subtracted, but 0 at 0", "np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))",
         "np.where(x >= 0, x, alpha * np.exp(np.minimum(x, 0)))",
         "Where x < 0 it is alpha * (exp(x) - 1), which meets x at 0; - 1 is missing."),
        ("alpha not multiplied with 1, but 0 at 0", "np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))",
         "np.where(x >= 0, x, alpha * np.exp(np.minimum(x, 0)) - 1)",
         "alpha multiplies the whole bracket, alpha * (exp(x) - 1), so that the branches meet at 0 for every alpha."),
        ("alpha inside the exponential", "np.minimum(x, 0)", "alpha * np.minimum(x, 0)",
         "alpha stands before the bracket only, alpha * (exp(x) - 1); here it multiplies x, too."),
        ("linear for negative x", "np.expm1(np.minimum(x, 0))", "x",
         "This is leaky_relu: where x < 0, elu is alpha * (exp(x) - 1), which levels off at -alpha."),
        ("sign of the exponent", "np.minimum(x, 0)", "-np.minimum(x, 0)",
         "Where x < 0 it is exp(x), which dies out, not exp(-x), which explodes."),
        ("another default of alpha", "alpha=1.0", "alpha=0.1", _ALPHA_DEFAULT),
    ),
    *_in(
        "elu_backward",
        ("alpha missing", "alpha * ", "", "Where x < 0 the slope is alpha * exp(x); alpha is missing here."),
        ("mask forgotten", "np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))", "alpha * np.exp(x)",
         "alpha * exp(x) is the slope where x < 0 only; where x > 0 it is 1."),
        ("inf * 0 from masks", "np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))",
         "((x > 0) + (x <= 0) * alpha * np.exp(x))", _MASKS),
        ("slope on the wrong side", "(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))",
         "(x > 0, alpha * np.exp(-np.maximum(x, 0)), 1)",
         "The exponential branch belongs to x < 0, and the slope 1 to x > 0, not the reverse."),
        ("exponential fed the output", "np.exp(np.minimum(x, 0))", "np.exp(elu(np.minimum(x, 0), alpha))",
         "alpha * exp(x) is the slope in terms of the input; given the output y, it is y + alpha."),
        ("y, not y + alpha", "np.exp(", "np.expm1(",
         "In terms of the output y the slope where x < 0 is y + alpha, since y' = alpha * exp(x); here it is y."),
        ("y + 1, not y + alpha", "alpha * np.exp(np.minimum(x, 0))", "alpha * np.expm1(np.minimum(x, 0)) + 1",
         "In terms of the output y the slope where x < 0 is y + alpha; y + 1 is right for alpha = 1 only."),
        ("y + alpha fed the input", "alpha * np.exp(np.minimum(x, 0))", "x + alpha",
         "y + alpha is the slope in terms of the output; the argument is x, so compute y = elu(x, alpha) first."),
        ("sum for product", "alpha * np.exp(np.minimum(x, 0))", "(alpha + np.exp(np.minimum(x, 0)))",
         "Where x < 0 the slope is the product alpha * exp(x); here the two are added."),
        ("linear for negative x", "alpha * np.exp(np.minimum(x, 0))", "alpha",
         "alpha is the slope of leaky_relu; that of elu where x < 0 is alpha * exp(x)."),
        ("negative part dropped", "alpha * np.exp(np.minimum(x, 0))", "0",
         "This is the derivative of relu; where x < 0 the slope is alpha * exp(x), not 0."),
        ("another default of alpha", "alpha=1.0", "alpha=0.1", _ALPHA_DEFAULT),
    ),
    *_in(
        "selu",
        ("scale missing", "SELU_SCALE * ", "", "Both branches are multiplied by scale = 1.0507…; here neither is."),
        ("alpha missing", "SELU_ALPHA * ", "",
         "Where x < 0 it is scale * alpha * (exp(x) - 1); alpha = 1.6732… is missing."),
        ("scale on positive x only", "SELU_SCALE * np.where(x > 0, x,", "np.where(x > 0, SELU_SCALE * x,",
         "scale multiplies both branches; here it multiplies only x > 0."),
        ("scale on negative x only", "SELU_SCALE * np.where(x > 0, x,", "np.where(x > 0, x, SELU_SCALE *",
         "scale multiplies both branches; here it multiplies only x < 0."),
        ("1 not subtracted", "np.expm1", "np.exp", "Where x < 0 it is scale * alpha * (exp(x) - 1); - 1 is missing."),
        ("1 not subtracted, but 0 at 0", "np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0)))",
         "np.where(x >= 0, x, SELU_ALPHA * np.exp(np.minimum(x, 0)))",
         "Where x < 0 it is scale * alpha * (exp(x) - 1), which meets x at 0; - 1 is missing."),
        ("constants swapped", "SELU_SCALE * np.where(x > 0, x, SELU_ALPHA",
         "SELU_ALPHA * np.where(x > 0, x, SELU_SCALE",
         "scale is the smaller one, 1.0507…, and multiplies everything; alpha = 1.6732… multiplies the"
         " exponential only."),
        ("constants rounded", "SELU_SCALE * np.where(x > 0, x, SELU_ALPHA", "1.05 * np.where(x > 0, x, 1.67",
         "The constants are given with all their digits in the statement; with two decimals errors of 0.1% remain."),
        ("inf * 0 from masks", "np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0)))",
         "((x > 0) * x + (x <= 0) * SELU_ALPHA * np.expm1(x))", _MASKS),
    ),
    *_in(
        "selu_backward",
        ("scale missing", "SELU_SCALE * ", "", "Both branches are multiplied by scale = 1.0507…; here neither is."),
        ("alpha missing", "SELU_ALPHA * ", "",
         "Where x < 0 the slope is scale * alpha * exp(x); alpha = 1.6732… is missing."),
        ("scale on positive x only", "SELU_SCALE * np.where(x > 0, 1,", "np.where(x > 0, SELU_SCALE,",
         "scale multiplies both branches; here it multiplies only x > 0."),
        ("scale on negative x only", "SELU_SCALE * np.where(x > 0, 1,", "np.where(x > 0, 1, SELU_SCALE *",
         "scale multiplies both branches; here it multiplies only x < 0."),
        ("mask forgotten", "np.where(x > 0, 1, SELU_ALPHA * np.exp(np.minimum(x, 0)))", "SELU_ALPHA * np.exp(x)",
         "scale * alpha * exp(x) is the slope where x < 0 only; where x > 0 it is scale."),
        ("inf * 0 from masks", "np.where(x > 0, 1, SELU_ALPHA * np.exp(np.minimum(x, 0)))",
         "((x > 0) + (x <= 0) * SELU_ALPHA * np.exp(x))", _MASKS),
        ("exponential fed the output", "np.minimum(x, 0)", "np.minimum(selu(x), 0)",
         "alpha * exp(x) is the slope in terms of the input; here the exponential is given the output."),
        ("y + alpha, scaled again", "SELU_ALPHA * np.exp(np.minimum(x, 0))",
         "SELU_SCALE * SELU_ALPHA * np.exp(np.minimum(x, 0))",
         "The output y contains scale already: the slope where x < 0 is y + scale * alpha, without another factor"
         " of scale."),
        ("y, not y + scale * alpha", "np.exp(", "np.expm1(",
         "In terms of the output y the slope where x < 0 is y + scale * alpha; here it is y."),
    ),
    *_in(
        "relu6",
        ("upper bound missing", "np.minimum(np.maximum(x, 0), 6)", "np.maximum(x, 0)",
         "Above 6 the function stays at 6."),
        ("lower bound missing", "np.minimum(np.maximum(x, 0), 6)", "np.minimum(x, 6)",
         "Below 0 the function stays at 0."),
        ("0 above 6", "np.minimum(np.maximum(x, 0), 6)", "np.where(x < 6, np.maximum(x, 0), 0)",
         "Above 6 the function stays at 6; it does not fall back to 0."),
        ("clipped at -6, too", "0), 6)", "-6), 6)", "Below 0 the function stays at 0; -6 is not its lower bound."),
        ("divided by 6", "np.minimum(np.maximum(x, 0), 6)", "np.minimum(np.maximum(x, 0), 6) / 6",
         "The result goes up to 6; it is not scaled to [0, 1]."),
        ("bounds in the wrong order", "np.minimum(np.maximum(x, 0), 6)", "np.maximum(np.minimum(x, 0), 6)",
         "The smaller of x and 6 and the larger of that and 0: with the bounds swapped every element becomes 6."),
        ("cut off at 1", "0), 6)", "0), 1)", "The upper bound is 6, not 1."),
    ),
    *_in(
        "relu6_backward",
        ("upper mask missing", "((x > 0) & (x < 6))", "(x > 0)",
         "Above 6 the function is constant, so dx is 0 there, too."),
        ("lower mask missing", "((x > 0) & (x < 6))", "(x < 6)",
         "Below 0 the function is constant, so dx is 0 there, too."),
        ("mask forgotten", "(x > 0) & (x < 6)", "(x > 0) | (x < 6)",
         "dy passes through everywhere; it should only where both x > 0 and x < 6 hold."),
        ("mask reversed", "((x > 0) & (x < 6))", "((x < 0) | (x > 6))", "dy passes where 0 < x < 6, not outside."),
        ("multiplied by the output", "((x > 0) & (x < 6))", "np.minimum(np.maximum(x, 0), 6)",
         "The derivative where 0 < x < 6 is 1; here dy is multiplied by relu6(x) itself."),
        ("multiplied by the input", "((x > 0) & (x < 6))", "np.where((x > 0) & (x < 6), x, 0)",
         "The derivative where 0 < x < 6 is 1; here dy is multiplied by x."),
        ("mask of dy", "((x > 0) & (x < 6))", "((dy > 0) & (dy < 6))",
         "The mask depends on the input of the forward, 0 < x < 6, not on dy."),
    ),
    *_in(
        "softplus",
        ("naive formula overflows", "np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))", "np.log(1 + np.exp(x))",
         "exp(x) overflows for x above 709; log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)) takes no large"
         " exponential."),
        ("input clipped too early", "np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))",
         "np.log1p(np.exp(np.minimum(x, 20)))",
         "x is clipped at 20 against overflow, but softplus(x) goes on as x; use np.where, or max(x, 0) + log(1 +"
         " exp(-|x|))."),
        ("absolute value forgotten", "-np.abs(x)", "-x",
         "Besides max(x, 0) the exponential is that of -|x|: with exp(-x) it explodes where x < 0."),
        ("sign of the logarithm", "+ np.log1p", "- np.log1p",
         "The logarithm is added to max(x, 0); softplus is never negative."),
        ("tail clipped", "np.log1p(np.exp(-np.abs(x)))", "np.log(1 + np.exp(-np.abs(x)) + 1e-8)",
         "Far below 0 the answer is a small constant, where it should die out: no epsilon belongs in the"
         " logarithm, nor is x clipped."),
        ("linear from 0 on", "np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))",
         "np.where(x > 0, x, np.log1p(np.exp(-np.abs(x))))",
         "softplus(x) is nearly x only for large x; just above 0 it is log 2 larger."),
        ("linear part missing", "np.maximum(x, 0) + ", "",
         "log(1 + exp(-|x|)) dies out on both sides; max(x, 0) must be added."),
        ("sign of the exponent", "np.maximum(x, 0)", "np.maximum(-x, 0)",
         "The answers are those of softplus(-x): it is exp(x) inside the logarithm, without a minus sign."),
        ("another logarithm", "np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))", "np.logaddexp2(0, x / np.log(2))",
         "The logarithm is natural, so that softplus(x) is nearly x for large x; here it has base 2."),
        ("powers of 2", "np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))", "np.logaddexp2(0, x)",
         "This is log2(1 + 2**x), with the base 2 in both places; it should be e in both."),
        ("1 missing", "np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))", "np.log(np.exp(x))",
         "Without the 1 the logarithm undoes the exponential: it is log(1 + exp(x))."),
    ),
    *_in(
        "softplus_backward",
        ("inf / inf for large x", "np.exp(-np.logaddexp(0, -x))", "(np.exp(x) / (1 + np.exp(x)))",
         "exp(x) / (1 + exp(x)) is inf / inf, hence nan, for x above 709; use a sigmoid that does not overflow."),
        ("sign of the exponent", "(0, -x)", "(0, x)",
         "The derivative is sigmoid(x), which is nearly 1 for large x; here it is sigmoid(-x)."),
        ("sigmoid fed the output", "(0, -x)", "(0, -softplus(x))",
         "The derivative is the sigmoid of the input x; in terms of the output y it is 1 - exp(-y)."),
        ("1 - exp(-y) fed the input", "np.exp(-np.logaddexp(0, -x))", "-np.expm1(-x)",
         "1 - exp(-y) is the derivative in terms of the output y; the argument is x."),
        ("derivative of sigmoid", "np.exp(-np.logaddexp(0, -x))",
         "(np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2)",
         "The derivative of softplus is sigmoid(x) itself; y * (1 - y) differentiates once more."),
        ("derivative of relu", "np.exp(-np.logaddexp(0, -x))", "(x > 0)",
         "softplus is a smooth relu: its derivative is sigmoid(x), not the mask x > 0."),
        ("tanh for sigmoid", "np.exp(-np.logaddexp(0, -x))", "np.tanh(x)",
         "The derivative lies between 0 and 1: it is sigmoid(x), not tanh(x)."),
    ),
    *_in(
        "softsign",
        ("absolute value forgotten", "np.abs(x)", "x",
         "The denominator is 1 + |x|, which is never 0; 1 + x is 0 at x = -1."),
        ("1 missing", "1 + np.abs(x)", "np.abs(x)",
         "x / |x| is only the sign of x, and nan at 0; the denominator is 1 + |x|."),
        ("square for absolute value", "np.abs(x)", "x**2",
         "The denominator is 1 + |x|; with x**2 the function falls again."),
        ("root of squares", "(1 + np.abs(x))", "np.sqrt(1 + x**2)",
         "The denominator is 1 + |x|; sqrt(1 + x**2) makes another S-shaped function."),
        ("sign lost", "x / (1 + np.abs(x))", "np.abs(x) / (1 + np.abs(x))",
         "The result has the sign of x: the numerator is x, not |x|."),
    ),
    *_in(
        "softsign_backward",
        ("square forgotten", ") ** 2", ")", "By the quotient rule the denominator is squared: 1 / (1 + |x|)**2."),
        ("absolute value forgotten", "np.abs(x)", "x",
         "The derivative is the same for x and -x; the denominator is (1 + |x|)**2."),
        ("fed the output", "np.abs(x)", "np.abs(softsign(x))",
         "1 / (1 + |x|)**2 is the derivative in terms of the input; given the output y, it is (1 - |y|)**2."),
        ("(1 - |y|)**2 fed the input", "(1 / (1 + np.abs(x)) ** 2)", "(1 - np.abs(x)) ** 2",
         "(1 - |y|)**2 is the derivative in terms of the output y; the argument is x."),
        ("square of x alone", "(1 + np.abs(x)) ** 2", "(1 + np.abs(x) ** 2)",
         "The whole denominator 1 + |x| is squared, not |x| alone."),
        ("sign of x", "(1 / (1", "(np.sign(x) / (1",
         "softsign rises everywhere, so its derivative is positive for x < 0, too."),
        ("derivative of |x| taken as 1", "(1 / (1 + np.abs(x)) ** 2)", "((1 + np.abs(x) - x) / (1 + np.abs(x)) ** 2)",
         "In the quotient rule the derivative of |x| is the sign of x, so that x times it is |x|, which cancels."),
    ),
    *_in(
        "crelu",
        ("joined along the first axis", "axis=-1", "axis=0",
         "The halves are joined along the last axis, axis=-1, so that (n, d) becomes (n, 2d)."),
        ("second half not negated", "np.maximum(-x, 0)", "np.maximum(x, 0)",
         "The second half is relu(-x); here both halves are relu(x)."),
        ("second half negative", "np.maximum(-x, 0)", "np.minimum(x, 0)",
         "The second half is the positive part of -x, which is not negative; here it is min(x, 0)."),
        ("second half not rectified", "np.maximum(-x, 0)", "-x", "The second half is relu(-x); here it is -x."),
        ("mask forgotten", "[np.maximum(x, 0), np.maximum(-x, 0)]", "[x, -x]",
         "x and -x are joined as they are: both halves are rectified first."),
        ("halves swapped", "[np.maximum(x, 0), np.maximum(-x, 0)]", "[np.maximum(-x, 0), np.maximum(x, 0)]",
         "The positive parts of x come first, those of -x after them."),
        ("joined along the second axis", "axis=-1", "axis=min(1, x.ndim - 1)",
         "axis=1 is the last axis only where there are two; axis=-1 is the last one always."),
        ("halves interleaved", "np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)], axis=-1)",
         "np.stack([np.maximum(x, 0), np.maximum(-x, 0)], axis=-1).reshape(*x.shape[:-1], -1)",
         "All of relu(x) comes before all of relu(-x); here they alternate, as stacking and reshaping does."),
    ),
    *_in(
        "crelu_backward",
        ("dy forgotten", "first * (x > 0) - second * (x < 0)", "np.sign(x)", _DY),
        ("split along the first axis", "axis=-1", "axis=0",
         "The halves of dy lie side by side on the last axis, axis=-1."),
        ("sign of the second half", "- second", "+ second",
         "The derivative of relu(-x) where x < 0 is -1, so the second half of dy comes with a minus sign."),
        ("second half dropped", " - second * (x < 0)", "",
         "Where x < 0 the second half of dy reaches x, with a minus sign."),
        ("halves swapped", "first, second = ", "second, first = ",
         "The first half of dy belongs to relu(x), the second one to relu(-x)."),
        ("mask forgotten", "first * (x > 0) - second * (x < 0)", "first - second",
         "Each half of dy passes only where its relu is active: x > 0 in the first, x < 0 in the second."),
        ("one mask for both halves", "(x < 0)", "(x > 0)",
         "The second half is active where x < 0; here both masks are x > 0."),
        ("masks reversed", "first * (x > 0) - second * (x < 0)", "first * (x < 0) - second * (x > 0)",
         "The first half is active where x > 0 and the second one where x < 0, not the reverse."),
        ("halves interleaved", "np.split(dy, 2, axis=-1)", "dy[..., ::2], dy[..., 1::2]",
         "The first d columns of dy belong to relu(x), the last d to relu(-x); here every other column is taken."),
    ),
    *_in(
        "step",
        ("0 at x = 0", "(x >= 0", "(x > 0", "The step is 1 where x >= 0, so it is 1 at 0 itself."),
        ("1/2 at x = 0", "np.where(x >= 0, 1.0, 0.0)", "np.heaviside(x, 0.5)",
         "The step is 1 where x >= 0, so it is 1 at 0 itself."),
        ("-1 for 0", "1.0, 0.0", "1.0, -1.0", "The lower value is 0, not -1."),
        ("sign of x", "np.where(x >= 0, 1.0, 0.0)", "np.sign(x)",
         "The values are 0 and 1, and 1 at x = 0; sign(x) is -1, 0 or 1."),
        ("reversed", "1.0, 0.0", "0.0, 1.0", "The step rises: it is 1 where x >= 0 and 0 where x < 0."),
        ("relu in its place", "np.where(x >= 0, 1.0, 0.0)", "np.maximum(x, 0)", "The value where x >= 0 is 1, not x."),
    ),
]  # fmt: skip

equivalents = [
    equivalent(
        "x >= 0", "x > 0", within="sigmoid",
        why="At x = 0, the only place where they differ, e is 1 and both branches give 1/2.",
    ),
    equivalent(
        "np.logaddexp(0, -x)", "np.logaddexp(0, x)", within="sigmoid_backward",
        why="It turns y into 1 - y, after which y (1 - y) is the same.",
    ),
    equivalent("y = np.tanh(x)", "y = -np.tanh(x)", within="tanh_backward", why="Only the square of y is used."),
    *(
        equivalent("np.where(x > 0", "np.where(x >= 0", within=name, why="At x = 0 both branches give 0.")
        for name in ("leaky_relu", "elu", "selu")
    ),
    *(
        equivalent(old, new, within=name, why="At a kink every slope between the one-sided ones is right.")
        for name, old, new in (
            ("relu_backward", "(x > 0)", "(x >= 0)"),
            ("leaky_relu_backward", "np.where(x > 0", "np.where(x >= 0"),
            ("elu_backward", "np.where(x > 0", "np.where(x >= 0"),
            ("selu_backward", "np.where(x > 0", "np.where(x >= 0"),
            ("relu6_backward", "(x > 0)", "(x >= 0)"),
            ("relu6_backward", "(x < 6)", "(x <= 6)"),
            ("crelu_backward", "(x > 0)", "(x >= 0)"),
            ("crelu_backward", "(x < 0)", "(x <= 0)"),
        )
    ),
    *(
        equivalent(
            "np.minimum(x, 0)", "np.minimum(x, 1)", within=name,
            why="This branch is taken where x <= 0 only, where both are x; and exp(1) does not overflow.",
        )
        for name in ("elu", "elu_backward", "selu", "selu_backward")
    ),
    *(
        equivalent(
            "(np.minimum(x, 0))", "(x)", within=name,
            why="What overflows is not taken, and the contract makes a warning in this function a remark.",
        )
        for name in ("elu_backward", "selu", "selu_backward")
    ),
    equivalent(
        "(x > 0) & (x < 6)", "(x > 0) * (x < 6)", within="relu6_backward", why="A product of booleans is their and."
    ),
    equivalent(
        "np.where(x >= 0, 1.0, 0.0)", "x >= 0", within="step",
        why="The contract accepts booleans with a remark where every value is right.",
    ),
    equivalent(
        "np.where(x >= 0, 1.0, 0.0)", "np.where(1.0, x >= 0, 0.0)", within="step",
        why="The condition always holds, and beside 0.0 the booleans become 1.0 and 0.0.",
    ),
]  # fmt: skip

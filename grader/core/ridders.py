"""Slopes from differences: Ridders' extrapolation with an error that rounding and the finest step must bear out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

RATIO = 4.0
"""Each step of a ladder is this many times smaller than the one before."""
FIRST_STEP = 2.0**-3
"""The largest step, relative to the input: 0.1, as a power of two so that steps are exact (see `exact_steps`)."""
ONE_SIDED = 100.0
"""Where the noise of the two sides differs by more than this, something else than noise is on one of them."""
COLUMNS = 4
"""How often the table extrapolates at most; later columns only amplify rounding."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Slopes and how wrong each may be; `inf` where the table did not converge to what the finest step shows."""

    value: FloatArray
    error: FloatArray


def ladder(rungs: int, shrink: float = 1.0) -> FloatArray:
    """Return the steps ``0.125 / 4^j / shrink``, largest first."""
    return np.asarray(FIRST_STEP / shrink / RATIO ** np.arange(rungs), np.float64)


def exact_steps(scales: FloatArray, values: FloatArray) -> FloatArray:
    """Return the scales rounded to 11 bits, the last of which is set; to 27 bits for values of 0.

    Times a step of a ladder they are added to an input without rounding, so that the input really moves by what the
    slope is divided by. The last bit keeps a float64 result from looking like float32 by the roundness of its input.
    """
    mantissa, exponent = np.frexp(np.asarray(scales, np.float64))
    bits = np.where(values == 0, 27, 11)
    return np.asarray(np.ldexp(2 * np.floor(np.ldexp(mantissa, bits - 1)) + 1, exponent - bits), np.float64)


def extrapolate(slopes: FloatArray, noise: FloatArray, order: int) -> Estimates:
    """Return the best entry of each row's Richardson table.

    Parameters
    ----------
    slopes
        Shape (m, j): difference quotients at falling steps.
    noise
        Shape (m, j): what rounding may change in each of them.
    order
        The power of the step in which the error advances: 2 for central quotients, 1 for one-sided ones.

    Notes
    -----
    The error of an entry is the larger difference to its two parents plus the noise of its finest step (Ridders,
    "Accurate computation of F'(x) and F'(x)F''(x)", 1982). Large steps may converge to the slope of another part of the
    function, so an entry counts only if the finest quotient agrees, within its noise and twice to three times what is
    still ahead of it by its last change: a third of that if the error is linear in the step, a 15th if quadratic.
    """
    m, rungs = slopes.shape
    value, error = np.full(m, np.nan), np.full(m, np.inf)
    if rungs < 2 or not m:
        return Estimates(value, error)
    with np.errstate(all="ignore"):
        finest = slopes[:, -1:]
        reach = np.abs(finest - slopes[:, -2:-1]) / (1.5 if order == 1 else 5.0) + 20 * noise[:, -1:]
        column = slopes
        for k in range(1, min(COLUMNS, rungs - 1) + 1):
            coarse, fine = column[:, :-1], column[:, 1:]
            column = fine + (fine - coarse) / (RATIO ** (order * k) - 1)
            doubt = np.maximum(np.abs(column - fine), np.abs(column - coarse)) + noise[:, k:]
            doubt = np.where((np.abs(column - finest) <= reach) & np.isfinite(doubt), doubt, np.inf)
            best = np.argmin(doubt, axis=1)[:, None]
            least = np.take_along_axis(doubt, best, 1)[:, 0]
            value = np.where(least < error, np.take_along_axis(column, best, 1)[:, 0], value)
            error = np.minimum(error, least)
    return Estimates(value, error)


def rounding_noise(rise: FloatArray) -> FloatArray:
    """Return how noisy a function is, measured from its rise over the finest steps (along the last axis).

    A combination of the three finest removes the linear and the quadratic part; 32 is half of what it multiplies
    independent errors by. These steps span less than two ladders differ by, so that a kink disturbs one ladder only.
    """
    if rise.shape[-1] < 3:
        return np.zeros(rise.shape[:-1])
    with np.errstate(all="ignore"):
        rest = np.abs(rise[..., -3] - 20 * rise[..., -2] + 64 * rise[..., -1]) / 32
    return np.where(np.isfinite(rest), rest, np.inf)


def noise_of_sides(rise: FloatArray, fall: FloatArray) -> FloatArray:
    """Return the noise measured on both sides: the larger, but the smaller where they differ too much for noise.

    A kink among the finest steps disturbs one side only.
    """
    above, below = rounding_noise(rise), rounding_noise(fall)
    larger, smaller = np.maximum(above, below), np.minimum(above, below)
    return np.where(larger > ONE_SIDED * smaller, smaller, larger)


def grid(rise: FloatArray, fall: FloatArray, size: FloatArray) -> FloatArray:
    """Return the width of the grid to which a function's values seem to be rounded, 0 where they move freely.

    A function that moves at large steps and stands still at the finest has a kink between them, or is rounded before
    the end (``sin(x + 1e6)``). A kink is on one side; only a least move on both, below 1e-5 of the function's size as
    rounding makes it, is taken for a grid.
    """
    moves = (np.min(np.where(side != 0, np.abs(side), np.inf), axis=-1) for side in (rise, fall))
    least = np.maximum(*moves)
    return np.where(least <= 1e-5 * size, least, 0.0)

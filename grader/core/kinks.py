"""Kinks: points where the slopes to the two sides differ, told apart from curvature and from rounding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.core.ridders import Estimates, FloatArray, extrapolate, rounding_noise

NOISE_FACTOR = 20.0
"""A gap between the two slopes counts where it exceeds the noise this many times."""
ROUGHNESS_STEPS = 3
"""At how many of the finest steps roughness is measured."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Slopes to both sides along some directions, each with its own error, and where they differ.

    Attributes
    ----------
    above, below
        Slopes in the direction's sense and against it.
    kink
        Whether they differ for good.
    """

    above: Estimates
    below: Estimates
    kink: npt.NDArray[np.bool_]


def one_sided(rise: FloatArray, fall: FloatArray, steps: FloatArray, noise: FloatArray) -> Sides:
    """Return the slopes to both sides from the changes of a function at ``+h`` and at ``-h``, shape (m, j) each.

    A smooth function's gap shrinks with the step; a kink's does not.
    """
    with np.errstate(all="ignore"):
        above = extrapolate(rise / steps, noise, 1)
        below = extrapolate(-fall / steps, noise, 1)
        gap = np.abs(above.value - below.value)
        far = gap > NOISE_FACTOR * (above.error + below.error)
        raw = np.abs(rise + fall) / steps
        kink = far & np.isfinite(gap) & ~shrinks(raw)
    return Sides(above, below, kink)


def hidden(bends: FloatArray, rough: FloatArray, steps: FloatArray) -> npt.NDArray[np.bool_]:
    """Return where some single output has a kink, even if kinks cancel in the sum over outputs.

    Parameters
    ----------
    bends
        Shape (m, j): sum over outputs of ``|dy| * |f(h) + f(-h) - 2 f(0)|``.
    rough
        Shape (m,): the noise of that sum.

    Notes
    -----
    Kinks at several distances leave the steps one after the other, which looks like a gap that shrinks, only slower.
    """
    with np.errstate(all="ignore"):
        raw = bends / steps
        return (bends[:, -1] > NOISE_FACTOR * rough) & ~shrinks(raw, to=0.2)


def shrinks(gaps: FloatArray, *, to: float = 0.5) -> npt.NDArray[np.bool_]:
    """Return whether gaps at falling steps fade towards zero: over two steps of a ladder a smooth one falls 16-fold.

    Parameters
    ----------
    to
        The part to which a gap must have fallen over two steps.
    """
    back = min(2, gaps.shape[1] - 1)
    with np.errstate(all="ignore"):
        return gaps[:, -1] < to * gaps[:, -1 - back]


def roughness(rises: FloatArray, weights: FloatArray, floor: FloatArray) -> float:
    """Return the noise of a sum of absolute values over outputs.

    Parameters
    ----------
    rises
        Shape (j, outputs): changes at the steps of one side.
    weights
        Shape (outputs,): ``|dy|``.
    floor
        Shape (outputs,): least noise of each output.
    """
    return float(np.sum(weights * np.maximum(rounding_noise(rises.T), floor)))

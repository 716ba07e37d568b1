"""Fingerprints of token rows by winnowing, an inverted index of them, and the runs that two rows share.

Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting", SIGMOD 2003: of every window
of `WINDOW` consecutive k-grams the one with the least hash is kept, so that each run of ``GRAM + WINDOW - 1`` tokens
that two sources share leaves a fingerprint which they share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

GRAM = 14
"""Tokens in a k-gram; shorter runs are never noticed."""

WINDOW = 8
"""K-grams in a window; runs of ``GRAM + WINDOW - 1`` tokens are always noticed."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
_REPEATS = 16
_NEIGHBOURS = 50


def grams(codes: Hashes) -> Hashes:
    """Return a hash of every k-gram of a row of tokens."""
    if len(codes) < GRAM:
        return np.empty(0, np.uint64)
    with np.errstate(over="ignore"):
        found = _polynomials(codes, GRAM)
        # The finaliser of splitmix64: the least of a window should be the least of random numbers.
        found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))


def _polynomials(codes: Hashes, size: int) -> Hashes:
    """Return the polynomial in `_BASE` of every `size` consecutive codes, modulo 2**64, from those of halves."""
    if size == 1:
        return codes
    half = size // 2
    halves = _polynomials(codes, half)
    behind = halves if size % 2 == 0 else _polynomials(codes, size - half)
    found: Hashes = halves[: len(codes) - size + 1] * np.uint64(pow(int(_BASE), size - half, 2**64)) + behind[half:]
    return found


def winnowed(hashes: Hashes) -> Hashes:
    """Return the hashes that are the least of a window, in order; of a row shorter than a window, the least."""
    if len(hashes) <= WINDOW:
        return hashes[:0] if not len(hashes) else hashes.min(keepdims=True)
    least, width = hashes, 1
    while width < WINDOW:
        step = min(width, WINDOW - width)
        least, width = np.minimum(least[:-step], least[step:]), width + step
    # Neighbouring windows mostly have the same least hash.
    kept: Hashes = least[np.concatenate([[True], least[1:] != least[:-1]])]
    return kept


def fingerprints(rows: Sequence[Hashes]) -> Hashes:
    """Return the fingerprints of the rows of tokens of one submission, each once, where it first occurs."""
    every = np.concatenate([np.empty(0, np.uint64), *(winnowed(grams(codes)) for codes in rows)])
    _, first = np.unique(every, return_index=True)
    return every[np.sort(first)]


def common_to_more_than(prints: Sequence[Hashes], limit: int) -> Hashes:
    """Return the fingerprints that more than `limit` submissions have, sorted."""
    values, counts = np.unique(np.concatenate([np.empty(0, np.uint64), *prints]), return_counts=True)
    return values[counts > limit]


def without(hashes: Hashes, ignored: Hashes) -> Hashes:
    """Return the hashes that are not among `ignored`, which is sorted."""
    return hashes[~among(hashes, ignored)]


def among(hashes: Hashes, known: Hashes) -> Flags:
    """Return which hashes are among `known`, which is sorted."""
    if not len(known):
        return np.zeros(len(hashes), np.bool_)
    places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    found: Flags = known[places] == hashes
    return found


class Sharing(NamedTuple):
    """Which submissions share fingerprints with one.

    Attributes
    ----------
    others
        Their positions, ascending.
    counts
        How many each of them shares.
    streaks
        How many consecutive fingerprints of the one are among those of the other: a shared run of n tokens has
        ``n - GRAM - WINDOW + 2`` windows, and a fingerprint at least every `WINDOW` of them.
    """

    others: Places
    counts: Places
    streaks: Places


def sharing(prints: Sequence[Hashes], at_least: int) -> Iterator[tuple[int, Sharing]]:
    """Yield i, and those j > i that share at least `at_least` fingerprints with it; the most alike of each.

    The inverted index holds every fingerprint that occurs twice; each submission is counted against the others through
    it, so the work grows with the number of matches, not of pairs.
    """
    sizes = np.array([len(one) for one in prints], np.int64)
    owners = np.repeat(np.arange(len(prints)), sizes)
    _, inverse, counts = np.unique(
        np.concatenate([np.empty(0, np.uint64), *prints]), return_inverse=True, return_counts=True
    )
    order = np.argsort(inverse, kind="stable")
    posted = owners[order]
    ends = np.cumsum(counts)
    edges = np.concatenate([[0], np.cumsum(sizes)])
    for i in range(len(prints)):
        own = inverse[edges[i] : edges[i + 1]]
        places = np.flatnonzero(counts[own] > 1)
        if len(places) < at_least:
            continue
        own = own[places]
        lengths = counts[own]
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        others = posted[np.repeat(ends[own] - lengths, lengths) + offsets]
        behind = others > i
        shared = np.bincount(others[behind], minlength=len(prints))
        alike = np.flatnonzero(shared >= at_least)
        if len(alike) > _NEIGHBOURS:
            alike = np.sort(alike[np.argsort(-shared[alike], kind="stable")[:_NEIGHBOURS]])
        if len(alike):
            numbers = np.full(len(prints), -1)
            numbers[alike] = np.arange(len(alike))
            chosen = numbers[others] >= 0
            streaks = _streaks(np.repeat(places, lengths)[chosen], numbers[others[chosen]], len(alike))
            yield i, Sharing(alike, shared[alike], streaks)


def _streaks(places: Places, owners: Places, count: int) -> Places:
    """Return the longest row of consecutive places that each of `count` owners has; places ascend."""
    order = np.argsort(owners, kind="stable")
    places, owners = places[order], owners[order]
    breaks = np.flatnonzero((np.diff(places) != 1) | (np.diff(owners) != 0))
    first, last = np.concatenate([[0], breaks + 1]), np.concatenate([breaks, [len(places) - 1]])
    longest = np.zeros(count, np.intp)
    np.maximum.at(longest, owners[first], last - first + 1)
    return longest


def covered(flags: Flags, length: int) -> Flags:
    """Return which of `length` tokens lie in a k-gram that is flagged."""
    if not len(flags):
        return np.zeros(length, np.bool_)
    steps = np.zeros(length + 1, np.int64)
    places = np.flatnonzero(flags)
    np.add.at(steps, places, 1)
    np.add.at(steps, places + GRAM, -1)
    return np.cumsum(steps[:length]) > 0


def runs(left: Places, right: Places) -> list[tuple[int, int, int]]:
    """Return (place in left, place in right, tokens) of the longest runs of k-grams that two rows share, in order.

    Each run is the longest that begins at its place in `left`; the next is looked for behind it.

    Parameters
    ----------
    left, right
        Small numbers that are the same where the k-grams are; what the other has not at all is -1 in `left` and -2 in
        `right`.
    """
    kinds = max(left.max(initial=-1), right.max(initial=-1)) + 1
    candidates = np.flatnonzero(right >= 0)
    own = np.bincount(left[left >= 0], minlength=kinds)
    candidates = candidates[own[right[candidates]] > 0]
    found: list[tuple[int, int, int]] = []
    if not len(candidates):
        return found
    posted = candidates[np.argsort(right[candidates], kind="stable")]
    counts = np.bincount(right[candidates], minlength=kinds)
    ends = np.cumsum(counts)
    starts = np.flatnonzero(left >= 0)
    starts = starts[counts[left[starts]] > 0]
    k = 0
    while k < len(starts):
        start = int(starts[k])
        begin = int(ends[left[start]] - counts[left[start]])
        places = posted[begin : min(begin + _REPEATS, int(ends[left[start]]))].tolist()
        best, where = max((_common(left, right, start, place), -place) for place in places)
        found.append((start, -where, best + GRAM - 1))
        k = int(np.searchsorted(starts, start + best + GRAM - 1))
    return found


def longest_stretch(shared: Flags, own: Flags) -> int:
    """Return the most own tokens in one stretch of shared ones, which no common run can exceed."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], shared.view(np.int8), [0]])))
    sums = np.concatenate([[0], np.cumsum(own)])
    return int((sums[edges[1::2]] - sums[edges[::2]]).max()) if len(edges) else 0


def _common(left: Places, right: Places, i: int, j: int) -> int:
    """Return how many k-grams are the same from two places on."""
    size = min(len(left) - i, len(right) - j)
    different = left[i : i + size] != right[j : j + size]
    first = int(different.argmax())
    return first if different[first] else size

"""Fingerprints of token rows by winnowing, an inverted index of them, and the runs that two rows share.

Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting", SIGMOD 2003: of every window
of `WINDOW` consecutive k-grams the one with the least hash is kept, so that each run of ``GRAM + WINDOW - 1`` tokens
that two sources share leaves a fingerprint which they share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
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
    count = len(codes) - GRAM + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    found = np.zeros(count, np.uint64)
    with np.errstate(over="ignore"):
        for k in range(GRAM):
            found = found * _BASE + codes[k : k + count]
        # The finaliser of splitmix64: the least of a window should be the least of random numbers.
        found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))


def winnowed(hashes: Hashes) -> Hashes:
    """Return the hashes that are the least of a window, in order; of a row shorter than a window, the least."""
    if len(hashes) <= WINDOW:
        return hashes[:0] if not len(hashes) else hashes.min(keepdims=True)
    least: Hashes = sliding_window_view(hashes, WINDOW).min(axis=1)
    return least


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


def sharing(prints: Sequence[Hashes], at_least: int) -> Iterator[tuple[int, Places, Places]]:
    """Yield i, those j > i that share at least `at_least` fingerprints with it, and how many; the most alike of each.

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
        own = own[counts[own] > 1]
        if len(own) < at_least:
            continue
        lengths = counts[own]
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        others = posted[np.repeat(ends[own] - lengths, lengths) + offsets]
        shared = np.bincount(others[others > i], minlength=len(prints))
        alike = np.flatnonzero(shared >= at_least)
        if len(alike) > _NEIGHBOURS:
            alike = np.sort(alike[np.argsort(-shared[alike], kind="stable")[:_NEIGHBOURS]])
        if len(alike):
            yield i, alike, shared[alike]


def streak(prints: Hashes, others: Hashes) -> int:
    """Return how many consecutive fingerprints of a submission are among those of another, which are sorted.

    A shared run of n tokens has ``n - GRAM - WINDOW + 2`` windows, and a fingerprint at least every `WINDOW` of them.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], among(prints, others).view(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def covered(flags: Flags, length: int) -> Flags:
    """Return which of `length` tokens lie in a k-gram that is flagged."""
    if not len(flags):
        return np.zeros(length, np.bool_)
    steps = np.zeros(length + 1, np.int64)
    places = np.flatnonzero(flags)
    np.add.at(steps, places, 1)
    np.add.at(steps, places + GRAM, -1)
    return np.cumsum(steps[:length]) > 0


def runs(left: Hashes, right: Hashes) -> list[tuple[int, int, int]]:
    """Return (place in left, place in right, tokens) of the longest runs of k-grams that two rows share, in order.

    Each run is the longest that begins at its place in `left`; the next is looked for behind it.
    """
    places: dict[int, list[int]] = defaultdict(list)
    for place in np.flatnonzero(among(right, np.unique(left))).tolist():
        if len(listed := places[int(right[place])]) < _REPEATS:
            listed.append(place)
    found, behind = [], 0
    for start in np.flatnonzero(among(left, np.unique(right))).tolist():
        if start < behind:
            continue
        best, where = max((_common(left, right, start, place), -place) for place in places[int(left[start])])
        found.append((start, -where, best + GRAM - 1))
        behind = start + best + GRAM - 1
    return found


def longest_stretch(shared: Flags, own: Flags) -> int:
    """Return the most own tokens in one stretch of shared ones, which no common run can exceed."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], shared.view(np.int8), [0]])))
    sums = np.concatenate([[0], np.cumsum(own)])
    return int((sums[edges[1::2]] - sums[edges[::2]]).max()) if len(edges) else 0


def _common(left: Hashes, right: Hashes, i: int, j: int) -> int:
    """Return how many k-grams are the same from two places on."""
    size = min(len(left) - i, len(right) - j)
    different = np.flatnonzero(left[i : i + size] != right[j : j + size])
    return int(different[0]) if len(different) else size

"""Finds submissions that are suspiciously alike, and where.

Two submissions are compared by their own code: without comments, layout, the names of variables, what everyone was
given, and passages that many of the class have. The limits lie above what independent authors of one public assignment
have in common: these shared up to nine tenths of 200 tokens of formulas, but under three quarters of anything longer,
and their longest common run of own code had 117 tokens.
"""

from __future__ import annotations

import functools
import hashlib
import heapq
import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from grader.core.exercise import Exercise
from grader.core.submission import Submission
from grader.report.classroom.records import Comparison, Likeness, Match, Passage
from grader.report.classroom.tokens import Tokens, codes_of, place_of, tokens_of
from grader.report.classroom.winnowing import (
    GRAM,
    WINDOW,
    Flags,
    Hashes,
    Places,
    among,
    common_to_more_than,
    covered,
    fingerprints,
    grams,
    longest_stretch,
    runs,
    sharing,
    without,
)
from grader.starters import starter

MIN_TOKENS = 250
"""Shared tokens from which a high share is a suspicion; formulas alone make shorter right solutions alike."""

MIN_SHARE = 0.75
"""Share of the smaller submission's own code from which two submissions are a suspicion."""

MIN_RUN = 150
"""Shared tokens in one run which are a suspicion whatever the rest is."""

MIN_IDENTICAL = 40
"""Own tokens from which it is a suspicion that two files are the same byte for byte."""

COMMON_SHARE = 0.03
"""Passages that more than this share of a class have are no sign of copying …"""

COMMON_FEW = 10
"""… nor are those in a small class that more than this many have, or more than half of it."""

MAX_PAIRS = 200
"""Pairs that are listed."""

_MIN_PRINTS = 6
_MAX_CHECKED = 1000
_REMEMBERED = 256
# Fingerprints tell the share of tokens roughly, and the longest run not at all if it leaves fewer than this.
_LIKELY_SHARE = 0.5
_LEAST_STREAK = (MIN_RUN - GRAM - WINDOW + 2) // WINDOW
_MAX_MATCHES = 20
_MAX_LINES = 80

Line = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A match with the lines of both submissions, numbered."""

    match: Match
    left: list[Line]
    right: list[Line]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was compared, and the excerpts of each pair, in the order of the pairs."""

    comparison: Comparison
    excerpts: list[list[Excerpt]]


def given_sources(exercises: Iterable[Exercise]) -> list[str]:
    """Return the code that every student was given: starters, and the code in statements."""
    listed = list(exercises)
    fenced = [re.findall(r"^```[^\n]*\n(.*?)^```", one.statement, re.DOTALL | re.MULTILINE) for one in listed]
    return [*map(starter, listed), *itertools.chain.from_iterable(fenced)]


def prints_of(submission: Submission) -> Hashes:
    """Return the fingerprints of a submission."""
    return fingerprints([codes_of(cell.source) for file in submission.files for cell in file.cells])


def common_limit(students: int) -> int:
    """Return how many submissions may have a passage before it counts as common."""
    return max(int(COMMON_SHARE * students), min(COMMON_FEW, students // 2), 2)


def find_alike(
    prints: Sequence[Hashes],
    given: Iterable[str],
    read: Callable[[int], Submission | None],
    *,
    sha256: Sequence[str],
    page: Callable[[int], str],
    known: dict[str, Likeness | None] | None = None,
) -> Findings:
    """Find the pairs of submissions that are suspiciously alike.

    Parameters
    ----------
    prints
        The fingerprints of each submission; none where it was not read.
    read
        Reads a submission by its position.
    sha256
        Of the content of each submission.
    page
        Names the page on a pair by its number, counted from 1.
    known
        What came of pairs in an earlier run; replaced by what comes of those of this one.
    """
    mask = np.unique(np.concatenate([np.empty(0, np.uint64), *(grams(codes_of(source)) for source in given)]))
    own = [without(one, mask) for one in prints]
    compared = sum(len(one) > 0 for one in prints)
    limit = common_limit(compared)
    ignored = np.union1d(mask, common_to_more_than(own, limit))
    reader = functools.lru_cache(_REMEMBERED)(lambda k: _Reading.of(read(k), ignored))
    # What is common in the class changes what is a submission's own, and with it what comes of every pair.
    common = hashlib.sha256(ignored.tobytes()).hexdigest()
    before, now = known or {}, {}
    pairs = []
    for i, j in _candidates([without(one, ignored) for one in own], sha256):
        key = f"{common} {sha256[i]} {sha256[j]}"
        if key in before:
            now[key] = before[key]
        elif (left := reader(i)) is not None and (right := reader(j)) is not None:
            now[key] = _compared(i, j, left, right, same=sha256[i] == sha256[j] != "")
        if (pair := now.get(key)) is not None:
            pairs.append(msgspec.structs.replace(pair, left=i, right=j))
    if known is not None:
        known.clear()
        known.update(now)
    pairs.sort(key=lambda pair: (-pair.longest * pair.shared, pair.left, pair.right))
    shown = pairs[:MAX_PAIRS]
    excerpts = [_excerpts(pair, read(pair.left), read(pair.right)) for pair in shown]
    listed = [msgspec.structs.replace(pair, page=page(number)) for number, pair in enumerate(shown, start=1)]
    return Findings(Comparison(compared=compared, common=limit, found=len(pairs), pairs=listed), excerpts)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A submission with the k-grams of its sources, and which tokens are its own.

    Attributes
    ----------
    every
        All its k-grams, each once, sorted.
    places
        Of each k-gram of each source in `every`.
    """

    tokens: list[Tokens]
    own: list[Flags]
    every: Hashes
    places: list[Places]
    size: int

    @classmethod
    def of(cls, submission: Submission | None, ignored: Hashes) -> _Reading | None:
        if submission is None:
            return None
        tokens = tokens_of(submission)
        hashes = [grams(one.codes) for one in tokens]
        every, inverse = np.unique(np.concatenate([np.empty(0, np.uint64), *hashes]), return_inverse=True)
        places = np.split(inverse, np.cumsum([len(one) for one in hashes])[:-1])
        common = among(every, ignored)
        own = [~covered(common[where], len(one.codes)) for where, one in zip(places, tokens, strict=True)]
        return cls(tokens, own, every, places, sum(int(flags.sum()) for flags in own))

    def shared_with(self, other: _Reading) -> tuple[int, int]:
        """Return how many own tokens the other submission has, too, and the most that one run of them can have."""
        tokens = longest = 0
        common = among(self.every, other.every)
        for where, own in zip(self.places, self.own, strict=True):
            shared = covered(common[where], len(own))
            tokens += int((shared & own).sum())
            longest = max(longest, longest_stretch(shared, own))
        return tokens, longest

    def numbered(self, other: _Reading, *, absent: int) -> list[Places]:
        """Return each source as a row of numbers, one for each k-gram that the other has, too; the same for both."""
        common = among(self.every, other.every)
        numbers = np.where(common, np.cumsum(common) - 1, absent)
        return [numbers[where] for where in self.places]


def _candidates(prints: Sequence[Hashes], sha256: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs that are worth a closer look, those most alike first; same files always."""
    same: dict[str, list[int]] = defaultdict(list)
    for k, digest in enumerate(sha256):
        if digest and len(prints[k]):
            same[digest].append(k)
    # Each with the first is enough to see them all: a class that hands in one file makes no thousands of pairs.
    pairs = [(group[0], other) for group in same.values() for other in group[1:]]
    pairs += [(i, j) for _, i, j in heapq.nlargest(_MAX_CHECKED, _weighed(prints))]
    return list(dict.fromkeys(pairs))[:_MAX_CHECKED]


def _weighed(prints: Sequence[Hashes]) -> Iterator[tuple[float, int, int]]:
    """Yield (weight, i, j) for all pairs that can be a suspicion; many shared fingerprints weigh, and a large share."""
    for i, found in sharing(prints, _MIN_PRINTS):
        for j, count, streak in zip(*(column.tolist() for column in found), strict=True):
            fewer = min(len(prints[i]), len(prints[j]))
            if count >= _LIKELY_SHARE * fewer or streak >= _LEAST_STREAK:
                yield count * count / fewer, i, j


def _compared(i: int, j: int, left: _Reading, right: _Reading, *, same: bool) -> Likeness | None:
    """Return how alike two submissions are, `None` if not suspiciously."""
    smaller, larger = (left, right) if left.size <= right.size else (right, left)
    tokens, stretch = smaller.shared_with(larger)
    share = tokens / smaller.size if smaller.size else 0.0
    much = tokens >= MIN_TOKENS and share >= MIN_SHARE
    if not much and (tokens < MIN_IDENTICAL if same else stretch < MIN_RUN):
        return None
    matches = _matches(left, right)
    longest = max((match.tokens for match in matches), default=0)
    if not (same or much or longest >= MIN_RUN):
        return None
    return Likeness(
        left=i, right=j, shared=round(share, 4), tokens=tokens, longest=longest, identical=same, page="",
        matches=matches,
    )  # fmt: skip


def _matches(left: _Reading, right: _Reading) -> list[Match]:
    """Return the places that match, the longest first; a match counts the tokens that are its own."""
    rows, others = left.numbered(right, absent=-1), right.numbered(left, absent=-2)
    found = []
    here, there = ([set(row.tolist()) for row in side] for side in (rows, others))
    for a, b in itertools.product(range(len(rows)), range(len(others))):
        if here[a].isdisjoint(there[b]):
            continue
        for start, where, size in runs(rows[a], others[b]):
            own = int(left.own[a][start : start + size].sum())
            if own >= GRAM:
                found.append((own, a, start, b, where, size))
    found.sort(key=lambda one: (-one[0], *one[1:]))
    taken: Mapping[int, Flags] = {a: np.zeros(len(one.codes), np.bool_) for a, one in enumerate(left.tokens)}
    matches: list[Match] = []
    for own, a, start, b, where, size in found:
        place = taken[a][start : start + size]
        if len(matches) < _MAX_MATCHES and 2 * int(place.sum()) < size:
            place[:] = True
            one, other = _passage(left.tokens[a], start, size), _passage(right.tokens[b], where, size)
            matches.append(Match(left=one, right=other, tokens=own))
    return matches


def _passage(tokens: Tokens, start: int, size: int) -> Passage:
    first, last = int(tokens.lines[start]), int(tokens.lines[start + size - 1])
    return Passage(place=tokens.place, first=first, last=last)


def _excerpts(pair: Likeness, left: Submission | None, right: Submission | None) -> list[Excerpt]:
    """Return the places that match with their lines; none of a submission that cannot be read any more."""
    one, other = _sources(left), _sources(right)
    return [Excerpt(match, _lines(one, match.left), _lines(other, match.right)) for match in pair.matches]


def _sources(submission: Submission | None) -> dict[str, list[str]]:
    files = submission.files if submission is not None else []
    return {place_of(file, cell): cell.source.split("\n") for file in files for cell in file.cells}


def _lines(sources: Mapping[str, list[str]], passage: Passage) -> list[Line]:
    lines = sources.get(passage.place, [])[passage.first - 1 : min(passage.last, passage.first - 1 + _MAX_LINES)]
    return list(enumerate(lines, start=passage.first))

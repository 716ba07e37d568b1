"""Fingerprints keep what winnowing promises, and the index finds what a comparison of all pairs finds."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.core.submission import Cell, SourceFile, Submission
from grader.report.classroom.tokens import _TOKEN, _code, codes_of, normalised, tokens_of
from grader.report.classroom.winnowing import (
    GRAM,
    WINDOW,
    common_to_more_than,
    covered,
    fingerprints,
    grams,
    longest_stretch,
    runs,
    sharing,
    winnowed,
    without,
)

codes = st.lists(st.integers(0, 5), max_size=120).map(lambda values: np.array(values, np.uint64))
GUARANTEED = GRAM + WINDOW - 1


def row(*values):
    return np.array(values, np.uint64)


@given(codes)
def test_grams_are_equal_exactly_where_their_tokens_are(tokens):
    hashes = grams(tokens)
    assert len(hashes) == max(0, len(tokens) - GRAM + 1)
    for i, j in itertools.combinations(range(min(len(hashes), 12)), 2):
        same = (tokens[i : i + GRAM] == tokens[j : j + GRAM]).all()
        assert (hashes[i] == hashes[j]) == same


@given(codes, codes, st.lists(st.integers(0, 5), min_size=GUARANTEED, max_size=60))
def test_a_shared_run_of_the_promised_length_leaves_a_shared_fingerprint(before, behind, shared):
    one = np.concatenate([before, row(*shared)])
    other = np.concatenate([row(*shared), behind])
    assert len(np.intersect1d(fingerprints([one]), fingerprints([other])))


@given(codes, st.integers(0, 2**64 - 1))
def test_a_gram_is_the_same_wherever_it_stands(tokens, first):
    hashes = grams(np.concatenate([row(first), tokens]))
    assert hashes[1:].tolist() == grams(tokens).tolist()


@given(codes)
def test_every_window_keeps_its_least_hash(tokens):
    hashes = grams(tokens)
    kept = set(winnowed(hashes).tolist())
    for start in range(len(hashes) - WINDOW + 1):
        assert min(hashes[start : start + WINDOW].tolist()) in kept
    assert kept <= set(hashes.tolist())
    assert bool(kept) == bool(len(hashes))


def test_order_of_the_sources_does_not_matter():
    rng = np.random.default_rng(0)
    parts = [rng.integers(0, 50, 80).astype(np.uint64) for _ in range(4)]
    one, other = fingerprints(parts), fingerprints(parts[::-1])
    assert len(one) == len(set(one.tolist()))
    assert set(one.tolist()) == set(other.tolist())


@given(codes, codes, st.integers(30, 90))
def test_a_shared_run_leaves_the_promised_streak_of_fingerprints(before, behind, size):
    shared = np.arange(100, 100 + size, dtype=np.uint64)
    left = fingerprints([np.concatenate([before, shared])])
    right = fingerprints([np.concatenate([behind, shared])])
    assert streak(left, right) >= (size - GRAM - WINDOW + 2) // WINDOW


def streak(left, right):
    for i, found in sharing([left, right], 1):
        assert (i, found.others.tolist()) == (0, [1])
        return int(found.streaks[0])
    return 0


def test_streak_is_the_longest_row_of_shared_fingerprints():
    assert streak(row(5, 1, 2, 9, 3, 4, 7), row(1, 2, 3, 4, 7)) == 3
    assert streak(row(5, 1), row(2, 3)) == 0
    assert streak(row(), row(2)) == 0


@given(st.lists(st.permutations(range(12)).flatmap(lambda one: st.integers(0, 12).map(lambda n: one[:n])), max_size=6))
def test_streaks_are_counted_for_every_pair(orders):
    prints = [row(*one) for one in orders]
    found = {
        (i, j): n for i, shared in sharing(prints, 1)
        for j, n in zip(shared.others.tolist(), shared.streaks.tolist(), strict=True)
    }  # fmt: skip
    expected = {
        (i, j): max(len(list(group)) for same, group in itertools.groupby(n in other for n in one) if same)
        for (i, one), (j, other) in itertools.combinations(enumerate(orders), 2)
        if set(one) & set(other)
    }
    assert found == expected


@settings(max_examples=40)
@given(st.lists(st.sets(st.integers(0, 25), max_size=20), max_size=12), st.integers(1, 5))
def test_index_finds_the_pairs_that_share_enough(sets, at_least):
    prints = [np.array(sorted(one), np.uint64) for one in sets]
    found = {
        (i, j): n for i, shared in sharing(prints, at_least)
        for j, n in zip(shared.others.tolist(), shared.counts.tolist(), strict=True)
    }  # fmt: skip
    expected = {
        (i, j): len(one & other)
        for (i, one), (j, other) in itertools.combinations(enumerate(sets), 2)
        if len(one & other) >= at_least
    }
    assert found == expected


def test_common_fingerprints_are_those_that_more_than_the_limit_have():
    prints = [row(1, 2, 3), row(1, 2), row(1)]
    assert common_to_more_than(prints, 1).tolist() == [1, 2]
    assert common_to_more_than(prints, 2).tolist() == [1]
    assert without(row(1, 2, 3), row(1, 3)).tolist() == [2]
    assert without(row(1), row()).tolist() == [1]


@given(st.lists(st.booleans(), max_size=40))
def test_tokens_are_covered_by_the_grams_that_begin_at_most_so_far_before_them(flags):
    length = len(flags) + GRAM - 1 if flags else 5
    told = covered(np.array(flags, np.bool_), length)
    expected = [any(flags[max(0, k - GRAM + 1) : k + 1]) for k in range(length)]
    assert told.tolist() == expected


@given(codes, codes, st.lists(st.integers(6, 9), min_size=GRAM, max_size=50), codes)
def test_runs_are_shared_and_find_what_was_copied(before, between, shared, behind):
    left = np.concatenate([before, row(*shared), between])
    right = np.concatenate([behind, row(*shared)])
    one, other = grams(left), grams(right)
    shared = np.intersect1d(one, other)
    found = runs(numbered(one, shared, -1), numbered(other, shared, -2))
    for start, where, size in found:
        assert (left[start : start + size] == right[where : where + size]).all()
        assert size >= GRAM
    assert max(size for _, _, size in found) >= len(shared)


def numbered(hashes, shared, absent):
    return np.where(np.isin(hashes, shared), np.searchsorted(shared, hashes), absent)


def test_stretch_counts_own_tokens_of_one_stretch_alone():
    shared = np.array([1, 1, 1, 0, 1, 1, 1, 1], np.bool_)
    own = np.array([1, 1, 1, 1, 1, 0, 1, 0], np.bool_)
    assert longest_stretch(shared, own) == 3
    assert longest_stretch(~shared, own) == 1
    assert longest_stretch(np.zeros(4, np.bool_), np.ones(4, np.bool_)) == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("y = x + 1  # add", "result = value+1"),
        ("def f(a):\n    '''Doc.'''\n    return a", "def other(b): return b"),
        ("x = 1e-8", "x = 0.00001"),
        ("self.weight = 3", "self.kernel = 3"),
        ("print('one')", 'print("another, # longer")'),
        ("%matplotlib inline\nx = 1\n!pip install numpy", "x = 1"),
        ("总和 = 数据 + 1", "total = data + 1"),
    ],
)
def test_what_a_student_may_choose_does_not_count(one, other):
    assert codes_of(one).tolist() == codes_of(other).tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x.sum(axis=0)", "x.sum(axis=1)"),
        ("np.exp(x)", "np.log(x)"),
        ("a + b", "a - b"),
        ("x[0]", "x[1]"),
        ("for i in x: pass", "while i in x: pass"),
        ("len(x)", "sum(x)"),
    ],
)
def test_what_the_code_does_counts(one, other):
    assert codes_of(one).tolist() != codes_of(other).tolist()


@given(st.text(max_size=200))
def test_any_text_has_tokens(text):
    codes_of(text)


@given(st.lists(st.sampled_from(["x", "=", "1.5", "'", '"', '"""', "\\", "\n", " ", "#", "%", "r", "(", "\ue000"])))
def test_a_line_taken_apart_before_has_the_tokens_that_it_has_in_its_source(parts):
    source = "".join(parts)
    texts = [(match[0], match.start()) for match in _TOKEN.finditer(source) if match.lastindex is not None]
    tokens = tokens_of(Submission(student="s", files=[SourceFile("hw.py", [Cell("", source)])]))[0]
    assert tokens.codes.tobytes() == b"".join(_code(text) for text, _ in texts)
    assert tokens.lines.tolist() == [source.count("\n", 0, start) + 1 for _, start in texts]


def test_tokens_know_their_lines(sources):
    cells = [Cell("cell 2", "a = 1\n\n# nothing\nb = a"), Cell("cell 3", "c")]
    one, other = tokens_of(Submission(student="s", files=[SourceFile("hw.ipynb", cells)]))
    assert (one.place, other.place) == ("hw.ipynb, cell 2", "hw.ipynb, cell 3")
    assert one.lines.tolist() == [1, 1, 1, 4, 4, 4]
    assert len(one.codes) == len(one.lines)


def test_names_of_numpy_and_python_are_kept():
    assert [normalised(t) for t in ("len", "axis", ".reshape", "return", "**")] == [
        "len", "axis", ".reshape", "return", "**",
    ]  # fmt: skip
    assert [normalised(t) for t in ("foo", ".foo", "12", "7", "'a'", 'f"x"')] == [
        "name", ".name", "number", "7", "text", "text",
    ]  # fmt: skip

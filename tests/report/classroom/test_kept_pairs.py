"""What came of comparing two contents is kept: a later run compares what is new, and reads only what it shows."""

import random

import msgspec
import numpy as np
import pytest

from grader.core.submission import Cell, SourceFile, Submission
from grader.report.classroom.comparing import Noted
from grader.report.classroom.likeness import find_alike, prints_of

NAMES = ("sum", "mean", "exp", "abs", "sqrt", "tanh", "max", "min", "cumsum", "log", "prod", "std", "var", "sort")
CALLS = [f"np.{name}" for name in NAMES]
ENDS = (" + ", " - ", " * ", " / ", " @ ", "[0] + ", "[1] * ", ".T - ", " ** 2 / ", " // 3 + ")


def source(seed, lines=60):
    """Return statements that share no passage with those of another seed: single digits count as they are."""
    rng = random.Random(seed)

    def term():
        digits = ", ".join(str(rng.randint(0, 9)) for _ in range(4))
        return f"{rng.choice(CALLS)}(x, {digits}){rng.choice(ENDS)}"

    return "".join(f"v{k} = {''.join(term() for _ in range(3))}x\n" for k in range(lines))


@pytest.fixture
def submissions():
    """Six submissions, of which the second copied from the first."""
    texts = [source(0), f"# mine\n{source(0)}", *map(source, range(2, 6))]
    return [Submission(student=str(k), files=[SourceFile("hw.py", [Cell("", text)])]) for k, text in enumerate(texts)]


def compared(submissions, known, sha256=None):
    """Return what is found, and the submissions that were read for it."""
    read = []

    def reader(k):
        read.append(k)
        return submissions[k]

    found = find_alike(
        [prints_of(one) for one in submissions], [], reader,
        sha256=sha256 or [f"content {k}" for k in range(len(submissions))], page=str, known=known,
    )  # fmt: skip
    return found, read


def test_kept_pairs_give_what_comparing_gives(submissions):
    known = {}
    first, _ = compared(submissions, known)
    again, _ = compared(submissions, known)
    assert [(pair.left, pair.right) for pair in first.comparison.pairs] == [(0, 1)]
    assert again == first


def test_kept_pair_is_not_compared_again(submissions):
    known = {}
    compared(submissions, known)
    (key,) = known
    known[key] = None
    again, read = compared(submissions, known)
    assert again.comparison.found == 0
    assert read == []


def test_what_was_noted_of_a_submission_are_its_fingerprints(submissions, tmp_path):
    noted = Noted(tmp_path / "gradebook.sqlite")
    first = msgspec.structs.replace(submissions[0], sha256="first")
    noted.note(first)
    assert noted.get("first").tolist() == prints_of(first).tolist()
    assert noted.get("second") is None


def test_pair_with_changed_content_is_compared_again(submissions):
    known = {}
    compared(submissions, known)
    old = set(known)
    contents = ["changed", *(f"content {k}" for k in range(1, 6))]
    again, read = compared(submissions, known, contents)
    assert again.comparison.found == 1
    assert set(read) == {0, 1}
    assert not old & set(known)


def test_pairs_are_compared_again_where_other_passages_are_common(submissions):
    known = {}
    compared(submissions, known)
    many = [*submissions, *submissions[:1] * 4]
    again, _ = compared(many, known)
    fresh, _ = compared(many, {})
    assert again == fresh


def test_kept_pair_is_told_of_where_its_submissions_are_now(submissions):
    known = {}
    first, _ = compared(submissions, known)
    new = Submission(student="new", files=[SourceFile("hw.py", [Cell("", source(9))])])
    contents = ["new", *(f"content {k}" for k in range(6))]
    again, _ = compared([new, *submissions], known, contents)
    (pair,) = again.comparison.pairs
    assert (pair.left, pair.right) == (1, 2)
    assert msgspec.structs.replace(pair, left=0, right=1) == first.comparison.pairs[0]
    assert again.excerpts == first.excerpts


def test_unreadable_submission_is_not_kept_as_unlike(submissions):
    known = {}
    prints = [prints_of(one) for one in submissions]
    contents = [f"content {k}" for k in range(6)]
    found = find_alike(prints, [], lambda _: None, sha256=contents, page=str, known=known)
    assert found.comparison.found == 0
    assert known == {}
    assert np.size(prints[0]) > 0

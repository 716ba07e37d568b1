"""Copies in disguise are found; independent right solutions, the starter and short solutions are not accused."""

import dataclasses
import random

import pytest

from grader.core.submission import Cell, SourceFile, Submission
from grader.discovery import find_course
from grader.report.classroom import likeness
from grader.report.classroom.likeness import common_limit, find_alike, given_sources, prints_of
from grader.starters import starter

EXERCISES = ("activations", "batchnorm", "dropout", "optimizers", "softmax_cross_entropy", "two_layer_net")


def submission(files, sha256=""):
    return Submission(
        student="s", files=[SourceFile(path, [Cell("", text)]) for path, text in files.items()], sha256=sha256
    )


def alike(submissions, given=()):
    """Return what is found in a class."""
    return find_alike(
        [prints_of(one) for one in submissions],
        given,
        lambda k: submissions[k],
        sha256=[one.sha256 for one in submissions],
        page=lambda number: f"alike/{number:03}.html",
    )


def pairs(findings):
    return {(pair.left, pair.right) for pair in findings.comparison.pairs}


@pytest.fixture(scope="module")
def exercises():
    return [pair.exercise for pair in find_course("foundations").exercises]


@pytest.fixture(scope="module")
def given(exercises):
    return given_sources(exercises)


@pytest.fixture(scope="module")
def authors(sources):
    """Twelve students, each with a right solution of every exercise that no other has."""
    right = sources.right_sources()
    return [
        {f"{name}.py": right[name][k % len(right[name])] for name in EXERCISES if k < len(right[name])}
        for k in range(12)
    ]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_independent_right_solutions_are_not_accused(sources, given, exercise):
    authors = [submission({"hw.py": text}) for text in sources.right_sources()[exercise]]
    found = alike(authors, given)
    assert found.comparison.compared == len(authors)
    assert found.comparison.pairs == []


def test_independent_authors_of_a_whole_course_are_not_accused(authors, given):
    assert pairs(alike([submission(files) for files in authors], given)) == set()


def test_copies_with_other_names_order_and_comments_are_found(authors, given, sources):
    rng = random.Random(5)
    copied = {f"my_{path}": sources.disguised(text, rng) for path, text in authors[3].items()}
    found = alike([submission(files) for files in [*authors, copied]], given)
    assert pairs(found) == {(3, 12)}
    (pair,) = found.comparison.pairs
    assert pair.shared > 0.9
    assert not pair.identical
    assert pair.page == "alike/001.html"


def test_one_exercise_copied_among_own_ones_is_found_by_its_longest_run(authors, given, sources):
    mixed = {**authors[5], "optimizers.py": authors[6]["optimizers.py"]}
    found = alike([submission(files) for files in [*authors[:5], *authors[6:], mixed]], given)
    assert pairs(found) == {(5, 11)}
    assert found.comparison.pairs[0].longest >= likeness.MIN_RUN
    assert found.comparison.pairs[0].matches[0].left.place == "optimizers.py"


def test_matching_places_show_the_same_lines_of_both(authors, given):
    found = alike([submission(authors[0]), *map(submission, authors), submission(authors[2])], given)
    for pair, excerpts in zip(found.comparison.pairs, found.excerpts, strict=True):
        assert [excerpt.match for excerpt in excerpts] == pair.matches != []
        for excerpt in excerpts:
            assert [text for _, text in excerpt.left] == [text for _, text in excerpt.right]
            assert excerpt.left[0][0] == excerpt.match.left.first
            assert excerpt.match.tokens <= pair.tokens
    assert pairs(found) == {(0, 1), (3, 13)}


@pytest.mark.parametrize("k", range(6))
def test_untouched_starters_are_not_accused(exercises, given, k):
    untouched = submission({"hw.py": starter(exercises[k])}, sha256="the same")
    assert pairs(alike([untouched] * 4, given)) == set()


def test_the_same_starter_filled_with_different_code_is_not_accused(exercises, given, sources):
    texts = sources.right_sources()["batchnorm"][:6]
    filled = [submission({"hw.py": f"{starter(exercises[3])}\n\n{text}"}) for text in texts]
    assert pairs(alike(filled, given)) == set()


def test_code_in_a_statement_counts_as_given(exercises):
    text = "Use this:\n\n```python\ndef given(x):\n    return x * 2\n```\n\nand not that."
    replaced = dataclasses.replace(exercises[0], statement=text)
    assert given_sources([replaced])[1:] == ["def given(x):\n    return x * 2\n"]


def test_two_right_three_line_functions_are_no_suspicion():
    text = "import numpy as np\n\n\ndef relu(x):\n    y = np.maximum(x, 0)\n    mask = x > 0\n    return y, mask\n"
    assert pairs(alike([submission({"hw.py": text})] * 3)) == set()


def test_same_files_are_found_where_they_have_code_of_their_own(sources):
    text = sources.right_sources()["dropout"][4]
    twins = [submission({"hw.py": text}, sha256="same"), submission({"hw.py": text}, sha256="same")]
    others = [
        submission({"hw.py": other}, sha256=str(k)) for k, other in enumerate(sources.right_sources()["dropout"][5:])
    ]
    found = alike([*twins, *others])
    assert pairs(found) == {(0, 1)}
    assert found.comparison.pairs[0].identical
    assert found.comparison.pairs[0].shared == 1.0


def test_what_many_of_a_class_have_is_no_sign_of_copying(authors, sources):
    lecture = sources.right_sources()["activations"][0]
    files = [{**own, "lecture.py": lecture} for own in authors]
    found = alike([submission(one) for one in files])
    assert found.comparison.common == 6
    assert pairs(found) == set()


@pytest.mark.parametrize(
    ("students", "limit"), [(0, 2), (1, 2), (3, 2), (4, 2), (12, 6), (20, 10), (300, 10), (1000, 30), (10_000, 300)]
)
def test_common_is_what_more_than_a_few_percent_have(students, limit):
    assert common_limit(students) == limit


def test_submissions_that_cannot_be_read_again_are_left_out(authors):
    submissions = [submission(files) for files in (authors[0], authors[0], authors[1])]
    prints = [prints_of(one) for one in submissions]
    found = find_alike(prints, [], lambda k: None, sha256=["", "", ""], page=str)
    assert found.comparison.pairs == []


def test_a_class_of_nobody_and_of_one_has_no_pairs(authors):
    assert alike([]).comparison.compared == 0
    assert alike([submission(authors[0])]).comparison.pairs == []


def test_copies_are_found_in_a_class_of_sixty(sources):
    submissions = [sources.submission_of(number) for number in range(60)]
    found = {pair for pair in pairs(alike(submissions)) if pair[1] % 10 == 7}
    assert {(k, k + 7) for k in range(0, 60, 10)} <= found


def test_work_for_a_class_is_bounded(monkeypatch, authors):
    monkeypatch.setattr(likeness, "MAX_PAIRS", 3)
    monkeypatch.setattr(likeness, "COMMON_FEW", 100)
    found = alike([submission(authors[0])] * 5 + [submission(files) for files in authors[1:]])
    assert found.comparison.found == 10
    assert len(found.comparison.pairs) == len(found.excerpts) == 3

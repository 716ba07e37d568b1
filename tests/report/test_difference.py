"""Marks show where two printed arrays differ."""

import pytest

from grader.report.difference import differing


def marked(actual, expected):
    left, right = differing(actual, expected)
    assert "".join(text for text, _ in left) == actual
    assert "".join(text for text, _ in right) == expected
    return [text for text, mark in left if mark], [text for text, mark in right if mark]


@pytest.mark.parametrize(
    ("actual", "expected", "marks"),
    [
        ("[1. 2. 3.]", "[1. 5. 3.]", (["2."], ["5."])),
        ("[0.30000001 1.]", "[0.3 2.]", (["1."], ["2."])),
        ("[0.30000001 1.]", "[0.3 1.]", (["0.30000001"], ["0.3"])),
        ("[nan -inf]", "[0.5 -inf]", (["nan"], ["0.5"])),
        ("[True False]", "[True True]", (["False"], ["True"])),
        ("[1e-05]", "[2e-05]", (["1e-05"], ["2e-05"])),
        ("[1. 2.]", "[1. 2. 3.]", ([], [])),
        ("None", "[1.]", ([], [])),
        ("", "", ([], [])),
        ("[1. 2.]", "[1. 2.]", ([], [])),
    ],
)
def test_numbers_that_differ_are_marked(actual, expected, marks):
    assert marked(actual, expected) == marks

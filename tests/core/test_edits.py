import pytest

from grader.core.edits import edit, equivalent
from grader.errors import AuthoringError

SOURCE = """import numpy as np


def forward(x):
    y = x * 2
    return y


def backward(dy):
    y = x * 2
    return dy + 1  # ∂
"""


def change(old, new, **options):
    return edit(old, new, name="slip", hint="look again", **options)


def test_an_edit_changes_one_place():
    assert change("dy + 1", "dy").apply(SOURCE) == SOURCE.replace("dy + 1", "dy")


def test_within_picks_the_function():
    edited = change("x * 2", "x * 3", within="backward").apply(SOURCE)
    assert edited.count("x * 2") == 1
    assert edited.index("x * 2") < edited.index("def backward") < edited.index("x * 3")


def test_text_that_does_not_occur_names_the_fix():
    with pytest.raises(AuthoringError, match="mistake 'slip': 'x / 2' occurs 0 times in the solution; copy the line"):
        change("x / 2", "x").apply(SOURCE)


def test_text_that_occurs_twice_names_the_fix():
    with pytest.raises(AuthoringError, match=r"occurs 2 times in the solution; take more of the line, or give within="):
        change("x * 2", "x").apply(SOURCE)


def test_text_that_occurs_twice_within_a_function_is_to_be_longer():
    with pytest.raises(AuthoringError, match=r"'y' occurs 3 times in backward; take more of the line$"):
        change("y", "x", within="backward").apply(SOURCE)


def test_text_outside_within_does_not_count():
    with pytest.raises(AuthoringError, match="'dy' occurs 0 times in forward"):
        change("dy", "x", within="forward").apply(SOURCE)


def test_an_unknown_function_in_within_is_named():
    with pytest.raises(AuthoringError, match="within='forwards', but the solution defines no such function"):
        change("x * 2", "x", within="forwards").apply(SOURCE)


def test_a_result_that_does_not_parse_is_refused():
    with pytest.raises(AuthoringError, match="mistake 'slip': the edited source does not parse"):
        change("dy + 1", "dy +").apply(SOURCE)


def test_an_edit_that_changes_nothing_is_refused():
    with pytest.raises(AuthoringError, match="mistake 'slip' changes nothing"):
        change("x", "x")


@pytest.mark.parametrize(("name", "hint"), [("", "a hint"), ("a name", "")])
def test_a_mistake_needs_a_name_and_a_hint(name, hint):
    with pytest.raises(AuthoringError, match="needs a name and a hint"):
        edit("a", "b", name=name, hint=hint)


def test_an_equivalent_changes_one_place_as_an_edit_does():
    harmless = equivalent("dy + 1", "1 + dy", why="sums commute", within="backward")
    assert harmless.apply(SOURCE) == SOURCE.replace("dy + 1", "1 + dy")


def test_an_equivalent_that_fits_nowhere_is_named_by_its_new_text():
    with pytest.raises(AuthoringError, match="equivalent 'y': 'x / 2' occurs 0 times in the solution; copy the line"):
        equivalent("x / 2", "y", why="none").apply(SOURCE)


def test_an_equivalent_that_changes_nothing_is_refused():
    with pytest.raises(AuthoringError, match="an equivalent changes nothing; old and new are both 'x'"):
        equivalent("x", "x", why="none")


def test_an_equivalent_needs_a_reason():
    with pytest.raises(AuthoringError, match="equivalent 'y' needs a reason"):
        equivalent("x", "y", why="")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: edit("a", None, name="n", hint="h"), r"edit\('a', new=None\): new should be a text"),
        (lambda: edit("a", "b", name="n", hint=["h"]), r"edit\('a', hint=\['h'\]\): hint should be a text"),
        (lambda: equivalent("a", "b", why=3), r"equivalent\('a', why=3\): why should be a text"),
    ],
)
def test_a_value_of_a_wrong_type_is_named(make, message):
    with pytest.raises(AuthoringError, match=message):
        make()

import ast

import pytest

from grader.core.edits import edit
from grader.errors import AuthoringError
from grader.mistaken_sources import MistakenSource

SOURCE = '''"""Kernels."""

import numpy as np

HALF = 0.5; WHOLE = 2 * HALF


# the sum of a and b
def add(a, b):
    c = a + b
    return c


def double(a):
    return add(a, a)


def scaled(a, b):
    c = a + b
    return HALF * c
'''


def change(old, new, within="", name=""):
    return edit(old, new, name=name or f"{old} to {new}", hint="h", within=within)


@pytest.fixture
def source():
    return MistakenSource(SOURCE)


def test_no_mistake_leaves_the_source_as_it_is(source):
    assert source.edited(()) == SOURCE
    assert source.functions((), ["double"])["double"](2) == 4


@pytest.mark.parametrize(
    "mistake",
    [
        change("return c\n", "return -c\n"),
        change("c = a + b", "c = a - b", "add"),
        change("c = a + b", "c = a - b", "scaled"),
        change("HALF = 0.5", "HALF = 0.25"),
        change("WHOLE = 2", "WHOLE = 3"),
        change("    return c\n\n\ndef double(a):\n", "    return c\n\n\ndef double(a):\n    a = -a\n"),
        change("return HALF * c\n", "return HALF * c"),
        change("# the sum of a and b\n", "# no sum\n"),
    ],
)
def test_a_mistake_is_made_as_its_edit_is(source, mistake):
    due = mistake.apply(SOURCE)
    space = {}
    exec(compile(due, "<due>", "exec"), space)

    assert source.edited([mistake]) == due
    for name, function in source.functions([mistake], ["add", "double", "scaled"]).items():
        given = (3.0,) if name == "double" else (3.0, 5.0)
        assert function(*given) == space[name](*given)


def test_a_function_that_uses_a_changed_one_is_changed(source):
    assert source.functions([change("return c\n", "return -c\n")], ["double"])["double"](2) == -4
    assert source.functions((), ["double"])["double"](2) == 4


@pytest.mark.parametrize(
    "mistake", [change("a + b", "a"), change("z", "y"), change("c", "d", "add"), change("a", "b", "no")]
)
def test_an_edit_that_does_not_fit_exactly_once_is_refused(source, mistake):
    with pytest.raises(AuthoringError) as own:
        source.edited([mistake])
    with pytest.raises(AuthoringError) as due:
        mistake.apply(SOURCE)
    assert str(own.value) == str(due.value)


def test_a_mistake_that_does_not_parse_is_named(source):
    with pytest.raises(AuthoringError, match="mistake 'open': the edited source does not parse"):
        source.functions([change("return c\n", "return (c\n", name="open")], ["add"])


def test_mistakes_that_do_not_compile_together_are_refused(source):
    waits, yields = (
        change("def add", "async def add", name="waits"),
        change("c = a + b", "c = yield a", "add", "yields"),
    )
    for one in (waits, yields):
        assert set(source.functions([one], ["add"])) == {"add"}
    with pytest.raises(AuthoringError, match="mistake 'waits and yields' does not compile: 'return' with value"):
        source.functions([waits, yields], ["add"])


def test_mistakes_in_different_places_are_made_in_any_order(source):
    pair = (change("c = a + b", "c = a - b", "add"), change("return c\n", "return -c\n"))

    assert source.orders(pair) == [pair]
    assert source.edited(pair) == source.edited(pair[::-1])
    assert "c = a - b\n    return -c" in source.edited(pair)


def test_a_mistake_in_what_another_writes_is_made_after_it(source):
    outer = change("c = a + b\n    return c\n", "c = 2 * (a + b)\n    return c\n", "add")
    inner = change("return c\n", "return -c\n")

    assert source.orders((inner, outer)) == [(outer, inner)]
    assert source.functions((outer, inner), ["add"])["add"](1, 2) == -6


def test_orders_that_give_the_same_source_count_once(source):
    left = change("c = a + b", "c = 2 * a + b", "add")
    right = change("+ b\n    return c\n", "+ b\n    return -c\n", "add")

    assert source.edited((left, right)) == source.edited((right, left))
    assert source.orders((left, right)) == [(left, right)]
    assert source.functions((left, right), ["add"])["add"](3, 1) == -7


def test_mistakes_exclude_each_other_where_the_first_leaves_no_place_for_the_second(source):
    pair = (change("a + b", "a", "add"), change("c = a + b", "c = b", "add"))

    assert source.orders(pair) == []
    with pytest.raises(AuthoringError, match=r"mistake 'c = a \+ b to c = b': 'c = a \+ b' is not there any more"):
        source.edited(pair)


def test_a_mistake_is_not_made_in_a_part_of_something_else(source):
    """In ``a + b.sum()`` the text ``a + b`` is no sum of a and b."""
    longer, shorter = change("a + b", "a + b.sum()", "add"), change("a + b", "a", "add")

    assert source.orders((longer, shorter)) == []
    with pytest.raises(AuthoringError, match=r"'a \+ b' is not there any more"):
        source.edited((longer, shorter))


def test_called_names_are_found_through_others(source):
    assert source.called(["double"]) == {"double", "add"}
    assert source.called(["scaled"]) == {"scaled", "HALF"}
    assert source.called(["unknown"]) == {"unknown"}


def test_every_known_mistake_of_the_built_in_course_is_made_as_its_edit_is():
    from grader.discovery import find_course

    for pair in find_course().exercises:
        source = MistakenSource(pair.solution.source)
        for mistake in pair.solution.mistakes:
            due = mistake.apply(pair.solution.source)
            assert source.edited([mistake]) == due
            ast.parse(due)

"""Names of pages are safe, short and distinct, whatever students are called."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.report.classroom.names import page_name


@pytest.mark.parametrize("key", ["alice", "s00017", "20260001", "a_b", "group-7"])
def test_plain_keys_name_themselves(key):
    assert page_name(key) == key


@pytest.mark.parametrize(
    "key", ["../../etc/passwd", "a/b", "..", "", "con", "index", "a.b", "A", "x" * 500, "-rf", " "]
)
def test_other_keys_become_safe(key):
    name = page_name(key)
    assert name != key
    assert not set(name) & set("/\\.: \0")
    assert len(name) <= 64


def test_keys_that_differ_in_case_alone_differ_on_every_file_system():
    assert page_name("Ann").lower() != page_name("ann").lower() != page_name("ANN").lower()


def test_nobody_can_take_the_page_of_another():
    taken = page_name("张三")
    assert page_name(taken) != taken


def test_letters_of_any_script_stay_readable():
    assert page_name("张三").startswith("张三-")
    assert page_name("Müller").startswith("müller-")


@given(st.text(st.characters(codec="utf-8"), max_size=80), st.text(st.characters(codec="utf-8"), max_size=80))
def test_different_keys_have_different_pages(one, other):
    if one != other:
        assert page_name(one).casefold() != page_name(other).casefold()


@given(st.text(max_size=300))
def test_every_name_fits_a_file_system(key):
    name = page_name(key)
    assert 0 < len(name.encode()) <= 200
    assert unicodedata.is_normalized("NFC", name)
    assert not any(unicodedata.category(letter).startswith("C") for letter in name)

"""Submissions are named by their students: whatever a folder is called, the command line only prints it."""

import os

import pytest

from ..hostile_text import HOSTILE, assert_inert
from ..small_course import KERNELS


def is_name(text):
    """Whether a file system takes a text for a name."""
    try:
        return 0 < len(os.fsencode(text)) < 200 and not {"/", "\0"} & set(text)
    except UnicodeEncodeError:
        return False


NAMES = [text for text in HOSTILE.values() if is_name(text)]


@pytest.fixture
def hand_in(tmp_path):
    """Write a submission for each hostile name and return the folders."""

    def write(text):
        folders = [tmp_path / "class" / name for name in NAMES]
        for folder in folders:
            folder.mkdir(parents=True)
            (folder / "hw.py").write_text(text, "utf-8")
        return folders

    return write


def test_there_are_names_of_every_sort():
    assert len(NAMES) > 20


def test_a_class_of_hostile_names_is_graded(grade, hand_in, course, tmp_path):
    end = grade(*hand_in(KERNELS), "--course", course, "--report", "reports")
    assert end.code == 0
    assert_inert(end.err)
    pages = sorted((tmp_path / "reports").rglob("*"))
    assert len([page for page in pages if page.name == "index.html"]) == len(NAMES)
    assert {page.parent.parent for page in pages if page.is_file()} == {tmp_path / "reports"}


def test_hostile_names_without_anything_to_grade_are_only_told(grade, hand_in, course):
    end = grade(*hand_in("x = 1\n"), "--course", course)
    assert end.code == 5
    assert "defines none of the graded functions" in end.sentence
    assert_inert(end.err)


def test_a_hostile_name_that_cannot_be_read_is_only_told(grade, course, tmp_path):
    for name in NAMES:
        end = grade(tmp_path / "class" / name, "--course", course)
        assert end.code == 2
        assert_inert(end.err)

"""`grade regrade`: the exercises as they are now, and whose points that changes."""

import shutil
import sqlite3

import pytest

from grader.discovery import load_course
from grader.gradebook import open_gradebook, read_gradebook

from ..small_course import KERNELS

WRONG = KERNELS.replace("(dy * z).sum(0)", "(dy * z).mean(0)")


@pytest.fixture
def book(grade, tmp_path, make_course):
    """A graded class of two, whose course the test may change; (gradebook, course)."""
    course = make_course()
    for name, source in (("ada", KERNELS), ("bob", WRONG)):
        (tmp_path / "hw1" / name).mkdir(parents=True)
        (tmp_path / "hw1" / name / "hw.py").write_text(source, "utf-8")
    assert grade("class", "hw1", "--course", course.exercises, "--jobs", 1, "-q").code == 0
    return tmp_path / "reports" / "hw1" / "gradebook.sqlite", course


def change(course, old, new):
    """Change the exercise, as its author would between two runs."""
    path = course.exercises / "toys.py"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    load_course.cache_clear()


def gradings_in(path):
    connection = sqlite3.connect(path)
    (count,) = connection.execute("SELECT count(*) FROM grading").fetchone()
    connection.close()
    return count


def test_nothing_is_graded_again_where_nothing_changed(grade, book):
    path, _ = book
    end = grade("regrade", path, "--jobs", 1)
    assert end.code == 0
    assert "2 submissions: 0 graded, 2 graded before" in end.sentence
    assert end.out == "0 students with changed checks\n"
    assert gradings_in(path) == 2


DEARER = 'hint="two paths lead to x"', 'hint="two paths lead to x", points=5'


def test_changed_exercise_changes_points_check_by_check(grade, book):
    path, course = book
    change(course, *DEARER)
    end = grade("regrade", path.parent, "--diff", "--jobs", 1, "-q")
    assert end.code == 0
    assert end.out.splitlines() == [
        "ada (ada): 16.5 -> 18.5 of 18.5 points",
        "  centre_backward/gradient: passed -> passed (+2)",
        "1 student with changed checks",
    ]
    assert gradings_in(path) == 4


def test_without_diff_only_the_number_is_told(grade, book):
    path, course = book
    change(course, *DEARER)
    assert grade("regrade", path, "--jobs", 1, "-q").out == (
        "1 student with changed checks; --diff tells which and why\n"
    )


def test_regrade_repeats_the_options_of_the_class(grade, book, tmp_path):
    path, course = book
    (tmp_path / "roster.csv").write_text("student_id,name\nada,Ada Lovelace\nbob,Bob\nzoe,Zoe\n")
    grade("class", "hw1", "--course", course.exercises, "--jobs", 1, "-q", "--roster", "roster.csv", "--seed", "4")
    end = grade("regrade", path, "--jobs", 1)
    assert "handed in nothing (1): Zoe" in end.sentence
    with read_gradebook(path) as reader:
        run = reader.latest_run()
        assert (run.settings.kind, run.settings.seed) == ("regrade", 4)
        assert [entry.name for entry in reader.entries(run.id)] == ["Ada Lovelace", "Bob"]


def test_fresh_grades_also_what_has_not_changed(grade, book):
    path, _ = book
    end = grade("regrade", path, "--fresh", "--diff", "--jobs", 1, "-q")
    assert end.out == "0 students with changed checks\n"
    assert gradings_in(path) == 4


def test_new_content_is_told_from_a_new_exercise(grade, book, tmp_path):
    path, _ = book
    (tmp_path / "hw1" / "bob" / "hw.py").write_text(KERNELS, "utf-8")
    end = grade("regrade", path, "--diff", "--jobs", 1, "-q")
    first, second, *checks, last = end.out.splitlines()
    assert first.startswith("bob (bob): ")
    assert first.endswith(" -> 16.5 of 16.5 points")
    assert second == "  handed in something else meanwhile"
    assert "  centre_backward/gradient: failed -> passed (+3)" in checks
    assert any(line.startswith("    before: d") and "should be" in line for line in checks)
    assert last == "1 student with changed checks"


def test_hand_ins_that_are_gone_are_told(grade, book, tmp_path):
    path, _ = book
    shutil.rmtree(tmp_path / "hw1")
    end = grade("regrade", path)
    assert (end.code, end.err.count("\n")) == (2, 1)
    assert "are not there any more; put them back, or run `grade class` on where they are now" in end.sentence


def test_gradebook_without_a_run_is_told(grade, tmp_path):
    open_gradebook(tmp_path / "gradebook.sqlite").close()
    end = grade("regrade", tmp_path)
    assert (end.code, end.err.count("\n")) == (2, 1)
    assert "has no run to repeat; `grade class` makes one" in end.sentence


def test_gradebook_that_is_not_there_is_told(grade):
    end = grade("regrade", "nowhere")
    assert end.code == 2
    assert "there is no gradebook 'nowhere'; `grade class` makes one" in end.sentence


def test_gradebook_that_does_not_tell_how_it_was_made_is_told(grade, book):
    path, _ = book
    connection = sqlite3.connect(path)
    connection.execute("""UPDATE run SET settings = '{"only": "toys"}'""")
    connection.commit()
    connection.close()
    end = grade("regrade", path)
    assert end.code == 2
    assert "does not tell how it was made" in end.sentence

"""A course that is written wrongly costs no student anything: `grade` says whose fault it is, `selfcheck` lists it."""

import shutil

import pytest

from ..small_course import KERNELS

GOOD = """
from grader.authoring import Exercise, function, gradient, matches
exercise = Exercise(title="Twice", functions=(function("twice: x(n) -> y(n)"),), checks=(matches("twice"),),
                    oracle={"twice": lambda x: 2 * x})
"""
SOUND = "def twice(x):\n    return 2 * x\n"


@pytest.fixture
def broken(course, tmp_path):
    """Copy the small course beside a sound exercise, one of its files changed."""

    def made(old, new, *, part="exercises"):
        for name in ("exercises", "solutions"):
            shutil.copytree(course.parents[1] / name, tmp_path / "lab" / name)
            (tmp_path / "lab" / name / "tiny" / "twice.py").write_text(GOOD if name == "exercises" else SOUND)
        path = tmp_path / "lab" / part / "tiny" / "toys.py"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
        return tmp_path / "lab" / "exercises" / "tiny"

    return made


FAULTS = {
    "wrong shape": (
        "return dx, dw", "return dx, dw.sum()", "solutions",
        "lab/solutions/tiny/toys.py: centre_backward returns dw of shape (), but its signature says dw(d), here (",
    ),
    "kernel that raises": (
        "return w - lr * v", "return w - lr * u", "solutions",
        "lab/solutions/tiny/toys.py: momentum raises NameError: name 'u' is not defined (line 22 of toys.py), called",
    ),
    "wrong type": (
        'matches("jitter")', 'matches("jitter", points="2")', "exercises",
        "lab/exercises/tiny/toys.py: matches('jitter', points='2'): points should be a number from 0 on",
    ),
    "condition that raises": (
        'matches("jitter")', 'matches("jitter", where=lambda case: case.q)', "exercises",
        "lab/exercises/tiny/toys.py: where= of jitter/values raises AttributeError: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_grading_ends_with_3_and_names_course_file_and_fault(grade, write, broken, fault):
    old, new, part, sentence = FAULTS[fault]
    folder = broken(old, new, part=part)
    end = grade(write(a_dot_py=KERNELS), "--course", folder)
    assert end.code == 3
    assert end.err.startswith(f"grade: the course '{folder}' is written wrongly: ")
    assert sentence in end.sentence
    assert end.err.count("\n") == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_selfcheck_lists_the_fault_and_checks_the_other_exercises(grade, broken, fault):
    old, new, part, sentence = FAULTS[fault]
    end = grade("selfcheck", "--course", broken(old, new, part=part), "-v")
    assert end.code == 1
    assert sentence in end.out
    assert "twice: solution: holds\n" in end.out
    assert end.out.endswith(" 1 failed\n")


@pytest.mark.parametrize("command", [["list"], ["show", "twice"], ["starter", "twice"]])
def test_other_commands_end_with_3_too(grade, broken, command):
    end = grade(*command, "--course", broken("exercise = Exercise(", "exercise = Exercises("))
    assert end.code == 3
    assert "is written wrongly: " in end.err
    assert "toys.py fails while loading: NameError: name 'Exercises' is not defined (line 30 of" in end.sentence


def test_selfcheck_of_one_exercise_leaves_faults_of_others_out(grade, broken):
    folder = broken("exercise = Exercise(", "exercise = Exercises(")
    end = grade("selfcheck", "--course", folder, "--only", "twice")
    assert (end.code, end.out) == (0, "3 passed, 0 failed\n")
    end = grade("selfcheck", "--course", folder, "--only", "toys")
    assert end.code == 1
    assert end.out.endswith("\n0 passed, 1 failed\n")
    (folder / "course.toml").write_text("titel = 1")
    end = grade("selfcheck", "--course", folder)
    assert end.code == 1
    assert "course.toml: unknown key 'titel'; did you mean 'title'?\n0 passed, 1 failed\n" in end.out

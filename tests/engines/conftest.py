"""Judges of the small course, and submissions to it; one of them ends whoever judges it."""

import pytest

from grader.core.submission import Cell, SourceFile, Submission
from grader.engines import JudgeSetup, Task
from grader.gradebook.digests import pins

from ..small_course import KERNELS as RIGHT

WRONG = RIGHT.replace("z.argmax(1)", "z.argmin(1)")


def submission(source, student="ada"):
    return Submission(student=student, files=[SourceFile("hw.py", [Cell("", source)])], sha256=f"sha of {source}")


def task(number, source=RIGHT):
    return Task(id=number, submission=submission(source, f"s{number}"), exercises=["toys"])


def setup_of(course, cache, **more):
    """What judges of a small course need to know."""
    settings = {"course": str(course.exercises), "seed": 0, "exercises": pins(course.course), "strength": "weak"}
    return JudgeSetup(**{**settings, "cache": str(cache), **more})


@pytest.fixture(scope="session")
def plans(tmp_path_factory):
    return tmp_path_factory.mktemp("plans")


@pytest.fixture(scope="session")
def setup(tiny, plans):
    return setup_of(tiny, plans)


DEADLY = """
def ends_its_judge(student, case):
    import os, signal
    if float(student.argmax(case.z)[0]) == 77:
        os.kill(os.getpid(), signal.SIGKILL)
    return None
"""


@pytest.fixture(scope="session")
def deadly(make_course, sources):
    """The small course with a property that kills its judge where a submission answers 77."""
    exercise, solution = sources
    exercise = exercise.replace("exercise = Exercise(", f"{DEADLY}\n\nexercise = Exercise(", 1)
    exercise = exercise.replace(
        'matches("argmax"),', 'matches("argmax"), holds("argmax", "spares us", ends_its_judge),'
    )
    return make_course(exercise=exercise, solution=solution)


KILLER = RIGHT.replace("z.argmax(1)", "np.full(len(z), 77)")

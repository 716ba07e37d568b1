"""The gradebook of a class: an SQLite file that keeps every run, submission, exercise and verdict.

`open_gradebook` writes one, `read_gradebook` reads it; `grader.gradebook.digests` says what exercises are graded with,
and is imported on its own, since it needs NumPy.
"""

from grader.gradebook.reading import Reader, read_gradebook
from grader.gradebook.records import (
    CheckChange,
    CheckStatistics,
    Entered,
    Entry,
    ExercisePin,
    ExerciseStatistics,
    HandedIn,
    MadeMistake,
    Member,
    MistakeStatistics,
    Notice,
    Remark,
    Run,
    RunSettings,
)
from grader.gradebook.statistics import changes, check_statistics, exercise_statistics
from grader.gradebook.writing import Gradebook, RunWriter, open_gradebook

__all__ = [
    "CheckChange",
    "CheckStatistics",
    "Entered",
    "Entry",
    "ExercisePin",
    "ExerciseStatistics",
    "Gradebook",
    "HandedIn",
    "MadeMistake",
    "Member",
    "MistakeStatistics",
    "Notice",
    "Reader",
    "Remark",
    "Run",
    "RunSettings",
    "RunWriter",
    "changes",
    "check_statistics",
    "exercise_statistics",
    "open_gradebook",
    "read_gradebook",
]

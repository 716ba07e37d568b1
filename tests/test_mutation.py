import pytest
from click.testing import CliRunner

from grader.cli import cli
from grader.core.mutants import Mutant
from grader.errors import AuthoringError
from grader.mutation import Bench, mutate

EXERCISE = """
from grader.authoring import Exercise, function, matches, torch

exercise = Exercise(
    title="Toys",
    functions=(function("relu: x(n) -> y(n)"), function("twice: x(n) -> y(n)")),
    checks=(matches("relu", examples=6), matches("twice", examples=6)),
    oracle={"relu": lambda x: torch.relu(x), "twice": lambda x: 2 * torch.relu(x)},
)
"""

SOLUTION = """
import numpy as np

from grader.authoring import edit, equivalent


def positive(x):
    return x > 0


def relu(x):
    return np.where(positive(x), x, 0.0)


def twice(x):
    return 2 * relu(x)


mistakes = []
equivalents = [%s]
"""
AT_ZERO = 'equivalent("x > 0", "x >= 0", within="positive", why="At 0 both branches are 0.")'
AS_MASK = 'equivalent("2 * relu(x)", "relu(x) * 2", within="twice", why="Products commute.")'


def report(make_course, *equivalents, exercise=EXERCISE, **options):
    lab = make_course(exercise=exercise, solution=SOLUTION % ", ".join(equivalents))
    return next(mutate(lab.course, jobs=1, **options))


def bench(lab, tmp_path, deadline=20.0):
    return Bench(lab.exercises, lab.solutions, "toys", 0, tmp_path / "plans", deadline)


def mutant(name, *lines):
    return Mutant(name, 1, "\n    ".join((f"def {name}(x):", *lines)))


def test_a_survivor_without_a_reason_is_shown_with_its_place(make_course):
    found = report(make_course)
    assert [(s.function, s.difference) for s in found.survivors] == [
        ("positive", ("- return x > 0", "+ return x >= 0"))
    ]
    assert found.path.read_text("utf-8").splitlines()[found.survivors[0].line - 1] == "    return x > 0"
    assert (found.explained, found.stale) == (0, ())
    assert found.killed == found.mutants - 1


def test_a_reason_explains_a_survivor(make_course):
    found = report(make_course, AT_ZERO)
    assert (found.explained, found.survivors, found.stale) == (1, (), ())


def test_two_processes_find_what_one_finds(make_course):
    lab = make_course(exercise=EXERCISE, solution=SOLUTION % "")
    assert list(mutate(lab.course, jobs=2)) == list(mutate(lab.course, jobs=1))


def test_progress_is_told_mutant_by_mutant(make_course):
    told = []
    found = report(make_course, progress=lambda done, total: told.append((done, total)))
    assert told == [(i + 1, found.mutants) for i in range(found.mutants)]


@pytest.mark.parametrize(
    ("reason", "problem"),
    [
        (AT_ZERO.replace(">= 0", "< 0"), "is noticed by relu/values"),
        (AS_MASK, "is no mutant; remove it"),
        (AT_ZERO.replace('"x > 0"', '"x > 1"'), "'x > 1' occurs 0 times in positive"),
        (AT_ZERO.replace('"x >= 0"', '"(x > 0)"'), "it changes no definition, but should change one"),
        (f"{AT_ZERO}, {AT_ZERO}", "is given twice; keep one"),
    ],
)
def test_a_reason_that_explains_nothing_is_reported(make_course, reason, problem):
    found = report(make_course, reason)
    assert len(found.stale) == 1
    assert problem in found.stale[0]


def test_a_weak_check_lets_mutants_live(make_course):
    weak = EXERCISE.replace('matches("twice", examples=6)', 'holds("twice", "is an array", lambda *_: None)')
    found = report(make_course, AT_ZERO, exercise=weak.replace("matches, torch", "holds, matches, torch"))
    assert {survivor.function for survivor in found.survivors} == {"twice"}


def test_a_course_without_solutions_is_refused(make_course):
    lab = make_course(exercise=EXERCISE, solution=None)
    with pytest.raises(AuthoringError, match="toys has no solution"):
        next(mutate(lab.course, jobs=1))


def test_a_mutant_that_never_ends_is_noticed_by_the_limit(make_course, tmp_path):
    lab = make_course(exercise=EXERCISE, solution=SOLUTION % "")
    endless = mutant("relu", "while True:", "    pass")
    assert bench(lab, tmp_path, deadline=0.2).noticed_by(endless) == "the limit of 0.2 s"


def test_a_mutant_that_cannot_be_loaded_is_noticed(make_course, tmp_path):
    lab = make_course(exercise=EXERCISE, solution=SOLUTION % "")
    broken = Mutant("relu", 1, "def relu(x, y=1 / 0):\n    return x")
    assert bench(lab, tmp_path).noticed_by(broken) == "loading it (ZeroDivisionError)"


def test_a_mutant_that_changes_its_input_is_noticed(make_course, tmp_path):
    lab = make_course(exercise=EXERCISE, solution=SOLUTION % "")
    in_place = mutant("relu", "y = np.maximum(x, 0)", "x *= 2", "return y")
    assert bench(lab, tmp_path).noticed_by(in_place) == "relu/purity"


def test_a_change_in_what_several_kernels_use_is_seen_by_each(make_course, tmp_path):
    lab = make_course(
        exercise=EXERCISE.replace('matches("relu", examples=6)', 'matches("relu", examples=1, where=far)').replace(
            "exercise =", "def far(case):\n    return bool((case.x > 0.5).all())\n\n\nexercise ="
        ),
        solution=SOLUTION % "",
    )
    assert bench(lab, tmp_path).noticed_by(mutant("positive", "return x == x")) == "twice/values"


def test_what_is_no_equivalent_is_refused_when_the_course_is_read(make_course):
    with pytest.raises(AuthoringError, match=r"equivalents holds 'x', but should hold equivalent\(…\)"):
        make_course(exercise=EXERCISE, solution=SOLUTION % "'x'")


def test_reasons_leave_the_source_and_so_the_cached_plans_alone(make_course):
    without, with_it = (make_course(exercise=EXERCISE, solution=SOLUTION % some) for some in ("", AT_ZERO))
    assert with_it.pair.solution.equivalents
    assert with_it.pair.solution.source == without.pair.solution.source


@pytest.mark.parametrize(("reasons", "code"), [("", 1), (AT_ZERO, 0), (f"{AT_ZERO}, {AS_MASK}", 1)])
def test_the_command_lists_what_no_check_notices(make_course, reasons, code):
    lab = make_course(exercise=EXERCISE, solution=SOLUTION % reasons)
    result = CliRunner().invoke(cli, ["selfcheck", "--mutate", "--course", str(lab.exercises)], standalone_mode=False)
    assert result.exception is None
    assert result.return_value == code
    assert result.stderr == ""
    assert ("toys.py:8: positive: no check notices" in result.stdout) == (not reasons)
    assert ("    - return x > 0\n    + return x >= 0\n" in result.stdout) == (not reasons)
    assert ("is no mutant; remove it" in result.stdout) == (AS_MASK in reasons)

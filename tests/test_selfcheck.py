import pytest

from grader.judge import Judge
from grader.selfcheck import check_pair, disagreements, mistake_problem


class Sandbox:
    """Stands for the real one: a starter's worker defines stubs."""

    def worker(self, submission):
        from grader.core.protocol import Definition, Loaded, Parameter
        from grader.sandbox import InlineWorker

        namespace = {}
        exec(submission.files[0].cells[0].source, namespace)
        functions = {name: f for name, f in namespace.items() if callable(f)}

        class Worker(InlineWorker):
            def load(self, submission=None):
                rest = [Parameter("rest", "args", False)]
                return Loaded([Definition(name, "toys.py", "", 1, rest, True) for name in functions])

            def __enter__(self):
                return self

            def __exit__(self, *_):
                self.close()

        return Worker(functions)


def problems(lab):
    facts = list(check_pair(lab.pair, lab.judge, Sandbox()))
    return {fact.subject: fact.problem for fact in facts}


def test_a_sound_course_has_no_problem(tiny):
    found = problems(tiny)
    assert list(found) == ["oracles", "solution", "starter", *(m.name for m in tiny.book.mistakes)]
    assert set(found.values()) == {""}


def test_a_missing_solution_is_a_problem(make_course):
    assert problems(make_course(solution=None)) == {
        "solution": "toys has no solution; write one of the same name beside the exercises' folder"
    }


def test_oracles_that_disagree_are_shown_with_the_worst_element(make_course, sources):
    lab = make_course(solution=sources[1].replace("v = beta * state", "v = 1.001 * beta * state"))
    (problem,) = disagreements(lab.pair, lab.judge)
    assert problem.startswith("momentum/trajectory: torch ")
    assert ", kernel " in problem


def test_a_missing_oracle_is_a_problem(make_course, sources):
    lab = make_course(exercise=sources[0].replace('"momentum": torch_momentum, ', ""))
    assert disagreements(lab.pair, lab.judge) == [
        "toys: no torch oracle for momentum; add it to oracle=, or a gradient(…, of=…) check"
    ]


def test_a_solution_that_loses_points_or_draws_remarks_is_a_problem(make_course, sources):
    impure = make_course(
        solution=sources[1].replace("    z = x - x.mean(0)\n", "    z = x - x.mean(0)\n    x += 0 * x + 1\n")
    )
    assert "centre_forward/purity failed: centre_forward changes its input x" in problems(impure)["solution"]


@pytest.mark.parametrize(
    ("mistake", "problem"),
    [
        ('edit("dz = dy * w", "dz = w * dy", name="m", hint="h")', "not caught: every check passes"),
        ('edit("dx = dz - dz.mean(0)", "dx = 1 * dz", name="m", hint="h")', "caught, but named 'mean path missing'"),
    ],
)
def test_a_mistake_that_is_not_caught_or_not_named_is_a_problem(make_course, sources, mistake, problem):
    lab = make_course(solution=f"{sources[1].rstrip().removesuffix(']')}    {mistake},\n]\n")
    assert mistake_problem(lab.pair, Judge(lab.course), "m") == problem


def test_a_reference_of_a_wrong_shape_is_a_problem_and_nothing_more_is_said(make_course, sources):
    found = problems(make_course(solution=sources[1].replace("return dx, dw", "return dx, dw.sum()")))
    assert list(found) == ["reference"]
    assert "tiny/toys.py: centre_backward returns dw of shape (), but its signature says" in found["reference"]


def test_a_torch_oracle_that_raises_or_has_a_wrong_shape_is_a_problem_beside_others(make_course, sources):
    raising = problems(make_course(exercise=sources[0].replace("x.mean(0)) * w", "x.maen(0)) * w")))
    assert "the torch oracle of centre_forward raises AttributeError: " in raising["oracles"]
    assert {problem for subject, problem in raising.items() if subject != "oracles"} == {""}
    lab = make_course(exercise=sources[0].replace("z.argmax(1)", "z.argmax(0)"))
    (problem,) = disagreements(lab.pair, lab.judge)
    assert "the torch oracle in " in problem
    assert "toys.py: argmax returns k of shape (" in problem


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"z = x - x.mean(0)"', '"z = x - x.mean(7)"', "'z = x - x.mean(7)' occurs 0 times"),
        (
            'edit("dx = dz - dz.mean(0)", "dx = dz"', 'edit("import numpy as np", "np = no"',
            "mistake 'mean path missing' fails while loading: NameError: name 'no' is not defined (line 2 of",
        ),
    ],
)  # fmt: skip
def test_an_edit_that_cannot_be_made_is_a_problem_of_its_own(make_course, sources, old, new, problem):
    assert old in sources[1]
    found = problems(make_course(solution=sources[1].replace(old, new)))
    (subject,) = (name for name, text in found.items() if text)
    assert problem in found[subject]
    assert "toys.py: " in found[subject]

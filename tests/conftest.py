"""A small course, written to a folder: a pair with a cache, a trajectory, integers, and a function that draws."""

import textwrap
from pathlib import Path

import pytest

from grader.core.submission import Submission
from grader.discovery import load_course
from grader.judge import Judge
from grader.mistakes import InlineCaller, MistakeBook
from grader.oracles import plan_check
from grader.sandbox import InlineWorker

EXERCISE = """
from grader.authoring import (
    Exercise, Seed, flag, function, gradient, holds, labels, matches, one_of, reals, torch, trajectory
)


def torch_centre(x, w):
    return (x - x.mean(0)) * w


def torch_momentum(w, g, state, lr, beta):
    v = beta * state.get("v", torch.zeros_like(g)) + (1 - beta) * g
    return w - lr * v, {"v": v}


def torch_jitter(x, p, rng):
    return x


def keeps_mean(student, case):
    y = student.jitter(case.x, case.p, Seed(3))
    return None if y.shape == case.x.shape else "the shape changes"


def is_reproducible(student, case):
    first, second = (student.jitter(case.x, 0.5, Seed(case.rng.value)) for _ in range(2))
    return bool((first == second).all())


exercise = Exercise(
    title="Toys",
    functions=(
        function("centre_forward: x(n,d), w(d) -> y(n,d), cache", summary="Centre the columns, then scale them."),
        function("centre_backward: dy(n,d), cache -> dx(n,d), dw(d)"),
        function("momentum: w(...), g(...), state, lr=0.1, beta=0.9 -> w(...), state"),
        function("jitter: x(...), p, rng -> y(...)"),
        function("argmax: z(n,c) -> k(n):int"),
    ),
    inputs={
        "lr": one_of(0.5, 0.01), "beta": one_of(0.5, 0.0, 0.9), "p": one_of(0.0),
        "x": reals(-100, 100, magnitudes=(1.0, 12.0)), "w": reals(-10, 10, magnitudes=(1.0,)),
        "g": reals(-10, 10, magnitudes=(1.0,)),
    },
    checks=(
        matches("centre_forward", hint="centre each column"),
        gradient("centre_backward", of="centre_forward", hint="two paths lead to x"),
        trajectory("momentum", examples=6),
        matches("jitter"),
        holds("jitter", "keeps the shape", keeps_mean),
        holds("jitter", "is reproducible from rng", is_reproducible, hint="use rng alone"),
        matches("argmax"),
    ),
    oracle={
        "centre_forward": torch_centre, "momentum": torch_momentum, "jitter": torch_jitter,
        "argmax": lambda z: z.argmax(1),
    },
)
"""

SOLUTION = """
import numpy as np

from grader.authoring import edit


def centre_forward(x, w):
    z = x - x.mean(0)
    return z * w, (z, w)


def centre_backward(dy, cache):
    z, w = cache
    dz = dy * w
    dx = dz - dz.mean(0)
    dw = (dy * z).sum(0)
    return dx, dw


def momentum(w, g, state, lr, beta):
    v = beta * state.get("v", np.zeros_like(g)) + (1 - beta) * g
    return w - lr * v, {"v": v}


def jitter(x, p, rng):
    return x + p * rng.standard_normal(x.shape)


def argmax(z):
    return z.argmax(1)


mistakes = [
    edit("z = x - x.mean(0)", "z = x - x.mean()", name="mean over everything", hint="one mean for each column"),
    edit("dx = dz - dz.mean(0)", "dx = dz", name="mean path missing", hint="x also moves the mean"),
    edit("(dy * z).sum(0)", "(dy * z).mean(0)", name="mean for sum", hint="w is shared by all rows"),
    edit("(1 - beta) * g", "g", name="gradient not weighted", hint="the weights sum to one"),
    edit("w - lr * v, ", "w + lr * v, ", name="ascent", hint="go downhill"),
]
"""


def write_course(folder, *, exercise=EXERCISE, solution=SOLUTION, name="toys", settings='title = "Tiny"\n'):
    """Write a course of one exercise and return its (exercises, solutions) folders."""
    exercises, solutions = Path(folder) / "exercises" / "tiny", Path(folder) / "solutions" / "tiny"
    exercises.mkdir(parents=True, exist_ok=True)
    solutions.mkdir(parents=True, exist_ok=True)
    (exercises / "course.toml").write_text(settings, "utf-8")
    (exercises / f"{name}.py").write_text(textwrap.dedent(exercise), "utf-8")
    if solution is not None:
        (solutions / f"{name}.py").write_text(textwrap.dedent(solution), "utf-8")
    return exercises, solutions


class Tiny:
    """The small course with what tests ask of it."""

    def __init__(self, folder, **files):
        self.exercises, self.solutions = write_course(folder, **files)
        self.course = load_course(self.exercises, self.solutions)
        self.pair = self.course.exercises[0]
        self.judge = Judge(self.course)
        self.book = MistakeBook(self.pair)
        self._plans = {}

    def check(self, name):
        return next(check for check in self.pair.exercise.checks if check.name == name)

    def plan(self, name):
        if name not in self._plans:
            self._plans[name] = plan_check(self.pair, self.check(name), seed=0)
        return self._plans[name]

    def functions(self, **changed):
        """Return the kernels, some of them replaced."""
        return {**self.pair.solution.functions, **changed}

    def find(self, name, **changed):
        """Return what a check sees of the kernels with some of them replaced."""
        from grader.checks.findings import find

        plan = self.plan(name)
        return find(plan, InlineCaller(self.functions(**changed)).run_frame(plan.frame, plan.steps))

    def grade(self, **changed):
        """Return the report on the kernels with some of them replaced; `None` leaves a function out."""
        functions = {name: f for name, f in self.functions(**changed).items() if f is not None}
        return self.judge.grade(Submission(student="ada", files=[]), InlineWorker(functions))

    def verdicts(self, **changed):
        """Return the verdicts on the kernels with some of them replaced, by name."""
        return {verdict.check: verdict for verdict in self.grade(**changed).verdicts}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    return Tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def sources():
    """Return the text of the small course's (exercise, solution)."""
    return EXERCISE, SOLUTION


@pytest.fixture(scope="session")
def make_course(tmp_path_factory):
    """Return a function that writes and loads a course of other files."""
    return lambda **files: Tiny(tmp_path_factory.mktemp("course"), **files)

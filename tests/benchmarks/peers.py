"""The project's checks beside other gradient checks, on the same right and wrong implementations in the same run.

Usage: python tests/benchmarks/peers.py [--seed N] [--only EXERCISE]   prints a Markdown table

Each peer is written here from its public description, and applied as a teacher would: inputs as in a course (one
normal draw, default hyper-parameters), the student's forward and backward together. Where a file holds only one of the
two, the other is the model answer. A peer says nothing of a function without a gradient; such files are counted apart.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from judgement import Entry, entries, functions_of

from grader.core.exercise import Differential
from grader.core.program import program
from grader.core.submission import Submission
from grader.core.verdict import Outcome
from grader.discovery import Paired, find_course
from grader.judge import Judge
from grader.oracles import evaluate
from grader.sandbox import InlineWorker
from grader.torch_oracle import torch_functions

Functions = Mapping[str, Callable[..., Any]]
Arrays = Sequence[np.ndarray]

# ---------------------------------------------------------------- inputs as in a course


@dataclass(frozen=True)
class Problem:
    """A forward and its backward as a checker sees them.

    Attributes
    ----------
    functions
        The student's functions that it exercises.
    moved
        The inputs whose gradients the backward returns.
    forward
        ``forward(functions, moved) -> (output, cache)``.
    backward
        ``backward(functions, upstream, cache) -> gradients of moved``.
    """

    functions: tuple[str, ...]
    moved: tuple[np.ndarray, ...]
    forward: Callable[[Functions, Arrays], tuple[Any, Any]]
    backward: Callable[[Functions, np.ndarray, Any], Sequence[Any]]


def activation(name: str, rng: np.random.Generator) -> Problem:
    """Return the problem of an activation with its default slope."""
    default = {"leaky_relu": (0.01,), "elu": (1.0,)}.get(name, ())

    def forward(f: Functions, moved: Arrays) -> tuple[Any, Any]:
        return f[name](moved[0], *default), moved[0]

    return Problem(
        (name, f"{name}_backward"), (rng.standard_normal((4, 5)),), forward,
        lambda f, dy, x: [f[f"{name}_backward"](dy, x, *default)],
    )  # fmt: skip


def normalisation(name: str, rng: np.random.Generator) -> Problem:
    """Return the problem of batch or layer normalisation."""
    d = 5
    moved = (5 * rng.standard_normal((4, d)) + 12, rng.standard_normal(d), rng.standard_normal(d))

    def forward(f: Functions, m: Arrays) -> tuple[Any, Any]:
        if name == "layernorm":
            return f["layernorm_forward"](*m, 1e-5)
        y, _, _, cache = f["batchnorm_forward"](*m, np.zeros(d), np.ones(d), 0.9, 1e-5, True)
        return y, cache

    return Problem(
        (f"{name}_forward", f"{name}_backward"), moved, forward,
        lambda f, dy, cache: f[f"{name}_backward"](dy, cache),
    )  # fmt: skip


def dropout(rng: np.random.Generator) -> Problem:
    """Return the problem of dropout with a generator of the same seed at each call."""
    return Problem(
        ("dropout_forward", "dropout_backward"), (rng.standard_normal((10, 10)) + 10,),
        lambda f, m: f["dropout_forward"](m[0], 0.2, np.random.default_rng(123), True),
        lambda f, dy, cache: [f["dropout_backward"](dy, cache)],
    )  # fmt: skip


def with_gradient(name: str, moved: Arrays, arguments: Callable[[Arrays], tuple[Any, ...]]) -> Problem:
    """Return the problem of a function that returns a loss and its gradients."""

    def forward(f: Functions, m: Arrays) -> tuple[Any, Any]:
        loss, *gradients = f[name](*arguments(m))
        return loss, gradients

    return Problem((name,), tuple(moved), forward, lambda _, dy, gradients: [dy * g for g in gradients])


def softmax(rng: np.random.Generator) -> Problem:
    """Return the problem of softmax."""

    def forward(f: Functions, m: Arrays) -> tuple[Any, Any]:
        p = f["softmax"](m[0])
        return p, p

    return Problem(
        ("softmax", "softmax_backward"), (rng.standard_normal((4, 5)),), forward,
        lambda f, dp, p: [f["softmax_backward"](dp, p)],
    )  # fmt: skip


def layers(name: str, rng: np.random.Generator) -> Problem:
    """Return the problem of an affine layer or of a net whose input is fixed."""
    x, sizes = rng.standard_normal((5, 4)), ((4, 6), (6,), (6, 3), (3,))
    if name == "affine":
        moved = (x, rng.standard_normal((4, 3)), rng.standard_normal(3))
        forward = lambda f, m: f["affine_forward"](*m)  # noqa: E731
    else:
        moved = tuple(rng.standard_normal(size) for size in sizes)
        forward = lambda f, m: f["net_forward"](x, *m)  # noqa: E731
    return Problem(
        (f"{name}_forward", f"{name}_backward"), moved, forward,
        lambda f, dy, cache: f[f"{name}_backward"](dy, cache),
    )  # fmt: skip


def columns(rng: np.random.Generator) -> Problem:
    """Return the problem of the net by columns, whose backward is that of its mean binary cross-entropy."""
    x, moved = rng.standard_normal((4, 5)), tuple(rng.standard_normal(s) for s in ((6, 4), (6, 1), (3, 6), (3, 1)))
    y = (rng.random((3, 5)) < 0.5).astype(float)

    def forward(f: Functions, m: Arrays) -> tuple[Any, Any]:
        a2, cache = f["column_forward"](x, *m)
        return -(y * np.log(a2) + (1 - y) * np.log(1 - a2)).sum() / x.shape[1], cache

    return Problem(
        ("column_forward", "column_backward"), moved, forward,
        lambda f, dy, cache: [dy * g for g in f["column_backward"](y, cache)],
    )  # fmt: skip


def problems(seed: int) -> list[Problem]:
    """Return every problem of the six exercises that has a gradient."""
    rng = np.random.default_rng(seed)
    names = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "relu6", "softplus", "softsign", "crelu"]
    y = rng.integers(0, 3, 5)
    x = rng.standard_normal((5, 4))
    parameters = [rng.standard_normal(size) for size in ((4, 6), (6,), (6, 3), (3,))]
    return [
        *(activation(name, rng) for name in names),
        normalisation("batchnorm", rng), normalisation("layernorm", rng), dropout(rng), softmax(rng),
        with_gradient("l2_penalty", [rng.standard_normal((4, 3))], lambda m: (m[0], 0.1)),
        with_gradient("softmax_cross_entropy", [rng.standard_normal((5, 3))], lambda m: (m[0], y)),
        with_gradient("net_loss", parameters, lambda m: (x, y, *m, 0.05)),
        layers("affine", rng), layers("net", rng), columns(rng),
    ]  # fmt: skip


# ---------------------------------------------------------------- the peers


def as_torch(problem: Problem, functions: Functions) -> Callable[..., torch.Tensor]:
    """Return a differentiable torch function that calls the student's NumPy code."""

    class Wrapped(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *moved: torch.Tensor) -> torch.Tensor:
            output, ctx.cache = problem.forward(functions, [m.detach().numpy().copy() for m in moved])
            return torch.as_tensor(np.asarray(output))

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx: Any, dy: torch.Tensor) -> tuple[torch.Tensor, ...]:
            gradients = problem.backward(functions, dy.numpy().copy(), ctx.cache)
            return tuple(torch.as_tensor(np.asarray(g)) for g in gradients)

    return Wrapped.apply


def gradcheck(problem: Problem, functions: Functions, *, fast: bool) -> bool:
    """Return what `torch.autograd.gradcheck` says with its default step and tolerances."""
    moved = [torch.tensor(m, requires_grad=True) for m in problem.moved]
    return bool(torch.autograd.gradcheck(as_torch(problem, functions), moved, fast_mode=fast))


def upstream_of(output: Any, rng: np.random.Generator) -> np.ndarray:
    """Return a random upstream gradient; 1 for a loss."""
    return rng.standard_normal(np.shape(output)) if np.ndim(output) else np.ones(())


def relative_error(problem: Problem, functions: Functions, *, limit: float) -> bool:
    """Compare with central differences at h = 1e-5, element by element, by the largest relative error.

    |a - n| / max(1e-8, |a| + |n|), as the notes of a well-known course define it; they call 1e-7 good, and up to 1e-4
    right where there are kinks.
    """
    output, cache = problem.forward(functions, problem.moved)
    dy = upstream_of(output, np.random.default_rng(1))
    analytic = problem.backward(functions, dy, cache)
    for k, gradient in enumerate(analytic):
        moved = [m.copy() for m in problem.moved]
        numeric = np.zeros_like(moved[k])
        for i in np.ndindex(moved[k].shape):
            old = moved[k][i]
            moved[k][i] = old + 1e-5
            above = np.array(problem.forward(functions, moved)[0], float)
            moved[k][i] = old - 1e-5
            below = np.array(problem.forward(functions, moved)[0], float)
            moved[k][i] = old
            numeric[i] = ((above - below) * dy).sum() / 2e-5
        error = np.abs(gradient - numeric) / np.maximum(1e-8, np.abs(gradient) + np.abs(numeric))
        if not np.max(error) < limit:
            return False
    return True


def random_direction(problem: Problem, functions: Functions) -> bool:
    """Compare one directional derivative, at a step of 1e-6, absolutely or relatively to 1e-6."""
    rng = np.random.default_rng(2)
    output, cache = problem.forward(functions, problem.moved)
    dy = upstream_of(output, rng)
    direction = [rng.standard_normal(m.shape) for m in problem.moved]
    length = np.sqrt(sum(float((v**2).sum()) for v in direction))
    direction = [v / length for v in direction]
    gradients = problem.backward(functions, dy, cache)
    claimed = sum(float((np.asarray(g) * v).sum()) for g, v in zip(gradients, direction, strict=True))
    ends = []
    for sign in (0.5, -0.5):
        moved = [m + sign * 1e-6 * v for m, v in zip(problem.moved, direction, strict=True)]
        ends.append(np.asarray(problem.forward(functions, moved)[0], float))
    measured = float(((ends[0] - ends[1]) * dy).sum()) / 1e-6
    gap = abs(claimed - measured)
    return gap < 1e-6 or gap / abs(claimed + measured) < 1e-6


def course_inputs(seed: int) -> dict[str, dict[str, Any]]:
    """Return one normal draw of every argument, with default hyper-parameters, by exercise."""
    rng = np.random.default_rng(seed)
    n, d, c, h = 5, 4, 3, 6
    normal = rng.standard_normal
    return {
        "activations": {"x": normal((n, d)), "dy": normal((n, d))},
        "batchnorm": {
            "x": 5 * normal((n, d)) + 12, "gamma": normal(d), "beta": normal(d),
            "running_mean": np.zeros(d), "running_var": np.ones(d), "momentum": 0.9, "eps": 1e-5,
            "training": True, "dy": normal((n, d)),
        },
        "dropout": {"x": normal((n, d)), "p": 0.2, "rng": np.random.default_rng(0), "training": False,
                    "dy": normal((n, d)), "w": normal((d, c)), "lam": 0.1},
        "softmax_cross_entropy": {"z": normal((n, c)), "y": rng.integers(0, c, n), "dp": normal((n, c)),
                                  "p": rng.dirichlet(np.ones(c), n)},
        "two_layer_net": {
            "x": normal((n, d)), "w": normal((d, c)), "b": normal(c), "dy": normal((n, c)), "dz": normal((n, c)),
            "w1": normal((d, h)), "b1": normal(h), "w2": normal((h, c)), "b2": normal(c),
            "y": rng.integers(0, c, n), "reg": 0.05,
        },
        "columns": {
            "x": normal((d, n)), "w1": normal((h, d)), "b1": normal((h, 1)), "w2": normal((c, h)), "b2": normal((c, 1)),
            "y": (rng.random((c, n)) < 0.5).astype(float),
        },
        "optimizers": {
            "w": normal((n, d)), "g": normal((1, n, d)), "lr": 0.01, "beta": 0.9, "beta1": 0.9, "beta2": 0.999,
            "rho": 0.95, "eps": 1e-8, "decay": 0.01, "y": normal(10),
        },
    }  # fmt: skip


def allclose(pair: Paired, inputs: Mapping[str, Any], functions: Functions, function: str) -> bool | None:
    """Return whether a function's results are close to torch's at one point, by the default tolerances of allclose."""
    oracle = torch_functions(pair.exercise)
    told = None
    for check in pair.exercise.checks_of(function):
        if not isinstance(check.body, Differential):
            continue
        calls = program(pair.exercise, check)
        calls = calls[:1] if check.body.kind == "trajectory" else calls
        names = {term.name: term for call in calls for term in call.signature.arguments}
        chosen = {name: inputs.get(name, term.default) for name, term in names.items()}
        if function.startswith("crelu") and "dy" in names:
            chosen["dy"] = np.concatenate([inputs["dy"], -2 * inputs["dy"]], axis=-1)
        with torch.enable_grad():
            due = evaluate(calls, chosen, oracle)
        got = evaluate(calls, chosen, functions)
        results = [(a, b) for own, other in zip(got, due, strict=True) for a, b in zip(own, other, strict=True)]
        close = all(np.allclose(a, b, rtol=1e-5, atol=1e-8) for a, b in results)
        told = close and told in (None, True)
    return told


# ---------------------------------------------------------------- the comparison


@dataclass
class Count:
    """What one checker said of all files."""

    caught: int = 0
    missed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    passed: int = 0
    silent_wrong: int = 0
    silent_right: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, entry: Entry, told: bool | None, seconds: float) -> None:
        """Count one file."""
        if told is None:
            self.silent_wrong += bool(entry.wrong)
            self.silent_right += not entry.wrong
            return
        self.seconds.append(seconds)
        if entry.wrong:
            self.caught += not told
            self.missed += [entry.label] * told
        else:
            self.passed += told
            self.failed += [entry.label] * (not told)

    def row(self, name: str) -> str:
        """Return the row of the table."""
        wrong, right = self.caught + len(self.missed), self.passed + len(self.failed)
        return (
            f"| {name} | {self.caught} | {len(self.missed)} | {self.silent_wrong}"
            f" | {self.caught / (wrong + self.silent_wrong):.0%} | {len(self.failed)} of {right} | {self.silent_right}"
            f" | {1000 * statistics.median(self.seconds):.2f} ms |"
        )


def graded(judge: Judge, entry: Entry, functions: Functions) -> bool:
    """Return whether the project's own checks pass the functions that a file is about."""
    report = judge.grade(Submission(student=entry.label, files=[]), InlineWorker(functions)).exercises[0]
    about = (entry.wrong,) if entry.wrong else entry.functions
    return not any(v.outcome is Outcome.FAILED for v in report.checks if v.function in about)


def verdict(check: Callable[[], bool | None]) -> tuple[bool | None, float]:
    """Return what a checker says, with the seconds it took; an exception in it or in the code is a failure."""
    start = time.perf_counter()
    with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            told = check()
        except Exception:
            told = False
    return told, time.perf_counter() - start


def gradient_peers() -> dict[str, Callable[[Problem, Functions], bool]]:
    """Return the checkers that need a forward and a backward, by the name in the table."""
    return {
        "`torch.autograd.gradcheck`, slow": lambda p, f: gradcheck(p, f, fast=False),
        "`torch.autograd.gradcheck`, fast": lambda p, f: gradcheck(p, f, fast=True),
        "relative error < 1e-6 at h = 1e-5": lambda p, f: relative_error(p, f, limit=1e-6),
        "relative error < 1e-5 at h = 1e-5": lambda p, f: relative_error(p, f, limit=1e-5),
        "one random direction": random_direction,
    }


def compare(seed: int, only: str | None) -> dict[str, Count]:
    """Return what every checker said of all files."""
    course, tasks, points = find_course(), problems(seed), course_inputs(seed)
    peers = gradient_peers()
    ours = "grade"
    counts = {name: Count() for name in (ours, *peers, "`allclose` with torch at one point")}
    judges = {pair.exercise.name: Judge(course.select([pair.exercise.name]), seed) for pair in course.exercises}
    for judge in judges.values():
        judge.prepare()
    for entry in entries(only):
        judge = judges[entry.exercise]
        pair = judge.course.exercises[0]
        own = functions_of(entry.path, [function.name for function in pair.exercise.functions])
        told, seconds = verdict(lambda judge=judge, entry=entry, own=own: graded(judge, entry, own))
        counts[ours].add(entry, told, seconds / len(own))
        about = (entry.wrong,) if entry.wrong else entry.functions
        functions = {**pair.solution.functions, **own}
        chosen = [task for task in tasks if set(task.functions) & set(about)]
        for name, peer in peers.items():
            answers = [verdict(lambda peer=peer, task=task, f=functions: peer(task, f)) for task in chosen]
            counts[name].add(entry, *_together(answers))
        answers = []
        for function in about:
            inputs = points["columns" if function.startswith("column") else entry.exercise]
            answers.append(verdict(lambda i=inputs, f=functions, n=function, p=pair: allclose(p, i, f, n)))
        counts["`allclose` with torch at one point"].add(entry, *_together(answers))
    return counts


def _together(answers: Sequence[tuple[bool | None, float]]) -> tuple[bool | None, float]:
    """Return the verdict on a file from those on its functions, with the mean of the seconds."""
    told = [one for one in answers if one[0] is not None]
    return (all(one for one, _ in told), statistics.fmean(s for _, s in told)) if told else (None, 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description="The project's checks beside others.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only")
    parser.add_argument("--list", action="store_true", help="name the files that each checker missed or wrongly failed")
    options = parser.parse_args()
    torch.set_num_threads(1)
    counts = compare(options.seed, options.only)
    print(
        "| check | caught | missed | not applicable | caught of all wrong | wrongly failed | right, not applicable"
        " | time per function |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, count in counts.items():
        print(count.row(name))
    if options.list:
        for name, count in counts.items():
            print(f"\n{name}\n  wrongly failed: {', '.join(count.failed) or '-'}")
            print(f"  missed: {', '.join(count.missed) or '-'}")


if __name__ == "__main__":
    main()

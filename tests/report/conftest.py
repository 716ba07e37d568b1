"""Reports to render: one small and tame for the gold files, one large and hostile.

``UPDATE_GOLD=1 pytest tests/report`` writes the gold files and the published schema anew; read the difference before
you commit it.
"""

import os
from pathlib import Path

import pytest

from grader.core.verdict import Counterexample, ExerciseReport, Outcome, Report, Status, Verdict

HOSTILE = "<script>alert(1)</script> ]]> \x1b[31mred\x1b[0m nul:\x00 rtl:\u202egnp.exe [bold]b[/bold] &amp; \"'>"
LONG = "x" * 10_000


def verdict(check, outcome=Outcome.PASSED, *, points=None, max_points=1.0, **fields):
    earned = max_points if outcome is Outcome.PASSED else 0.0
    return Verdict(
        check=check,
        function=check.partition("/")[0],
        outcome=outcome,
        points=earned if points is None else points,
        max_points=max_points,
        **fields,
    )


VARIANCE = Counterexample(
    inputs={
        "dy": "np.array([[1.0, 0.0],\n          [0.0, 0.5],\n          [-0.25, 2.0]])",
        "cache": "batchnorm_forward(x, gamma, beta, 1e-05)[1]",
    },
    actual="[[ 0.5103 -0.4472]\n [-0.2551  0.    ]\n [-0.2199  0.4472]]",
    expected="[[ 0.4821 -0.4472]\n [-0.35    0.    ]\n [-0.1321  0.4472]]",
    code=(
        "import numpy as np\n"
        "from submission import batchnorm_backward, batchnorm_forward\n"
        "\n"
        "x = np.array([[0.0, 1.0], [2.0, -1.0], [0.5, 0.25]])\n"
        "y, cache = batchnorm_forward(x, np.ones(2), np.zeros(2), 1e-05)\n"
        "dy = np.array([[1.0, 0.0], [0.0, 0.5], [-0.25, 2.0]])\n"
        "dx, dgamma, dbeta = batchnorm_backward(dy, cache)\n"
        "print(dx[2, 0])  # -0.2199, but should be -0.1321\n"
    ),
)


def small_report():
    """One exercise of each status, for the gold files."""
    batchnorm = ExerciseReport(
        exercise="batchnorm",
        title="Batch normalisation",
        status=Status.FAILED,
        score=2.5,
        max_score=7.0,
        checks=[
            verdict("batchnorm_forward/shape", title="y has the shape of x", max_points=0.5),
            verdict("batchnorm_forward/values", title="y equals the reference", max_points=2.0),
            verdict(
                "batchnorm_backward/gradient",
                Outcome.FAILED,
                title="dx, dgamma and dbeta agree with autograd",
                max_points=3.0,
                message="dx[2, 0] = -0.2199, but should be -0.1321 (28 of 28 differ)",
                hint="x reaches the output through the variance as well: add the term through var",
                mistake="variance path missing",
                counterexample=VARIANCE,
                file="batchnorm.py",
                line=12,
            ),
            verdict(
                "batchnorm_backward/pure",
                Outcome.SKIPPED,
                title="the inputs are left as they were",
                max_points=1.5,
                message="not run until batchnorm_backward/gradient passes",
            ),
        ],
    )
    softmax = ExerciseReport(
        exercise="softmax",
        title="Softmax and cross-entropy",
        status=Status.UNFILLED,
        score=0.0,
        max_score=2.0,
        unfilled=["softmax"],
        missing=["softmax_backward"],
        checks=[
            verdict("softmax/values", Outcome.FAILED, message="not implemented yet"),
            verdict("softmax_backward/gradient", Outcome.FAILED, message="not found in the submission"),
        ],
    )
    dropout = ExerciseReport(
        exercise="dropout",
        title="Dropout",
        status=Status.ERRORED,
        score=1.0,
        max_score=1.0,
        checks=[verdict("dropout/law", Outcome.ERRORED, points=1.0, message="the worker could not be started")],
    )
    return Report(
        student="alice",
        course="foundations",
        seed=0,
        version="0.1.0",
        command="grade submit/ --seed 0",
        score=3.5,
        max_score=10.0,
        remarks=["cell 4: matplotlib is not available while grading"],
        exercises=[batchnorm, softmax, dropout],
        started="2026-11-01T10:00:00Z",
        seconds=1.25,
    )


def _passed(exercise, title, functions, *, claims=("shape", "values", "gradient", "pure")):
    checks = [verdict(f"{name}/{claim}", title=f"{claim} as it should be") for name in functions for claim in claims]
    return ExerciseReport(
        exercise=exercise,
        title=title,
        status=Status.PASSED,
        score=float(len(checks)),
        max_score=float(len(checks)),
        checks=checks,
    )


def _activations():
    """An exercise with every trouble that a text can make."""
    wide = "np.array([" + ", ".join(f"{n / 7:.6f}" for n in range(60)) + "])"
    hostile = Counterexample(
        inputs={f"x{HOSTILE}": HOSTILE, "wide": wide},
        actual=HOSTILE,
        expected=f"[{' '.join(str(n) for n in range(200))}]",
        code=f"# {HOSTILE}\nwide = {wide}\nprint('[bold]not markup[/bold]')\n",
    )
    checks = [
        verdict("relu/shape", title="形状与 x 相同"),
        verdict(
            "relu/values",
            Outcome.FAILED,
            title=f"values {HOSTILE}",
            message=HOSTILE,
            hint=HOSTILE,
            mistake=HOSTILE,
            counterexample=hostile,
        ),
        verdict("relu/pure", Outcome.FAILED, message=LONG, remarks=[f"float32 {HOSTILE}"]),
        verdict("relu/kink", Outcome.SKIPPED, message=f"relu/values is wrong {HOSTILE}"),
        verdict("relu/kink", Outcome.SKIPPED, message="the same name twice"),
        verdict("gelu/values", Outcome.ERRORED, points=1.0, message=f"OracleDisagreement {HOSTILE}"),
    ]
    return ExerciseReport(
        exercise="activations",
        title="激活函数：任意维度",
        status=Status.ERRORED,
        score=2.0,
        max_score=6.0,
        checks=checks,
        remarks=[f"cell 3 {HOSTILE}"],
    )


def full_report():
    """Six exercises of about fifty functions and a hundred and eighty checks, some of them hostile."""
    batchnorm, softmax, _ = small_report().exercises
    nets = _passed("nets", "Fully connected nets", [f"layer{n}_{way}" for n in range(20) for way in ("fwd", "bwd")])
    lost = ExerciseReport(
        exercise="optim",
        title="Optimisers",
        status=Status.MISSING,
        score=0.0,
        max_score=3.0,
        missing=["sgd", "adam", "rmsprop"],
        checks=[verdict(f"{name}/trajectory", Outcome.FAILED) for name in ("sgd", "adam", "rmsprop")],
    )
    dropout = _passed("dropout", "Dropout", ["dropout_forward", "dropout_backward"])
    exercises = [nets, batchnorm, softmax, _activations(), dropout, lost]
    return Report(
        student=f"张三 {HOSTILE}",
        course="foundations",
        seed=20261101,
        version="0.1.0",
        score=sum(exercise.score for exercise in exercises),
        max_score=sum(exercise.max_score for exercise in exercises),
        remarks=["cell 4: matplotlib is not available while grading", HOSTILE],
        exercises=exercises,
        started="2026-11-01T10:00:00Z",
        seconds=1.25,
    )


@pytest.fixture
def small():
    return small_report()


@pytest.fixture
def full():
    return full_report()


@pytest.fixture
def hostile():
    return HOSTILE


@pytest.fixture
def make_verdict():
    return verdict


@pytest.fixture
def make_report():
    """Build a report from the verdicts of its only exercise."""

    def make(*checks, status=Status.FAILED, title="E", **fields):
        score, possible = sum(c.points for c in checks), sum(c.max_points for c in checks)
        exercise = ExerciseReport(
            exercise="e", title=title, status=status, score=score, max_score=possible, checks=list(checks), **fields
        )
        return Report(
            student="s", course="c", seed=0, version="0", score=score, max_score=possible, exercises=[exercise]
        )

    return make


@pytest.fixture
def assert_gold():
    """Compare a text with a file, or write the file if `UPDATE_GOLD` asks for that."""

    def check(text: str, path: Path):
        if os.environ.get("UPDATE_GOLD"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        assert text == path.read_text(encoding="utf-8"), f"{path.name} differs; see conftest.py on renewing it"

    return check

"""Classes made up by a seeded generator: what students hand in, how it is judged, and a gradebook full of it.

``python tests/benchmarks/classes.py 300 --folder DIR`` writes ``DIR/gradebook.sqlite`` and the class report beside it,
and says how long that took, how large the page is, and how fast Chromium
shows and filters it. Nothing is judged: outcomes are drawn by a logistic model of
ability and difficulty, so that the numbers behave as those of a class do.
"""

import argparse
import math
import random
import resource
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from grader.core.verdict import (  # noqa: E402
    Counterexample,
    ExerciseReport,
    Outcome,
    Report,
    Verdict,
    status_of,
    total,
)
from grader.gradebook import (  # noqa: E402
    ExercisePin,
    HandedIn,
    Member,
    Notice,
    RunSettings,
    open_gradebook,
    read_gradebook,
)

COURSE = {
    "activations": ("Activation functions", ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu"]),
    "softmax_cross_entropy": ("Softmax and cross-entropy", ["softmax", "cross_entropy", "log_sum_exp"]),
    "two_layer_net": ("Backprop for two-layer nets", ["affine", "net", "loss"]),
    "batchnorm": ("Batch and layer normalisation", ["batchnorm", "layernorm"]),
    "dropout": ("Dropout and the L2 penalty", ["dropout", "l2_penalty"]),
    "optimizers": ("Optimisers", ["sgd", "momentum", "rmsprop", "adam"]),
}
FORWARD = (("shape", 0.25), ("values", 1.0), ("keeps the sign", 0.5), ("pure", 0.25))
BACKWARD = (("shape", 0.25), ("gradient", 1.5), ("pure", 0.25))
MISTAKES = ("sign flipped", "mean for sum", "axis 0 for axis 1", "factor forgotten", "evaluated at the output")
FAMILY = ["Chen", "García", "Haddad", "Müller", "Nguyễn", "Okafor", "Smith", "Sørensen", "Tanaka", "Иванова", "王"]
GIVEN = ["Ana", "Bo", "Chidi", "Emre", "Fatima", "Jun", "Lena", "Minh", "Noor", "Sofía", "小明", "子涵"]


@dataclass(frozen=True)
class Shape:
    """What a class is asked: ``exercises`` of the course, by name."""

    exercises: tuple[str, ...] = tuple(COURSE)
    difficulty: float = 0.0
    groups: bool = False
    names: tuple[str, ...] = ()
    _claims: dict[str, list[tuple[str, str, float, float]]] = field(default_factory=dict)

    def claims(self, exercise):
        """Return (function, claim, points, difficulty) of every check of an exercise."""
        if exercise not in self._claims:
            rng = random.Random(f"claims of {exercise}")
            self._claims[exercise] = [
                (f"{name}{way}", claim, points, self.difficulty + rng.gauss(-0.6 if way == "_forward" else 0.2, 0.8))
                for name in COURSE[exercise][1]
                for way, claims in (("_forward", FORWARD), ("_backward", BACKWARD))
                for claim, points in claims
            ]
        return self._claims[exercise]


def name_of(number, shape, rng):
    if number < len(shape.names):
        return shape.names[number]
    return f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"


def handed_in(number, seed=0, shape=Shape()):
    """Return what one student handed in; one of 200 cannot be read, one of ten is late."""
    rng = random.Random(f"{seed} {number} handed in")
    name = name_of(number, shape, rng)
    members = []
    if shape.groups:
        members = [Member(name=name_of(10_000 + k, shape, rng), ids={"sis": f"g{number}.{k}"}) for k in range(3)]
        name = " & ".join(member.name.split()[0] for member in members)
    unreadable = rng.random() < 0.005
    return HandedIn(
        key=f"s{number:05}",
        name=name,
        sha256="" if unreadable else f"content {seed} {number}",
        ids={"sis": f"2026{number:05}", "email": f"s{number:05}@example.edu"},
        submitted=f"2026-11-{rng.randint(1, 20):02}T{rng.randint(0, 23):02}:15:00+00:00",
        late=rng.random() < 0.1,
        attempt=rng.randint(1, 3),
        source=f"hand-ins/s{number:05}.py",
        problem="not a notebook: its JSON should be an object with 'cells'" if unreadable else "",
        members=members,
    )


def judged(number, name, seed=0, shape=Shape()):
    """Return the report on one student."""
    rng = random.Random(f"{seed} {number} judged")
    ability = rng.gauss(0, 1.2)
    exercises = [_exercise(exercise, ability, rng, shape) for exercise in shape.exercises]
    remarks = ["cell 4: matplotlib is not available while grading"] if rng.random() < 0.3 else []
    if rng.random() < 0.01:
        remarks.append(f"not allowed while grading: {rng.choice(['socket.connect', 'open /etc/passwd', 'os.fork'])}")
    return Report(
        student=name,
        course="foundations",
        seed=0,
        version="0.1.0",
        score=round(sum(exercise.score for exercise in exercises), 6),
        max_score=round(sum(exercise.max_score for exercise in exercises), 6),
        remarks=remarks,
        exercises=exercises,
        started="2026-11-21T10:00:00+00:00",
        seconds=round(0.01 if rng.random() < 0.002 else rng.lognormvariate(-2, 0.4), 3),
    )


def _exercise(exercise, ability, rng, shape):
    claims = shape.claims(exercise)
    functions = list(dict.fromkeys(function for function, *_ in claims))
    lazy = rng.random() < 0.06 / (1 + math.exp(ability))
    unfilled = [name for name in functions if lazy or rng.random() < 0.02]
    missing = [name for name in functions if name not in unfilled and rng.random() < 0.01]
    broken = rng.random() < 0.0005
    checks = []
    for function, claim, points, difficulty in claims:
        written = function not in unfilled and function not in missing
        outcome = _outcome(ability, difficulty, function, checks, rng) if written else Outcome.FAILED
        if broken:
            outcome, broken = Outcome.ERRORED, False
        checks.append(_verdict(function, claim, points, outcome, rng, written=written))
    status = status_of(checks, unfilled=frozenset(unfilled), missing=frozenset(missing))
    score = total(checks)
    return ExerciseReport(
        exercise=exercise, title=COURSE[exercise][0], status=status, score=score.points, max_score=score.max_points,
        checks=checks, unfilled=unfilled, missing=missing,
    )  # fmt: skip


def _outcome(ability, difficulty, function, checks, rng):
    wrong = {one.function for one in checks if one.outcome is Outcome.FAILED}
    if function in wrong or function.replace("_backward", "_forward") in wrong:
        return Outcome.SKIPPED
    return Outcome.PASSED if rng.random() < 1 / (1 + math.exp(2 * (difficulty - ability) - 1.5)) else Outcome.FAILED


def _verdict(function, claim, points, outcome, rng, *, written):
    message, mistake, hint, found = "", None, "", None
    if not written:
        message = f"{function} is not implemented yet"
    elif outcome is Outcome.SKIPPED:
        message = "not run until what it needs is right"
    elif outcome is Outcome.ERRORED:
        message = "the reference and torch disagree"
    elif outcome is Outcome.FAILED and rng.random() < 0.004:
        message = f"{function} did not finish within 2 s"
    elif outcome is Outcome.FAILED:
        value = rng.random()
        message = f"dx[{rng.randint(0, 5)}, 0] = {value:.4f}, but should be {value / 2:.4f} (28 of 28 differ)"
        if rng.random() < 0.6:
            mistake = f"{function}: {MISTAKES[min(int(rng.expovariate(0.8)), len(MISTAKES) - 1)]}"
            hint = "compare the shapes of both sides"
        found = Counterexample(
            inputs={"x": "np.array([[0.5, -1.0]])"}, actual=f"[[{value:.4f} 0.]]", expected=f"[[{value / 2:.4f} 0.]]",
            code=f"from submission import {function}\nprint({function}(np.array([[0.5, -1.0]])))\n",
        )  # fmt: skip
    earned = points if outcome in (Outcome.PASSED, Outcome.ERRORED) else 0.0
    return Verdict(
        check=f"{function}/{claim}", function=function, outcome=outcome, points=earned, max_points=points,
        title=f"{claim} of {function}", message=message, hint=hint, mistake=mistake, counterexample=found,
        file="homework.py" if written else "", line=12 if written else 0,
    )  # fmt: skip


def write_gradebook(path, students, *, seed=0, shape=Shape()):
    """Write a gradebook of one finished run, and return the run's number."""
    exercises = [ExercisePin(exercise=name, title=COURSE[name][0], digest="d") for name in shape.exercises]
    with open_gradebook(path, clock=lambda: "2026-11-21T12:00:00+00:00") as book:
        book._connection.execute("PRAGMA synchronous = OFF")
        run = book.begin_run(RunSettings(course="foundations", seed=0, source="hand-ins/"), exercises)
        for number in range(students):
            handed = handed_in(number, seed, shape)
            entered = run.enter(handed)
            if entered.pending:
                run.store(entered.id, judged(number, handed.name, seed, shape))
        run.note(_notices(students))
        run.finish()
        return run.id


def _notices(students):
    kinds = {
        "missing": "on the roster, but handed nothing in",
        "unmatched": "not on the roster",
        "twice": "handed in under two names; the later one counts",
    }
    return [
        Notice(kind=kind, subject=f"x{number:05}", message=message)
        for share, (kind, message) in zip((20, 50, 100), kinds.items(), strict=True)
        for number in range(0, students, share)
        if students > share
    ]


def main():
    from browser import find_browser, measure
    from sources import submission_of

    from grader.report.classroom import class_report, page, write_class_report

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("students", type=int)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--page-only", action="store_true", help="write the class page alone")
    parser.add_argument("--compare", action="store_true", help="compare made-up sources with each other, too")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page in Chromium")
    options = parser.parse_args()
    path, target = options.folder / "gradebook.sqlite", options.folder / "class" / "index.html"
    times = [time.perf_counter()]
    if not path.exists():
        write_gradebook(path, options.students, seed=options.seed)
    times.append(time.perf_counter())
    with read_gradebook(path) as reader:
        if options.page_only:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("w", encoding="utf-8") as file:
                page.write(class_report(reader, reader.latest_run()), file)
        else:
            read = (lambda entry: submission_of(int(entry.key[1:]))) if options.compare else None
            write_class_report(reader, options.folder / "class", read=read)
    times.append(time.perf_counter())
    print(f"{options.students} students: gradebook {times[1] - times[0]:.1f} s ({path.stat().st_size / 1e6:.1f} MB),")
    print(f"report {times[2] - times[1]:.1f} s, class page {target.stat().st_size / 1e6:.2f} MB")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB")
    if not options.no_browser and find_browser():
        load, strokes = measure(target)
        print(f"in Chromium: loaded in {load:.2f} s, key stroke to paint {max(strokes):.0f} ms at most")


if __name__ == "__main__":
    main()

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from grader import oracles
from grader.authoring import Exercise, drawn, function, gradient, matches, one_of, trajectory
from grader.core.cases import Case
from grader.core.compare import DOUBLE
from grader.core.program import program
from grader.discovery import Paired, Solution
from grader.errors import AuthoringError
from grader.oracles import answer_case, plan_exercise


def answers(signature, kernel, check=None, extended=True, **inputs):
    """Return (low, high, unit, floor) of the first result on one case."""
    name = signature.partition(":")[0]
    check = check or matches(name)
    exercise = Exercise(title="E", functions=(function(signature),), checks=(check,))
    case = Case(inputs, exercise.functions[0].signature.bind(inputs), "test")
    parts = answer_case(program(exercise, check), case, {name: kernel}, check, extended=extended)
    return [part[0] for part in parts]


def test_the_unit_is_the_condition_number_of_a_product():
    # y = a*b: a relative change eta of both moves y by up to 2*eta*|y|, so kappa = 2*|y|, and the unit twice that.
    low, high, unit, floor = answers("f: a, b -> y", lambda a, b: a * b, a=3.0, b=-5.0)
    assert (low, high, floor) == (-15.0, -15.0, 0.0)
    assert unit == pytest.approx(60.0, rel=1e-5)


def test_cancellation_in_the_contract_widens_the_tolerance():
    # y = a - b with a = 1000, b = 999: kappa = |a| + |b| = 1999 although y = 1.
    _, _, unit, _ = answers("f: a, b -> y", lambda a, b: a - b, a=1000.0, b=999.0)
    assert unit == pytest.approx(2 * 1999, rel=1e-5)


def test_a_small_element_gets_the_floor_of_the_largest():
    low, _, unit, _ = answers("f: x(n) -> y(n)", lambda x: x, x=np.array([1e-9, 4.0]))
    assert low.tolist() == [1e-9, 4.0]
    np.testing.assert_allclose(unit, [4.0, 8.0], rtol=1e-5)


def test_a_bounded_function_keeps_the_floor_of_its_size():
    # sigmoid(40): kappa is |y| = 1, since x * s'(x) is next to nothing.
    _, _, unit, _ = answers("f: x(n) -> y(n)", lambda x: 1 / (1 + np.exp(-x)), x=np.array([40.0]))
    np.testing.assert_allclose(unit, [2.0], rtol=1e-9)


def test_accuracy_and_scale_are_added_where_the_contract_gives_them():
    check = matches("f", accuracy=(0.25, 0.5), scale=lambda case: 100.0)
    _, _, unit, floor = answers("f: x(n) -> y(n)", lambda x: x, check, x=np.array([1.0, 8.0]))
    assert floor.tolist() == [0.5, 2.0]
    np.testing.assert_allclose(unit, [101, 108], rtol=1e-5)


def test_a_backward_has_the_scale_of_its_upstream_gradient():
    check = gradient("f", of="f")
    _, _, unit, _ = answers(
        "f: dy(n), x(n) -> dx(n)", lambda dy, x: 0 * dy * x, check, dy=np.array([-7.0]), x=np.ones(1)
    )
    assert unit.tolist() == [7.0]


def test_bounds_count_where_they_differ():
    check = matches("f", bounds=lambda case: ((np.where(case.x == 0, 0.0, 9.0), np.where(case.x == 0, 1.0, 9.0)),))
    low, high, _, _ = answers(
        "f: x(n) -> y(n)", lambda x: (x > 0) * x.dtype.type(1), check, x=np.array([-1.0, 0.0, 2.0])
    )
    assert (low.tolist(), high.tolist()) == ([0, 0, 1], [0, 1, 1])


def test_bounds_are_given_for_every_result():
    check = matches("f", bounds=lambda case: ())
    with pytest.raises(AuthoringError, match="f/values: bounds= gives 0 pairs, but 1 results are compared"):
        answers("f: x(n) -> y(n)", lambda x: x, check, x=np.ones(1))


@pytest.mark.skipif(np.finfo(np.longdouble).nmant <= 52, reason="no extended precision here")
def test_the_reference_is_evaluated_in_extended_precision():
    seen = []

    def kernel(x):
        seen.append(x.dtype)
        return (x + x.dtype.type(1e8)) - x.dtype.type(1e8)

    low, *_ = answers("f: x(n) -> y(n)", kernel, x=np.array([0.1]))
    assert set(seen) == {np.dtype(np.longdouble)}
    assert abs(low[0] - 0.1) < 1e-11 < abs((0.1 + 1e8) - 1e8 - 0.1)
    answers("f: x(n) -> y(n)", kernel, extended=False, x=np.array([0.1]))
    assert seen[-1] == np.float64


def test_flags_labels_and_seeds_are_not_perturbed():
    seen = []

    def kernel(x, t, training, k):
        seen.append((t.tolist(), training, k))
        return x

    answers("f: x(n), t(n):int, training, k -> y(n)", kernel, x=np.ones(1), t=np.array([3]), training=True, k=2)
    assert all(row == ([3], True, 2) for row in seen)
    assert len(seen) == 1 + 6 + 3


def test_an_honest_single_precision_answer_is_within_the_loose_tier(tiny):
    plan = tiny.plan("centre_forward/values")
    assert (plan.target.tolerance(2.0**-24) >= 2.0**-24 * np.abs(plan.target.low)).all()
    assert (plan.target.tolerance(DOUBLE) >= 64 * DOUBLE * np.abs(plan.target.low)).all()


def text(plan):
    return [
        (
            name, check.frame, check.steps, check.probes, check.target.low.tobytes(), check.target.unit.tobytes(),
            check.target.shapes, repr(check.cases), check.ladder.frame,
        )
        for name, check in plan.differential.items()
    ] + [repr(plan.properties), repr(plan.rehearsals)]  # fmt: skip


def test_the_cache_gives_the_same_plan(tiny, tmp_path, monkeypatch):
    first = plan_exercise(tiny.pair, seed=0, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    monkeypatch.setattr(oracles, "_compute", None)
    assert text(plan_exercise(tiny.pair, seed=0, cache=tmp_path)) == text(first)


def damage_end(raw):
    return raw[:-1]


def damage_start(raw):
    return b"\0" + raw[1:]


def damage_bit(raw):
    return raw[: len(raw) // 2] + bytes([raw[len(raw) // 2] ^ 1]) + raw[len(raw) // 2 + 1 :]


@pytest.mark.parametrize("damage", [damage_end, damage_start, damage_bit, lambda raw: b"", lambda raw: b"hello"])
def test_a_damaged_file_is_computed_again(tiny, tmp_path, damage):
    first = plan_exercise(tiny.pair, seed=0, cache=tmp_path)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert text(plan_exercise(tiny.pair, seed=0, cache=tmp_path)) == text(first)
    assert path.read_bytes() == whole


def test_a_file_of_another_seed_is_not_taken_for_this_one(tiny, tmp_path):
    plan_exercise(tiny.pair, seed=0, cache=tmp_path)
    (first,) = tmp_path.iterdir()
    plan_exercise(tiny.pair, seed=1, cache=tmp_path)
    (second,) = set(tmp_path.iterdir()) - {first}
    whole = first.read_bytes()
    first.write_bytes(second.read_bytes())
    plan_exercise(tiny.pair, seed=0, cache=tmp_path)
    assert first.read_bytes() == whole


def test_a_folder_that_cannot_be_written_is_ignored(tiny, tmp_path):
    (tmp_path / "file").write_text("in the way")
    plan = plan_exercise(tiny.pair, seed=0, cache=tmp_path / "file" / "cache")
    assert set(plan.differential) == {check.name for check in tiny.pair.exercise.checks if "values" in check.name} | {
        "centre_backward/gradient", "momentum/trajectory"
    }  # fmt: skip


def test_the_key_changes_with_exercise_solution_seed_and_code(tiny, monkeypatch):
    keys = [
        oracles.plan_key(tiny.pair, 0),
        oracles.plan_key(tiny.pair, 1),
        oracles.plan_key(replace(tiny.pair, digest="other"), 0),
    ]
    monkeypatch.setattr(oracles, "code_digest", lambda: "other")
    keys.append(oracles.plan_key(tiny.pair, 0))
    assert len(set(keys)) == 4


def test_every_kind_of_value_survives_the_cache(tmp_path):
    exercise = Exercise(
        title="E", name="e",
        functions=(
            function("f: x(...), t(n):int, rng, training, p, k -> y(...)"),
            function("s: w(n), g(n), state -> w(n), state"),
        ),
        checks=(matches("f"), trajectory("s")),
        inputs={"t": drawn(lambda rng, shape, sizes: rng.integers(0, 3, shape)), "p": one_of(0.5), "k": one_of(3)},
    )  # fmt: skip
    kernels = {"f": lambda x, t, rng, training, p, k: x, "s": lambda w, g, state: (w - g, state)}
    pair = Paired(exercise, Solution(kernels, (), "", tmp_path), "digest", tmp_path)
    first = plan_exercise(pair, seed=0, cache=tmp_path / "cache")
    again = plan_exercise(pair, seed=0, cache=tmp_path / "cache")
    assert text(again) == text(first)
    kinds = [
        {name: type(value) for name, value in case.inputs.items()} for case in again.differential["f/values"].cases
    ]
    assert kinds == [
        {name: type(value) for name, value in case.inputs.items()} for case in first.differential["f/values"].cases
    ]


SCRIPT = """
import hashlib, sys
from pathlib import Path
from grader.discovery import load_course
from grader.oracles import plan_exercise
(pair,) = load_course(Path(sys.argv[1]), Path(sys.argv[2])).exercises
plan = plan_exercise(pair, seed=0)
print(hashlib.sha256(b"".join(check.frame + check.ladder.frame for check in plan.differential.values())).hexdigest())
"""


def test_plans_are_the_same_in_every_process(tiny):
    def run(hash_seed):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", SCRIPT, str(tiny.exercises), str(tiny.solutions)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert run("1") == run("2")

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from grader.authoring import Exercise, Seed, drawn, function, holds, matches, one_of, reals, regime, trajectory
from grader.core.cases import HYPOTHESIS_EXAMPLES, by_hypothesis, edge_sizes, generate, ladder, layout_of
from grader.errors import AuthoringError


def exercise(signature, *checks, **inputs):
    return Exercise(title="E", functions=(function(signature),), checks=checks, inputs=inputs)


PLAIN = exercise("f: x(n,d), w(d), p -> y(n,d)", matches("f", examples=20), p=one_of(0.0, 0.3, 0.8))


def test_edge_sizes_hold_one_each_name_alone_square_and_non_square():
    sizes = edge_sizes(["n", "d"], has_dots=False)
    assert {"n": 1, "d": 1} in sizes
    assert any(size["n"] == 1 < size["d"] for size in sizes)
    assert any(size["d"] == 1 < size["n"] for size in sizes)
    assert any(size["n"] == size["d"] > 1 for size in sizes)
    assert any(1 < size["n"] < size["d"] for size in sizes)
    assert any(1 < size["d"] < size["n"] for size in sizes)


def test_leading_sizes_have_any_number_of_dimensions():
    leads = {size["..."] for size in edge_sizes([], has_dots=True)}
    assert {0, 1, 2, 3} <= {len(lead) for lead in leads}


def test_every_edge_size_and_every_class_of_each_domain_occurs():
    cases = generate(PLAIN, PLAIN.checks[0], seed=0)
    scripted = [case for case in cases if case.label == "scripted"]
    assert {tuple(case.sizes.values()) for case in scripted} >= {
        tuple(size.values()) for size in edge_sizes(["n", "d"], has_dots=False)
    }
    assert {case.inputs["p"] for case in scripted} == {0.0, 0.3, 0.8}
    sizes = [float(np.abs(case.inputs["x"]).max()) for case in scripted]
    assert min(sizes) < 0.01
    assert max(sizes) > 500


def test_cases_come_simplest_first_and_include_hypothesis():
    cases = generate(PLAIN, PLAIN.checks[0], seed=0)
    assert [case.weight for case in cases] == sorted(case.weight for case in cases)
    assert sum(case.label == "hypothesis" for case in cases) == HYPOTHESIS_EXAMPLES


def text(cases):
    return [(case.label, repr(case.inputs), case.sizes) for case in cases]


def test_the_same_seed_gives_the_same_cases_and_another_gives_others():
    check = PLAIN.checks[0]
    assert text(generate(PLAIN, check, seed=3)) == text(generate(PLAIN, check, seed=3))
    assert text(generate(PLAIN, check, seed=3)) != text(generate(PLAIN, check, seed=4))
    assert text(ladder(PLAIN, check, seed=3)) == text(ladder(PLAIN, check, seed=3))


def test_a_condition_holds_in_every_case():
    check = matches("f", where=lambda case: case.n > 1 and case.p > 0.5)
    for case in (*generate(PLAIN, check, seed=0), *ladder(PLAIN, check, seed=0)):
        assert case.sizes["n"] > 1
        assert case.inputs["p"] == 0.8


def test_a_condition_that_never_holds_is_refused():
    with pytest.raises(AuthoringError, match=r"f/values: where= refused 1000 draws \(scripted\); widen it or narrow"):
        generate(PLAIN, matches("f", where=lambda case: False), seed=0)


def test_a_regime_overrides_some_inputs_on_sizes_above_one():
    check = matches("f", regimes=[regime("constant", x=lambda rng, shape, sizes: np.full(shape, 7.0), count=4)])
    special = [case for case in generate(PLAIN, check, seed=0) if case.label == "constant"]
    assert len(special) == 4
    assert all((case.inputs["x"] == 7).all() and min(case.sizes.values()) > 1 for case in special)


def test_a_per_step_input_has_one_row_for_each_step_at_differing_scales():
    stepped = exercise(
        "s: w(...), g(...), state -> w(...), state", trajectory("s", steps=4), g=reals(-5, 5, ties=False)
    )
    for case in generate(stepped, stepped.checks[0], seed=0):
        assert case.inputs["g"].shape == (4, *case.inputs["w"].shape)
    rich = [case for case in generate(stepped, stepped.checks[0], seed=0) if case.inputs["w"].size > 5]
    sizes = np.array([[np.abs(row).max() for row in case.inputs["g"]] for case in rich if case.label == "scripted"])
    assert (sizes[:, 1] > 3 * sizes[:, 3]).all()


def test_scalars_are_plain_python_values():
    numpy_scalars = exercise(
        "f: x(k), k, eps -> y(k)", matches("f"),
        k=drawn(lambda rng, shape, sizes: rng.integers(2, 5), name="k"),
        eps=drawn(lambda rng, shape, sizes: np.float64(rng.random()), name="eps"),
    )  # fmt: skip
    for case in generate(numpy_scalars, numpy_scalars.checks[0], seed=0):
        assert type(case.inputs["k"]) is int
        assert type(case.inputs["eps"]) is float
        assert case.inputs["x"].shape == (case.inputs["k"],)


def test_a_value_of_another_shape_is_refused():
    odd = exercise("f: x(n) -> y(n)", matches("f"), x=drawn(lambda rng, shape, sizes: np.zeros(99), name="odd"))
    with pytest.raises(
        AuthoringError, match=r"x was drawn as ndarray of shape \(99,\), but should be an array of shape \(3,\)"
    ):
        generate(odd, odd.checks[0], seed=0)


def test_an_argument_of_two_functions_has_one_form():
    two = Exercise(
        title="E",
        functions=(function("f: x(n) -> y(n)"), function("g: x(n,d) -> y(n)")),
        checks=(matches("f"), matches("g"), holds("g", "agrees", lambda student, case: None, needs=["f"])),
    )
    with pytest.raises(AuthoringError, match=r"g/agrees: x\(n,d\) of g is x\(n\) in f; rename one of them"):
        layout_of(two, two.checks[2])


def test_the_ladder_is_small_and_simple():
    cases = ladder(PLAIN, PLAIN.checks[0], seed=0)
    assert all(max(case.sizes.values()) <= 3 for case in cases)
    assert [case.weight for case in cases] == sorted(case.weight for case in cases)
    values = np.concatenate([case.inputs["x"].ravel() for case in cases])
    assert (values * 4 == np.round(values * 4)).all()
    assert {"n": 1, "d": 1} in [case.sizes for case in cases]


def test_the_view_of_a_case_has_inputs_and_sizes():
    case = replace(generate(PLAIN, PLAIN.checks[0], seed=0)[0], inputs={"rng": Seed(3)}, sizes={"n": 2, "...": (1,)})
    assert vars(case.view) == {"n": 2, "rng": Seed(3)}
    assert case.weight == (0, 0, 0.0)


SCRIPT = """
import hashlib, sys
import {module}
from grader.authoring import Exercise, function, matches, reals
from grader.core.cases import by_hypothesis
exercise = Exercise(title="E", functions=(function("f: x(n,d), w(d) -> y(n,d)"),), checks=(matches("f"),))
cases = [by_hypothesis(exercise, exercise.checks[0], seed=seed) for seed in range(12)]
print(hashlib.sha256(repr(cases).encode()).hexdigest())
"""


def test_cases_do_not_depend_on_the_process(tmp_path):
    (tmp_path / "constants.py").write_text(f"ALL = {[round(3.7 * i, 3) for i in range(1, 200)]}\n")

    def run(module, hash_seed):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": hash_seed,
            "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]),
        }
        script = SCRIPT.format(module=module)
        return subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True, cwd=tmp_path
        ).stdout

    cases = [by_hypothesis(PLAIN_TWO, PLAIN_TWO.checks[0], seed=seed) for seed in range(12)]
    here = hashlib.sha256(repr(cases).encode()).hexdigest()
    assert run("string", "1").strip() == run("constants", "2").strip() == here


PLAIN_TWO = exercise("f: x(n,d), w(d) -> y(n,d)", matches("f"))

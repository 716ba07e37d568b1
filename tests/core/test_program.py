from dataclasses import replace

import numpy as np
import pytest

from grader.authoring import Exercise, Seed, function, gradient, holds, matches, one_of, trajectory
from grader.core.cases import Case
from grader.core.program import Fresh, Input, Result, ScriptBuilder, prerequisites, program
from grader.core.protocol import Data, Generator, Items, Ref, Scalar
from grader.errors import AuthoringError

EXERCISE = Exercise(
    title="E",
    functions=(
        function("forward: x(n) -> y(n), cache"),
        function("backward: dy(n), cache -> dx(n)"),
        function("bare: x(n) -> y(n)"),
        function("step: w(n), g(n), state -> w(n), state"),
        function("loss: x(n) -> value, dx(n)"),
    ),
    checks=(
        matches("forward"),
        gradient("backward", of="forward", needs=["bare"]),
        matches("bare"),
        trajectory("step", steps=3),
        gradient("loss", of="loss", results=["dx"]),
        holds("bare", "needs others", lambda student, case: None, needs=["forward", "bare"]),
    ),
    inputs={"k": one_of(1)},
)
CHECKS = {check.name: check for check in EXERCISE.checks}


def test_a_backward_takes_the_cache_of_its_forward():
    first, second = program(EXERCISE, CHECKS["backward/gradient"])
    assert (first.signature.name, first.judged, first.keep) == ("forward", False, (0, 1))
    assert (second.args, second.judged, second.keep) == ((Input("dy"), Result(0, 1)), True, ())


def test_a_trajectory_feeds_results_to_arguments_of_the_same_name():
    steps = program(EXERCISE, CHECKS["step/trajectory"])
    assert [step.args for step in steps] == [
        (Input("w"), Input("g", 0), Fresh()),
        (Result(0, 0), Input("g", 1), Result(0, 1)),
        (Result(1, 0), Input("g", 2), Result(1, 1)),
    ]
    assert all(step.keep == (1,) for step in steps)


def test_only_chosen_results_are_compared():
    (call,) = program(EXERCISE, CHECKS["loss/gradient"])
    assert call.keep == (0,)
    assert [term.name for term in call.terms] == ["dx"]


def test_a_check_waits_for_its_needs_and_for_the_maker_of_its_cache():
    waits = {name: prerequisites(EXERCISE, check) for name, check in CHECKS.items()}
    assert waits["backward/gradient"] == ("bare", "forward")
    assert waits["bare/needs-others"] == ("forward",)
    assert waits["loss/gradient"] == waits["step/trajectory"] == ()


def test_a_property_has_no_program():
    with pytest.raises(AuthoringError, match="bare/needs-others is a property; it has no program"):
        program(EXERCISE, CHECKS["bare/needs-others"])


def test_a_forward_without_a_cache_is_refused():
    with pytest.raises(AuthoringError, match="backward/gradient: bare returns no cache that backward could take"):
        program(EXERCISE, gradient("backward", of="bare"))


def test_unknown_results_are_refused():
    with pytest.raises(AuthoringError, match="loss/gradient: results= names 'dz', but loss returns value, dx"):
        program(EXERCISE, gradient("loss", of="loss", results=["dz"]))


def case(**inputs):
    return Case(inputs, {}, "test")


def test_equal_arrays_are_stored_once_and_aligned():
    calls = program(EXERCISE, CHECKS["bare/values"])
    builder = ScriptBuilder()
    for i, x in enumerate([np.arange(3.0), np.ones(1), np.arange(3.0)]):
        builder.add(calls, case(x=x), i)
    offsets = [step.args[0].offset for step in builder.script().steps]
    assert offsets[0] == offsets[2] != offsets[1]
    assert all(offset % 16 == 0 for offset in offsets)
    assert len(builder.payload) == 32 + 8


def test_interleaved_runs_take_turns_and_keep_their_own_results():
    calls = program(EXERCISE, CHECKS["step/trajectory"])
    rows = {"w": np.zeros(2), "g": np.arange(6.0).reshape(3, 2)}
    builder = ScriptBuilder()
    builder.add_interleaved([(calls, case(**rows), 7), (calls, case(**rows), 8)], variant="interleaved")
    assert [(probe.case, probe.call) for probe in builder.probes] == [(7, 0), (8, 0), (7, 1), (8, 1), (7, 2), (8, 2)]
    steps = builder.script().steps
    assert steps[0].args[2] == Items("dict", [])
    assert [steps[k].args[0] for k in (2, 3, 4, 5)] == [Ref(0, 0), Ref(1, 0), Ref(2, 0), Ref(3, 0)]


def test_a_layout_is_asked_for_every_array():
    calls = program(EXERCISE, CHECKS["bare/values"])
    builder = ScriptBuilder()
    builder.add(calls, case(x=np.ones(2)), 0, variant="reversed")
    assert builder.script().steps[0].args[0].layout == "reversed"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Seed(5), Generator(5)),
        (True, Scalar(True)),
        (0.5, Scalar(0.5)),
        ((2, 3), Items("tuple", [Scalar(2), Scalar(3)])),
        (np.zeros((2, 0)), Data("<f8", (2, 0), 0)),
    ],
)
def test_values_on_the_wire(value, expected):
    assert ScriptBuilder().argument(value) == expected


def test_a_single_result_is_referred_to_as_a_whole():
    exercise = replace(EXERCISE, functions=(function("s: w(n), g(n) -> w(n)"),))
    builder = ScriptBuilder()
    calls = program(exercise, trajectory("s", steps=2))
    builder.add(calls, case(w=np.zeros(1), g=np.zeros((2, 1))), 0)
    assert builder.script().steps[1].args[0] == Ref(0, -1)

import msgspec
import numpy as np
import pytest

from grader.authoring import Exercise, Refuted, Seed, function, holds, matches
from grader.checks.properties import observe, rehearse
from grader.checks.sessions import Rehearsed, RehearsedRuns
from grader.core.cases import Case, generate
from grader.core.exercise import Property
from grader.core.protocol import Run, TimedOut
from grader.core.verdict import Outcome
from grader.errors import AuthoringError
from grader.mistakes import InlineAnswers, InlineCaller
from grader.worker.script import Script

FUNCTIONS = (
    function("f: x(n) -> y(n)"),
    function("forward: x(n) -> y(n), cache"),
    function("backward: dy(n), cache -> dx(n)"),
    function("draw: x(n), rng -> y(n)"),
    function("step: w(n), state, lr=0.1 -> w(n), state"),
    function("loss: x(n) -> value"),
)
KERNELS = {
    "f": lambda x: 2 * x,
    "forward": lambda x: (x * x, x),
    "backward": lambda dy, cache: 2 * dy * cache,
    "draw": lambda x, rng: x + rng.random(x.shape),
    "step": lambda w, state, lr=0.1: (w - lr, {"t": state.get("t", 0) + 1}),
    "loss": lambda x: x.sum(),
}


def see(predicate, *, rehearsed=False, function_="f", x=(1.0, 2.0), caller=None, **changed):
    """Return what is observed of some functions on one case."""
    check = holds(function_, "the claim", predicate)
    exercise = Exercise(title="E", functions=FUNCTIONS, checks=(check,))
    cases = [Case({"x": np.array(x)}, {"n": len(x)}, "test")]
    caller = caller or InlineCaller({**KERNELS, **changed})
    sessions = ()
    if rehearsed:
        rehearsal = rehearse(exercise, {check.name: cases}, InlineCaller(KERNELS))
        sessions = [RehearsedRuns(Rehearsed(rehearsal), caller.run_frame(rehearsal.frame, rehearsal.steps)).run(0)]
    return observe(exercise, check, cases, caller, sessions)


@pytest.mark.parametrize("rehearsed", [False, True])
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, ""),
        (True, ""),
        (np.True_, ""),
        (False, "does not hold: the claim"),
        (np.False_, "does not hold: the claim"),
        ("", "does not hold: the claim"),
        ("row 2 sums to 3", "row 2 sums to 3"),
        (Refuted("twice"), "twice"),
        (Refuted(""), "does not hold: the claim"),
    ],
)
def test_a_predicate_answers_in_several_forms(answer, message, rehearsed):
    seen = see(lambda student, case: answer, rehearsed=rehearsed)
    assert (seen.message, seen.broken) == (message, "")
    assert (seen.case is None) == (message == "")


def test_a_refutation_carries_its_mistake():
    assert see(lambda student, case: Refuted("twice", "factor 2")).mistake == "factor 2"


@pytest.mark.parametrize(
    ("predicate", "message"),
    [
        (lambda student, case: student.f(case.x) == 2 * case.x, "the predicate returned a ndarray; None, True, False"),
        (lambda student, case: 1, "the predicate returned a int"),
        (lambda student, case: 1 // 0, "the predicate raised ZeroDivisionError: "),
        (lambda student, case: student.g(case.x), "no function 'g'; there are f, "),
        (lambda student, case: student.f(), "a property calls f with 0 arguments, but it takes x"),
        (lambda student, case: student.f(case.x, 1), "a property calls f with 2 arguments, but it takes x"),
        (
            lambda student, case: student.step(case.x),
            "a property calls step with 1 arguments, but it takes w, state, lr",
        ),
        (lambda student, case: student.f(case.x[None]), "calls f with arguments that do not fit: x.shape=(1, 2)"),
        (lambda student, case: student.f(np.array(["a", "b"])), "a property hands over a ndarray; arrays, numbers"),
        (lambda student, case: student.step(case.x, {"t": 1}), "a property hands over a dict"),
    ],
)
def test_a_predicates_own_fault_is_not_the_students(predicate, message):
    seen = see(predicate)
    assert message in seen.broken
    assert seen.message == ""


@pytest.mark.parametrize("rehearsed", [False, True])
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (lambda x: x[:, None], "y.shape=(2, 1), but should be (2,)"),
        (lambda x: None, "f returned None"),
        (lambda x: x.nope, "f raised AttributeError: 'numpy.ndarray' object has no attribute 'nope' (line "),
    ],
)
def test_an_unusable_answer_fails_by_itself(changed, message, rehearsed):
    seen = see(lambda student, case: bool(student.f(case.x)[0]), f=changed, rehearsed=rehearsed)
    assert seen.message.startswith(message)
    assert seen.broken == ""


class Claims(InlineCaller):
    """Claims that calls changed arguments which they do not have."""

    def run_frame(self, frame, steps):
        answers = super().run_frame(frame, steps)
        forged = [msgspec.structs.replace(trace, mutated=[2**40, -1, 0, 1]) for trace in answers.traces]
        return InlineAnswers(forged, answers.payload)


def test_changes_of_arguments_that_do_not_exist_are_not_believed():
    changed = []

    def predicate(student, case):
        student.f(case.x)
        changed.extend(student.changed)

    seen = see(predicate, rehearsed=True, caller=Claims(KERNELS))
    assert (seen.message, seen.broken) == ("", "")
    assert changed[-1:] == ["x of f"]
    assert set(changed) == {"x of f"}


class Stopped(InlineCaller):
    """Answers calls until the worker is stopped."""

    def __init__(self, left):
        super().__init__(KERNELS)
        self.left = left

    def run_ready(self, script):
        steps = script.run.steps
        count = min(self.left, len(steps))
        self.left -= count
        done = super().run_ready(Script(Run(steps[:count], script.run.continues), script.payload))
        return InlineAnswers([*done.traces, *[TimedOut(2.0)] * (len(steps) - count)], done.payload)


@pytest.mark.parametrize("rehearsed", [False, True])
def test_a_limit_fails_by_itself(rehearsed):
    def predicate(student, case):
        student.f(case.x)
        student.f(2 * case.x)
        student.loss(case.x)

    seen = see(predicate, rehearsed=rehearsed, caller=Stopped(1))
    assert (seen.message, seen.broken) == ("f did not finish within 2 s", "")


@pytest.mark.parametrize("counts", [(2, 3), (3, 2)])
def test_a_run_of_another_length_than_rehearsed_is_asked_anew(counts):
    on_reference, on_student = counts

    def predicate(student, case):
        is_reference = student.loss(case.x) == 3
        for _ in range(on_reference if is_reference else on_student):
            student.f(case.x)
        return None if is_reference else "another loss"

    seen = see(predicate, rehearsed=True, loss=lambda x: 7.0)
    assert (seen.message, seen.broken) == ("another loss", "")


def test_tuples_and_numpy_scalars_can_be_handed_over():
    def predicate(student, case):
        w, _ = student.step(case.x, {}, np.float64(0.5))
        return bool((w == case.x - 0.5).all())

    assert see(predicate).message == see(predicate).broken == ""


def test_results_come_as_arrays_floats_and_handles():
    def predicate(student, case):
        y, cache = student.forward(case.x)
        dx = student.backward(np.ones(2), cache)
        value = student.loss(case.x)
        assert isinstance(value, float)
        assert value == 3
        return bool((y == case.x**2).all() and (dx == 2 * case.x).all())

    assert see(predicate) == see(predicate, rehearsed=True)
    assert see(predicate).message == see(predicate).broken == ""


def test_a_state_is_handed_back_and_a_default_may_be_left_out():
    def predicate(student, case):
        w, state = student.step(case.x, {})
        w, state = student.step(w, state)
        w, _ = student.step(w, state, 1.0)
        return None if np.allclose(w, case.x - 1.2) else f"{w}"

    assert see(predicate).message == see(predicate, rehearsed=True).message == ""


@pytest.mark.parametrize("rehearsed", [False, True])
def test_a_shared_generator_keeps_its_stream_and_a_seed_begins_anew(rehearsed):
    def predicate(student, case):
        shared = student.generator(5)
        first, second = student.draw(case.x, shared), student.draw(case.x, shared)
        again = student.draw(case.x, Seed(5))
        other = student.draw(case.x, student.generator(5))
        expected = case.x + np.random.default_rng(5).random(2)
        same = [np.array_equal(expected, y) for y in (first, second, again, other)]
        return None if same == [True, False, True, True] else f"{same}"

    seen = see(predicate, rehearsed=rehearsed)
    assert (seen.message, seen.broken) == ("", "")


@pytest.mark.parametrize("rehearsed", [False, True])
def test_a_predicate_that_follows_the_answers_is_asked_anew(rehearsed):
    def predicate(student, case):
        y = student.f(case.x)
        return None if (student.f(y) == 9 * case.x).all() else "not three times three"

    seen = see(predicate, f=lambda x: 3 * x, rehearsed=rehearsed)
    assert (seen.message, seen.broken) == ("", "")


def test_predicates_cannot_change_the_case():
    def predicate(student, case):
        case.x[:] = 0

    check = holds("f", "changes nothing", predicate)
    exercise = Exercise(title="E", functions=FUNCTIONS, checks=(check,))
    cases = generate(exercise, check, seed=0)
    before = [case.inputs["x"].copy() for case in cases]
    observe(exercise, check, cases, InlineCaller(KERNELS))
    assert all(np.array_equal(old, case.inputs["x"]) for old, case in zip(before, cases, strict=True))


def test_only_properties_are_observed():
    exercise = Exercise(title="E", functions=FUNCTIONS, checks=(matches("f"),))
    with pytest.raises(AuthoringError, match="f/values is no property"):
        observe(exercise, exercise.checks[0], generate(exercise, exercise.checks[0], seed=0), InlineCaller(KERNELS))


def test_a_broken_predicate_costs_nothing(make_course):
    lab = make_course(
        exercise="""
        from grader.authoring import Exercise, function, holds, matches
        exercise = Exercise(
            title="B", functions=(function("f: x(n) -> y(n)"),),
            checks=(matches("f"), holds("f", "breaks", lambda student, case: 1 // 0, points=3)),
        )
        """,
        solution="def f(x):\n    return 2 * x\n",
    )
    for functions in ({}, {"f": lambda x: 3 * x}):
        verdict = lab.verdicts(**functions)["f/breaks"]
        assert verdict.outcome is Outcome.ERRORED
        assert verdict.points == verdict.max_points == 3
        assert "ZeroDivisionError" in verdict.message
    assert isinstance(lab.check("f/breaks").body, Property)

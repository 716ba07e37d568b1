import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.compare import DOUBLE, SINGLE, Target, describe, expected_leaves, read_answer, wrong
from grader.core.program import Call
from grader.core.protocol import Leaf, Returned, Run, Step
from grader.core.signature import parse_signature
from grader.worker.evaluator import Evaluator


def ask(signature, result):
    """Return a result as the worker sends it, with the call that asked for it."""
    parsed = parse_signature(signature)
    call = Call(parsed, (), tuple(parsed.keep))
    step = Step(parsed.name, [], len(parsed.results), parsed.keep)
    ((part, data),) = Evaluator({parsed.name: lambda: result}).run(Run([step]), b"")
    return call, part.traces()[0], b"".join(data)


def read(signature, result, *shapes):
    call, trace, data = ask(signature, result)
    return read_answer(call, shapes, trace, data)


ONE = "f: x(n) -> y(n)"
NUMBER = "f: x(n) -> loss"
LABELS = "f: x(n) -> k(n):int"
TWO = "f: x(n) -> y(n), s"
CACHED = "f: x(n) -> y(n), cache"
X = np.array([1.0, 2.0, 3.0])


class Odd:
    pass


@pytest.mark.parametrize(
    ("signature", "result", "problem"),
    [
        (ONE, None, "f returned None"),
        (TWO, (None, None), "f returned None"),
        (CACHED, (None, Odd()), "f returned None"),
        (TWO, None, "f returned None"),
        (TWO, X, "returned an array of shape (3,), but should return 2 results: y, s"),
        (TWO, (X, 1.0, 2.0), "returned a tuple of 3, but should return 2 results: y, s"),
        (TWO, (X,), "returned a tuple of 1, but should return 2 results: y, s"),
        (CACHED, X, "returned an array of shape (3,), but should return 2 results: y, cache"),
        (TWO, {"y": X, "s": 1.0}, "returned a dict of 2, but should return 2 results: y, s"),
        (TWO, (X, None), "s is None, but should be a number"),
        (ONE, X[:, None], "y.shape=(3, 1), but should be (3,)"),
        (ONE, X[None], "y.shape=(1, 3), but should be (3,)"),
        (ONE, X[:2], "y.shape=(2,), but should be (3,)"),
        (ONE, (X,), "y is a tuple of 1, but should be an array of shape (3,)"),
        (ONE, [1.0, 2.0, 3.0], "y is a list of 3, but should be an array of shape (3,)"),
        (ONE, [[1.0], [2.0, 3.0]], "y is a list of 2, but should be an array of shape (3,)"),
        (ONE, "done", "y is the text 'done', but should be an array of shape (3,)"),
        (ONE, {"y": X}, "y is a dict of 1, but should be an array of shape (3,)"),
        (
            ONE,
            np.array([None, 1, 2]),
            "y is an array of dtype object and shape (3,), but should be an array of shape (3,)",
        ),
        (ONE, X + 0j, "y is complex, but should be an array of shape (3,) of real numbers"),
        (ONE, 1.0, "y.shape=(), but should be (3,)"),
        (ONE, np.ma.masked_array(X), "y is of type numpy.ma.MaskedArray, but should be an array of shape (3,)"),
        (NUMBER, X, "loss.shape=(3,), but should be ()"),
        (NUMBER, X[:1], "loss.shape=(1,), but should be ()"),
        (NUMBER, 1j, "loss is a number (complex), but should be a number"),
        (NUMBER, np.complex128(1), "loss is complex, but should be a real number"),
        (NUMBER, (1.0, 2.0), "loss is a tuple of 2, but should be a number"),
        (NUMBER, 10**30, "loss is of type int beyond 64 bits, but should be a number"),
        (LABELS, X, "k has dtype float64, but should hold integers"),
        (LABELS, X > 1, "k has dtype bool, but should hold integers"),
    ],
)
def test_a_wrong_form_is_named(signature, result, problem):
    shape = () if signature == NUMBER else (3,)
    answer = read(signature, result, shape, ()) if signature == TWO else read(signature, result, shape)
    assert answer.problem == problem
    assert answer.nothing == ("returned None" in problem)
    assert answer.flat.size == 0


def test_an_object_is_described_by_its_type():
    assert read(ONE, Odd(), (3,)).problem.startswith("y is of type ")
    assert "Odd, but should be an array of shape (3,)" in read(ONE, Odd(), (3,)).problem


@pytest.mark.parametrize(
    ("signature", "result", "remark"),
    [
        (ONE, X, ""),
        (ONE, np.asfortranarray(X)[::-1][::-1], ""),
        (ONE, X.astype(">f8"), ""),
        (ONE, X.astype(np.longdouble), ""),
        (ONE, X.astype(int), "f returns y as int64; float64 is expected"),
        (ONE, X > 0, "f returns y as bool; float64 is expected"),
        (ONE, X.astype(np.float32), "f returns y as float32, in single precision; float64 is expected"),
        (ONE, X.astype(np.float16), "f returns y as float16, in single precision; float64 is expected"),
        (NUMBER, 1.5, ""),
        (NUMBER, np.float64(1.5), ""),
        (NUMBER, np.array(1.5), ""),
        (NUMBER, 2, "f returns loss as int64; float64 is expected"),
        (LABELS, np.array([1, 2, 3]), ""),
        (LABELS, np.array([1, 2, 3], np.uint8), ""),
        (TWO, (X, 1.0), ""),
        (TWO, [X, 1.0], "f returns a list; a tuple is expected"),
        (CACHED, (X, Odd()), ""),
        (CACHED, (X, None), ""),
    ],
)
def test_what_is_acceptable_is_read_with_a_remark(signature, result, remark):
    shape = () if signature == NUMBER else (3,)
    answer = read(signature, result, shape, ()) if signature == TWO else read(signature, result, shape)
    assert answer.problem == ""
    assert list(answer.remarks) == ([remark] if remark else [])
    first = result[0] if signature in (TWO, CACHED) else result
    assert (answer.flat[: np.size(first)] == np.asarray(first, float).ravel()).all()


def test_a_python_number_stands_for_a_0d_array():
    answer = read("f: x(...) -> y(...)", 2.5, ())
    assert answer.remarks == ("f returns y as a Python float; an array is expected",)
    assert answer.flat.tolist() == [2.5]


def test_results_follow_each_other_in_order():
    answer = read("f: x(n) -> a(n), cache, b(n), c", (X, Odd(), -X, 9), (3,), (3,), ())
    assert answer.flat.tolist() == [1, 2, 3, -1, -2, -3, 9]


def test_an_empty_result_is_read():
    assert read(ONE, np.empty(0), (0,)).flat.size == 0


@given(st.integers(1, 4), st.booleans())
def test_the_expected_leaves_are_those_of_an_exact_answer(n, several):
    signature, result = (TWO, (np.ones(n), 2.0)) if several else (ONE, np.ones(n))
    call, trace, _ = ask(signature, result)
    shapes = [(n,), ()] if several else [(n,)]
    own = [(leaf.info, leaf.shape) for leaf in trace.leaves]
    assert own == [(leaf.info, leaf.shape) for leaf in expected_leaves(call, shapes)]


@pytest.mark.parametrize(
    ("leaf", "words"),
    [
        (Leaf("none", ""), "None"),
        (Leaf("array", "<f8", (2, 1)), "an array of shape (2, 1)"),
        (Leaf("list", "", (4,)), "a list of 4"),
        (Leaf("text", "x" * 90), f"the text '{'x' * 30}'"),
        (Leaf("other", "hw.array_like"), "of type hw.array_like"),
        (Leaf("kept", ""), "an object"),
        (Leaf("bool", "|b1"), "a number (bool)"),
    ],
)
def test_a_value_in_words(leaf, words):
    assert describe([leaf]) == words


def test_forged_leaves_are_problems_not_crashes():
    call, _, _ = ask(TWO, (X, 1.0))
    for leaves in (
        [Leaf("kept", "")],
        [Leaf("tuple", "", (2,)), Leaf("kept", ""), Leaf("kept", "")],
        [Leaf("tuple", "", (2,)), Leaf("list", "", (1,)), Leaf("tuple", "", (0,)), Leaf("text", "")],
        [Leaf("tuple", "", (2,)), Leaf("array", "<f8", (0, 2**62)), Leaf("float", "<f8")],
    ):
        assert read_answer(call, [(3,), ()], Returned(leaves, 0), b"").problem


def target(low, high=None, unit=1.0, floor=0.0):
    low = np.atleast_1d(np.asarray(low, float))
    high = low if high is None else np.atleast_1d(np.asarray(high, float))
    return Target(low, high, np.full(low.shape, float(unit)), np.full(low.shape, float(floor)), ((low.shape,),))


@given(st.floats(-1e6, 1e6), st.sampled_from([DOUBLE, SINGLE]))
def test_an_answer_is_right_up_to_64_round_offs_of_its_unit(value, roundoff):
    goal = target(value, unit=4e6)
    step = 64 * roundoff * 4e6
    assert not wrong(np.array([value + 0.9 * step]), goal, roundoff).any()
    assert wrong(np.array([value + 1.1 * step]), goal, roundoff).all()
    assert wrong(np.array([value - 1.1 * step]), goal, roundoff).all()


def test_a_floor_is_added_to_the_tolerance():
    assert not wrong(np.array([1.009]), target(1.0, floor=0.01), DOUBLE).any()
    assert wrong(np.array([1.011]), target(1.0, floor=0.01), DOUBLE).all()


@pytest.mark.parametrize(("slope", "is_wrong"), [(0.0, False), (0.5, False), (1.0, False), (-0.01, True), (1.01, True)])
def test_at_a_kink_anything_between_the_bounds_is_right(slope, is_wrong):
    assert wrong(np.array([slope]), target(0.0, 1.0), DOUBLE).tolist() == [is_wrong]


@pytest.mark.parametrize(
    ("actual", "expected", "is_wrong"),
    [
        (np.nan, 1.0, True), (1.0, np.nan, True), (np.nan, np.nan, False), (np.inf, 1.0, True), (np.inf, np.inf, False),
        (-np.inf, np.inf, True), (1e308, np.inf, True), (-0.0, 0.0, False),
    ],
)  # fmt: skip
def test_what_is_not_finite_is_right_only_where_the_reference_is_the_same(actual, expected, is_wrong):
    assert wrong(np.array([actual]), target(expected), DOUBLE).tolist() == [is_wrong]

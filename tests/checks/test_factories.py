from types import SimpleNamespace

import numpy as np
import pytest

from grader.authoring import gradient, holds, matches, regime, trajectory
from grader.core.exercise import Differential, Property
from grader.errors import AuthoringError


def test_a_check_is_named_after_its_function_and_claim():
    assert matches("f").name == "f/values"
    assert gradient("g", of="f").name == "g/gradient"
    assert trajectory("s").name == "s/trajectory"
    assert holds("f", "Rows sum to one: p >= 0!", lambda student, case: None).name == "f/rows-sum-to-one-p-0"


def test_options_reach_the_body():
    special = regime("flat", x=lambda rng, shape, sizes: np.zeros(shape), count=2)
    body = matches("f", results=["y"], quiet=True, accuracy=(1e-3, 0.0), regimes=[special], examples=3).body
    assert isinstance(body, Differential)
    assert (body.kind, body.results, body.quiet, body.accuracy, body.regimes, body.examples) == (
        "values", ("y",), True, (1e-3, 0.0), (special,), 3
    )  # fmt: skip
    assert (body.of, trajectory("s", steps=4, per_step="dw").body.steps) == (None, 4)
    assert gradient("g", of="f", needs=["h"]).needs == ("h",)
    assert isinstance(holds("f", "is odd", lambda student, case: None).body, Property)


def test_a_regime_overrides_something():
    with pytest.raises(AuthoringError, match="regime 'flat' overrides no input; write name=draw"):
        regime("flat")


def test_a_trajectory_has_at_least_two_steps():
    with pytest.raises(AuthoringError, match=r"trajectory\('s', steps=1\); a trajectory has at least 2 steps"):
        trajectory("s", steps=1)


def test_a_claim_has_words():
    with pytest.raises(AuthoringError, match="the claim '!!' about f has no words"):
        holds("f", "!!", lambda student, case: None)


def draw(rng, shape, sizes):
    return np.zeros(shape)


FLAT = regime("flat", x=draw)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: matches("f", points="2"), r"matches\('f', points='2'\): points should be a number from 0 on, such as"),
        (lambda: matches("f", points=-1), r"points=-1\): points should be a number from 0 on"),
        (lambda: matches("f", points=float("nan")), r"points=nan\): points should be a number from 0 on"),
        (lambda: gradient("f", of="g", points=True), r"gradient\('f', points=True\): points should be a number"),
        (lambda: matches("f", examples="3"), r"examples='3'\): examples should be a whole number, such as examples=26"),
        (lambda: trajectory("f", examples=2.5), r"trajectory\('f', examples=2.5\): examples should be a whole number"),
        (lambda: trajectory("f", steps="6"), r"trajectory\('f', steps='6'\): steps should be a whole number"),
        (lambda: matches("f", results="y"), r"results='y'\): results should be a list of names, such as res"),
        (lambda: matches("f", needs="g"), r"needs='g'\): needs should be a list of names, such as needs=\['softmax'\]"),
        (lambda: matches("f", regimes=FLAT), r"regimes should be a list, such as regimes=\[regime\(…\)\]"),
        (lambda: matches("f", regimes=["flat"]), r"regimes=\['flat'\]\): each should be made by regime\(…\)"),
        (lambda: matches("f", hint=3), r"hint=3\): hint should be a sentence"),
        (lambda: matches("f", where=True), r"f/values: where=True: where should be a function of the case, such as"),
        (lambda: gradient("f", of="g", scale=2.0), r"f/gradient: scale=2.0: scale should be a function of the case"),
        (lambda: gradient("f", of="g", bounds=()), r"f/gradient: bounds=\(\): bounds should be a function of the case"),
        (lambda: matches("f", accuracy=1e-9), r"accuracy=1e-09\): accuracy should be a relative and an absolute error"),
        (lambda: gradient("f", of=matches), r"of should be the name of a forward"),
        (lambda: holds("f", 3, print), r"holds\('f', 3, …\): its claim should be a sentence"),
        (lambda: holds("f", "is odd", True), r"holds\('f', 'is odd', True\): its predicate should be a function pred"),
        (lambda: holds("f", "is odd", print, points=None), r"holds\('f', 'is odd', points=None\): points should be"),
        (lambda: regime(3, x=draw), r"regime\(3\): its name should be a text"),
        (lambda: regime("flat", count="2", x=draw), r"regime\('flat', count='2'\): count should be a whole number"),
        (lambda: regime("flat", x=0.0), r"regime\('flat', x=0.0\): x should be a function draw\(rng, shape, sizes\)"),
    ],
)
def test_a_value_of_a_wrong_type_is_named_with_the_fix(make, message):
    with pytest.raises(AuthoringError, match=message):
        make()


CASE = SimpleNamespace(n=3, x=np.zeros((3, 2)), p=0.5, training=True)
ON = r", called with n = 3, x = array of shape \(3, 2\), p = 0.5, training = True$"


@pytest.mark.parametrize("option", ["where", "scale", "bounds"])
def test_an_option_that_raises_is_told_with_its_check_its_case_and_its_line(option):
    def broken(case):
        return case.nope

    option_of = getattr(gradient("f", of="g", **{option: broken}).body, option)
    message = rf"{option}= of f/gradient raises AttributeError: .*'nope' \(line \d+ of test_factories.py\){ON}"
    with pytest.raises(AuthoringError, match=message):
        option_of(CASE)


def test_a_condition_that_is_neither_true_nor_false_is_told():
    with pytest.raises(AuthoringError, match=r"where= of f/values raises ValueError: The truth value of an array"):
        matches("f", where=lambda case: case.x > 0).body.where(CASE)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda rng, shape, sizes: shape[7], r"raises IndexError: tuple index out of range \(line \d+ of test_fact"),
        (lambda rng, shape: 0.0, r"raises TypeError: .* positional arguments? but 3 were given"),
        (lambda rng, shape, sizes: "a", "returns str, but should return an array or a number"),
        (lambda rng, shape, sizes: np.array(["a"]), "returns an array of <U1, but should return real or whole numbers"),
    ],
)
def test_a_draw_that_fails_is_told_with_its_regime_and_sizes(broken, message):
    special = regime("flat", x=broken)
    with pytest.raises(AuthoringError, match=rf"the draw of x in regime 'flat' .*{message}.*, called with shape ="):
        special.draws["x"](np.random.default_rng(0), (3, 2), {"n": 3})

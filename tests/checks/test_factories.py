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

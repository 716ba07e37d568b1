import pytest

from grader.authoring import Exercise, function, holds, matches, one_of, reals
from grader.errors import AuthoringError

EXERCISE = Exercise(
    title="E",
    functions=(
        function("f: x(n), alpha -> y(n)", inputs={"alpha": one_of(1.0)}),
        function("g: x(n), alpha, t(n):int, rng, training -> y(n)"),
    ),
    checks=(holds("f", "is odd", lambda student, case: None), matches("f"), matches("g")),
    inputs={"alpha": one_of(2.0)},
)


def domain(function_name, term):
    own = EXERCISE.function(function_name)
    return repr(EXERCISE.domain(own, own.signature.argument(term)))


def test_a_domain_is_the_functions_own_then_the_exercises_then_a_default():
    assert domain("f", "alpha") == "one_of(1.0,)"
    assert domain("g", "alpha") == "one_of(2.0,)"
    assert domain("g", "rng") == "seeds()"
    assert domain("g", "training") == "one_of(True, False)"
    assert domain("f", "x") == repr(reals())


def test_what_cannot_be_any_real_needs_a_domain():
    with pytest.raises(AuthoringError, match=r"g has no domain for 't'; add inputs=\{'t': …\}"):
        domain("g", "t")


def test_an_unknown_function_is_named():
    with pytest.raises(AuthoringError, match="no function 'h'; there are f, g"):
        EXERCISE.function("h")


def test_answers_are_judged_before_properties():
    assert [check.name for check in EXERCISE.checks_of("f")] == ["f/values", "f/is-odd"]

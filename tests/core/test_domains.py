import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.authoring import Seed, drawn, flag, labels, one_of, reals, seeds
from grader.errors import AuthoringError


def draw_all(domain, shape=(200,), sizes=None):
    return [draw(np.random.default_rng(0), shape, sizes or {}) for draw in (*domain.draws, domain.simple)]


@given(
    low=st.sampled_from([-1000.0, -1.0, 0.0, 0.5, -5.0]),
    width=st.sampled_from([0.25, 1.0, 5.0, 900.0]),
    at=st.booleans(),
)
def test_reals_stay_within_their_bounds(low, width, at):
    high = low + width
    for values in draw_all(reals(low, high, at=(low, high) if at else ())):
        assert values.shape == (200,)
        assert (values >= low).all()
        assert (values <= high).all()


def test_each_magnitude_is_a_class_of_its_own():
    sizes = [float(np.abs(values).mean()) for values in draw_all(reals(magnitudes=(1e-3, 1.0, 120.0), ties=False))[:3]]
    assert sizes == pytest.approx([0.8e-3, 0.8, 96], rel=0.3)


def test_special_points_occur_among_others():
    values = reals(at=(0.0, 2.5)).draws[-1](np.random.default_rng(0), (400,), {})
    assert (values == 2.5).any()
    assert np.signbit(values[values == 0]).any()
    assert not np.signbit(values[values == 0]).all()
    assert ((values != 0) & (values != 2.5)).any()


def test_ties_occur_where_they_are_wanted():
    tied = reals(magnitudes=(1.0,)).draws[1](np.random.default_rng(0), (100,), {})
    assert len(np.unique(tied)) < 6
    assert len(reals(magnitudes=(1.0,), ties=False).draws) == 1


def test_an_empty_range_is_refused():
    with pytest.raises(AuthoringError, match=r"reals\(2, 1\) is empty; write the lower bound first"):
        reals(2, 1)


def test_one_of_uses_every_value_and_keeps_its_type():
    assert [type(value) for value in draw_all(one_of(1, 0.5, True), ())[:3]] == [int, float, bool]
    assert draw_all(flag(), ())[:2] == [True, False]


def test_an_empty_choice_is_refused():
    with pytest.raises(AuthoringError, match=r"one_of\(\) is empty; list the values, simplest first"):
        one_of()


def test_labels_are_integers_below_the_number_of_classes():
    for values in draw_all(labels("c"), sizes={"c": 4}):
        assert values.dtype == np.int64
        assert set(values) <= {0, 1, 2, 3}
    assert len(set(draw_all(labels("c"), sizes={"c": 4})[2])) == 1


def test_labels_need_a_size():
    with pytest.raises(AuthoringError, match=r"labels\('k'\) names no size; the sizes here are n, c"):
        draw_all(labels("k"), sizes={"n": 2, "c": 3})


def test_seeds_are_values():
    assert all(isinstance(value, Seed) for value in draw_all(seeds(), ()))


@given(st.data())
def test_strategies_keep_to_shape_and_contract(data):
    sizes = {"c": 3}
    x = data.draw(reals(-2, 5).strategy((2, 3), sizes))
    assert x.shape == (2, 3)
    assert ((x >= -2) & (x <= 5)).all()
    t = data.draw(labels("c").strategy((4,), sizes))
    assert set(t) <= {0, 1, 2}
    assert data.draw(one_of(3, 4).strategy((), sizes)) in (3, 4)
    ordered = drawn(lambda rng, shape, _: np.sort(rng.random(shape)), name="sorted")
    assert (np.diff(data.draw(ordered.strategy((5,), sizes))) >= 0).all()
    assert isinstance(data.draw(seeds().strategy((), sizes)), Seed)


def test_domains_print_as_they_are_written():
    assert [repr(d) for d in (reals(0, 1), labels("c"), seeds())] == ["reals(0, 1)", "labels('c')", "seeds()"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: reals("0", 1), r"reals\(low='0'\): low should be a finite number"),
        (lambda: reals(0, np.inf), r"reals\(high=inf\): high should be a finite number"),
        (lambda: reals(magnitudes=1.0), r"reals\(magnitudes=1.0\): magnitudes should be numbers in a tuple, such as"),
        (lambda: reals(at=("0",)), r"reals\(at=\('0',\)\): at should be numbers in a tuple"),
        (lambda: one_of([0.5, 0.3]), r"one_of\(\[0.5, 0.3\]\): its values should be numbers, flags or tuples"),
        (lambda: labels(3), r"labels\(3\): it should be the name of a size, such as labels\('c'\)"),
        (drawn, r"drawn\(\): it should be given at least one function draw\(rng, shape, sizes\)"),
        (lambda: drawn(np.zeros(3)), r"drawn\(array.*\): it should be a function draw\(rng, shape, sizes\)"),
    ],
)
def test_a_value_of_a_wrong_type_is_named_with_the_fix(make, message):
    with pytest.raises(AuthoringError, match=message):
        make()


def test_a_draw_that_raises_names_its_domain_and_its_line():
    broken = drawn(lambda rng, shape, sizes: sizes["k"], name="ranks")
    on = r"called with shape = \(2,\), n = 2$"
    message = rf"a draw of the domain 'ranks' raises KeyError: 'k' \(line \d+ of test_domains.py\), {on}"
    with pytest.raises(AuthoringError, match=message):
        broken.simple(np.random.default_rng(0), (2,), {"n": 2})

import numpy as np
import pytest

from grader.authoring import Exercise, drawn, function, labels, matches, one_of, reals, trajectory
from grader.core.cases import Case
from grader.core.domains import Seed
from grader.core.reductions import STEPS, Axis, Place, Reductions, minimal


def reductions(signature, inputs, case, check=None, **options):
    name = signature.partition(":")[0]
    check = check or matches(name, **options)
    exercise = Exercise(title="One", functions=(function(signature),), checks=(check,), inputs=inputs)
    return Reductions(exercise, check, case)


def scored(**options):
    """Return a case of scores and labels of 2 samples in 3 classes, and its reductions."""
    z = np.array([[1.0, 2.0, 3.0], [4.0, 5.5, 6.0]])
    case = Case({"z": z, "y": np.array([0, 2])}, {"n": 2, "c": 3}, "scripted")
    inputs = {"z": reals(-10, 10), "y": labels("c")}
    return case, reductions("loss: z(n,c), y(n):int -> l", inputs, case, **options)


@pytest.mark.parametrize(
    ("needed", "count"), [({3}, 9), ({0, 8}, 9), ({1, 2, 6}, 9), ({21}, 40), ({5, 38}, 40), (set(range(7)), 7)]
)
def test_what_is_left_is_what_is_needed(needed, count):
    asked = []

    def first(choices):
        asked.extend(map(tuple, choices))
        return next((i for i, choice in enumerate(choices) if needed <= set(choice)), None)

    assert minimal(range(count), first) == sorted(needed)
    assert len(asked) == len(set(asked))


def test_nothing_is_asked_twice_where_several_together_are_needed_by_number():
    asked = []

    def first(choices):
        asked.extend(map(tuple, choices))
        return next((i for i, choice in enumerate(choices) if len(choice) >= 4), None)

    assert len(minimal(range(11), first)) == 4
    assert len(asked) == len(set(asked))


def test_axes_longer_than_one_are_named_in_order():
    case, made = scored()
    assert made.axes(case) == [Axis("n", 2), Axis("c", 3)]
    assert made.axes(made.kept(case, Axis("n", 2), [1])) == [Axis("c", 3)]


def test_samples_are_left_out_of_all_arguments():
    case, made = scored()
    one = made.kept(case, Axis("n", 2), [1])
    assert one.sizes == {"n": 1, "c": 3}
    assert one.inputs["z"].tolist() == [[4.0, 5.5, 6.0]]
    assert one.inputs["y"].tolist() == [2]


@pytest.mark.parametrize(("keep", "expected"), [([0, 2], [0, 1]), ([0, 1], [0, 1]), ([2], [0, 0]), ([1, 2], [0, 1])])
def test_labels_follow_the_classes_that_stay(keep, expected):
    case, made = scored()
    other = made.kept(case, Axis("c", 3), keep)
    assert other.inputs["z"].tolist() == case.inputs["z"][:, keep].tolist()
    assert other.inputs["y"].tolist() == expected


def test_what_the_condition_refuses_is_no_reduction():
    case, made = scored(where=lambda case: case.c > 1 and case.z[0, 0] != 0)
    assert made.kept(case, Axis("c", 3), [1]) is None
    assert all(one.inputs["z"].any() for one in made.simpler(case, Place("z", 0)))
    assert made.simpler(case, Place("z"), zero=True) == []


def test_a_condition_that_raises_refuses():
    def fussy(case):
        raise ValueError(case.n)

    case, made = scored(where=fussy)
    assert made.kept(case, Axis("n", 2), [0]) is None


def test_a_multiple_of_a_size_loses_the_same_place_in_each_part():
    case = Case({"x": np.zeros((1, 3)), "dy": np.arange(6.0)[None]}, {"...": (1,), "d": 3}, "scripted")
    made = reductions("f: x(...,d), dy(...,2d) -> y(...,d)", {}, case)
    assert made.kept(case, Axis("d", 3), [0, 2]).inputs["dy"].tolist() == [[0, 2, 3, 5]]


def test_another_expression_of_a_size_is_cut_to_its_new_length():
    case = Case({"x": np.zeros(3), "w": np.arange(5.0)}, {"d": 3}, "scripted")
    made = reductions("f: x(d), w(2*d-1) -> y(d)", {}, case)
    assert made.kept(case, Axis("d", 3), [1, 2]).inputs["w"].tolist() == [0, 1, 2]


def test_leading_sizes_of_one_go_but_an_axis_stays():
    x = np.arange(6.0).reshape(2, 1, 3)
    case = Case({"x": x}, {"...": (2, 1, 3)}, "scripted")
    made = reductions("f: x(...) -> y(...)", {}, case)
    assert made.flat(case).inputs["x"].shape == (2, 3)
    one = made.kept(made.kept(case, Axis("...", 2, 0), [1]), Axis("...", 3, 2), [0])
    assert made.flat(one).inputs["x"].tolist() == [3]
    assert made.flat(made.flat(one)) is None


def test_steps_of_a_trajectory_are_left_out_of_its_gradients_alone():
    case = Case({"w": np.ones(2), "g": np.arange(6.0).reshape(3, 2), "lr": 0.5}, {"...": (2,)}, "scripted")
    made = reductions(
        "sgd: w(...), g(...), state, lr -> w(...), state", {"lr": one_of(0.5)}, case, trajectory("sgd", steps=3)
    )
    steps, lead = made.axes(case)
    assert (steps.name, steps.length) == (STEPS, 3)
    assert made.kept(case, steps, [0, 2]).inputs["g"].tolist() == [[0, 1], [4, 5]]
    assert made.kept(case, lead, [1]).inputs["g"].tolist() == [[1], [3], [5]]
    assert made.kept(case, lead, [1]).inputs["w"].tolist() == [1]


def test_values_that_hang_together_are_drawn_anew_by_their_author():
    def uniform(_rng, shape, _sizes):
        return np.full(shape, 1 / shape[1])

    p = np.array([[0.2, 0.3, 0.5]])
    case = Case({"p": p, "rng": Seed(3)}, {"n": 1, "c": 3}, "scripted")
    made = reductions("f: p(n,c), rng -> y(n)", {"p": drawn(uniform)}, case)
    two = made.kept(case, Axis("c", 3), [0, 1])
    assert two.inputs == {"p": pytest.approx(np.array([[0.5, 0.5]])), "rng": Seed(3)}
    assert made.nonzero(case) == made.unwieldy(case) == []


def test_hyper_parameters_stay():
    case = Case({"x": np.array([3.0]), "a": 0.3}, {"n": 1}, "scripted")
    made = reductions("f: x(n), a -> y(n)", {"a": one_of(0.0, 0.3)}, case)
    assert made.nonzero(case) == [Place("x")]
    assert made.unwieldy(case) == [Place("x", 0)]


def simpler_numbers(value, low=-1000.0, high=1000.0):
    case = Case({"x": np.array([value])}, {"n": 1}, "scripted")
    made = reductions("f: x(n) -> y(n)", {"x": reals(low, high)}, case)
    return [one.inputs["x"].item() for one in made.simpler(case, Place("x", 0))]


def test_simpler_numbers_come_simplest_first():
    assert simpler_numbers(-123.4567) == [0, 1, -1, -10, -100, -120, -123]
    assert simpler_numbers(0.0532) == [0, 1, 0.05, 0.053]
    assert simpler_numbers(1.0) == [0]
    assert simpler_numbers(0.0) == []


def test_simpler_numbers_are_in_the_domain_or_nearer_to_it_than_before():
    assert simpler_numbers(7.5, low=2.0, high=10.0) == [7]
    assert all(2 <= x <= 12.25 for x in simpler_numbers(12.25, low=2.0, high=10.0))


def test_labels_become_the_first_class_only():
    case, made = scored()
    assert [one.inputs["y"].tolist() for one in made.simpler(case, Place("y"))] == [[0, 0]]
    assert made.simpler(case, Place("y"))[0].inputs["y"].dtype == np.int64


def test_changes_at_several_places_are_made_together():
    case, made = scored()
    first, second = made.simpler(case, Place("z", 4))[0], made.simpler(case, Place("y"))[0]
    both = made.merged(case, {Place("z", 4): first, Place("y"): second})
    assert both.inputs["z"].tolist() == [[1, 2, 3], [4, 0, 6]]
    assert both.inputs["y"].tolist() == [0, 0]
    assert case.inputs["z"][1, 1] == 5.5

import numpy as np

from grader.samples import Samples

CHECK = "centre_backward/gradient"


def is_one_of_a_kind(dy, plan):
    """Return whether an array has the shape of the check's second case, which is none of a spread."""
    return dy.shape == plan.cases[1].inputs["x"].shape


def test_a_sample_holds_what_was_given_in_its_case_alone(tiny):
    student = tiny.find(CHECK, centre_backward=lambda dy, cache: (dy, (dy * cache[0]).sum(0)))

    for sample, own in Samples(student.plan).telling(student):
        probes = [i for i, p in enumerate(student.plan.probes) if p.case == sample.number and p.variant == "plain"]
        assert len(own.plan.probes) == len(probes)
        assert {probe.case for probe in own.plan.probes} == {sample.number}
        assert np.array_equal(own.actual, np.concatenate([student.actual[student.elements(i)] for i in probes]))
        assert own.wrong_probes.tolist() == student.wrong_probes[probes].tolist()


def test_the_first_sample_is_wrong_where_any_case_is(tiny):
    right, plan = tiny.pair.solution.functions["centre_backward"], tiny.plan(CHECK)

    def seldom_wrong(dy, cache):
        dx, dw = right(dy, cache)
        return (dx + 1, dw) if is_one_of_a_kind(dy, plan) else (dx, dw)

    student = tiny.find(CHECK, centre_backward=seldom_wrong)
    assert student.wrong_probes.any()
    _, own = Samples(student.plan).telling(student)[0]
    assert own.wrong_probes.all()


def test_an_exception_makes_a_sample_telling(tiny):
    right, plan = tiny.pair.solution.functions["centre_backward"], tiny.plan(CHECK)

    def fragile(dy, cache):
        if is_one_of_a_kind(dy, plan):
            raise ValueError("not this one")
        return right(dy, cache)

    student = tiny.find(CHECK, centre_backward=fragile)
    assert student.failures
    _, own = Samples(student.plan).telling(student)[0]
    assert [failure.kind for failure in own.failures.values()] == ["raised"] * len(own.plan.probes)


def test_samples_are_few_and_made_once(tiny):
    samples = Samples(tiny.plan(CHECK))

    assert 1 < len(samples.spread()) < 10
    assert all(one is other for one, other in zip(samples.spread(), samples.spread(), strict=True))

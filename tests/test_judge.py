import msgspec
import numpy as np
import pytest

from grader.authoring import function
from grader.checks.verdicts import PURITY_POINTS, SHAPE_POINTS
from grader.core.protocol import Definition, Died, Loaded, Parameter, TimedOut
from grader.core.submission import Submission
from grader.core.verdict import Outcome, Status
from grader.discovery import find_course
from grader.judge import MAX_VAIN, Judge, choose_definitions, parameter_problem
from grader.sandbox import InlineWorker

ADA = Submission(student="ada", files=[], remarks=["a remark of reading"])


class Claiming(InlineWorker):
    """Answers with some functions, but says something else of what was loaded."""

    def __init__(self, functions, loaded):
        super().__init__(functions)
        self.loaded = loaded
        self.bound = {}

    def load(self, submission=None):
        return self.loaded

    def bind(self, files):
        self.bound = files


def defined(name, *parameters, file="hw.py", stub=False, cell="", line=1):
    kinds = {"*": "args", "**": "kwargs", "!": "keyword"}
    made = []
    for text in parameters:
        mark = next((mark for mark in ("**", "*", "!") if text.startswith(mark)), "")
        bare, equals, _ = text.removeprefix(mark).partition("=")
        made.append(Parameter(bare, kinds.get(mark, "positional"), bool(equals)))
    return Definition(name, file, cell, line, made, stub)


ALL = [
    defined("centre_forward", "x", "w"), defined("centre_backward", "dy", "cache"),
    defined("momentum", "w", "g", "state", "lr=0.1", "beta=0.9"),
    defined("jitter", "x", "p", "rng"), defined("argmax", "z"),
]  # fmt: skip


def grade(tiny, *definitions, remarks=(), denied=(), **changed):
    names = {definition.name for definition in definitions}
    loaded = Loaded([*definitions, *(d for d in ALL if d.name not in names)], list(remarks), list(denied))
    return tiny.judge.grade(ADA, Claiming(tiny.functions(**changed), loaded))


def by_name(report):
    return {verdict.check: verdict for verdict in report.verdicts}


def test_a_full_submission_earns_everything(tiny):
    report = tiny.grade()
    assert report.outcome is Outcome.PASSED
    assert report.score == report.max_score == 2 + 3 + 3 + 2 + 1 + 1 + 2 + 5 * (SHAPE_POINTS + PURITY_POINTS)
    assert report.exercises[0].status is Status.PASSED
    assert all(not verdict.remarks for verdict in report.verdicts)


def test_verdicts_follow_the_order_of_the_exercise(tiny):
    assert list(by_name(tiny.grade()))[:8] == [
        "centre_forward/shape", "centre_forward/values", "centre_forward/purity", "centre_backward/shape",
        "centre_backward/gradient", "centre_backward/purity", "momentum/shape", "momentum/trajectory",
    ]  # fmt: skip


def test_remarks_of_reading_and_loading_come_first(tiny):
    assert grade(tiny, remarks=["cell 3 is odd"], denied=["socket"]).remarks == [
        "a remark of reading", "cell 3 is odd", "not allowed while grading: socket"
    ]  # fmt: skip


def test_a_missing_function_fails_and_its_dependents_wait(tiny):
    report = tiny.grade(centre_forward=None)
    verdicts = by_name(report)
    assert verdicts["centre_forward/values"].message == "centre_forward is not defined"
    assert verdicts["centre_forward/values"].outcome is Outcome.FAILED
    backward = verdicts["centre_backward/gradient"]
    assert backward.outcome is Outcome.SKIPPED
    assert backward.message == "centre_forward, on which it depends, is not right yet"
    assert report.exercises[0].missing == ["centre_forward"]
    assert report.exercises[0].status is Status.FAILED
    assert verdicts["argmax/values"].outcome is Outcome.PASSED


def test_a_misspelt_function_is_recognised(tiny):
    loaded = Loaded([d for d in ALL if d.name != "momentum"] + [defined("momentun", "w")])
    report = tiny.judge.grade(ADA, Claiming(tiny.functions(), loaded))
    assert by_name(report)["momentum/shape"].message == "momentum is not defined; did you mean 'momentun'?"


def test_nothing_at_all_is_missing(tiny):
    report = tiny.judge.grade(ADA, InlineWorker({}))
    assert report.score == 0
    assert report.exercises[0].status is Status.MISSING
    assert len(report.exercises[0].missing) == 5


def unfinished(*args):
    raise NotImplementedError


def empty(*args):
    return None


@pytest.mark.parametrize("function_", [unfinished, empty])
@pytest.mark.parametrize("name", ["argmax", "momentum"])
def test_what_is_not_written_yet_is_told_from_wrong(tiny, name, function_):
    report = tiny.grade(**{name: function_})
    assert report.exercises[0].unfilled == [name]
    own = [verdict for verdict in report.verdicts if verdict.function == name]
    assert {(verdict.outcome, verdict.message) for verdict in own} == {
        (Outcome.FAILED, f"{name} is not implemented yet")
    }


def test_a_stub_is_not_called(tiny):
    def trap(z):
        raise AssertionError("called")

    report = grade(tiny, defined("argmax", "z", stub=True), argmax=trap)
    assert by_name(report)["argmax/values"].message == "argmax is not implemented yet"


def test_everything_unfilled_is_unfilled(tiny):
    stubs = [msgspec.structs.replace(definition, stub=True) for definition in ALL]
    report = grade(tiny, *stubs)
    assert report.exercises[0].status is Status.UNFILLED
    assert report.score == 0


SIGNATURE = function("f: x(n), w(n), p -> y(n)")


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        (("x", "w", "p"), ""),
        (("a", "b", "c"), ""),
        (("x", "w", "p", "q=1"), ""),
        (("*args",), ""),
        (("x", "*rest", "**more"), ""),
        (("x", "w", "p", "!verbose=1"), ""),
        (("x",), "f takes 1 parameter, but should take 3: x, w, p"),
        ((), "f takes 0 parameters, but should take 3: x, w, p"),
        (("x", "w", "p", "q"), "f needs 4 parameters, but should take 3: x, w, p"),
        (("x", "w", "p", "!mode"), "f needs the keyword 'mode', but is called by position with x, w, p"),
    ],
)
def test_parameters_fit_by_position(parameters, problem):
    assert parameter_problem(SIGNATURE, defined("f", *parameters)) == problem


def test_a_wrong_number_of_parameters_is_said_once(tiny):
    verdicts = by_name(grade(tiny, defined("argmax", "z", "axis")))
    problem = "argmax needs 2 parameters, but should take 1: z"
    assert (verdicts["argmax/shape"].outcome, verdicts["argmax/shape"].message) == (Outcome.FAILED, problem)
    assert (verdicts["argmax/values"].outcome, verdicts["argmax/values"].message) == (Outcome.SKIPPED, problem)


def choose(tiny, *definitions):
    chosen, remarks = choose_definitions(definitions, tiny.course)
    return {name: definition.file for name, definition in chosen.items()}, remarks


def test_of_several_definitions_the_filled_one_counts(tiny):
    assert choose(tiny, defined("argmax", file="a.py"), defined("argmax", file="b.py", stub=True)) == (
        {"argmax": "a.py"}, []
    )  # fmt: skip


def test_of_several_definitions_the_file_named_like_the_exercise_counts(tiny):
    files, remarks = choose(tiny, defined("argmax", file="hw/toys.py"), defined("argmax", file="z.py"))
    assert files == {"argmax": "hw/toys.py"}
    assert remarks == ["argmax is defined in hw/toys.py, z.py; the one in hw/toys.py is graded"]


def test_of_equal_definitions_the_last_counts(tiny):
    files, remarks = choose(tiny, defined("argmax", file="a.py"), defined("argmax", file="b.py"))
    assert files == {"argmax": "b.py"}
    assert len(remarks) == 1
    assert choose(tiny, defined("argmax", file="a.py"), defined("argmax", file="a.py"))[1] == []


def test_the_worker_is_told_whose_definition_counts(tiny):
    worker = Claiming(tiny.functions(), Loaded([*ALL, defined("argmax", "z", file="toys.py")]))
    tiny.judge.grade(ADA, worker)
    assert worker.bound["argmax"] == "toys.py"
    assert worker.bound["jitter"] == "hw.py"


def test_verdicts_say_where_the_function_is_defined(tiny):
    loaded = Loaded([defined("argmax", "z", file="hw.ipynb", cell="cell 4", line=12), *ALL[:-2]])
    report = tiny.judge.grade(ADA, Claiming(tiny.functions(), loaded))
    places = {verdict.function: (verdict.file, verdict.cell, verdict.line) for verdict in report.verdicts}
    assert places["argmax"] == ("hw.ipynb", "cell 4", 12)
    assert places["centre_forward"] == ("hw.py", "", 1)
    assert places["jitter"] == ("", "", 0)


def test_a_wrong_answer_is_explained(tiny):
    def backward(dy, cache):
        z, w = cache
        return dy * w, (dy * z).sum(0)

    verdict = by_name(grade(tiny, centre_backward=backward))["centre_backward/gradient"]
    assert (verdict.mistake, verdict.hint) == ("mean path missing", "x also moves the mean")
    assert verdict.message.startswith("dx[")
    assert list(verdict.counterexample.inputs) == ["x", "w", "dy"]
    assert "from hw import centre_forward, centre_backward\n" in verdict.counterexample.code


def test_without_a_known_mistake_a_relation_is_the_hint(tiny):
    verdict = tiny.verdicts(jitter=lambda x, p, rng: 3 * x)["jitter/values"]
    assert (verdict.mistake, verdict.hint) == (None, "y is 3 times what it should be")


def test_without_any_explanation_the_checks_own_hint_is_given(tiny):
    def forward(x, w):
        z = x - x.mean(0)
        return np.abs(z * w), (z, w)

    verdict = tiny.verdicts(centre_forward=forward)["centre_forward/values"]
    assert (verdict.mistake, verdict.hint) == (None, "centre each column")


def test_a_notebook_is_not_imported_from(tiny):
    report = grade(tiny, defined("argmax", "z", file="hw.ipynb"), argmax=lambda z: z.argmin(1))
    assert "# run this where you define argmax\n" in by_name(report)["argmax/values"].counterexample.code


def test_a_property_is_judged_beside_the_answers(tiny):
    rng = np.random.default_rng()
    verdicts = tiny.verdicts(jitter=lambda x, p, given: x + p * rng.standard_normal(x.shape))
    assert verdicts["jitter/values"].outcome is Outcome.PASSED
    assert verdicts["jitter/keeps-the-shape"].outcome is Outcome.PASSED
    law = verdicts["jitter/is-reproducible-from-rng"]
    assert (law.outcome, law.message, law.hint) == (
        Outcome.FAILED, "does not hold: is reproducible from rng", "use rng alone"
    )  # fmt: skip


def test_a_function_may_be_judged_by_properties_alone(make_course):
    lab = make_course(
        exercise="""
        from grader.authoring import Exercise, function, holds, seeds
        exercise = Exercise(
            title="D", functions=(function("draw: n, rng -> y(3)"), function("twice: y(3) -> z(3)")),
            checks=(
                holds("draw", "lies in the unit interval", lambda student, case:
                    bool((abs(student.draw(1, case.rng) - 0.5) <= 0.5).all()), points=2),
                holds("twice", "doubles", lambda student, case: bool((student.twice(case.y) == 2 * case.y).all()),
                    points=1, needs=["draw"]),
            ),
            inputs={"n": __import__("grader.authoring", fromlist=["one_of"]).one_of(1)},
        )
        """,
        solution="def draw(n, rng):\n    return rng.random(3)\n\n\ndef twice(y):\n    return 2 * y\n",
    )
    report = lab.grade()
    assert [(verdict.check, str(verdict.outcome)) for verdict in report.verdicts] == [
        ("draw/lies-in-the-unit-interval", "passed"), ("twice/doubles", "passed")
    ]  # fmt: skip
    assert report.score == report.max_score == 3
    verdicts = lab.verdicts(draw=lambda n, rng: 2 + rng.random(3))
    assert [str(verdict.outcome) for verdict in verdicts.values()] == ["failed", "skipped"]
    verdicts = lab.verdicts(draw=lambda n, rng: rng.random(4))
    assert verdicts["draw/lies-in-the-unit-interval"].message == "y.shape=(4,), but should be (3,)"


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        (TimedOut(30.0), "loading the submission did not finish within 30 s"),
        (Died("it used more than 512 MB"), "loading the submission ended the worker: it used more than 512 MB"),
    ],
)
def test_a_submission_that_cannot_be_loaded_is_reported_in_a_sentence(tiny, end, sentence):
    report = tiny.judge.grade(ADA, Claiming({}, end))
    assert report.remarks == ["a remark of reading", sentence]
    assert report.exercises[0].status is Status.MISSING


def messy(x, w):
    z = x - x.mean()
    return z * w, (z, w)


def test_two_runs_give_the_same_report_byte_for_byte(tiny):
    first, second = (
        msgspec.json.encode(Judge(tiny.course).grade(ADA, InlineWorker(tiny.functions(centre_forward=messy))))
        for _ in range(2)
    )
    assert first == second
    assert b"mean over everything" in first


def test_a_cached_plan_gives_the_same_report(tiny, tmp_path):
    def report(cache):
        judge = Judge(tiny.course, cache=cache)
        judge.prepare()
        return msgspec.json.encode(judge.grade(ADA, InlineWorker(tiny.functions(centre_forward=messy))))

    assert report(None) == report(tmp_path) == report(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_another_seed_judges_on_other_cases(tiny):
    report = Judge(tiny.course, seed=5).grade(ADA, InlineWorker(tiny.functions()))
    assert report.seed == 5
    assert report.outcome is Outcome.PASSED


def test_a_fault_of_the_grader_in_one_exercise_costs_nothing_and_leaves_the_others_alone(monkeypatch):
    course = find_course().select(["dropout", "softmax_cross_entropy"])
    judge = Judge(course)
    kernels = {name: f for pair in course.exercises for name, f in pair.solution.functions.items()}
    plan = Judge.plan

    def broken(self, pair):
        if pair.exercise.name == "dropout":
            raise RuntimeError("no plan today")
        return plan(self, pair)

    monkeypatch.setattr(Judge, "plan", broken)
    report = judge.grade(Submission(student="s", files=[]), InlineWorker(kernels))
    softmax, dropout = sorted(report.exercises, key=lambda exercise: exercise.exercise, reverse=True)

    assert dropout.status is Status.ERRORED
    assert dropout.score == dropout.max_score > 0
    assert "no plan today" in dropout.checks[0].message
    assert softmax.status is Status.PASSED
    assert report.outcome is Outcome.ERRORED


class Renewing(Claiming):
    """Counts how often a function is to be seen apart; what is spoilt is well again in the new worker."""

    def __init__(self, functions, spoilt=()):
        super().__init__({**functions, **dict(spoilt)}, Loaded(ALL))
        self.well, self.renewals = functions, 0

    def renew(self):
        self.renewals += 1
        self._evaluator.functions = self.well
        return True


def test_what_is_right_apart_from_the_others_earns_everything(tiny):
    worker = Renewing(tiny.functions(), {"argmax": lambda z: z.argmin(1)})
    report = tiny.judge.grade(ADA, worker)
    assert report.score == report.max_score
    assert worker.renewals == 1


def test_functions_that_are_wrong_by_themselves_are_seen_apart_a_few_times_only(tiny):
    wrong = dict.fromkeys(("centre_forward", "momentum", "jitter", "argmax"), lambda *args: 1.0)
    worker = Renewing(tiny.functions(**wrong))
    assert tiny.judge.grade(ADA, worker).score < 1
    assert 0 < worker.renewals <= MAX_VAIN


def test_a_function_that_is_right_is_not_asked_again(tiny):
    worker = Renewing(tiny.functions())
    tiny.judge.grade(ADA, worker)
    assert worker.renewals == 0

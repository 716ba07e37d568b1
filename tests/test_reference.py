"""A reference that does not fit its signature is refused before it judges anyone, and the message names the fix."""

import numpy as np
import pytest

from grader.core.submission import Submission
from grader.errors import AuthoringError
from grader.oracles import plan_exercise
from grader.reference import faults_of, shortened
from grader.sandbox import InlineWorker

BACKWARD = "    return dx, dw\n"
TOYS = r"solutions/tiny/toys\.py"
EXERCISE = r"exercises/tiny/toys\.py"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            BACKWARD, "    return dx, dw[:1] if len(dw) > 1 else dw[:0]\n",
            r"centre_backward returns dw of shape \(0,\), but its signature says dw\(d\), here \(1,\)$",
        ),
        (BACKWARD, "    return dx, dw, 1\n", r"backward returns 3 results, but its signature says dx\(n,d\), dw\(d\)$"),
        (BACKWARD, "    return dx\n", r"backward returns one ndarray, but its signature says dx\(n,d\), dw\(d\)$"),
        (BACKWARD, "    return dx, None\n", r"returns dw as NoneType, but its signature says dw\(d\), real num"),
        (BACKWARD, "    return dx, [[1], [1, 2]]\n", r"returns dw as list, but its signature says dw\(d\), real"),
        (BACKWARD, "    return dx, dw + 1j\n", r"returns dw as array of complex\w+, but its signature says dw"),
        ("z.argmax(1)", "1.0 * z.argmax(1)", r"argmax returns k as array of float64, but its signature says k\(n\)"),
        (
            "z = x - x.mean(0)\n    return", "z = x - x.mena(0)\n    return",
            r"centre_forward raises AttributeError: .*'mena'.* \(line 8 of toys\.py\), called with x = array",
        ),
        (
            "    return x + p", "    x = x + 1 / (x.size - 1) if x.ndim else x / 0\n    return x + p",
            r"jitter returns (nan|inf) in y in a (small|scripted) case \(\.\.\. = .*\); narrow the inputs, refuse such",
        ),
    ],
)  # fmt: skip
def test_a_kernel_that_does_not_fit_its_signature_is_named(make_course, sources, old, new, message):
    assert old in sources[1]
    lab = make_course(solution=sources[1].replace(old, new, 1))
    with pytest.raises(AuthoringError, match=rf"{TOYS}: .*{message}"):
        plan_exercise(lab.pair, seed=0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "(x - x.mean(0)) * w",
            "(x - x.maen(0)) * w",
            r"oracle of centre_forward raises AttributeError: .*'maen'.* \(line 8 of toys\.py\), called with x",
        ),
        ("torch.zeros_like", "torch.zeros_likee", r"the torch oracle of momentum raises AttributeError: .*zeros_likee"),
        ("(x - x.mean(0)) * w", "((x - x.mean(0)) * w).sum(0)", r"centre_forward returns y of shape \(\d,\), but its"),
        ("z.argmax(1)", "z.argmax(0)", r"argmax returns k of shape \(\d+,\), but its signature says k\(n\):int, here"),
    ],
)
def test_a_torch_oracle_that_does_not_fit_its_signature_is_named(make_course, sources, old, new, message):
    assert old in sources[0]
    lab = make_course(exercise=sources[0].replace(old, new, 1), solution=None)
    with pytest.raises(AuthoringError, match=rf"{EXERCISE}: .*{message}"):
        plan_exercise(lab.pair, seed=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "where=lambda case: case.nope",
            r"where= of argmax/values raises AttributeError: .*\(line \d+ of toys\.py\), called",
        ),
        ("where=lambda case: False", r"argmax/values: where= refused 1000 draws"),
        ("scale=lambda case: case.nope", r"scale= of argmax/values raises AttributeError: .* \(line \d+ of toys\.py\)"),
        ("scale=lambda case: '1'", r"argmax/values: scale= gives '1', but should give a finite number$"),
        ("bounds=lambda case: 1 / 0", r"bounds= of argmax/values raises ZeroDivisionError: division by zero"),
        (
            "bounds=lambda case: 3",
            r"argmax/values: bounds= gives int, but should give a pair of arrays for each result",
        ),
        (
            "bounds=lambda case: ((np.zeros(99), np.ones(99)),)",
            r"argmax/values: bounds= gives an end of shape \(99,\) for a result of shape \(1,\); give ends",
        ),
        (
            "regimes=[regime('flat', z=lambda rng, shape, sizes: shape[9])]",
            r"the draw of z in regime 'flat' raises IndexErr",
        ),
        (
            "regimes=[regime('flat', z=lambda rng, shape, sizes: np.zeros(99))]",
            r"z was drawn as ndarray of shape \(99,\)",
        ),
    ],
)
def test_a_fault_in_an_exercise_names_its_file(make_course, sources, options, message):
    head = "import numpy as np\nfrom grader.authoring import regime\n"
    exercise = head + sources[0].replace('matches("argmax")', f'matches("argmax", {options})')
    with pytest.raises(AuthoringError, match=rf"{EXERCISE}: .*{message}"):
        plan_exercise(make_course(exercise=exercise).pair, seed=0)


def test_a_reference_that_gives_no_number_is_told_with_the_regime(make_course):
    lab = make_course(
        exercise="""
        import numpy as np
        from grader.authoring import Exercise, function, matches, reals, regime
        exercise = Exercise(
            title="I", functions=(function("inverse: x(n) -> y(n)"),), inputs={"x": reals(1, 2)},
            checks=(matches("inverse", regimes=[regime("at zero", x=lambda rng, shape, sizes: np.zeros(shape))]),),
        )
        """,
        solution="def inverse(x):\n    return 1 / x\n",
    )
    message = (
        rf"{TOYS}: inverse returns inf in y in regime 'at zero' \(n = \d\); narrow the inputs, refuse such cases by"
    )
    with pytest.raises(AuthoringError, match=message):
        plan_exercise(lab.pair, seed=0)


def test_numbers_that_are_none_are_right_where_bounds_are_given(make_course):
    lab = make_course(
        exercise="""
        import numpy as np
        from grader.authoring import Exercise, function, matches
        exercise = Exercise(
            title="R", functions=(function("root: x(n) -> y(n)"),),
            checks=(matches("root", bounds=lambda case: ((case.x, case.x),)),),
        )
        """,
        solution="import numpy as np\n\n\ndef root(x):\n    return np.sqrt(x)\n",
    )  # fmt: skip
    assert np.isnan(plan_exercise(lab.pair, seed=0).differential["root/values"].target.low).any()


def test_an_exception_that_passed_no_line_of_an_author_stays_what_it_is(tiny):
    with pytest.raises(ZeroDivisionError), faults_of(tiny.pair):
        raise ZeroDivisionError
    group = ExceptionGroup("two", [AuthoringError("x was drawn wrongly"), ZeroDivisionError()])
    with pytest.raises(AuthoringError, match=rf"{EXERCISE}: x was drawn wrongly$"), faults_of(tiny.pair):
        raise group


def test_an_exception_in_an_authors_file_is_told_with_its_line(make_course, sources):
    domain = "Domain((lambda rng, shape, sizes: rng.nope,), None, lambda rng, shape, sizes: rng.nope)"
    exercise = "from grader.authoring import Domain\n" + sources[0].replace(
        '"lr": one_of(0.5, 0.01)', f'"lr": {domain}'
    )
    with pytest.raises(AuthoringError, match=rf"{EXERCISE}: AttributeError: .*'nope'.* \(line \d+ of toys\.py\)$"):
        plan_exercise(make_course(exercise=exercise).pair, seed=0)


def test_an_edit_that_fits_nowhere_is_told_with_its_file_when_a_student_is_wrong(make_course, sources):
    lab = make_course(solution=sources[1].replace('edit("z = x - x.mean(0)"', 'edit("z = x - x.mean(7)"'))
    worker = InlineWorker(lab.functions(centre_forward=lambda x, w: (x, (x, w))))
    with pytest.raises(AuthoringError, match=r"toys\.py: mistake 'mean over everything': .* occurs 0 times"):
        lab.judge.grade(Submission(student="ada", files=[]), worker)


def test_a_path_is_told_from_the_present_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shortened(str(tmp_path / "a" / "b.py")) == "a/b.py"
    assert shortened("/else/where.py") == "/else/where.py"

import textwrap

import pytest

from grader.discovery import did_you_mean, find_course, load_course
from grader.errors import AuthoringError, UsageError

HEAD = """
from grader.authoring import Exercise, edit, function, gradient, holds, matches, one_of, reals, regime, trajectory
"""
GOOD = """
exercise = Exercise(title="E", functions=(function("f: x(n) -> y(n)"),), checks=(matches("f"),))
"""
KERNEL = "def f(x):\n    return 2 * x\n"


def write(folder, exercise=HEAD + GOOD, solution=None, settings=""):
    course, solutions = folder / "exercises" / "mine", folder / "solutions" / "mine"
    course.mkdir(parents=True)
    solutions.mkdir(parents=True)
    (course / "course.toml").write_text(settings, "utf-8")
    (course / "ex.py").write_text(exercise, "utf-8")
    if solution is not None:
        (solutions / "ex.py").write_text(textwrap.dedent(solution), "utf-8")
    return course, solutions


def exercise_of(functions, checks='matches("f"),', more=""):
    functions = ", ".join(f"function({text!r})" for text in functions)
    return f'{HEAD}\nexercise = Exercise(title="E", functions=({functions},), checks=({checks}), {more})\n'


def test_a_course_is_a_folder_with_settings_exercises_and_solutions(tmp_path):
    settings = 'title = "My course"\nexercises = ["ex"]\nallowed_imports = ["scipy"]\n'
    course = load_course(*write(tmp_path, solution=KERNEL, settings=settings))
    assert (course.name, course.title, course.allowed_imports) == ("mine", "My course", ("scipy",))
    (pair,) = course.exercises
    assert pair.exercise.name == "ex"
    assert pair.solution.functions["f"](3) == 6


def test_without_settings_all_files_count_in_order(tmp_path):
    folder, solutions = write(tmp_path)
    (folder / "a.py").write_text(HEAD + GOOD)
    (folder / "a.md").write_text("# Statement")
    course = load_course(folder, solutions)
    assert [(pair.exercise.name, pair.exercise.statement) for pair in course.exercises] == [
        ("a", "# Statement"),
        ("ex", ""),
    ]
    assert course.exercises[0].solution is None


def test_a_course_is_found_by_its_folder(tmp_path):
    folder, _ = write(tmp_path, solution=KERNEL)
    assert find_course(folder).exercises[0].solution is not None
    (tmp_path / "solo").mkdir()
    (tmp_path / "solo" / "course.toml").write_text("")
    assert find_course(tmp_path / "solo").exercises == ()


def test_solutions_may_lie_in_the_course(tmp_path):
    folder = tmp_path / "homework"
    (folder / "solutions").mkdir(parents=True)
    (folder / "course.toml").write_text("")
    (folder / "ex.py").write_text(HEAD + GOOD)
    (folder / "solutions" / "ex.py").write_text(KERNEL)
    assert find_course(folder).exercises[0].solution is not None


def test_the_built_in_course_is_found_by_name():
    assert find_course("foundations").name == "foundations"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("foundation", "no course 'foundation'; did you mean 'foundations'"),
        ("zzz", "no course 'zzz'; there are .*foundations"),
    ],
)
def test_an_unknown_course_is_answered_with_what_there_is(name, message):
    with pytest.raises(UsageError, match=message):
        find_course(name)


def test_a_folder_that_is_no_course_says_what_is_missing(tmp_path):
    with pytest.raises(UsageError, match=r"has no course\.toml; a course is a folder of exercises with one"):
        find_course(tmp_path)


def test_selecting_exercises_keeps_the_order_of_the_course(tmp_path):
    folder, solutions = write(tmp_path)
    (folder / "a.py").write_text(HEAD + GOOD)
    course = load_course(folder, solutions)
    assert [pair.exercise.name for pair in course.select(["ex", "a"]).exercises] == ["a", "ex"]
    assert course.select([]) is course
    with pytest.raises(UsageError, match="no exercise 'exx' in course 'mine'; did you mean 'ex'"):
        course.select(["exx"])


def test_did_you_mean_offers_the_nearest_or_everything():
    assert did_you_mean("softmx", ["relu", "softmax"]) == "; did you mean 'softmax'?"
    assert did_you_mean("zzz", ["relu", "softmax"]) == "; there are relu, softmax"
    assert did_you_mean("zzz", []) == "; there is none"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("title = ", r"course\.toml cannot be read: Invalid value"),
        ('titel = "x"', r"course\.toml: unknown key 'titel'; did you mean 'title'"),
        ('exercises = "ex"', r"course\.toml cannot be read: Expected `array`, got `str` - at `\$\.exercises`"),
        ('allowed_imports = "scipy"', r"course\.toml cannot be read: Expected `array`"),
        ('exercises = ["nope"]', "course.toml names exercise 'nope', but .*nope.py does not exist"),
    ],
)
def test_a_fault_in_the_settings_names_the_file(tmp_path, settings, message):
    with pytest.raises(AuthoringError, match=message):
        load_course(*write(tmp_path, settings=settings))


@pytest.mark.parametrize(
    ("exercise", "message"),
    [
        ("x = 1", "defines no exercise; write exercise = Exercise"),
        ("x = 1\n1 / 0", r"fails while loading: ZeroDivisionError: division by zero \(line 2 of ex\.py\)$"),
        (HEAD + 'matches("f",\n  points="2")', r"points='2'\): points should be a number .* \(line 3 of ex\.py\)$"),
        (HEAD + "function(3)", r"signature 3 should be a text, such as 'relu: x\(n\) -> y\(n\)' \(line 3 of ex\.py\)$"),
        (HEAD + GOOD.replace(",),", "),"), r"functions=Function\(.*: it should be a tuple; mind the last comma"),
        (HEAD + GOOD.replace('matches("f")', '"f"'), r"checks holds 'f': each should be made by matches\(…\)"),
        (HEAD + GOOD.replace('function("f: x(n) -> y(n)")', '"f"'), "functions holds 'f': each should be made by func"),
        (HEAD + GOOD.replace('"E"', "3"), "title=3: it should be a text"),
        (exercise_of(["f: x(n) -> y(n)"], more='inputs={"x": 3}'), r"inputs=\{'x': 3\}: a domain is made by reals"),
        (exercise_of(["f: x(n) -> y(n)"], more="inputs=reals()"), r"inputs=reals\(-1000, 1000\): it should be a dict"),
        (exercise_of(["f: x(n) -> y(n)"], more="oracle=print"), "oracle=<built-in.*: it should be a dict of functions"),
        (exercise_of(["f: x(n) -> y(n)"], more='oracle={"f": 3}'), r"oracle=\{'f': 3\}: it should be a function on"),
        ("def", "fails while loading: SyntaxError"),
        (exercise_of(["f: x(n)"]), "cannot read signature 'f: x.n.'; write it like"),
        (exercise_of(["f: x(n) -> y(n)", "f: x(n) -> y(n)"]), "two functions are named 'f'; give each its own name"),
        (exercise_of(["f: x(n) -> y(n)"], 'matches("g"),'), "check g/values names function 'g'; there are f"),
        (exercise_of(["ff: x(n) -> y(n)"], 'gradient("ff", of="fff"),'), "names function 'fff'; did you mean 'ff'"),
        (
            exercise_of(["f: x(n) -> y(n)"], 'matches("f"), holds("f", "c", print, needs=["g"])'),
            "check f/c names function 'g'",
        ),
        (exercise_of(["f: x(n) -> y(n)"], 'matches("f"), matches("f")'), "two checks are named 'f/values'; word"),
        (exercise_of(["f: x(n) -> y(n)", "g: x(n) -> y(n)"]), "no check looks at function 'g'; add one to checks="),
        (exercise_of(["f: x(n) -> y(n)"], more='oracle={"h": None}'), "the oracle names function 'h'; there are f"),
        (exercise_of(["f: xs(n) -> y(n)"], more='inputs={"x": reals()}'), "inputs= names 'x'; did you mean 'xs'"),
        (
            HEAD
            + 'exercise = Exercise(title="E", functions=(function("f: x -> y", inputs={"z": reals()}),), checks=())',
            "no check looks at function 'f'",
        ),
        (
            HEAD + "exercise = Exercise(title='E', functions=(function('f: x(n) -> y', inputs={'z': reals()}),),"
            "checks=(matches('f'),))",
            "f has no argument 'z'; it has x",
        ),
        (exercise_of(["f: x(n), alpha -> y(n)"]), "f has no domain for 'alpha'; add inputs="),
        (exercise_of(["f: x(n) -> y(n)"], 'matches("f", results=["z"]),'), "results= names 'z', but f returns y"),
        (
            exercise_of(["f: x(n) -> y(n)", "g: dy(n), cache -> dx(n)"], 'matches("f"), gradient("g", of="f")'),
            "g/gradient: f returns no cache that g could take",
        ),
        (
            exercise_of(["f: x(n) -> y(n)", "g: x(n,d) -> y(n)"], 'matches("f"), matches("g", needs=["f"])'),
            r"g/values: x\(n,d\) of g is x\(n\) in f; rename one of them",
        ),
        (
            exercise_of(["f: x(n) -> y(n)"], 'matches("f", regimes=[regime("flat", z=print)]),'),
            "f/values: regime 'flat' draws 'z'; there are x",
        ),
        (
            exercise_of(["f: w(n), dw(n) -> w(n)"], 'trajectory("f"),'),
            "f/trajectory: per_step='g' is no argument; there",
        ),
    ],
)
def test_an_authors_fault_names_the_file_the_part_and_the_fix(tmp_path, exercise, message):
    with pytest.raises(AuthoringError, match=message) as caught:
        load_course(*write(tmp_path, exercise=exercise))
    assert str(tmp_path / "exercises" / "mine" / "ex.py") in str(caught.value)


@pytest.mark.parametrize(
    ("solution", "message"),
    [
        ("def g(x): return x", "defines no 'f'; there are g"),
        ("f = 3", "defines no 'f'; there is none"),
        (KERNEL + "mistakes = ['x']", r"mistakes holds 'x', but should hold edit\(…\)"),
        (
            HEAD
            + KERNEL
            + "mistakes = [edit('2 * x', 'x', name='a', hint='h'), edit('2 *', '3 *', name='a', hint='h')]",
            "two mistakes are named 'a'; give each its own name",
        ),
        (KERNEL + "equivalents = ['x']", r"equivalents holds 'x', but should hold equivalent\(…\)"),
        (HEAD + KERNEL + "mistakes = [edit('x', 'x', name='a', hint='h')]", "mistake 'a' changes nothing"),
    ],
)
def test_a_fault_in_a_solution_names_the_file(tmp_path, solution, message):
    with pytest.raises(AuthoringError, match=message) as caught:
        load_course(*write(tmp_path, solution=solution))
    assert str(tmp_path / "solutions" / "mine" / "ex.py") in str(caught.value)


@pytest.mark.parametrize("how", ["mistakes = [", "mistakes: list = ["])
def test_the_list_of_mistakes_is_no_part_of_the_source(tmp_path, how):
    listed = f"{how}\n    edit('2 * x', 'x', name='a', hint='h'),\n]\n"
    (pair,) = load_course(*write(tmp_path, solution=HEAD + listed + KERNEL)).exercises
    assert pair.solution.source.count("2 * x") == 1
    assert "x" in pair.solution.mistakes[0].apply(pair.solution.source)


def test_the_digest_follows_exercise_and_kernels_but_not_mistakes(tmp_path):
    def digest(name, exercise=HEAD + GOOD, solution=KERNEL):
        return load_course(*write(tmp_path / name, exercise, solution)).exercises[0].digest

    first = digest("a")
    assert digest("b") == first
    assert digest("c", HEAD + HEAD + GOOD) != first
    assert digest("d", solution=KERNEL.replace("2", "4 / 2")) != first
    assert digest("e", solution=HEAD + KERNEL + "mistakes = [edit('2', '3', name='a', hint='h')]\n") == digest(
        "f", solution=HEAD + KERNEL
    )

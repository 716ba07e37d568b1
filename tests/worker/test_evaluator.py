"""The evaluator hands over arguments as asked and reports results as they are."""

import struct
import warnings
import weakref

import numpy as np
import pytest

from grader.core.protocol import (
    MAX_PAYLOAD,
    MAX_REPLY,
    Data,
    Generator,
    Items,
    Part,
    Raised,
    Ref,
    Returned,
    Run,
    Scalar,
    Step,
    encode,
    encode_header,
)
from grader.worker.evaluator import Evaluator
from grader.worker.script import array_of

ROW = np.arange(6.0)


def one(function, *args, **kwargs):
    [(part, payload)] = Evaluator({"f": function}).run(Run([Step("f", list(args), **kwargs)]), ROW.tobytes())
    return part.traces()[0], b"".join(payload)


@pytest.mark.parametrize("layout", ["C", "F", "strided", "reversed", "readonly"])
@pytest.mark.parametrize("shape", [(), (6,), (2, 3), (3, 1, 2), (0, 3)])
def test_every_layout_has_the_same_values_in_memory_of_its_own(layout, shape):
    count = int(np.prod(shape))
    array = array_of(Data("<f8", shape, 0, layout), ROW.tobytes())
    assert array.shape == shape
    assert array.tobytes() == ROW[:count].tobytes()
    assert array.flags.writeable == (layout != "readonly")


@pytest.mark.parametrize("layout", ["C", "F", "strided", "reversed"])
def test_a_changed_argument_is_noticed_in_every_layout(layout):
    def spoil(x):
        x[0, 0] += 1

    result, _ = one(spoil, Data("<f8", (2, 3), 0, layout))
    assert isinstance(result, Returned)
    assert result.mutated == [0]


def test_an_unchanged_argument_is_not_reported():
    result, _ = one(lambda x: x * 2, Data("<f8", (2, 3), 0, "reversed"))
    assert result.mutated == []


@pytest.mark.parametrize(
    ("value", "kinds", "size"),
    [
        (1.5, ["float"], 8),
        (True, ["bool"], 1),
        (7, ["int"], 8),
        (2**70, ["other"], 0),
        (1j, ["complex"], 16),
        (None, ["none"], 0),
        ("text", ["text"], 0),
        (np.float32(1), ["generic"], 4),
        (np.zeros(2, ">f4"), ["array"], 8),
        (np.array([None]), ["other"], 0),
        ({"a": 1.0, "b": [2.0]}, ["dict", "float", "list", "float"], 16),
        ({1: 2}, ["other"], 0),
        (np.ma.masked_array([1.0]), ["other"], 0),
        (object(), ["other"], 0),
    ],
)
def test_results_are_described_as_what_they_are(value, kinds, size):
    result, payload = one(lambda: value)
    assert [leaf.kind for leaf in result.leaves] == kinds
    assert len(payload) == size == result.nbytes


def test_a_big_endian_array_crosses_in_little_endian():
    _, payload = one(lambda: np.array([1.0], ">f8"))
    assert payload == struct.pack("<d", 1.0)


def test_error_state_that_a_call_sets_does_not_reach_the_next():
    def silent(x):
        np.seterr(all="ignore")
        return np.log(x)

    script = Run([Step("f", [Data("<f8", (1,), 0)]), Step("g", [Data("<f8", (1,), 0)])])
    [(part, _)] = Evaluator({"f": silent, "g": np.log}).run(script, ROW.tobytes())
    assert [bool(result.warnings) for result in part.traces()] == [False, True]


def test_filters_and_error_state_are_restored():
    before = (list(warnings.filters), np.geterr())
    one(lambda: warnings.simplefilter("ignore") or np.seterr(all="raise"))
    assert (list(warnings.filters), np.geterr()) == before


def test_later_steps_see_kept_results_and_shared_generators():
    functions = {
        "make": lambda rng: (rng.random(), {"cache": 3.0}),
        "use": lambda cache, rng: (cache["cache"], rng.random()),
    }
    script = Run([
        Step("make", [Generator(5, "r")], arity=2, keep=[1]),
        Step("use", [Ref(0, 1), Generator(5, "r")], arity=2),
    ])  # fmt: skip
    [(part, payload)] = Evaluator(functions).run(script, b"")
    rng = np.random.default_rng(5)
    first, second = rng.random(), rng.random()
    assert b"".join(payload) == struct.pack("<3d", first, 3.0, second)
    assert [leaf.kind for leaf in part.traces()[0].leaves] == ["tuple", "float", "kept"]


def test_containers_of_arguments_arrive_as_such():
    items = Items("dict", [Scalar(1), Items("list", [Scalar(2)])], ["a", "b"])
    result, _ = one(lambda d: [d["a"], *d["b"]], items)
    assert [leaf.kind for leaf in result.leaves] == ["list", "int", "int"]


def test_a_careful_evaluator_sends_each_result_before_the_next_call():
    seen = []
    evaluator = Evaluator({"f": lambda: seen.append(1)}, careful=True)
    counts = [len(seen) for _ in evaluator.run(Run([Step("f", [])] * 3), b"")]
    assert counts == [1, 2, 3]


@pytest.mark.parametrize("value", [np.zeros(2**24), [0] * 5000, [[[[[[[[[1]]]]]]]]]])
def test_what_is_too_large_is_an_exception(value):
    result, payload = one(lambda: value)
    assert isinstance(result, Raised)
    assert result.kind == "ResultTooLarge"
    assert payload == b""


def test_an_unreadable_exception_is_still_an_answer():
    class Hostile(Exception):
        def __str__(self):
            raise ValueError

    def fail():
        raise Hostile

    result, _ = one(fail)
    assert (result.kind, result.message) == ("Hostile", "(no readable message)")


def raise_broken():
    raise ValueError("a \ud800 b")


def warn_broken():
    warnings.warn("a \ud800 b", stacklevel=1)


@pytest.mark.parametrize(
    "function",
    [raise_broken, warn_broken, lambda: "a \ud800 b", lambda: {"a \ud800 b": 1.0}],
)
def test_text_that_has_no_encoding_still_crosses_the_wire(function):
    result, payload = one(function)
    assert "a ? b" in str(result)
    assert encode(Part([result], last=True), payload)


def rows(count, **fields):
    """Return a script of calls that all get the same values, each in an array of its own."""
    return Run([Step("f", [Data("<f8", (6,), 0)]) for _ in range(count)], **fields)


def test_what_one_call_writes_to_its_argument_no_other_call_sees():
    def spoil(x):
        x += 1
        return x.sum()

    [(part, payload)] = Evaluator({"f": spoil}).run(rows(3), ROW.tobytes())
    assert [trace.mutated for trace in part.traces()] == [[0]] * 3
    assert b"".join(payload) == struct.pack("<3d", *[ROW.sum() + 6] * 3)


def test_a_change_is_told_of_the_call_and_the_argument_that_it_befell():
    def spoil_second(x, y):
        if y[0] == 10:
            y[0] = 0

    values = np.arange(12.0)
    script = Run([
        Step("f", [Data("<f8", (2,), 0), Data("<f8", (2,), 16)]),
        Step("f", [Data("<f8", (2,), 32), Data("<f8", (2,), 80)]),
        Step("f", [Data("<f8", (2,), 48), Data("<f8", (2,), 64)]),
    ])  # fmt: skip
    [(part, _)] = Evaluator({"f": spoil_second}).run(script, values.tobytes())
    assert [trace.mutated for trace in part.traces()] == [[], [1], []]


def test_a_change_is_told_also_where_results_are_sent_one_by_one():
    def spoil(x):
        x[0] = -1

    parts = list(Evaluator({"f": spoil}, careful=True).run(rows(3), ROW.tobytes()))
    assert [part.traces()[0].mutated for part, _ in parts] == [[0]] * 3


def test_a_closed_script_keeps_only_what_its_own_steps_refer_to():
    functions = {"make": lambda: (1.0, {"cache": 3.0}), "use": lambda cache: cache["cache"]}
    steps = [Step("make", [], 2, [1]), Step("make", [], 2, [1]), Step("use", [Ref(1, 1)])]
    evaluator = Evaluator(functions)
    list(evaluator.run(Run(steps, closed=True), b""))
    [(part, _)] = evaluator.run(Run([Step("use", [Ref(0, 1)])], continues=True), b"")
    assert isinstance(part.traces()[0], Raised)
    list(evaluator.run(Run(steps), b""))
    [(part, payload)] = evaluator.run(Run([Step("use", [Ref(0, 1)])], continues=True), b"")
    assert b"".join(payload) == struct.pack("<d", 3.0)


def test_a_closed_script_lets_go_of_a_result_after_its_last_use():
    class Cache:
        pass

    made = []

    def make():
        made.append(weakref.ref(cache := Cache()))
        return 1.0, cache

    alive = []
    functions = {"make": make, "use": lambda *_: alive.append([ref() is not None for ref in made])}
    steps = [Step("make", [], 2, [1]), Step("make", [], 2, [1]), Step("use", [Ref(0, 1)]), Step("use", [Ref(1, 1)]),
             Step("use", [Ref(0, 1)]), Step("use", [])]  # fmt: skip
    for closed, seen in (
        (True, [[True, True], [True, True], [True, False], [False, False]]),
        (False, [[True] * 2] * 4),
    ):
        made.clear()
        alive.clear()
        list(Evaluator(functions).run(Run(steps, closed=closed), b""))
        assert alive == seen


def test_many_parts_are_sent_in_several_frames_that_are_small_enough():
    rows = [[float(i) for i in range(1000)] for _ in range(4)]
    steps = [Step("f", [], 1)] * 60
    parts = [part for part, _ in Evaluator({"f": lambda: rows}).run(Run(steps), b"")]
    assert len(parts) > 2
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert sum(len(part.results) for part in parts) == len(steps)
    assert max(len(encode_header(part)) for part in parts) < MAX_REPLY


def test_many_bytes_are_sent_in_several_frames():
    block = np.zeros(2**21)
    parts = [sum(map(len, chunks)) for _, chunks in Evaluator({"f": lambda: block}).run(Run([Step("f", [])] * 9), b"")]
    assert sum(parts) == 9 * block.nbytes
    assert max(parts) <= MAX_PAYLOAD // 4 + block.nbytes


def test_a_value_that_takes_too_long_to_describe_is_an_exception():
    value = [{"k" * 1900: None} for _ in range(200)]
    parts = [part for part, _ in Evaluator({"f": lambda: value}).run(Run([Step("f", [])]), b"")]
    [trace] = parts[0].traces()
    assert (trace.kind, trace.message) == (
        "ResultTooLarge", "returned a value with too many parts or too much text; return arrays and scalars"
    )  # fmt: skip

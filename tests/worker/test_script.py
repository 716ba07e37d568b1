"""A script's calls share their arguments as long as none of them writes to them."""

import struct

import numpy as np
import pytest

from grader.core.protocol import Data, Generator, Items, Ref, Run, Step
from grader.worker import evaluator as evaluating
from grader.worker.evaluator import Evaluator
from grader.worker.script import Script, array_of

VALUES = np.arange(12.0)
LAYOUTS = ("C", "F", "strided", "reversed", "readonly")


def answered(evaluator, script):
    """Return the traces and the bytes of a script's results."""
    parts = list(evaluator.run_ready(script))
    assert [part.last for part, _ in parts] == [False] * (len(parts) - 1) + [True]
    return [trace for part, _ in parts for trace in part.traces()], b"".join(b"".join(data) for _, data in parts)


def spoil(x):
    x += 1
    return x.sum()


@pytest.mark.parametrize("shape", [(), (6,), (2, 3), (3, 1, 2), (0, 3), (2, 0)])
def test_arrays_of_all_layouts_hold_what_a_fresh_one_holds(shape):
    given = [Data(dtype, shape, 16, layout) for layout in LAYOUTS for dtype in ("<f8", "|u1", "<i2")]
    payload = bytes(range(16)) + VALUES.tobytes()
    seen = []
    answered(Evaluator({"f": lambda *args: seen.extend(args)}), Script(Run([Step("f", given)]), payload))
    for data, array in zip(given, seen, strict=True):
        fresh = array_of(data, payload)
        assert array.tobytes() == fresh.tobytes()
        assert (array.dtype, array.shape) == (fresh.dtype, fresh.shape)
        assert array.strides == fresh.strides or not array.size
        assert array.flags.writeable == fresh.flags.writeable
        assert array.flags.aligned


@pytest.mark.parametrize("layout", ["C", "F", "strided", "reversed"])
def test_a_written_argument_is_found_in_every_layout(layout):
    script = Script(Run([Step("f", [Data("<f8", (2, 3), 0, layout)])]), VALUES.tobytes())
    traces, _ = answered(Evaluator({"f": spoil}), script)
    assert traces[0].mutated == [0]


def test_equal_arguments_of_one_call_do_not_spoil_each_other():
    def spoil_first(x, y):
        x += 1
        return y.sum()

    script = Script(Run([Step("f", [Data("<f8", (6,), 0)] * 2)]), VALUES.tobytes())
    traces, data = answered(Evaluator({"f": spoil_first}), script)
    assert traces[0].mutated == [0]
    assert data == struct.pack("<d", 15.0)


@pytest.mark.parametrize("flush", [0.0, 60.0])
@pytest.mark.parametrize("first", range(5))
def test_whichever_call_is_the_first_to_write_all_results_are_those_of_calls_apart(monkeypatch, first, flush):
    monkeypatch.setattr(evaluating, "FLUSH_SECONDS", flush)

    def write_late(x, y):
        if y[0] >= first:
            x[0] += 100
        return x.sum() + y[0]

    steps = [Step("f", [Data("<f8", (3,), 0), Data("<f8", (1,), 8 * i)]) for i in range(5)]
    traces, data = answered(Evaluator({"f": write_late}), Script(Run(steps), VALUES.tobytes()))
    assert [trace.mutated for trace in traces] == [[]] * first + [[0]] * (5 - first)
    assert data == struct.pack("<5d", *[3.0 + i + 100 * (i >= first) for i in range(5)])


def test_an_argument_written_through_a_cache_is_told_of_the_call_that_did_it():
    def use(cache):
        cache[0] = -1.0
        return cache.sum()

    functions = {"make": lambda x: (x.sum(), x), "use": use}
    steps = [Step("make", [Data("<f8", (3,), 0)], 2, [1]), Step("use", [Ref(0, 1)]),
             Step("make", [Data("<f8", (3,), 0)], 2, [1])]  # fmt: skip
    traces, data = answered(Evaluator(functions), Script(Run(steps), VALUES.tobytes()))
    assert [trace.mutated for trace in traces] == [[], [-1], []]
    assert data == struct.pack("<3d", 3.0, 2.0, 3.0)


def test_generators_and_kept_results_begin_anew_where_calls_are_made_again():
    def draw(x, rng):
        drawn = rng.random()
        x += drawn
        return drawn

    steps = [Step("f", [Data("<f8", (1,), 0), Generator(3, "stream")]) for _ in range(3)]
    _, data = answered(Evaluator({"f": draw}), Script(Run(steps), VALUES.tobytes()))
    assert data == np.random.default_rng(3).random(3).tobytes()


def test_a_script_is_as_good_as_new_for_the_next_submission():
    script = Script(Run([Step("f", [Data("<f8", (6,), 0)])]), VALUES.tobytes())
    answered(Evaluator({"f": spoil}), script)
    traces, data = answered(Evaluator({"f": np.sum}), script)
    assert traces[0].mutated == []
    assert data == struct.pack("<d", 15.0)


def test_an_array_inside_of_a_container_is_handed_over():
    step = Step("f", [Items("list", [Data("<f8", (2,), 8)])])
    _, data = answered(Evaluator({"f": lambda items: items[0]}), Script(Run([step]), VALUES.tobytes()))
    assert data == VALUES[1:3].tobytes()


def test_after_a_call_that_writes_no_call_is_made_twice():
    made = []

    def count(x):
        made.append(1)
        return spoil(x)

    evaluator = Evaluator({"f": count})
    script = Script(Run([Step("f", [Data("<f8", (6,), 0)])] * 2), VALUES.tobytes())
    answered(evaluator, script)
    made.clear()
    answered(evaluator, script)
    assert len(made) == 2

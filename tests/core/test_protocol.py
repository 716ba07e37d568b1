import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core import protocol
from grader.core.protocol import (
    Bind,
    Bound,
    Data,
    Definition,
    Generator,
    Items,
    Leaf,
    Load,
    Loaded,
    Parameter,
    Part,
    Raised,
    Ready,
    Ref,
    Returned,
    Run,
    Running,
    Scalar,
    Step,
    decode_reply,
    decode_request,
    encode,
    frame_sizes,
    leaves_size,
)
from grader.core.submission import Cell, SourceFile
from grader.errors import ProtocolError
from grader.worker.script import array_of

REQUESTS = [
    Run([Step("f", [Data("<f8", (2, 3), 16, "F"), Scalar(None), Scalar(1.5), Ref(0, -1), Generator(3, "k")], 2, [1])]),
    Run([Step("f", [Items("dict", [Scalar(True)], ["a"])])], continues=True),
    Load([SourceFile("a.py", [Cell("", "x = 1")])], ["scipy"], skip={"a.py, line 3": "hung"}, careful=True),
    Bind({"relu": "a.py"}),
]
REPLIES = [
    Loaded([Definition("f", "a.py", "", 3, [Parameter("x", "positional", False)], True)], ["odd"], ["socket"]),
    Bound(),
    Ready("no Landlock"),
    Running("a.py, line 3"),
    Part([Raised("ValueError", "no", "a.py", 3)], last=False),
]


def split(frame):
    header, payload = frame_sizes(frame[: protocol.PREFIX.size])
    body = frame[protocol.PREFIX.size :]
    assert len(body) == header + payload
    return body[:header], body[header:]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: type(request).__name__)
def test_a_request_survives_the_wire(request_):
    header, payload = split(encode(request_, b"1234"))
    assert decode_request(header) == request_
    assert payload == b"1234"


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: type(reply).__name__)
def test_a_reply_survives_the_wire(reply):
    header, payload = split(encode(reply))
    assert decode_reply(header, len(payload)) == reply


LEAVES = st.one_of(
    st.builds(
        Leaf,
        st.sampled_from(
            ["array", "generic", "float", "int", "bool", "complex", "tuple", "list", "dict", "none", "kept"]
        ),
        st.sampled_from([*sorted(protocol.DTYPES), "", "|O", "<f99"]),
        st.lists(st.integers(-2, 5) | st.just(2**62), max_size=3).map(tuple),
    ),
    st.builds(Leaf, st.text(max_size=8), st.text(max_size=8), st.lists(st.integers(), max_size=40).map(tuple)),
)


@given(st.lists(LEAVES, max_size=12))
def test_leaves_have_a_size_within_the_caps_or_are_refused(leaves):
    try:
        size = leaves_size(leaves)
    except ProtocolError:
        return
    carried = [leaf for leaf in leaves if leaf.kind in ("array", "generic", "float", "int", "bool", "complex")]
    assert size == sum(math.prod(leaf.shape) * np.dtype(leaf.info).itemsize for leaf in carried)


def nested(values):
    """Return the leaves and bytes of nested lists of numbers, as a worker would write them."""
    if isinstance(values, list):
        parts = [nested(value) for value in values]
        return [Leaf("list", "", (len(values),)), *(leaf for part, _ in parts for leaf in part)], b"".join(
            b for _, b in parts
        )
    return [Leaf("array", "<f8", (values,))], bytes(8 * values)


@given(st.recursive(st.integers(0, 3), lambda inner: st.lists(inner, max_size=3), max_leaves=10))
def test_every_honest_result_is_accepted(values):
    leaves, data = nested(values)
    header, payload = split(encode(Part([Returned(leaves, len(data))], last=True), data))
    assert decode_reply(header, len(payload)).results[0].leaves == leaves


@given(st.binary(max_size=60), st.integers(0, 100))
def test_random_headers_are_refused_cleanly(header, size):
    try:
        reply = decode_reply(header, size)
    except ProtocolError:
        return
    assert isinstance(reply, Loaded | Bound | Ready | Running | Part)


@given(st.data())
def test_mutated_replies_are_refused_or_consistent(data):
    original = Part(
        [Returned([Leaf("tuple", "", (2,)), Leaf("array", "<f8", (2, 3)), Leaf("int", "<i8")], 56)], last=True
    )
    header, _ = split(encode(original, bytes(56)))
    mutated = bytearray(header)
    for _ in range(data.draw(st.integers(1, 4))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    try:
        reply = decode_reply(bytes(mutated), 56)
    except ProtocolError:
        return
    assert isinstance(reply, Part)
    assert sum(result.nbytes for result in reply.results if isinstance(result, Returned)) == 56


def bomb(shape):
    return Part([Returned([Leaf("array", "<f8", shape)], 8)], last=True)


@pytest.mark.parametrize(
    ("part", "size", "message"),
    [
        (bomb((2**40,)), 8, "an array that claims 8796093022208 bytes, but a frame holds 268435456"),
        (bomb((2**60,) * 32), 8, "an array that claims"),
        (bomb((1,) * 33), 8, "an array with an impossible shape"),
        (bomb((-1,)), 8, "an array with an impossible shape"),
        (Part([Returned([Leaf("array", "|O", (1,))], 8)], last=True), 8, "dtype '|O', which does not cross the wire"),
        (Part([Returned([Leaf("float", "<f8", (1,))], 8)], last=True), 8, "a float of shape .* but a scalar has none"),
        (Part([Returned([Leaf("magic", "")], 0)], last=True), 0, "a leaf of unknown kind 'magic'"),
        (Part([Returned([Leaf("tuple", "", (2**40,))], 0)], last=True), 0, "a tuple of shape"),
        (Part([Returned([Leaf("tuple", "", (2,)), Leaf("none", "")], 0)], last=True), 0, "containers lack children"),
        (Part([Returned([Leaf("none", ""), Leaf("none", "")], 0)], last=True), 0, "leaves outside its tree"),
        (Part([Returned([Leaf("text", "x" * 2001)], 0)], last=True), 0, "a leaf with 2001 characters of text"),
        (Part([Returned([], 0)], last=True), 0, "a value of 0 leaves"),
        (Part([Returned([Leaf("none", "")] * 5000, 0)], last=True), 0, "a value of 5000 leaves"),
        (
            Part([Returned([Leaf("list", "", (1,))] * 9 + [Leaf("none", "")], 0)], last=True),
            0,
            "a list of .* at depth 9",
        ),
        (Part([Returned([Leaf("none", "")], 8)], last=True), 8, "a result of 8 bytes, but its leaves say otherwise"),
        (Part([Returned([Leaf("none", "")], 0)], last=True), 8, "results of 0 bytes in a payload of 8 bytes"),
        (Bound(), 8, "a reply without results carries 8 bytes"),
        (Part([Raised("E", "x" * 2001)], last=True), 0, "texts of up to 2000 characters"),
        (Part([Returned([Leaf("none", "")], 0, ["w"] * 9)], last=True), 0, "9 texts .* but at most 5 are allowed"),
        (Loaded([], ["x"] * 501), 0, "501 texts"),
        (Loaded([Definition("f", "", "", 1, [])] * 5001), 0, "5001 definitions, but at most 5000"),
    ],
)
def test_a_false_claim_is_refused_before_anything_is_allocated(part, size, message):
    with pytest.raises(ProtocolError, match=message):
        decode_reply(msgspec.msgpack.encode(part), size)


def test_a_header_that_is_no_reply_is_refused():
    with pytest.raises(ProtocolError, match="a worker's reply cannot be read"):
        decode_reply(msgspec.msgpack.encode(REQUESTS[3]), 0)


def test_a_prefix_may_not_claim_more_than_a_frame_holds():
    with pytest.raises(ProtocolError, match=r"a frame claims 1 [+] 268435457 bytes, but may have"):
        frame_sizes(protocol.PREFIX.pack(1, protocol.MAX_PAYLOAD + 1))


def test_a_frame_that_is_too_large_is_not_made(monkeypatch):
    monkeypatch.setattr(protocol, "MAX_PAYLOAD", 3)
    with pytest.raises(ProtocolError, match=r"a frame of \d+ [+] 4 bytes, but should be within \d+ [+] 3"):
        encode(Bound(), b"1234")


@given(
    shape=st.lists(st.integers(0, 4), max_size=4).map(tuple),
    dtype=st.sampled_from(["<f8", "<f4", "<i8", "|b1", "<c16"]),
    layout=st.sampled_from(protocol.LAYOUTS),
)
def test_layouts_hold_equal_values_in_the_promised_form(shape, dtype, layout):
    values = (np.arange(math.prod(shape)) % 5).astype(dtype).reshape(shape)
    array = array_of(Data(dtype, shape, 16, layout), bytes(16) + values.tobytes())
    assert array.dtype == values.dtype
    assert array.shape == shape
    assert np.array_equal(array, values)
    assert array.flags.writeable == (layout != "readonly")
    if layout == "F":
        assert array.flags.f_contiguous
    elif layout in ("C", "readonly"):
        assert array.flags.c_contiguous
    elif array.size and min(shape, default=0) > 1:
        expected = [-stride for stride in values.strides]
        if layout == "strided":
            expected = [2 * stride for stride in values.strides]
        assert list(array.strides) == expected


def test_arguments_are_fresh_arrays():
    payload = bytes(16)
    first, second = (array_of(Data("<f8", (2,), 0), payload) for _ in range(2))
    first[:] = 1
    assert not second.any()


FORM = Returned([Leaf("array", "<f8", (2,))], 16)


def test_results_of_one_form_refer_to_it():
    header, payload = split(encode(Part([0, Raised("E", "no"), 0], True, [FORM]), bytes(16), bytes(16)))
    part = decode_reply(header, len(payload))
    assert part.traces() == [FORM, Raised("E", "no"), FORM]


@pytest.mark.parametrize(
    ("part", "size", "message"),
    [
        (Part([1], True, [FORM]), 16, "a result of form 1, but there are 1 forms"),
        (Part([-1], True, [FORM]), 16, "a result of form -1, but there are 1 forms"),
        (Part([0, 0], True, [FORM]), 16, "results of 32 bytes in a payload of 16 bytes"),
        (Part([0], True, [Returned([Leaf("array", "<f8", (2,))], 8)]), 8, "a result of 16|8 bytes, but its leaves"),
    ],
)
def test_a_false_reference_to_a_form_is_refused(part, size, message):
    with pytest.raises(ProtocolError, match=message):
        decode_reply(msgspec.msgpack.encode(part), size)

import ast
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.signature import Dim, Kind, parse_signature
from grader.errors import SignatureError

NAMES = ["x", "w1", "dy", "gamma", "n", "d", "h2w", "x2y", "k3"]


def test_terms_know_kind_sizes_type_and_default():
    signature = parse_signature("f: x(n,d), t(n):int, cache, rng, eps=1e-05 -> y(n,2d), state")
    x, t, cache, rng, eps = signature.arguments
    assert [term.kind for term in signature.arguments] == [
        Kind.ARRAY, Kind.ARRAY, Kind.OPAQUE, Kind.RNG, Kind.SCALAR
    ]  # fmt: skip
    assert (t.dtype, eps.default, x.dtype, cache.dims, rng.default) == ("int", 1e-05, "float", None, None)
    assert signature.keep == [1]
    assert signature.size_names == ("n", "d")


def test_a_shape_follows_from_sizes():
    signature = parse_signature("f: x(...,d), k -> y(...,2d,(d+1)//2,d-k), loss")
    y, loss = signature.results
    assert y.shape({"...": (4, 1), "d": 3, "k": 2}) == (4, 1, 6, 2, 1)
    assert loss.shape({}) == ()
    assert signature.size_names == ("d",)
    assert signature.has_dots


def test_digits_in_a_name_are_not_factors():
    signature = parse_signature("f: x(k2d,h1) -> y(2k2d, 3h1)")
    assert signature.size_names == ("k2d", "h1")
    assert signature.results[0].shape({"k2d": 5, "h1": 7}) == (10, 21)


def test_binding_reads_sizes_from_arrays():
    signature = parse_signature("f: x(...,n,d), w(d), p -> y(...,n,d)")
    bound = signature.bind({"x": np.zeros((7, 2, 3)), "w": np.zeros(3), "p": 4})
    assert bound == {"...": (7,), "n": 2, "d": 3, "p": 4}


def test_a_flag_is_no_size():
    assert parse_signature("f: x(n), training -> y(n)").bind({"x": np.zeros(2), "training": True}) == {"n": 2}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"x": np.zeros(3)}, r"x\.shape=\(3,\), but f takes x\(n,d\)"),
        ({"x": np.zeros((1, 2, 3))}, r"x\.shape=\(1, 2, 3\), but f takes"),
        ({"x": np.zeros((2, 3)), "w": np.zeros(2)}, r"w\.shape=\(2,\), but d should be 3 in f"),
        ({"x": np.zeros((2, 3)), "v": np.zeros(3)}, r"v\.shape=\(3,\), but 2d should be 6 in f"),
    ],
)
def test_binding_refuses_shapes_that_disagree(values, message):
    with pytest.raises(SignatureError, match=message):
        parse_signature("f: x(n,d), w(d), v(2d) -> y(n)").bind(values)


def test_binding_refuses_leading_sizes_that_disagree():
    with pytest.raises(SignatureError, match=r"x\.shape=\(3,\), but its leading sizes should be \(2,\)"):
        parse_signature("f: dy(...), x(...) -> dx(...)").bind({"dy": np.zeros(2), "x": np.zeros(3)})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x(n) -> y(n)", "cannot read signature .*write it like 'name: x"),
        ("f: x(n)", "cannot read signature .*write it like"),
        ("Net.forward: x(n) -> y(n)", "a method of an object is a reserved form"),
        ("a b: x -> y", "cannot read 'a b' as a function's name .*write a Python identifier"),
        ("f: x(n) ->", "has no result; write one after '->'"),
        ("f: x, x -> y", "two arguments are named 'x'.*give each its own name"),
        ("f: x -> y, y", "two results are named 'y'"),
        ("f: x(n) -> y(m)", "size 'm' of y.m. in signature .* is not a size of any argument"),
        ("f: x(n) -> y(...)", r"'\.\.\.' of y\(\.\.\.\) .* is not a size of any argument"),
        ("f: lr=0.1, x -> y", "'x' without a default follows a default"),
        ("f: x(n -> y", "an unmatched bracket"),
        ("f: x) -> y", "an unmatched bracket"),
        ("f: params{w} -> y", "a dictionary of parameters is a reserved form"),
        ("f: w!(d) -> y", "an argument updated in place is a reserved form"),
        ("f: x[n] -> y", r"cannot read 'x\[n\]' in signature .*write terms like 'x\(n,d\)'"),
        ("f: x(n):bool -> y", "cannot read type 'bool' of 'x' .*write ':int' or nothing"),
        ("f: x(n)=3 -> y", "array 'x' has a default .*only scalars may"),
        ("f: cache=1 -> y", "'cache' has no type or default"),
        ("f: rng:int -> y", "'rng' has no type or default"),
        ("f: lr=much -> y", "cannot read the default of 'lr=much' .*write a number"),
        ("f: lr=nan -> y", "cannot read the default of 'lr=nan' .*write a number"),
        ("f: lr=inf -> y", "cannot read the default of 'lr=inf' .*write a number"),
        ("f: x(n/2) -> y", "cannot read size 'n/2' of .*write names, numbers"),
        ("f: x(n,...) -> y", r"cannot read size '\.\.\.'"),
        ("f: x(n,) -> y", "cannot read size ''"),
        ("f: x(-1) -> y", "cannot read size '-1'"),
        ("f: x(True) -> y", "cannot read size 'True'"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_fix(text, message):
    with pytest.raises(SignatureError, match=message):
        parse_signature(text)


def test_an_unknown_argument_is_named():
    with pytest.raises(SignatureError, match="f has no argument 'z'; it has x, w"):
        parse_signature("f: x, w -> y").argument("z")


@pytest.mark.parametrize(
    ("sizes", "message"),
    [({}, "size 'n' of 'n//k' has no value"), ({"n": 3, "k": 0}, "size 'n//k' divides by zero")],
)
def test_a_size_without_a_value_is_named(sizes, message):
    dim = parse_signature("f: x(n,k) -> y(n//k)").results[0].dims[0]
    with pytest.raises(SignatureError, match=message):
        dim.evaluate(sizes)


def test_a_size_is_made_of_names_numbers_and_operators():
    with pytest.raises(SignatureError, match=r"cannot evaluate size '\[n\]'"):
        Dim("[n]", ast.parse("[n]", mode="eval").body).evaluate({"n": 1})


def test_leading_sizes_are_a_tuple():
    with pytest.raises(SignatureError, match=r"the sizes of '\.\.\.' = 3, but should be a tuple"):
        parse_signature("f: x(...) -> y(...)").results[0].shape({"...": 3})


@st.composite
def signatures(draw):
    names = draw(st.lists(st.sampled_from(NAMES[:5]), min_size=1, max_size=4, unique=True))
    sizes = draw(st.lists(st.sampled_from(["n", "d", "2d", "h2w", "(n-1)*2+d"]), min_size=1, max_size=3))
    terms = []
    for name in names:
        form = draw(st.sampled_from(["array", "dots", "int", "scalar"]))
        dims = ",".join(sizes)
        forms = {"array": f"{name}({dims})", "dots": f"{name}(...,{dims})", "int": f"{name}({dims}):int"}
        terms.append(forms.get(form, name))
    defaults = draw(st.lists(st.floats(-1e12, 1e12), max_size=2))
    terms += [f"alpha{i}={value!r}" for i, value in enumerate(defaults)]
    lead = "...," if any("..." in term for term in terms) and draw(st.booleans()) else ""
    shaped = any("(" in term for term in terms)
    return f"f: {', '.join(terms)} -> " + (f"out({lead}{','.join(sizes)}), cache" if shaped else "out, cache")


@given(signatures())
def test_a_printed_signature_reads_back_as_itself(text):
    signature = parse_signature(text)
    assert parse_signature(str(signature)) == signature


@given(st.text(alphabet="fxyn:->(),.!{}=1 2int+*/", max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        parse_signature(f"f: {text}")
    except SignatureError as error:
        assert re.search(r"signature|reserved", str(error))  # noqa: PT017

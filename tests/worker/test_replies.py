"""A reply that was decoded before is as good as one that is checked anew."""

import msgspec
import pytest

from grader.core.protocol import Leaf, Loaded, Part, Raised, Ready, Returned, Running, decode_reply, encode_header
from grader.errors import ProtocolError
from grader.worker import replies
from grader.worker.replies import Replies

ROW = Returned([Leaf("array", "<f8", (3,))], 24)
NUMBER = Returned([Leaf("float", "<f8")], 8)
PARTS = [
    Part([0, 0, 1], last=True, forms=[ROW, NUMBER], script=1),
    Part([0, 0, 1], last=False, forms=[ROW, NUMBER], script=300),
    Part([0, 0, 1], last=True, forms=[ROW, NUMBER], script=300),
    Part([1, 0, 0], last=True, forms=[ROW, NUMBER], script=2),
    Part([0, NUMBER, 0], last=True, forms=[ROW], script=2),
    Part([Raised("ValueError", "a \\ b")], last=True, script=2),
    Part([], last=True),
]


def size(part):
    return sum(trace.nbytes for trace in part.traces() if isinstance(trace, Returned))


def test_parts_are_decoded_as_ever_however_often_they_come():
    decoder = Replies()
    for part in PARTS * 3:
        header = encode_header(part)
        assert decoder.decode(header, size(part)) == decode_reply(header, size(part)) == part


@pytest.mark.parametrize("wrong", [0, 55, 57, 2**40])
def test_a_known_header_with_another_payload_is_refused(wrong):
    decoder = Replies()
    header = encode_header(PARTS[0])
    decoder.decode(header, 56)
    with pytest.raises(ProtocolError, match="results of 56 bytes"):
        decoder.decode(header, wrong)


@pytest.mark.parametrize("reply", [Ready(), Ready("no"), Running("line 3"), Loaded([])])
def test_other_replies_pass(reply):
    assert Replies().decode(encode_header(reply), 0) == reply


@pytest.mark.parametrize(
    "forged",
    [
        b"",
        b"\xc1",
        b"\x95\xa4\x91\x92\x93\x94",
        b"\x91" * 3000,
        msgspec.msgpack.encode(["part"]),
        msgspec.msgpack.encode(["part", [0], True, [], 1]),
        msgspec.msgpack.encode(["part", [-1], True, [], 1]),
        msgspec.msgpack.encode(["part", {}, True, "forms", 1]),
        msgspec.msgpack.encode(["part", [], True, [], "one"]),
        msgspec.msgpack.encode(["part", [0], True, [["ok", [], 0]], 1]),
    ],
)
def test_a_forged_reply_is_refused_each_time(forged):
    decoder = Replies()
    for _ in range(2):
        with pytest.raises(ProtocolError):
            decoder.decode(forged, 0)


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(replies, "MAX_KNOWN", 3)
    decoder = Replies()
    for count in range(20):
        part = Part([0] * count, last=True, forms=[ROW], script=1)
        assert decoder.decode(encode_header(part), 24 * count) == part
        assert len(decoder._known) <= 3
    huge = Part([0] * replies.MAX_BYTES, last=True, forms=[ROW])
    before = dict(decoder._known)
    assert decoder.decode(encode_header(huge), 24 * replies.MAX_BYTES) == huge
    assert decoder._known == before

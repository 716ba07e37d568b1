"""What a forged reply can make the judge allocate, measured in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from grader.core import protocol
from grader.core.protocol import Part, Raised, decode_reply
from grader.errors import ProtocolError

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 2**20

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")

MEASURED = """
import struct, sys
import msgspec
from grader.core import protocol
from grader.errors import ProtocolError

def peak():
    text = open("/proc/self/status").read()
    return int(text.split("VmHWM:")[1].split()[0]) * 1024

def many(item, size):
    raw = msgspec.msgpack.encode(item)
    count = size // len(raw)
    return b"\\xdd" + struct.pack(">I", count) + raw * count

def frame(before, item, after, size):
    encoded = [msgspec.msgpack.encode(value) for value in after]
    head = b"".join(msgspec.msgpack.encode(value) for value in before)
    return b"".join([bytes([0x90 + len(before) + 1 + len(after)]), head, many(item, size), *encoded])

FORGED = {
    "forms": lambda size: frame(["part", [], True], ["ok", [], 0], [1], size),
    "forms with lists": lambda size: frame(["part", [], True], ["ok", [["", "", []]], 0, ["a"], [1000]], [1], size),
    "raised": lambda size: frame(["part"], ["raised", "a", "b", "c", 1000], [True, [], 1], size),
    "numbers": lambda size: frame(["part"], 1000, [True, [], 1], size),
    "definitions": lambda size: frame(["loaded"], ["a", "b", "c", 1000, []], [], size),
    "texts": lambda size: frame(["loaded", []], "ab", [], size),
}
header = FORGED[sys.argv[1]](int(sys.argv[2]))
before = peak()
try:
    protocol.decode_reply(header, 0)
except ProtocolError:
    pass
print(len(header), peak() - before)
"""


def measured(kind, size):
    """Return the bytes of a forged header, and those that looking at it took at most."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, kind, str(size)], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    length, grown = map(int, done.stdout.split())
    return length, grown


@pytest.mark.parametrize("kind", ["forms", "forms with lists", "raised", "numbers", "definitions", "texts"])
def test_a_forged_header_of_the_largest_size_costs_little_memory(kind):
    length, grown = measured(kind, protocol.MAX_REPLY - 100)
    assert protocol.MAX_REPLY // 2 < length <= protocol.MAX_REPLY
    assert grown < 64 * MEGABYTE


def test_a_forged_header_beyond_that_is_not_looked_at():
    length, grown = measured("forms", 64 * MEGABYTE)
    assert length > 63 * MEGABYTE
    assert grown < MEGABYTE


def test_a_larger_header_is_refused_by_name():
    header = msgspec.msgpack.encode(Part([Raised("E", "x" * 1000)] * 1100, last=True))
    with pytest.raises(ProtocolError, match=r"a reply's header of \d+ bytes, but it may have 1048576"):
        decode_reply(header, 0)

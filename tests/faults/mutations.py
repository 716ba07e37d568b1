"""Forged frames: what a hostile or broken worker may send in place of an honest reply.

Mutations know the structure of a frame (prefix, msgpack header, payload) but not the types inside the header, so that
they stay useful when those change.
"""

from __future__ import annotations

import copy
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from grader.core import protocol
from grader.core.protocol import PREFIX

Tree = list | dict | int | float | str | bytes | bool | None

ATOMS: tuple[Tree, ...] = (
    0, 1, -1, 2, 7, 255, 2**15, 2**31, 2**32, 2**62, 2**63, 2**64 - 1, -(2**63), 0.5, float("nan"), float("inf"),
    True, False, None, "", "x", "x" * 2001, "\x1b[2J", "::error::", "<script>", "\x00", b"", b"abc",
    "array", "generic", "float", "int", "bool", "complex", "tuple", "list", "dict", "none", "kept", "text", "other",
    *sorted(protocol.DTYPES), "|O", "<U9", ">f8", "<f99", "<M8[s]",
    "ok", "raised", "timeout", "died", "part", "loaded", "bound", "ready", "running", "run", "load", "bind",
    "NotImplementedError", [], [0], [0, 0], [1, 1], [-1], [2**40], [2**62, 2**62], [0, 2**62], {}, {"a": 1},
)  # fmt: skip
"""Values that stand at the edge of what a field may hold, or beyond it."""

STRANGERS: tuple[Tree, ...] = (
    ["bound"], ["ready"], ["ready", "no"], ["running", "hw.py, line 1"], ["loaded", []], ["timeout", 3.0],
    ["died", "x"], ["part", [], True], ["part", [], False], ["run", []], ["bind", {}], [], ["part"], None, 7,
    {"part": []},
)  # fmt: skip
"""Whole headers that belong to another conversation, or to none."""


@dataclass(frozen=True, slots=True)
class Forged:
    """What is sent in place of an honest reply.

    Attributes
    ----------
    kind
        The name of the mutation.
    data
        All bytes that are sent.
    then
        What the worker does afterwards: ``"on"`` (it goes on), ``"close"`` (it ends), ``"killed"`` (it ends as by
        SIGKILL), or ``"stall"`` (it says no more).
    """

    kind: str
    data: bytes
    then: str = "on"


def split(frame: bytes) -> tuple[bytes, bytes]:
    """Return header and payload of a frame."""
    header, payload = PREFIX.unpack(frame[: PREFIX.size])
    rest = frame[PREFIX.size :]
    assert len(rest) == header + payload
    return rest[:header], rest[header:]


def framed(header: bytes, payload: bytes = b"") -> bytes:
    """Return a frame whose prefix tells the truth."""
    return PREFIX.pack(len(header), len(payload)) + header + payload


def written(tree: Tree, payload: bytes = b"") -> bytes:
    """Return a frame with a header of any content."""
    return framed(msgspec.msgpack.encode(tree), payload)


# ---------------------------------------------------------------- the header as a tree


def places(tree: Tree) -> list[tuple[list, int]]:
    """Return every place of a tree, as the list that holds it and the index there."""
    found: list[tuple[list, int]] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            found += [(node, i) for i in range(len(node))]
            waiting += node
    return found


def _replace(rng: random.Random, node: list, i: int) -> None:
    node[i] = copy.deepcopy(rng.choice(ATOMS))  # a later edit may change it


def _nudge(rng: random.Random, node: list, i: int) -> None:
    value = node[i]
    if isinstance(value, bool) or not isinstance(value, int):
        _replace(rng, node, i)
    else:
        node[i] = max(-(2**63), min(2**64 - 1, value + rng.choice((-8, -1, 1, 8, 2**32))))


def _delete(_: random.Random, node: list, i: int) -> None:
    del node[i]


def _double(rng: random.Random, node: list, i: int) -> None:
    node[i:i] = [node[i]] * rng.choice((1, 1, 1, 5, 5000))


def _swap(rng: random.Random, node: list, i: int) -> None:
    j = rng.randrange(len(node))
    node[i], node[j] = node[j], node[i]


def _deepen(rng: random.Random, node: list, i: int) -> None:
    for _ in range(rng.choice((1, 9, 100, 2000))):
        node[i] = [node[i]]


def _graft(rng: random.Random, node: list, i: int) -> None:
    """Append what stands elsewhere in the same list, such as another step's result."""
    node.append(node[rng.randrange(len(node))])


EDITS: tuple[Callable[[random.Random, list, int], None], ...] = (
    _replace, _replace, _nudge, _delete, _double, _swap, _deepen, _graft
)  # fmt: skip


def edited_header(rng: random.Random, header: bytes, payload: bytes) -> Forged:
    """Change one to three places of the header; the frame itself is well-formed."""
    tree: Tree = [msgspec.msgpack.decode(header)]
    kinds = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        found = places(tree)
        if not found:
            break
        edit = rng.choice(EDITS)
        edit(rng, *rng.choice(found))
        kinds.append(edit.__name__.strip("_"))
    try:
        content = msgspec.msgpack.encode(tree[0] if tree else None)
    except (RecursionError, OverflowError):
        content = b"\x91" * 5000 + b"\xc0"
    return Forged(f"header: {kinds[0] if kinds else 'nothing'}", framed(content, payload))


# ---------------------------------------------------------------- payload and frame


def flipped_payload(rng: random.Random, header: bytes, payload: bytes) -> Forged:
    return Forged("payload: flipped", framed(header, _flipped(rng, payload)))


def resized_payload(rng: random.Random, header: bytes, payload: bytes) -> Forged:
    cut = payload[: rng.randrange(len(payload))] if payload and rng.random() < 0.5 else payload + rng.randbytes(8)
    return Forged("payload: of another size", framed(header, cut))


def filled_payload(rng: random.Random, header: bytes, payload: bytes) -> Forged:
    pattern = rng.choice((b"\0", b"\xff", struct.pack("<d", 1e308), struct.pack("<d", float("nan")), b"\x7f"))
    return Forged("payload: filled", framed(header, (pattern * len(payload))[: len(payload)]))


def flipped_frame(rng: random.Random, header: bytes, payload: bytes) -> Forged:
    # The prefix is kept: a longer size only makes the judge wait, which `false_sizes` does on purpose.
    return Forged("header: flipped bits", framed(_flipped(rng, header), payload))


def false_sizes(rng: random.Random, header: bytes, payload: bytes) -> Forged:
    sizes = (0, 1, max(0, len(header) - 1), len(header) + 1, 2**24, 2**24 + 1, 2**31, 2**32 - 1)
    prefix = PREFIX.pack(rng.choice(sizes), rng.choice((0, 1, len(payload), len(payload) + 8, 2**28 + 1, 2**63)))
    return Forged("frame: false sizes", prefix + header + payload, _afterwards(rng))


def truncated(rng: random.Random, header: bytes, payload: bytes) -> Forged:
    whole = framed(header, payload)
    return Forged("frame: truncated", whole[: rng.randrange(len(whole))], _afterwards(rng))


def repeated(rng: random.Random, header: bytes, payload: bytes) -> Forged:
    return Forged("frame: sent again", framed(header, payload) * rng.choice((2, 2, 3)))


def followed(rng: random.Random, header: bytes, payload: bytes) -> Forged:
    extra = rng.choice((b"\0", rng.randbytes(5), rng.randbytes(40), written(rng.choice(STRANGERS))))
    return Forged("frame: followed by more", framed(header, payload) + extra)


def preceded(rng: random.Random, header: bytes, payload: bytes) -> Forged:
    return Forged("frame: preceded by another", written(rng.choice(STRANGERS)) + framed(header, payload))


def stranger(rng: random.Random, _: bytes, payload: bytes) -> Forged:
    return Forged(
        "frame: of another kind", written(rng.choice(STRANGERS), rng.choice((b"", payload))), _afterwards(rng)
    )


def noise(rng: random.Random, _: bytes, __: bytes) -> Forged:
    header = rng.randbytes(rng.randrange(60))
    return Forged("frame: noise", framed(header, rng.randbytes(rng.choice((0, 0, 8)))), _afterwards(rng))


def nothing(rng: random.Random, _: bytes, __: bytes) -> Forged:
    return Forged("frame: none", b"", _afterwards(rng))


MUTATIONS: tuple[Callable[[random.Random, bytes, bytes], Forged], ...] = (
    *[edited_header] * 12, *[flipped_payload] * 2, resized_payload, filled_payload, *[flipped_frame] * 3, false_sizes,
    truncated, repeated, followed, preceded, stranger, noise, nothing,
)  # fmt: skip

STALLS = 0.02
"""How often a worker that has sent half of something stays silent, which costs the judge a time limit."""


def _afterwards(rng: random.Random) -> str:
    return "stall" if rng.random() < STALLS else "close"


def _flipped(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def forge(rng: random.Random, frame: bytes) -> Forged:
    """Return a mutation of an honest frame."""
    return rng.choice(MUTATIONS)(rng, *split(frame))


def shift(frame: bytes) -> Forged:
    """Return the frame with other values in the same form: no answer in it is right any more."""
    header, payload = split(frame)
    whole = len(payload) // 8 * 8
    numbers = struct.unpack(f"<{whole // 8}d", payload[:whole])
    moved = struct.pack(f"<{whole // 8}d", *(0.5 * number + 3.25 for number in numbers))
    return Forged("values: others", framed(header, moved + payload[whole:]))

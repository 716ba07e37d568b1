"""The wire between judge and worker: scripts of calls go out, plain data comes back, and nothing else can.

A frame is ``!IQ`` (header bytes, payload bytes), a msgpack header and raw array bytes. Headers are decoded into
the types below and nothing else; sizes are capped before anything is allocated; there is no pickle.
"""

from __future__ import annotations

import math
import struct
from typing import TypeVar

import msgspec

from grader.core.submission import SourceFile
from grader.errors import ProtocolError

PREFIX = struct.Struct("!IQ")
MAX_HEADER = 16 * 2**20
"""Bytes of a request's header at most."""
MAX_REPLY = 2**20
"""Bytes of a reply's header at most. A forged one can make the judge build objects of about 45 times its size."""
MAX_REPLIES = 4 * 2**20
"""Bytes of the headers of all replies to one script at most."""
MAX_RESULT = MAX_REPLY // 4
"""Bytes of the header that describe one result at most."""
MAX_PAYLOAD = 256 * 2**20
"""Bytes of a payload at most; what a worker may return in one frame."""
MAX_LEAVES = 4096
"""Leaves of one returned value at most."""
MAX_DEPTH = 8
"""Nesting of a returned value at most."""
MAX_DIMENSIONS = 32
MAX_TEXT = 2000
"""Characters of a message or a name at most."""
MAX_TEXTS = 500
"""Remarks, refusals or parameters at most."""
MAX_DEFINITIONS = 5000
"""Functions and classes of a submission at most."""
MAX_WARNINGS = 5
"""Different warnings of one call at most."""

LAYOUTS = ("C", "F", "strided", "reversed", "readonly")
"""Memory layouts in which an array argument can be handed over."""

DTYPES = frozenset(
    {"|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16", "<f16"}
)
"""Data types (`numpy.dtype.str`) that may cross the wire; ``<f16`` is x86's extended precision."""


# ---------------------------------------------------------------- judge -> worker


class Data(msgspec.Struct, frozen=True, array_like=True, tag="d"):
    """An array argument: a slice of the payload, handed over as a fresh array in the given layout."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    layout: str = "C"


class Scalar(msgspec.Struct, frozen=True, array_like=True, tag="s"):
    """A plain Python value."""

    value: bool | int | float | str | None


class Ref(msgspec.Struct, frozen=True, array_like=True, tag="r"):
    """Result `index` of step `step` (counted from 0 over the whole session); -1 is the whole result."""

    step: int
    index: int


class Generator(msgspec.Struct, frozen=True, array_like=True, tag="g"):
    """``numpy.random.default_rng(seed)``; the same non-empty `key` is the same object throughout a session."""

    seed: int
    key: str = ""


class Items(msgspec.Struct, frozen=True, array_like=True, tag="i"):
    """A tuple, list or dict of arguments; an empty dict is the state before the first step."""

    kind: str
    items: list[Argument]
    keys: list[str] = []


Argument = Data | Scalar | Ref | Generator | Items


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One call.

    Attributes
    ----------
    function
        The name to call.
    arity
        How many results are expected; several come as a tuple.
    keep
        Which results stay in the worker and are never sent (caches and states).
    """

    function: str
    args: list[Argument]
    arity: int = 1
    keep: list[int] = []


class Run(msgspec.Struct, frozen=True, array_like=True, tag="run"):
    """A script: steps in order.

    Attributes
    ----------
    continues
        Whether it may refer to results of the script before.
    closed
        Whether nothing after it refers to its results, so that those which its own steps do not need are let go.
    """

    steps: list[Step]
    continues: bool = False
    closed: bool = False

    def releases(self) -> list[list[int]]:
        """Return, for each step, those whose results nothing refers to afterwards: none where the script is open."""
        released: list[list[int]] = [[] for _ in self.steps]
        if self.closed:
            last = {number: number for number in range(len(self.steps))}
            for number, step in enumerate(self.steps):
                last.update((arg.step, number) for arg in step.args if type(arg) is Ref)
            for number, end in last.items():
                released[end].append(number)
        return released


class Known(msgspec.Struct, frozen=True, array_like=True, tag="known"):
    """A script that the fork server was taught, counted from 0."""

    number: int


class Load(msgspec.Struct, frozen=True, array_like=True, tag="load"):
    """Load a submission.

    Attributes
    ----------
    allowed
        Top-level modules that may be imported besides the submission's own.
    seconds
        Wall time for one top-level statement.
    skip
        Statements (named as by `Running`) that ended or hung an earlier worker, and what they did.
    careful
        Send each result before the next call starts, because this submission has ended a worker before.
    total_seconds
        Wall time for loading everything; statements that only compute are left out when half of it is gone.
    first
        The files to load now; the others when they are imported, or asked for by `More`. Empty for all.
    """

    files: list[SourceFile]
    allowed: list[str]
    seconds: float = 5.0
    skip: dict[str, str] = {}
    careful: bool = False
    total_seconds: float = 30.0
    first: list[str] = []


class More(msgspec.Struct, frozen=True, array_like=True, tag="more"):
    """Load further files of the submission; those that are loaded already are not loaded again."""

    files: list[str]


class Bind(msgspec.Struct, frozen=True, array_like=True, tag="bind"):
    """Which file's definition answers to a name, where several define it."""

    files: dict[str, str]


Request = Run | Known | Load | More | Bind


# ---------------------------------------------------------------- worker -> judge


class Leaf(msgspec.Struct, frozen=True, array_like=True):
    """A node of a returned value; children follow their parent (preorder).

    Attributes
    ----------
    kind
        ``array``, ``generic`` (a NumPy scalar), ``float``, ``int``, ``bool``, ``complex`` carry bytes in the payload;
        ``tuple``, ``list``, ``dict`` have ``shape[0]`` children; ``none``, ``kept``; ``text`` and ``other`` only
        describe.
    info
        The dtype of what carries bytes; the text or the name of the type of what does not; a dict's keys, by commas.
    """

    kind: str
    info: str
    shape: tuple[int, ...] = ()


class Returned(msgspec.Struct, frozen=True, array_like=True, tag="ok"):
    """The call returned.

    Attributes
    ----------
    nbytes
        How much of the frame's payload belongs to this result.
    warnings
        NumPy and Python warnings that the call raised, as text.
    mutated
        Positions of arguments whose content the call changed; ``-1 - position`` is an argument of the call whose
        cache it was given.
    """

    leaves: list[Leaf]
    nbytes: int
    warnings: list[str] = []
    mutated: list[int] = []


class Raised(msgspec.Struct, frozen=True, array_like=True, tag="raised"):
    """The call raised an exception of class `kind`; `line` counts from 1 in `file` (or its cell), 0 where unknown."""

    kind: str
    message: str
    file: str = ""
    line: int = 0


class TimedOut(msgspec.Struct, frozen=True, array_like=True, tag="timeout"):
    """The judge stopped the worker after `seconds` of wall or processor time (made by the judge, never received)."""

    seconds: float
    kind: str = "wall"


class Died(msgspec.Struct, frozen=True, array_like=True, tag="died"):
    """The worker ended by itself; `reason` names the limit or signal (made by the judge, never received)."""

    reason: str


Trace = Returned | Raised | TimedOut | Died


class Part(msgspec.Struct, frozen=True, array_like=True, tag="part"):
    """Results of some consecutive steps; their bytes follow each other in the payload.

    Attributes
    ----------
    results
        One for each step; a number stands for the form at that place, which many calls of a check share.
    last
        Whether no more parts follow.
    forms
        Calls that returned without a warning and changed nothing.
    script
        Which script of this worker it answers, counted from 1: what answers an earlier one again is not taken.
    """

    results: list[int | Returned | Raised]
    last: bool
    forms: list[Returned] = []
    script: int = 0

    def traces(self) -> list[Returned | Raised]:
        """Return what came of each step; equal forms are one object."""
        forms = self.forms
        return [forms[result] if type(result) is int else result for result in self.results]  # type: ignore[misc]


class Parameter(msgspec.Struct, frozen=True, array_like=True):
    """A parameter as `inspect` sees it; `kind` is ``positional``, ``keyword``, ``args`` or ``kwargs``."""

    name: str
    kind: str
    has_default: bool


class Definition(msgspec.Struct, frozen=True, array_like=True):
    """A function or class that a loaded file defines.

    Attributes
    ----------
    stub
        Whether its body does nothing yet: only a docstring, ``pass``, ``...``, ``raise NotImplementedError`` or
        ``return None``.
    """

    name: str
    file: str
    cell: str
    line: int
    parameters: list[Parameter]
    stub: bool = False


class Loaded(msgspec.Struct, frozen=True, array_like=True, tag="loaded"):
    """The submission is loaded: what it defines and what was odd.

    Attributes
    ----------
    remarks
        For the student: skipped statements, missing modules, shims.
    denied
        For the instructor: imports and system calls that were refused.
    """

    definitions: list[Definition]
    remarks: list[str] = []
    denied: list[str] = []


class Bound(msgspec.Struct, frozen=True, array_like=True, tag="bound"):
    """The answer to `Bind`."""


class Ready(msgspec.Struct, frozen=True, array_like=True, tag="ready"):
    """Sent once, before anything is loaded: the worker is confined, or `refused` says why it is not."""

    refused: str = ""


class Running(msgspec.Struct, frozen=True, array_like=True, tag="running"):
    """While loading: a top-level statement which may take long or end the worker is about to run."""

    statement: str


Reply = Part | Loaded | Bound | Ready | Running

_encoder = msgspec.msgpack.Encoder()
_requests = msgspec.msgpack.Decoder(Request)
_replies = msgspec.msgpack.Decoder(Reply)

_Message = TypeVar("_Message", Request, Reply)


def encode(message: Request | Reply, *payload: bytes | bytearray) -> bytes:
    """Return the frame of a message with the pieces of its payload.

    Raises
    ------
    ProtocolError
        If the header or payload is larger than a frame may be.
    """
    return b"".join((encode_start(message, sum(map(len, payload))), *payload))


def encode_start(message: Request | Reply, size: int) -> bytes:
    """Return what goes before a payload of `size` bytes in the frame of a message."""
    header = encode_header(message)
    most = MAX_HEADER if isinstance(message, Request) else MAX_REPLY
    if len(header) > most or size > MAX_PAYLOAD:
        raise ProtocolError(f"a frame of {len(header)} + {size} bytes, but should be within {most} + {MAX_PAYLOAD}")
    return PREFIX.pack(len(header), size) + header


def encode_header(message: Request | Reply | Returned | Raised) -> bytes:
    """Return the header of a message's frame, or what a result adds to one."""
    return _encoder.encode(message)


def frame_sizes(prefix: bytes, *, most: int = MAX_HEADER) -> tuple[int, int]:
    """Return (header bytes, payload bytes) that a frame's prefix announces, checked against the caps."""
    header, payload = PREFIX.unpack(prefix)
    if header > most or payload > MAX_PAYLOAD:
        raise ProtocolError(f"a frame claims {header} + {payload} bytes, but may have {most} + {MAX_PAYLOAD}")
    return header, payload


def decode_request(header: bytes) -> Request:
    """Return the request in a header; for the worker."""
    request: Request = _requests.decode(header)
    return request


def decode_reply(header: bytes | memoryview, payload_size: int) -> Reply:
    """Return the reply in a header, every claim in it checked against the payload's true size; for the judge.

    Raises
    ------
    ProtocolError
        If the header is not a reply, or claims what the payload does not hold.
    """
    if len(header) > MAX_REPLY:
        raise ProtocolError(f"a reply's header of {len(header)} bytes, but it may have {MAX_REPLY}")
    try:
        reply: Reply = _replies.decode(header)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise ProtocolError(f"a worker's reply cannot be read: {error}") from None
    if isinstance(reply, Part):
        _check_part(reply, payload_size)
    if isinstance(reply, Loaded):
        _check_loaded(reply)
    if payload_size and not isinstance(reply, Part):
        raise ProtocolError(f"a reply without results carries {payload_size} bytes, but should carry none")
    return reply


def _check_loaded(loaded: Loaded) -> None:
    _check_texts(loaded.remarks, MAX_TEXTS)
    _check_texts(loaded.denied, MAX_TEXTS)
    if len(loaded.definitions) > MAX_DEFINITIONS:
        raise ProtocolError(f"{len(loaded.definitions)} definitions, but at most {MAX_DEFINITIONS} are listed")
    for definition in loaded.definitions:
        names = [parameter.name for parameter in definition.parameters]
        _check_texts([definition.name, definition.file, definition.cell, *names], MAX_TEXTS)


def _check_texts(texts: list[str], most: int) -> None:
    if len(texts) > most or any(len(text) > MAX_TEXT for text in texts):
        raise ProtocolError(f"{len(texts)} texts of up to {MAX_TEXT} characters, but at most {most} are allowed")


def _check_part(part: Part, payload_size: int) -> None:
    for form in part.forms:
        _check_returned(form)
    sizes = [form.nbytes for form in part.forms]
    claimed = 0
    for result in part.results:
        if type(result) is int:
            if not 0 <= result < len(sizes):
                raise ProtocolError(f"a result of form {result}, but there are {len(sizes)} forms")
            claimed += sizes[result]
        elif isinstance(result, Returned):
            _check_returned(result)
            claimed += result.nbytes
        elif isinstance(result, Raised):
            _check_texts([result.kind, result.message, result.file], 3)
    if claimed != payload_size:
        raise ProtocolError(f"results of {claimed} bytes in a payload of {payload_size} bytes")


def _check_returned(result: Returned) -> None:
    if result.warnings:
        _check_texts(result.warnings, MAX_WARNINGS)
    if leaves_size(result.leaves) != result.nbytes:
        raise ProtocolError(f"a result of {result.nbytes} bytes, but its leaves say otherwise")


_ITEMSIZES = {name: int(name[2:]) for name in DTYPES}
_CARRIERS = frozenset({"array", "generic", "float", "int", "bool", "complex"})
_CONTAINERS = frozenset({"tuple", "list", "dict"})
_DESCRIPTIONS = frozenset({"none", "kept", "text", "other"})


def leaves_size(leaves: list[Leaf]) -> int:
    """Return how many payload bytes some leaves describe.

    Raises
    ------
    ProtocolError
        If they are not one well-formed tree of known kinds within the caps.
    """
    if not leaves or len(leaves) > MAX_LEAVES:
        raise ProtocolError(f"a value of {len(leaves)} leaves, but should have 1 to {MAX_LEAVES}")
    if len(leaves) == 1 and leaves[0].kind == "array":
        return _carried(leaves[0])  # the usual case
    size = 0
    open_children: list[int] = [1]
    for leaf in leaves:
        while open_children and open_children[-1] == 0:
            open_children.pop()
        if not open_children:
            raise ProtocolError("a value with leaves outside its tree")
        open_children[-1] -= 1
        if leaf.kind in _CARRIERS:
            size += _carried(leaf)
        elif leaf.kind in _CONTAINERS:
            if len(leaf.shape) != 1 or not 0 <= leaf.shape[0] <= MAX_LEAVES or len(open_children) > MAX_DEPTH:
                raise ProtocolError(f"a {leaf.kind} of shape {leaf.shape[:4]} at depth {len(open_children)}")
            open_children.append(leaf.shape[0])
        elif leaf.kind not in _DESCRIPTIONS:
            raise ProtocolError(f"a leaf of unknown kind {leaf.kind[:20]!r}")
        if len(leaf.info) > MAX_TEXT:
            raise ProtocolError(f"a leaf with {len(leaf.info)} characters of text, but at most {MAX_TEXT} are allowed")
    if any(open_children):
        raise ProtocolError("a value whose containers lack children")
    return size


def _carried(leaf: Leaf) -> int:
    itemsize = _ITEMSIZES.get(leaf.info)
    if itemsize is None:
        raise ProtocolError(f"an array of dtype {leaf.info[:20]!r}, which does not cross the wire")
    if leaf.kind != "array" and leaf.shape:
        raise ProtocolError(f"a {leaf.kind} of shape {leaf.shape[:4]}, but a scalar has none")
    if len(leaf.shape) > MAX_DIMENSIONS or (leaf.shape and min(leaf.shape) < 0):
        raise ProtocolError(f"an array with an impossible shape {leaf.shape[:4]}")
    size = math.prod(leaf.shape) * itemsize
    if size > MAX_PAYLOAD:
        raise ProtocolError(f"an array that claims {size} bytes, but a frame holds {MAX_PAYLOAD}")
    return size

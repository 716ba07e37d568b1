"""What judge and fork server say to each other over their control socket; trusted code on both ends."""

from __future__ import annotations

import socket
import struct

MESSAGE = struct.Struct("!cqqI")
"""Kind, two numbers, bytes of text that follow."""

FORK, STARTED, KILL, REAP, REAPED, RELEASE, SETTLE = b"F", b"S", b"K", b"R", b"D", b"L", b"T"
PROTECTIONS, TEACH, FAILED = b"P", b"C", b"E"


def send(channel: socket.socket, kind: bytes, first: int = 0, second: int = 0, *, text: bytes = b"") -> None:
    """Send one message without descriptors."""
    channel.sendall(MESSAGE.pack(kind, first, second, len(text)) + text)


def send_with(channel: socket.socket, kind: bytes, first: int, descriptors: list[int]) -> None:
    """Send one message with descriptors."""
    socket.send_fds(channel, [MESSAGE.pack(kind, first, 0, 0)], descriptors)


def receive(channel: socket.socket) -> tuple[bytes, int, int, bytes, list[int]]:
    """Return kind, numbers, text and descriptors of the next message.

    Raises
    ------
    EOFError
        If the other end is closed.
    """
    data, descriptors, _, _ = socket.recv_fds(channel, MESSAGE.size, 4)
    while data and len(data) < MESSAGE.size:
        more = channel.recv(MESSAGE.size - len(data))
        if not more:
            break
        data += more
    if len(data) < MESSAGE.size:
        raise EOFError("the control socket is closed")
    kind, first, second, size = MESSAGE.unpack(data)
    text = b""
    while len(text) < size:
        more = channel.recv(size - len(text))
        if not more:
            raise EOFError("the control socket is closed")
        text += more
    return kind, first, second, text, descriptors

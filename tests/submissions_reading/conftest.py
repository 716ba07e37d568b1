"""Inputs as students hand them in, built afresh for each test."""

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping


def make_notebook(*cells: object, **document: object) -> bytes:
    """A notebook of format 4; a cell given as text is a code cell."""
    written = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": cell}
        if isinstance(cell, str)
        else cell
        for cell in cells
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": written, **document}).encode()


def make_zip(members: Mapping[str, bytes] | list[tuple[zipfile.ZipInfo | str, bytes]]) -> bytes:
    pairs = list(members.items()) if isinstance(members, Mapping) else members
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in pairs:
            if isinstance(name, str):
                member = zipfile.ZipInfo("x")
                member.filename = name  # as it is; the constructor ends a name at a NUL
                member.compress_type = zipfile.ZIP_DEFLATED
            else:
                member = name
            archive.writestr(member, content)
    return stream.getvalue()


def make_tar(members: Mapping[str, bytes] | list[tuple[tarfile.TarInfo | str, bytes]], mode: str = "w:gz") -> bytes:
    pairs = list(members.items()) if isinstance(members, Mapping) else members
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, content in pairs:
            member = tarfile.TarInfo(name) if isinstance(name, str) else name
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()

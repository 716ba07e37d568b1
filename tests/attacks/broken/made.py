"""Submissions that no version control would keep: bytes that are no text, archives that lie, links that lead away."""

import io
import json
import os
import stat
import tarfile
import zipfile

RIGHT = """import numpy as np


def relu(x):
    return np.maximum(x, 0)


def softsign(x):
    return x / (1 + np.abs(x))
"""


def _written(folder, content, name="hw.py"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _notebook(*cells, **more):
    listed = [
        {"cell_type": "code", "source": cell, "metadata": {}, "outputs": [], "execution_count": None} for cell in cells
    ]
    return json.dumps({"cells": listed, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more})


def nul_bytes(folder):
    return _written(folder, RIGHT.replace("softsign(x):\n", "softsign(x):\n    \0\n").encode() + b"\0" * 100)


def no_encoding(folder):
    return _written(folder, b"# caf\xe9 \xff\xfe\n" + RIGHT.encode())


def false_encoding(folder):
    return _written(folder, "# -*- coding: rot13 -*-\n" + RIGHT)


def utf_16(folder):
    return _written(folder, RIGHT.encode("utf-16"))


def byte_order_mark(folder):
    return _written(folder, RIGHT.encode("utf-8-sig"))


def windows_line_ends(folder):
    return _written(folder, RIGHT.replace("\n", "\r\n"))


def old_line_ends(folder):
    return _written(folder, RIGHT.replace("\n", "\r"))


def empty_file(folder):
    return _written(folder, b"")


def twenty_megabytes(folder):
    _written(folder, b"x = 1\n" * (20 * 2**20 // 6), "large.py")
    _written(folder, RIGHT)
    return folder


def one_long_line(folder):
    return _written(folder, RIGHT + "x = [" + "0, " * 100_000 + "]\n")


def notebook_that_is_no_json(folder):
    return _written(folder, '{"cells": [{"cell_type": "code", "source": "def relu(x):', "hw.ipynb")


def notebook_of_other_types(folder):
    cells = [None, 7, [], {"cell_type": 3, "source": {"a": 1}}, {"cell_type": "code", "source": [1, None, ["x"]]}]
    good = json.loads(_notebook(RIGHT))["cells"]
    return _written(folder, json.dumps({"cells": cells + good, "metadata": [], "nbformat": "4"}), "hw.ipynb")


def notebook_nested_deep(folder):
    return _written(folder, '{"cells": ' + "[" * 200_000 + "]" * 200_000 + "}", "hw.ipynb")


def notebook_with_numbers_without_end(folder):
    return _written(folder, _notebook(RIGHT).replace('"nbformat": 4', f'"nbformat": 4{"0" * 10_000}'), "hw.ipynb")


def notebook_that_is_a_list(folder):
    return _written(folder, "[[[]]]", "hw.ipynb")


def _zipped(folder, members, *, compression=zipfile.ZIP_DEFLATED):
    path = folder / "hw.zip"
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def zip_bomb(folder):
    return _zipped(folder, {"hw.py": RIGHT, "data.bin": b"\0" * (60 * 2**20)})


def zip_in_a_zip(folder):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("hw.py", "relu = None\n" + "\n" * 2**20)
    return _zipped(folder, {"hw.py": RIGHT, "more.zip": inner.getvalue()})


def zip_that_leads_outside(folder):
    away = {
        name: "relu = None\n"
        for name in ("../hw.py", "/etc/hw.py", "a/../../hw.py", "C:\\hw.py", "..\\hw.py", "\\\\host\\share\\hw.py")
    }
    return _zipped(folder, {"hw.py": RIGHT, **away})


def zip_of_links(folder):
    link = zipfile.ZipInfo("secret.py")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    return _zipped(folder, {"hw.py": RIGHT, link: "/etc/passwd"})


def zip_that_understates(folder):
    path = _zipped(folder, {"hw.py": RIGHT, "data.bin": b"\0" * 2**20})
    content = path.read_bytes()
    path.write_bytes(content.replace((2**20).to_bytes(4, "little"), (16).to_bytes(4, "little")))
    return path


def zip_cut_off(folder):
    path = _zipped(folder, {"hw.py": RIGHT})
    path.write_bytes(path.read_bytes()[:-30])
    return path


def tar_of_devices(folder):
    path = folder / "hw.tar"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("hw.py")
        member.size = len(RIGHT)
        archive.addfile(member, io.BytesIO(RIGHT.encode()))
        for name, kind in (("zero.py", tarfile.CHRTYPE), ("disk.py", tarfile.BLKTYPE), ("pipe.py", tarfile.FIFOTYPE)):
            special = tarfile.TarInfo(name)
            special.type, special.devmajor, special.devminor = kind, 1, 5
            archive.addfile(special)
        for name, kind in (("link.py", tarfile.SYMTYPE), ("hard.py", tarfile.LNKTYPE)):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = kind, "../../../etc/passwd"
            archive.addfile(link)
    return path


def folder_of_links(folder):
    _written(folder, RIGHT, "hand_in/hw.py")
    _written(folder, "relu = None\n", "elsewhere/other.py")
    inside = folder / "hand_in"
    os.symlink("/etc/passwd", inside / "passwd.py")
    os.symlink(folder / "elsewhere" / "other.py", inside / "zz.py")
    os.symlink("/", inside / "root")
    os.symlink(".", inside / "again")
    os.symlink("nowhere", inside / "broken.py")
    os.symlink("loop.py", inside / "loop.py")
    return inside


def folder_with_a_pipe(folder):
    _written(folder, RIGHT)
    os.mkfifo(folder / "a_pipe.py")
    return folder


def folders_without_end(folder):
    _written(folder, RIGHT)
    inner = folder
    for _ in range(120):
        inner = inner / "deep"
    inner.mkdir(parents=True)
    return folder


def names_of_modules(folder):
    hostile = "import sys\nraise SystemExit(0)\n"
    for name in ("numpy", "sys", "builtins", "typing", "math", "grader", "encodings", "msgspec", "sitecustomize"):
        _written(folder, hostile, f"{name}.py")
    _written(folder, hostile, "numpy/__init__.py") if not (folder / "numpy").exists() else None
    _written(folder, RIGHT)
    return folder


def compiled_only(folder):
    _written(folder, b"\xa7\r\r\n" + b"\0" * 100, "__pycache__/hw.cpython-311.pyc")
    _written(folder, b"\x7fELF" + b"\0" * 100, "numpy.so")
    _written(folder, RIGHT)
    return folder

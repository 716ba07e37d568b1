"""Submissions whose names carry markup and commands, which not every file system can hold."""

import json
import zipfile

RIGHT = """import numpy as np


def relu(x):
    return np.maximum(x, 0)


def softsign(x):
    return x / (1 + np.abs(x))
"""
NAMES = (
    "<script>alert(1)<\\script>",
    "\"><img src=x onerror=alert(2)>'",
    "]]>&amp;<!--",
    "=HYPERLINK(1)",
    "{{7*7}}${7*7}%s",
    "\x1b[2J\x1b]0;owned\x07",
    "a\n::error file=x::owned\r\n##[error]owned",
    "\u202egnp.exe\u2066",
    "\ufeff\u200b\u2028\u0085",
    "[bold red]markup[-bold]",
    "; rm -rf ~ #$(id)`id`",
)


def student_name(folder):
    named = folder / "".join(name.replace("a\n", "\n") for name in NAMES)[:200]
    named.mkdir()
    (named / "hw.py").write_text(RIGHT, "utf-8")
    return named


def file_names(folder):
    relu, softsign = RIGHT.split("\n\n\ndef softsign")
    for name in NAMES:
        (folder / f"{name}.py").write_text(relu + "\n\n\ndef tanh(x):\n    return None\n\n\n1 = 1\n", "utf-8")
    (folder / "zz.py").write_text(f"import numpy as np\n\n\ndef softsign{softsign}\n\ndef tanh(x):\n    return np.tanh(x)\n", "utf-8")
    return folder


def data_names(folder):
    (folder / "hw.py").write_text(RIGHT, "utf-8")
    for name in NAMES:
        (folder / f"{name}.zip").write_bytes(b"no archive")
        (folder / f"{name}.csv").write_text("=1+1\n", "utf-8")
    return folder


def archive_names(folder):
    path = folder / "hw.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hw.py", RIGHT)
        for name in NAMES:
            archive.writestr(f"../{name}.py", "relu = None\n")
            archive.writestr(f"{name}.pyc", b"")
    return path


def notebook_fields(folder):
    hostile = "<script>alert(1)</script>\x1b[2J\n::error::owned"
    cell = {
        "cell_type": "code", "id": hostile, "metadata": {hostile: hostile, "name": hostile}, "execution_count": hostile,
        "outputs": [{"output_type": "display_data", "data": {"text/html": hostile}, "metadata": {}}],
    }  # fmt: skip
    cells = [
        {**cell, "source": RIGHT},
        {**cell, "source": f"%%html\n{hostile}"},
        {**cell, "source": f"!echo '{hostile}'"},
        {**cell, "cell_type": "markdown", "source": hostile},
        {**cell, "source": "x = <script>alert(1)</script>\u202e ]]>"},
    ]
    path = folder / "hw.ipynb"
    metadata = {"kernelspec": {"name": hostile, "language": hostile}, "title": hostile}
    path.write_text(json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    return path

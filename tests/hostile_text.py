"""Texts that a student may choose and that must act nowhere: names, messages, remarks; and what "inert" means.

Import with ``from ..hostile_text import HOSTILE``. Each renderer of a report is tested with all of them in every field
that a student controls; a new format needs a function here that says when its output is inert.
"""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "end of script": "</script></style></title></textarea></pre><b>",
    "event handler": "\"><img src=x onerror=alert(1)> ' onmouseover='alert(1)",
    "svg": "<svg/onload=alert(1)><a href=javascript:alert(1)>x</a>",
    "comment": "<!-- --> <!-->-->",
    "cdata": "]]> <![CDATA[x]]>",
    "processing instruction": "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>&b;",
    "entities": "&lt;b&gt; &amp;amp; &#60;b&#62; &#x3c;b",
    "template": "{{7*7}} {% raw %} ${7*7} #{7*7} <%= 7 %>",
    "format": "%s %(student)s {0} {student!r} \\N{BULLET}",
    "json": '"},"score":100,"x":{"y":"',
    "backslashes": "\\u003cscript\\u003e \\x1b[2J \\\\ \\",
    "escape sequences": "\x1b[2J\x1b[31mred\x1b[0m \x1b]0;owned\x07 \x1b]52;c;b3duZWQ=\x07",
    "terminal link": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "eight-bit escapes": "\x9b2J\x9d0;owned\x9c\x90q\x9c",
    "controls": "\x00\x01\x08\x0b\x0c\x0e\x1f\x7f\x80\x85",
    "bells and backspaces": "100 points\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08  0\a",
    "carriage return": "failed\rpassed",
    "windows line end": "one\r\ntwo",
    "line ends": "one\ntwo\n\nthree\u2028four\u2029five\x85six",
    "bidirectional": "\u202egnp.exe\u202c \u2066a\u2067b\u2068c\u2069 \u200f\u061c",
    "invisible": "a\u200bb\u2060c\ufeffd\u00ade\u180ef\U000e0041",
    "not characters": "\ufffe\uffff\ufff9\U0001ffff",
    "half a surrogate pair": "\ud800 \udfff \udc80",
    "GitHub command": "x\n::error file=a.py,line=1::owned\n  ::set-output name=score::100\n::stop-commands::t",
    "GitHub command at the beginning": "::error::owned",
    "GitHub command after a long line": f"{'word ' * 60}::warning::owned {'word ' * 60}::error::owned",
    "old GitHub command": "x ##[error]owned ##[add-path]/tmp",
    "Azure command": "##vso[task.complete result=Succeeded;]DONE",
    "TeamCity command": "##teamcity[testFinished name='x']",
    "GitLab section": "\x1b[0Ksection_start:1:x[collapsed=true]\r\x1b[0Kowned",
    "formula": '=HYPERLINK("http://evil.example","x")',
    "formulas": "+1+1\n-1+1\n@SUM(1)\n\t=1+1\n=cmd|' /C calc'!A0",
    "separators": 'a,b;c\td|e"f"',
    "rich markup": "[bold red]x[/] [link=http://evil.example]y[/link] :smile: [@click=quit]z[/]",
    "markdown": "[x](javascript:alert(1)) ![y](http://evil.example/y.png) `z` **b** | c |\n\n# d",
    "path": "../../etc/passwd /etc/passwd C:\\x \\\\host\\share",
    "shell": "; rm -rf ~ #$(id) `id` && x | y > z",
    "snippet": "\n\"\"\"\n'''\nimport os\nos.system('x')\n#",
    "combining": "Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a\u030b",
    "wide": "张三 👩\u200d🔬 ﷽ ∂L/∂x",
    "spaces": "   \t  ",
    "long": "A" * 20_000,
    "many lines": "line\n" * 400,
    "numbers": "nan inf -0.0 1e400 0x1p3 999999999999999999999",
}

COMMAND_OF_A_RUNNER = re.compile(r"(?m)^\s*::|##\w*\[")
"""What a CI runner obeys when it finds it in a log: ``::error::`` where a line begins, ``##[error]`` anywhere."""
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""What commands a terminal, turns the direction of writing, or cannot be seen."""


def tame(text):
    """Return harmless text of the same length and the same lines, to compare a document's structure with."""
    return re.sub(r"[^\n]", "x", text.replace("\r\n", "\n")) if text.strip() else text


class _Structure(HTMLParser):
    """The elements of a page with their attributes, without the text."""

    def __init__(self):
        super().__init__()
        self.elements = []

    def handle_starttag(self, tag, attrs):
        if tag != "mark":  # marks numbers that differ, and a text may hold numbers
            self.elements.append((tag, *sorted(attrs)))

    def handle_endtag(self, tag):
        if tag != "mark":
            self.elements.append((f"/{tag}",))

    def handle_comment(self, data):
        self.elements.append(("!--", data))

    def handle_decl(self, decl):
        self.elements.append(("!", decl))

    def handle_pi(self, data):
        self.elements.append(("?", data))


def html_structure(source):
    """Return the elements of a page with all their attributes; a text in it must not change them."""
    parser = _Structure()
    parser.feed(source)
    parser.close()
    return parser.elements


def xml_structure(source):
    """Return the elements of a document with the names of their attributes; raises where it is not well formed."""
    return [(element.tag, *sorted(element.keys())) for element in ET.fromstring(source.encode("utf-8")).iter()]


def json_structure(source):
    """Return a document with every text in it replaced by nothing."""
    return _without_text(json.loads(source))


def csv_structure(source):
    """Return the number of fields of each row; no field may begin as a formula does, unless it is a number."""
    rows = list(csv.reader(io.StringIO(source, newline="")))
    for field in (field for row in rows for field in row):
        assert not re.match(r"\s*[=+\-@|\t\r]", field) or re.fullmatch(r"[+-]?[\d.]+(e[+-]?\d+)?", field), field
    return [len(row) for row in rows]


def _without_text(value):
    if isinstance(value, dict):
        return {key: [*map(_without_text, one.values())] if key == "inputs" else _without_text(one)
                for key, one in value.items()}  # fmt: skip
    if isinstance(value, list):
        return [_without_text(one) for one in value]
    return "" if isinstance(value, str) else value


def assert_inert(output):
    """Check that printing some output commands neither a terminal nor a CI runner, and that all of it can be seen."""
    found = UNSEEN.search(output) or COMMAND_OF_A_RUNNER.search(output)
    assert found is None, f"{found[0]!r} in {output[max(0, found.start() - 80) : found.end() + 40]!r}"

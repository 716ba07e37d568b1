"""Names of students: found in the names of files, and compared."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_ID = r"(?P<id>[A-Za-z]{0,4}\d{5,}[A-Za-z]?)"
_NUMBER = r"(?P<id>[A-Za-z]{0,4}\d{3,}[A-Za-z]?)"
_CHINESE = r"[\u3400-\u9fff\uf900-\ufaff]+(?:[·•・][\u3400-\u9fff\uf900-\ufaff]+)*"
_WORDS = r"[^\W\d_]+(?:[ .'’][^\W\d_]+)*"
_GAP = r"[\s_\-+—–]+"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_NUMBER}(?:{_GAP})?(?P<name>{_CHINESE})(?:{_GAP}.*)?$",
        rf"(?P<name>{_CHINESE})(?:{_GAP})?{_ID}(?:{_GAP}.*)?$",
        rf"{_ID}{_GAP}(?P<name>{_WORDS})(?:{_GAP}.*)?$",
    )
)
_NOT_WORD = re.compile(r"[\W_]+")


class Named(NamedTuple):
    """A student's id and name."""

    student_id: str
    name: str


def student_in(stem: str) -> Named | None:
    """Find id and name at the beginning of the name of a file or folder, such as ``20230001_张三_作业1``."""
    for form in _FORMS:
        found = form.match(stem)
        if found:
            return Named(found["id"], found["name"])
    return None


def name_forms(name: str) -> frozenset[str]:
    """Return the forms under which a name may be written: case, accents' encoding, spaces and punctuation apart.

    ``Zhang, San``, ``San Zhang`` and Canvas' ``zhangsan`` have a form in common; ``张三`` has one.
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    family, comma, given = text.partition(",")
    words = [word for word in _NOT_WORD.split(text) if word]
    forms = {"".join(words)}
    if comma:
        forms.add("".join(_NOT_WORD.split(given + family)))
    else:
        forms.add("".join(words[-1:] + words[:-1]))
        forms.add("".join(words[1:] + words[:1]))
    return frozenset(forms - {""})

"""What the columns of rosters are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_SYNONYMS = {
    "student_id": (
        "student id, studentid, student number, student no, sid, sis user id, id number, idnumber, identifier, "
        "matriculation number, matrikelnummer, matricule, matrícula, "
        "学号, 學號, 学籍号, 学生编号, 学生学号, 考号, 학번, 学籍番号, id"
    ),
    "name": (
        "name, full name, fullname, student name, student, display name, "
        "nombre completo, vollständiger name, nom complet, 姓名, 名字, 学生姓名, 學生姓名, 全名, 이름, 氏名"
    ),
    "first": "first name, firstname, given name, forename, nombre, vorname, prénom, 名",
    "last": "last name, lastname, surname, family name, apellidos, apellido, nachname, 姓, 姓氏",
    "email": (
        "email, email address, e-mail, mail, dirección de correo, e-mail-adresse, adresse de courriel, "
        "邮箱, 电子邮箱, 电子邮件, 电子邮件地址, 郵箱, 電子郵件, メールアドレス, 이메일"
    ),
    "login": "login, login id, sis login id, username, user name, user, account, 用户名, 账号, 帐号, 登录名",
    "github": "github, github username, github login, github user, github account",
    "moodle_id": "moodle id, participant",
    "canvas_id": "canvas id, canvas user id",
    "section": "section, sections, group, class, class section, 班级, 班級, 组, 组别, 教学班",
    "role": "role, 角色",
}
KNOWN = {name: kind for kind, names in _SYNONYMS.items() for name in names.split(", ")}
"""Kind of column by its name as `normal_header` writes it."""

PARTICIPANT = re.compile(r"(?P<word>\D+?)\s*(?P<number>\d+)")
"""How Moodle's worksheet identifies a student, in any language: ``Participant 123``."""

_GAP = re.compile(r"[\s_\-.:：/]+")


def normal_header(header: str) -> str:
    """Write a header without case, and with single spaces between its words."""
    return _GAP.sub(" ", unicodedata.normalize("NFKC", header)).strip().casefold()


_NORMAL = {normal_header(name): kind for name, kind in KNOWN.items()}


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Return which column holds what, the first of each kind.

    A ``Student`` beside an ``ID`` is Canvas' gradebook, where the latter is Canvas' own.
    """
    normal = [normal_header(cell) for cell in header]
    kinds = [_NORMAL.get(name, "") for name in normal]
    if normal[:2] == ["student", "id"]:
        kinds[1] = "canvas_id"
    elif normal[:3] == ["lastname", "firstname", "id"]:
        kinds[2] = "canvas_id"
    elif "id" in normal and kinds.count("student_id") > 1:
        kinds[normal.index("id")] = ""  # another column says better what it is
    found: dict[str, int] = {}
    for column, kind in enumerate(kinds):
        if kind:
            found.setdefault(kind, column)
    return found


def is_worksheet(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows below a header are of Moodle's worksheet: the first cell of each is ``Participant 123``."""
    written = [row for row in rows if any(cell.strip() for cell in row)]
    found = [PARTICIPANT.fullmatch(row[0].strip()) for row in written]
    words = {match["word"] for match in found if match}
    return bool(found) and all(found) and len(words) == 1 and all(len(row) > 3 for row in written)

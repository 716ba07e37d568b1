"""How Moodle reads a grading worksheet and feedback files, as FORMATS tells it."""

import csv
import io
import zipfile
from dataclasses import dataclass


@dataclass
class Language:
    identifier: str
    grade: str
    modified: str
    participant: str
    mark: str = "."


class NotAWorksheet(Exception):
    pass


def imported(content, language, *, participants, maximum, modified_since=()):
    """The grade of each participant, by number; skipped where it was modified since, is out of range or empty."""
    header, *body = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    if not {language.identifier, language.grade, language.modified} <= set(header):
        raise NotAWorksheet(header)
    if any(len(line) != len(header) for line in body):
        raise NotAWorksheet("a row has another number of columns")
    grades = {}
    for line in body:
        told = line[header.index(language.identifier)]
        number = told[len(language.participant) :]
        if number not in participants:
            continue
        text = line[header.index(language.grade)].strip().replace(" ", "").replace(language.mark, ".")
        if not text or (number, line[header.index(language.modified)]) in modified_since:
            continue
        if 0 <= float(text) <= maximum:
            grades[number] = float(text)
    return grades


def feedback(content, *, participants):
    """The files of each participant: a folder like name_number_plugintype_plugin[_…] tells whose they are."""
    files = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for path in archive.namelist():
            parts = path.split("/")
            if parts[-1].startswith((".", "~")):
                continue
            info = parts[0].split("_", 4)
            if len(info) < 4 or info[1] not in participants or info[2] not in ("assignsubmission", "assignfeedback"):
                continue
            rest = [info[4] if len(info) > 4 else "", *parts[1:]]
            files.setdefault(info[1], {})["/".join(rest).lstrip("/")] = archive.read(path)
    return files

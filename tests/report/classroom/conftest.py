"""Classes in gradebooks, their reports, and pages taken apart."""

import importlib.util
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from grader.gradebook import read_gradebook
from grader.report.classroom import class_report

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
VOID = {"meta", "link", "br", "hr", "img", "input", "line"}


def load(name):
    """Return a module of the benchmarks, which are no package."""
    spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def classes():
    """The generator of classes."""
    return load("classes")


@pytest.fixture(scope="session")
def sources():
    """The generator of sources."""
    return load("sources")


@pytest.fixture(scope="session")
def twelve(classes, tmp_path_factory):
    """The gradebook of a class of twelve."""
    path = tmp_path_factory.mktemp("twelve") / "gradebook.sqlite"
    classes.write_gradebook(path, 12, seed=3)
    return path


@pytest.fixture(scope="session")
def twelve_reports(classes):
    """The twelve reports of which that gradebook was made, by key."""
    handed = [classes.handed_in(number, 3) for number in range(12)]
    return {one.key: classes.judged(number, one.name, 3) for number, one in enumerate(handed) if not one.problem}


@pytest.fixture
def report_of(classes, tmp_path):
    """Make the report on a class of so many students."""

    def make(students, **more):
        path = tmp_path / "gradebook.sqlite"
        classes.write_gradebook(path, students, **more)
        with read_gradebook(path) as reader:
            return class_report(reader, reader.latest_run())

    return make


@pytest.fixture(scope="session")
def report(twelve):
    with read_gradebook(twelve) as reader:
        return class_report(reader, reader.latest_run())


class Page(HTMLParser):
    """A page as a list of elements, each with its attributes, its text and the elements around it."""

    def __init__(self, source):
        super().__init__()
        self.source, self.open, self.elements, self.stray = source, [], [], []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "text": "", "inside": list(self.open), **dict(attrs)}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append({"tag": tag, "text": "", "inside": list(self.open), **dict(attrs)})

    def handle_endtag(self, tag):
        if not self.open or self.open.pop()["tag"] != tag:
            self.stray.append(tag)

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag, *, css=None, within=None):
        return [
            e
            for e in self.elements
            if e["tag"] == tag
            and (css is None or css in (e.get("class") or "").split())
            and (within is None or any(outer.get("id") == within for outer in e["inside"]))
        ]

    def rows(self, *, within):
        """Return the texts of the cells of each row of the tables in a part of the page."""
        return [
            [
                " ".join(e["text"].split())
                for e in self.elements
                if e["tag"] in ("td", "th") and row in e["inside"]
            ]
            for row in self.all("tr", within=within)
        ]  # fmt: skip


@pytest.fixture(scope="session")
def parse():
    return Page

"""Reports on the small course, written by real judgements once, and gradebooks to keep them in."""

import msgspec
import pytest

from grader.gradebook import HandedIn, RunSettings, open_gradebook
from grader.gradebook.digests import pins


@pytest.fixture(scope="session")
def perfect(tiny):
    """The report on a right submission."""
    return tiny.grade()


@pytest.fixture(scope="session")
def wrong(tiny):
    """The report on a submission with one known mistake, one stub and one missing function."""

    def centre_backward(dy, cache):
        z, w = cache
        dz = dy * w
        return dz - dz.mean(0), (dy * z).mean(0)

    def jitter(x, p, rng):
        raise NotImplementedError

    report = tiny.grade(centre_backward=centre_backward, jitter=jitter, argmax=None)
    return msgspec.structs.replace(
        report,
        remarks=["cell 4: odd", "not allowed while grading: socket.connect"],
        started="2026-11-01T10:00:00+00:00",
        seconds=0.25,
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gradebook.sqlite"


@pytest.fixture(scope="session")
def exercises(tiny):
    return pins(tiny.course)


@pytest.fixture
def settings():
    return RunSettings(course="tiny", seed=0, source="hand-ins/")


@pytest.fixture
def book(path):
    with open_gradebook(path, clock=lambda: "2026-11-01T12:00:00+00:00") as book:
        yield book


def handed(key, content="one", **more):
    return HandedIn(key=key, name=more.pop("name", key.title()), sha256=f"sha of {content}", **more)


def run_of(book, settings, exercises, reports, **more):
    """Write a run with a report for each student, and return its number."""
    run = book.begin_run(settings, exercises, **more)
    for key, report in reports.items():
        entered = run.enter(handed(key, content=str(report.score)))
        if entered.pending:
            run.store(entered.id, report)
    run.finish()
    return run.id

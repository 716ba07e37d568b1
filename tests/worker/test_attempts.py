"""What a submission tries although it may not is told to the instructor, also when it hides the refusal."""

import os
from pathlib import Path

import pytest

from grader.core.protocol import Data, Died, Loaded, Returned, Run, Step, TimedOut
from grader.core.submission import Cell, SourceFile, Submission
from grader.sandbox import Limits, Sandbox
from grader.worker import attempts

HIDDEN = """
import os, sys
def quietly(act, *args):
    try:
        act(*args)
    except BaseException:
        pass
def fork(x): quietly(os.fork)
def kill(x): quietly(os.kill, os.getppid(), 9)
def socket(x): quietly(sys.modules["socket"].socket)
def write(x): quietly(open, "notes.txt", "w")
def elsewhere(x): quietly(open, "/etc/passwd")
def upwards(x): quietly(open, "../other/hw.py")
def remove(x): quietly(os.remove, "data.txt")
def listing(x): quietly(os.listdir, "/root")
def leave(x):
    quietly(os.fork)
    os._exit(0)
def hang(x):
    quietly(os.system, "true")
    while True: pass
def data(x): quietly(open, "data.txt")
def library(x):
    import colorsys, numpy.ma
    np = sys.modules["numpy"]
    np.loadtxt("data.txt")
    return np.linalg.svd(np.eye(3))
def again(x):
    for _ in range(100): quietly(os.fork)
def many(x):
    for i in range(1000): quietly(open, f"/{i}" + "x" * 1000)
def forge(x): os.write(5, b"\\xff\\x1b[2J" * 10**5)
"""


def given(text: str) -> Submission:
    return Submission(student="someone", files=[SourceFile("hw.py", [Cell("", text)])], data={"data.txt": b"1"})


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(limits=Limits(call_seconds=0.4)) as opened:
        yield opened


@pytest.fixture
def tried(sandbox):
    """Return a function which calls one of the functions above, and returns its trace and what was denied."""

    def run(name: str, text: str = HIDDEN):
        submission = given(text)
        with sandbox.worker(submission) as worker:
            loaded = worker.load(submission)
            assert isinstance(loaded, Loaded)
            [trace] = worker.run(Run([Step(name, [Data("<f8", (1,), 0)])]), bytes(8)).traces
            return trace, loaded.denied

    return run


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("fork", "os.fork"),
        ("kill", "os.kill"),
        ("socket", "socket"),
        ("write", "writing 'notes.txt'"),
        ("elsewhere", "reading '/etc/passwd'"),
        ("upwards", "reading '../other/hw.py'"),
        ("remove", "os.remove of 'data.txt'"),
        ("listing", "os.listdir of '/root'"),
        ("again", "os.fork"),
    ],
)
def test_a_refusal_that_was_caught_is_told_once(tried, name, note):
    trace, denied = tried(name)
    assert isinstance(trace, Returned)
    assert denied == [note]


@pytest.mark.parametrize(("name", "note", "end"), [("leave", "os.fork", Died), ("hang", "os.system", TimedOut)])
def test_a_worker_that_ends_has_left_its_note(tried, name, note, end):
    trace, denied = tried(name)
    assert isinstance(trace, end)
    assert denied == [note]


@pytest.mark.parametrize("name", ["data", "library"])
def test_ordinary_work_is_no_attempt(tried, name):
    trace, denied = tried(name)
    assert isinstance(trace, Returned)
    assert denied == []


def test_an_attempt_at_the_top_level_is_told(tried):
    text = "import os\ntry:\n    pid = os.fork()\nexcept OSError:\n    pid = 1\ndef f(x): return x\n"
    assert tried("f", text)[1] == ["os.fork"]


@pytest.mark.parametrize("statement", ["import socket", "module = __import__('socket')"])
def test_a_refused_import_is_told_once(sandbox, statement):
    submission = given(f"{statement}\ndef f(x): return x\n")
    with sandbox.worker(submission) as worker:
        loaded = worker.load(submission)
    assert loaded.denied == ["import of socket in hw.py, line 1"]
    assert loaded.remarks == []


@pytest.mark.parametrize("name", ["many", "forge"])
def test_a_flood_of_attempts_is_cut(tried, name):
    _, denied = tried(name)
    assert 1 <= len(denied) <= attempts.MAX_ATTEMPTS
    assert max(map(len, denied)) <= 200


def test_nothing_noted_is_an_empty_list():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    try:
        assert attempts.read(reading) == []
        os.write(writing, b"os.fork\n\nos.kill\n")
        assert attempts.read(reading) == ["os.fork", "os.kill"]
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux has capabilities")
def test_a_worker_has_no_capability(sandbox):
    submission = given("def f(x): return x\n")
    with sandbox.worker(submission) as worker:
        worker.load(submission)
        children = Path(f"/proc/{sandbox.server}/task/{sandbox.server}/children").read_text().split()
        lines = Path(f"/proc/{children[0]}/status").read_text().splitlines()
    sets = {line.split(":")[0]: int(line.split()[1], 16) for line in lines if line.startswith("Cap")}
    if os.geteuid():
        del sets["CapBnd"]  # only root can give it up, and nothing comes back from it without new privileges
    assert sets == dict.fromkeys(sets, 0)

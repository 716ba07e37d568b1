"""Faults of the machine: full disks, folders that cannot be written, damaged caches, signals at any moment."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..small_course import KERNELS
from .conftest import Ended, report_in

STOPPED = "grade: stopped; nothing was lost, run the same command again"

PRELUDE = """
import ctypes, os, resource, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it, and hand that on
{setup}
sys.argv[0] = "grade"
from grader.cli import main
main()
"""

NO_OVERRIDE = """
if os.geteuid() == 0:
    libc = ctypes.CDLL(None, use_errno=True)
    PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
    assert libc.prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) == 0
    if "grade-without-override" not in os.environ:
        os.environ["grade-without-override"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
"""
"""Makes permissions hold for root, too."""


@pytest.fixture
def command(environment, tmp_path):
    """Return the arguments of `subprocess` that run `grade`, after some statements in the same process."""

    def made(*args, setup="", **more):
        code = [sys.executable, "-c", PRELUDE.replace("{setup}", setup), *map(str, args)]
        return {
            "args": code, "cwd": tmp_path, "env": {**environment, "TMPDIR": str(tmp_path / "tmp"), **more},
            "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True,
        }  # fmt: skip

    (tmp_path / "tmp").mkdir()
    return made


@pytest.fixture
def run(command):
    """Run `grade` to its end."""

    def done(*args, **more):
        end = subprocess.run(**command(*args, **more), timeout=250, check=False)
        return Ended(end.returncode, end.stdout, end.stderr)

    return done


@pytest.fixture
def homework(write):
    return write(hw_dot_py=KERNELS)


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


def assert_whole(folder):
    """Assert that every report in a folder is complete."""
    for path in Path(folder).rglob("*"):
        if path.suffix == ".html":
            assert path.read_text("utf-8").rstrip().endswith("</html>"), path
        if path.suffix == ".json":
            assert json.loads(path.read_text("utf-8"))["score"] is not None


def told_in_one_sentence(end):
    """Assert that nothing but one clear line beside the usual output was said."""
    assert "Traceback" not in end.err
    lines = [line for line in end.err.splitlines() if line.startswith("grade: ")]
    assert len(lines) == 1, end.err
    return lines[0]


# ---------------------------------------------------------------- disks


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("fmt", ["json", "junit"])
def test_full_disk_is_named_and_the_other_reports_are_written(run, homework, course, tmp_path, fmt):
    end = run(homework, "--course", course, "--format", f"{fmt}=/dev/full")
    assert end.code == 2
    assert told_in_one_sentence(end) == f"grade: cannot write the {fmt} report to '/dev/full': no space left on device"
    assert files_in(tmp_path / "reports") == ["hw/index.html"]
    assert_whole(tmp_path / "reports")


SMALL_FILES = "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"


def test_disk_that_fills_up_leaves_the_old_report_and_the_next_run_works(run, homework, course, tmp_path):
    target = tmp_path / "reports" / "hw" / "index.html"
    assert run(homework, "--course", course).code == 0
    old = target.read_bytes()
    end = run(homework, "--course", course, setup=SMALL_FILES)
    assert end.code == 2
    assert told_in_one_sentence(end) == "grade: cannot write the html report to 'reports/hw/index.html': file too large"
    assert target.read_bytes() == old
    assert files_in(tmp_path / "reports") == ["hw/index.html"]
    assert run(homework, "--course", course).code == 0


def test_plans_that_do_not_fit_on_the_disk_are_not_cached(run, homework, course, tmp_path):
    plans = tmp_path / "plans"
    end = run(
        homework, "--course", course, "--format", "json=/dev/null", "-q", setup=SMALL_FILES, GRADE_CACHE=str(plans)
    )
    assert end.code == 2  # the page does not fit either
    assert told_in_one_sentence(end).endswith("file too large")
    assert files_in(plans) == []


@pytest.mark.parametrize("folder", ["reports", "reports/hw"])
def test_report_folder_that_cannot_be_written_is_named(run, homework, course, tmp_path, folder):
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder).chmod(0o555)
    end = run(homework, "--course", course, "--format", "json=out.json", setup=NO_OVERRIDE)
    assert end.code == 2
    sentence = "grade: cannot write the html report to 'reports/hw/index.html': permission denied"
    assert told_in_one_sentence(end) == sentence
    assert "passed" in end.err
    assert files_in(tmp_path / "reports") == []
    report, _ = report_in(tmp_path / "out.json")
    assert report["score"] == report["max_score"]
    (tmp_path / folder).chmod(0o755)
    assert run(homework, "--course", course).code == 0


# ---------------------------------------------------------------- the cache


@pytest.mark.parametrize("kind", ["read-only", "a file", "below a file"])
def test_cache_that_cannot_be_written_costs_only_time(run, homework, course, tmp_path, kind):
    plans = tmp_path / "plans"
    if kind == "read-only":
        plans.mkdir(mode=0o555)
    else:
        plans.touch()
    where = plans / "folder" if kind == "below a file" else plans
    end = run(homework, "--course", course, setup=NO_OVERRIDE, GRADE_CACHE=str(where))
    assert end.code == 0, end.err
    assert "Traceback" not in end.err
    assert not plans.is_dir() or files_in(plans) == []


@pytest.mark.parametrize("damage", ["empty", "truncated", "garbage", "a flipped bit", "unreadable", "a folder"])
def test_damaged_cache_is_replaced(run, homework, course, tmp_path, damage):
    plans = tmp_path / "plans"
    args = (homework, "--course", course, "--format", "json=out.json")
    assert run(*args, GRADE_CACHE=str(plans)).code == 0
    first, _ = report_in(tmp_path / "out.json")
    (path,) = plans.iterdir()
    good = path.read_bytes()
    damaged = {
        "empty": b"", "truncated": good[: len(good) // 2], "garbage": random.Random(0).randbytes(len(good)),
        "a flipped bit": good[:1000] + bytes([good[1000] ^ 1]) + good[1001:], "unreadable": good, "a folder": b"",
    }[damage]  # fmt: skip
    path.write_bytes(damaged)
    if damage == "unreadable":
        path.chmod(0)
    if damage == "a folder":
        path.unlink()
        path.mkdir()
    end = run(*args, setup=NO_OVERRIDE, GRADE_CACHE=str(plans))
    assert end.code == 0, end.err
    again, _ = report_in(tmp_path / "out.json")
    assert {**again, "started": "", "seconds": 0} == {**first, "started": "", "seconds": 0}
    assert files_in(plans) == ([] if damage == "a folder" else [path.name])
    if damage != "a folder":
        path.chmod(0o600)
        assert path.read_bytes() == good


# ---------------------------------------------------------------- signals


def children_of(pid):
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        if parent == pid:
            found.append(int(folder.name))
    return found


def wait_until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def nothing_runs(pids):
    def runs(pid):
        try:
            return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        except OSError:
            return False

    return not any(map(runs, pids))


SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
LOOP = "\ndef argmax(z):\n    while True: pass\n"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize(("number", "code"), SIGNALS)
@pytest.mark.parametrize("during", ["loading", "grading", "writing"])
def test_signal_to_end_is_heeded_with_one_sentence(command, write, course, tmp_path, number, code, during):
    loop = {"loading": "\nwhile_loading = [i for i in iter(int, 1)]\n", "grading": LOOP, "writing": ""}[during]
    path = write(hw_dot_py=KERNELS + loop)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    plans = tmp_path / "plans"
    more = ["--format", f"json={pipe}"] if during == "writing" else []
    with subprocess.Popen(**command(path, "--course", course, *more, GRADE_CACHE=str(plans))) as process:
        try:
            if during == "writing":
                wait_until((tmp_path / "reports" / "hw" / "index.html").exists)
            else:
                wait_until(lambda: any(children_of(server) for server in children_of(process.pid)))
                wait_until(lambda: plans.is_dir() and list(plans.glob("*.msgpack")))
            time.sleep(0.3)
            others = [pid for server in children_of(process.pid) for pid in (server, *children_of(server))]
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, err.strip(), out) == (code, STOPPED, "")
    wait_until(lambda: nothing_runs(others), 10)
    wait_until(lambda: not list((tmp_path / "tmp").iterdir()), 10)
    assert files_in(tmp_path / "reports") == (["hw/index.html"] if during == "writing" else [])
    assert_whole(tmp_path / "reports")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_that_is_ignored_stays_ignored(command, homework, course, number):
    setup = f"signal.signal({int(number)}, signal.SIG_IGN); os.kill(os.getpid(), {int(number)})"
    late = f"import threading; threading.Timer(0.2, os.kill, (os.getpid(), {int(number)})).start()"
    end = subprocess.run(**command(homework, "--course", course, setup=f"{setup}; {late}"), timeout=250, check=False)
    assert end.returncode == 0, end.stderr
    assert "stopped" not in end.stderr


KILLED_BEFORE_THE_RENAME = """
from pathlib import Path
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_run_leaves_the_old_report_and_the_next_one_cleans_up(run, homework, course, tmp_path):
    target = tmp_path / "reports" / "hw" / "index.html"
    assert run(homework, "--course", course).code == 0
    old = target.read_bytes()
    killed = run(homework, "--course", course, "--seed", 1, setup=KILLED_BEFORE_THE_RENAME, GRADE_CACHE="")
    assert killed.code == -signal.SIGKILL
    assert target.read_bytes() == old
    assert len(files_in(tmp_path / "reports")) == 2
    assert run(homework, "--course", course, "--seed", 1).code == 0
    assert files_in(tmp_path / "reports") == ["hw/index.html"]
    assert target.read_bytes() != old
    assert_whole(tmp_path / "reports")


def test_run_that_is_killed_at_any_moment_corrupts_nothing(command, run, homework, course, tmp_path):
    args = (homework, "--course", course, "--format", "json=reports/out.json")
    plans = str(tmp_path / "plans")
    rng = random.Random(4)
    started = time.monotonic()
    assert run(*args, GRADE_CACHE=plans).code == 0
    seconds = time.monotonic() - started
    killed = 0
    for k in range(6):
        with subprocess.Popen(**command(*args, "--seed", k % 3, GRADE_CACHE=plans)) as process:
            try:
                process.communicate(timeout=rng.random() * seconds)
            except subprocess.TimeoutExpired:
                process.kill()
            killed += process.wait() == -signal.SIGKILL
        assert_whole(tmp_path / "reports")
    assert killed
    assert run(*args, GRADE_CACHE=plans).code == 0
    report, _ = report_in(tmp_path / "reports" / "out.json")
    assert report["score"] == report["max_score"]
    assert files_in(tmp_path / "reports") == ["hw/index.html", "out.json"]
    assert not [name for name in files_in(plans) if not name.endswith(".msgpack")]
    wait_until(lambda: not list((tmp_path / "tmp").iterdir()), 10)


# ---------------------------------------------------------------- the temporary folder and the streams


def test_temporary_folder_that_cannot_be_used_is_a_fault_of_the_grader(run, homework, course):
    setup = "import tempfile; tempfile.tempdir = '/proc/nowhere'"
    end = run(homework, "--course", course, setup=setup)
    assert end.code == 3
    assert told_in_one_sentence(end).startswith("grade: a fault of the grader, not of the submission: FileNotFound")


CLOSED = "os.close({0}); sys.{1} = None"


@pytest.mark.parametrize(("number", "name"), [(1, "stdout"), (2, "stderr")])
def test_closed_stream_changes_no_exit_code(run, homework, course, tmp_path, number, name):
    end = run(homework, "--course", course, setup=CLOSED.format(number, name))
    assert end.code == 0
    assert files_in(tmp_path / "reports") == ["hw/index.html"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_stderr_that_is_full_is_a_fault_that_loses_no_report(run, homework, course, tmp_path):
    full = "os.dup2(os.open('/dev/full', os.O_WRONLY), 2)"
    assert run(homework, "--course", course, setup=full).code == 3
    assert files_in(tmp_path / "reports") == ["hw/index.html"]
    assert run(tmp_path / "nothing", setup=full).code == 2

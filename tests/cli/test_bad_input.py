"""Whatever is handed in, each fault gets one sentence and the rest is graded; in real workers, with short limits."""

import ast
import io
import os
import re
import shlex
import stat
import tarfile
import textwrap
import zipfile

import pytest

from grader.core.verdict import Outcome, Status
from grader.judge import Judge
from grader.report.text import visible
from grader.sandbox import Limits, Sandbox
from grader.submissions import read_submission

from ..small_course import KERNELS
from .conftest import report_in

SHORT = Limits(call_seconds=0.6, load_seconds=0.5, load_total_seconds=4.0, total_seconds=30.0)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(limits=SHORT) as sandbox:
        yield sandbox


@pytest.fixture
def judged(tiny, sandbox, write):
    """Grade right answers after which some functions are defined anew; return the report and the verdicts."""

    def judge(text="", *, box=sandbox, **files):
        source = KERNELS + "\n" + textwrap.dedent(text)
        path = write(**{"submit__a_dot_py": source, **{f"submit__{name}": more for name, more in files.items()}}).parent
        submission = read_submission(path)
        with box.worker(submission) as worker:
            report = Judge(tiny.course).grade(submission, worker)
        return report, {verdict.check: verdict for verdict in report.verdicts}

    return judge


def assert_only_wrong(verdicts, function):
    """Assert that one function has lost points, and that every other one has its full points."""
    lost = {verdict.function for verdict in verdicts.values() if verdict.points < verdict.max_points}
    assert lost == {function}


ENDINGS = {
    "returns the text 'high'": ("return 'high'", "k is the text 'high'"),
    "returns a ragged list": ("return [[1.0, 2.0], [3.0]]", "k is a list"),
    "returns an object array": ("return np.array([object()])", "dtype object"),
    "returns a dictionary": ("return {'k': 1}", "k is a dict of 1"),
    "returns too many results": ("return z.argmax(1), 1", "a tuple of 2"),
    "raises": ("raise KeyError('no\\nkey')", "argmax raised KeyError: "),
    "raises with a hostile message": ("raise ValueError('\\x1b[31m<b>' + 'long ' * 10**6)", "raised ValueError: "),
    "raises what cannot be printed": ("raise Evil()", "argmax raised Evil: (no readable message)"),
    "raises a KeyboardInterrupt": ("raise KeyboardInterrupt", "argmax raised KeyboardInterrupt"),
    "calls sys.exit": ("sys.exit(0)", "argmax raised SystemExit: 0"),
    "calls os._exit": ("os._exit(0)", "argmax ended the worker: ended itself with exit code 0 (os._exit)"),
    "runs forever": ("while True: pass", "argmax did not finish within 0.6 s"),
    "runs forever and will not be told": ("return stubborn()", "argmax did not finish within 0.6 s"),
    "hangs in native code": ("re.match('(a+)+$', 'a' * 40 + 'b')", "argmax did not finish within 0.6 s"),
    "asks for a terabyte": ("return np.empty(2**37)", "argmax raised MemoryError: "),
    "asks for an endless list": ("return [0] * 2**40", "argmax raised MemoryError"),
    "recurses without end": ("return argmax(z)", "argmax raised RecursionError: maximum recursion depth exceeded"),
    "kills itself": ("os.kill(os.getpid(), 9)", "argmax "),
    "opens a file": ("open('/etc/passwd')", "argmax raised PermissionError"),
}
EVIL = """
    import os, re, sys

    class Evil(Exception):
        def __str__(self): raise RuntimeError("no")
        __repr__ = __str__

    def stubborn():
        while True:
            try:
                while True: pass
            except BaseException: pass

    def argmax(z):
        {body}
"""


@pytest.mark.parametrize("fault", ENDINGS)
def test_function_that(judged, fault):
    body, message = ENDINGS[fault]
    _, verdicts = judged(EVIL.replace("{body}", body.replace("\n    ", "\n        ")))
    assert_only_wrong(verdicts, "argmax")
    failed = [verdict for verdict in verdicts.values() if verdict.outcome is Outcome.FAILED]
    assert message in failed[0].message
    assert "\n" not in visible(failed[0].message)
    assert len(failed[0].message) < 2_500
    assert not any(verdict.hint for verdict in failed if "did not finish" in verdict.message)


def test_nan_is_a_wrong_value(judged):
    _, verdicts = judged("def momentum(w, g, state, lr, beta): return w * np.nan, state")
    assert_only_wrong(verdicts, "momentum")
    assert "= nan, but should be" in verdicts["momentum/trajectory"].message


def test_a_flood_of_prints_costs_nothing(judged):
    _, verdicts = judged("""
        def argmax(z):
            for _ in range(200): print("x" * 10**6)
            return z.argmax(1)
    """)
    assert all(verdict.points == verdict.max_points for verdict in verdicts.values())


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("", "argmax takes 0 parameters, but should take 1: z"),
        ("z, axis, keepdims", "argmax needs 3 parameters, but should take 1: z"),
        ("z, *, axis", "argmax needs the keyword 'axis', but is called by position with z"),
    ],
)
def test_wrong_number_of_parameters(judged, parameters, message):
    _, verdicts = judged(f"def argmax({parameters}): return 0")
    assert_only_wrong(verdicts, "argmax")
    assert verdicts["argmax/shape"].message == message
    assert verdicts["argmax/values"].outcome is Outcome.SKIPPED


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "...",
        "raise NotImplementedError",
        "raise NotImplementedError('later')",
        "return None",
        "return later(z)",
    ],
)
def test_what_is_not_written_yet_is_no_error(judged, body):
    report, verdicts = judged(f"def later(z): raise NotImplementedError\ndef argmax(z): {body}")
    assert report.exercises[0].unfilled == ["argmax"]
    assert_only_wrong(verdicts, "argmax")
    assert {v.message for v in verdicts.values() if v.function == "argmax"} == {"argmax is not implemented yet"}


def test_backward_waits_for_a_forward_that_hangs(judged):
    _, verdicts = judged("def centre_forward(x, w):\n    while True: pass")
    assert "did not finish within" in verdicts["centre_forward/values"].message
    assert verdicts["centre_backward/gradient"].outcome is Outcome.SKIPPED
    assert verdicts["momentum/trajectory"].outcome is Outcome.PASSED


def test_later_functions_are_still_judged_after_several_hang(judged):
    hang = "\n    while True: pass\n"
    report, verdicts = judged(
        f"def centre_forward(x, w):{hang}def momentum(w, g, state, lr, beta):{hang}def jitter(x, p, rng):{hang}"
    )
    assert {v.function for v in report.verdicts if v.outcome is Outcome.FAILED} == {
        "centre_forward",
        "momentum",
        "jitter",
    }
    assert verdicts["argmax/values"].outcome is Outcome.PASSED


def test_spent_total_is_named(judged):
    hang = "\n    while True: pass\n"
    source = f"def centre_forward(x, w):{hang}def momentum(w, g, state, lr, beta):{hang}"
    with Sandbox(limits=Limits(call_seconds=0.4, load_seconds=0.5, total_seconds=0.5)) as box:
        _, verdicts = judged(source, box=box)
    message = verdicts["argmax/values"].message
    assert message == "argmax did not finish before the 0.5 s of the whole submission were used up"


# ---------------------------------------------------------------- files that cannot be read or run in full


def test_syntax_error_costs_the_statement_it_stands_in(judged):
    report, verdicts = judged(b_dot_py="def argmax(z):\n    return (z\n\ndef other(x):\n    return x\n")
    assert any("b.py, line 2" in remark and "never closed" in remark for remark in report.remarks)
    assert all(verdict.points == verdict.max_points for verdict in verdicts.values())


@pytest.mark.parametrize(
    ("statement", "remark"),
    [
        ("data = np.loadtxt('train.csv')", "`data = np.loadtxt('train.csv')` is left out: FileNotFoundError"),
        ("x = 1 / 0", "`x = 1 / 0` is left out: ZeroDivisionError"),
        ("import sys\nx = sys.exit(1)", "is left out: SystemExit: 1"),
        ("def spin():\n    while True: pass\nx = spin()", "took longer than 0.5 s"),
        ("import os\nx = os._exit(1)", "ended itself with exit code 1 (os._exit)"),
        ("x = np.empty(2**37)", "is left out: MemoryError"),
        ("import torchvision", "torchvision is not available while grading"),
    ],
)
def test_statement_that_fails_is_remarked_and_passed_over(judged, statement, remark):
    report, verdicts = judged(statement)
    assert any(remark in one for one in report.remarks), report.remarks
    assert all(verdict.points == verdict.max_points for verdict in verdicts.values())


def test_broken_notebook_and_odd_encoding_are_remarked(judged, tmp_path):
    (tmp_path / "submit").mkdir()
    (tmp_path / "submit" / "latin.py").write_bytes(b"# \xe9t\xe9 d\xff\nx = 1\n")
    report, verdicts = judged(lab_dot_ipynb='{"cells": [{"cell')
    assert any(remark.startswith("lab.ipynb: not valid JSON") for remark in report.remarks)
    assert any(remark.startswith("latin.py: ") and "save it as UTF-8" in remark for remark in report.remarks)
    assert all(verdict.points == verdict.max_points for verdict in verdicts.values())


def test_file_that_is_all_wrong_leaves_nothing_to_grade(grade, write, course):
    end = grade(write(a_dot_py="def argmax(z:\n    return (\n"), "--course", course)
    assert end.code == 5
    assert "a.py, line 2: invalid syntax" in end.err
    assert "defines none of the graded functions" in end.err.splitlines()[-1]


def test_only_notebook_that_is_broken_cannot_be_read(grade, write, course):
    end = grade(write(lab_dot_ipynb="{"), "--course", course)
    assert end.code == 2
    assert end.err.startswith("grade: cannot grade ")
    assert "not valid JSON" in end.err


def zipped(path, *entries):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content, mode in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content)


def test_archive_is_graded_without_what_leads_outside(grade, course, tmp_path):
    zipped(
        tmp_path / "hw.zip", ("a.py", KERNELS, stat.S_IFREG | 0o644), ("../evil.py", "x = 1", stat.S_IFREG | 0o644),
        ("link.py", "/etc/passwd", stat.S_IFLNK | 0o777),
    )  # fmt: skip
    with tarfile.open(tmp_path / "hw.tar", "w") as archive:
        for name, kind in (("a.py", tarfile.REGTYPE), ("../evil.py", tarfile.REGTYPE), ("link.py", tarfile.SYMTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd" if kind == tarfile.SYMTYPE else ""
            content = KERNELS.encode() if name == "a.py" else b""
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    for name in ("hw.zip", "hw.tar"):
        end = grade(name, "--course", course, "--format", "json=out.json")
        assert end.code == 0
        remarks = report_in("out.json")[0]["remarks"]
        assert any("evil.py" in remark for remark in remarks), remarks
        assert any("link.py" in remark and "link" in remark for remark in remarks), remarks
    assert not (tmp_path.parent / "evil.py").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x1f\x8b broken"])
def test_broken_archive_cannot_be_read(grade, tmp_path, content):
    (tmp_path / "hw.zip").write_bytes(content)
    end = grade("hw.zip")
    assert end.code == 2
    assert end.err.startswith("grade: cannot read 'hw.zip': ")
    assert len(end.err.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_folder_without_permission_cannot_be_read(grade, write, tmp_path):
    write(submit__a_dot_py=KERNELS).parent.chmod(0)
    try:
        assert grade("submit").code == 2
    finally:
        (tmp_path / "submit").chmod(0o700)


# ---------------------------------------------------------------- starters


def test_untouched_starter_is_not_implemented_yet(grade, course):
    assert grade("starter", "toys", "--course", course).code == 0
    end = grade("toys.py", "--course", course, "--format", "json=out.json")
    assert end.code == 1
    assert "todo  Toys" in end.err
    assert "not implemented yet: centre_forward, centre_backward, momentum, jitter, argmax" in end.sentence
    report, checks = report_in("out.json")
    assert report["score"] == 0
    assert report["remarks"] == []
    assert report["exercises"][0]["status"] == Status.UNFILLED
    assert not any(check["counterexample"] for check in checks.values())


def test_command_in_a_starter_grades_that_exercise_of_that_course(grade, course):
    grade("starter", "toys", "--course", course)
    with open("toys.py", encoding="utf-8") as file:
        (command,) = re.findall("`grade (.*)`", ast.get_docstring(ast.parse(file.read())))
    end = grade(*shlex.split(command), "--format", "json=out.json")
    assert end.code == 1
    assert [exercise["status"] for exercise in report_in("out.json")[0]["exercises"]] == ["unfilled"]


def test_starter_never_replaces_a_file_unless_forced(grade, course, tmp_path):
    grade("starter", "toys", "--course", course, "-o", "work")
    file = tmp_path / "work" / "toys.py"
    fresh = file.read_text("utf-8")
    file.write_text("mine", "utf-8")
    end = grade("starter", "toys", "--course", course, "-o", "work")
    assert (end.code, end.err) == (2, "grade: work/toys.py is there already; --force replaces it\n")
    assert file.read_text("utf-8") == "mine"
    assert grade("starter", "toys", "--course", course, "-o", "work", "--force").code == 0
    assert file.read_text("utf-8") == fresh


def test_starter_can_be_printed_and_can_be_a_notebook(grade, course, tmp_path):
    printed = grade("starter", "toys", "--course", course, "-o", "-")
    assert printed.out.count("raise NotImplementedError") == 5
    assert list(tmp_path.iterdir()) == []
    assert grade("starter", "toys", "--course", course, "--notebook").code == 0
    end = grade("toys.ipynb", "--course", course)
    assert end.code == 1
    assert "todo  Toys" in end.err


def test_starter_that_cannot_be_written_says_so(grade, course, tmp_path):
    (tmp_path / "file").write_text("in the way")
    end = grade("starter", "toys", "--course", course, "-o", "file")
    assert end.code == 2
    assert end.err.startswith("grade: cannot write file/toys.py: ")


def test_starters_of_all_exercises_define_every_function(grade):
    import numpy as np

    from grader.discovery import find_course

    for pair in find_course().exercises:
        end = grade("starter", pair.exercise.name, "-o", "-")
        assert end.code == 0
        namespace = {}
        exec(compile(end.out, f"{pair.exercise.name}.py", "exec"), namespace)
        assert namespace["np"] is np
        for function in pair.exercise.functions:
            with pytest.raises(NotImplementedError):
                namespace[function.name](*[None] * len(function.signature.arguments))

"""`grade PATH…` on the small course: what is written where, and how it ends."""

import json
import shlex
import sys
import zipfile

import pytest

from grader.cli import run_command

from ..small_course import KERNELS
from .conftest import report_in

WRONG = KERNELS.replace("(dy * z).sum(0)", "(dy * z).mean(0)")


def test_right_submission_ends_with_0_and_writes_the_report(grade, write, course, tmp_path):
    end = grade(write(submit__a_dot_py=KERNELS).parent, "--course", course)
    assert end.code == 0
    assert end.out == ""
    assert "(100 %)" in end.err
    assert "FAIL" not in end.err
    assert "full report: reports/submit/index.html\n" in end.err
    page = (tmp_path / "reports" / "submit" / "index.html").read_text("utf-8")
    assert page.lower().startswith("<!doctype html>")


def test_wrong_submission_ends_with_1_and_says_why(grade, write, course):
    end = grade(write(a_dot_py=WRONG), "--course", course, "--format", "json=out.json")
    assert end.code == 1
    assert "FAIL  centre_backward: " in end.err
    assert "known mistake: mean for sum" in end.err
    assert "from a import centre_forward, centre_backward" in end.err
    report, checks = report_in("out.json")
    assert checks["centre_backward/gradient"]["mistake"] == "mean for sum"
    assert report["student"] == "a"
    failed = [name for name, check in checks.items() if check["outcome"] == "failed"]
    assert failed == ["centre_backward/gradient"]


def test_machine_formats_go_to_their_files_and_people_read_stderr(grade, write, course):
    end = grade(
        write(a_dot_py=KERNELS), "--course", course, "--format", "json=out/a.json", "--format", "junit=out/a.xml",
        "--format", "html=out/a.html", "--report", "pages",
    )  # fmt: skip
    assert end.code == 0
    assert end.out == ""
    with open("out/a.json", encoding="utf-8") as file:
        assert json.load(file)["schema"] == "grade/report/v1"
    with open("out/a.xml", encoding="utf-8") as file:
        assert "<testsuite" in file.read()
    with open("out/a.html", encoding="utf-8") as file, open("pages/a/index.html", encoding="utf-8") as page:
        assert file.read() == page.read()


def test_json_on_standard_output_is_nothing_but_json(process, write, course, tmp_path):
    end = process(
        write(a_dot_py=KERNELS), "--course", course, "--format", "json=/dev/stdout", "--only", "toys", cwd=tmp_path
    )
    assert end.code == 0
    assert json.loads(end.out)["score"] == json.loads(end.out)["max_score"]


def test_quiet_says_nothing(grade, write, course):
    end = grade(write(a_dot_py=WRONG), "--course", course, "-q")
    assert (end.code, end.out, end.err) == (1, "", "")


def test_verbose_lists_what_passed(grade, write, course):
    assert "pass  returns the right gradient" in grade(write(a_dot_py=KERNELS), "--course", course, "-v").err


def test_report_that_cannot_be_written_is_an_error_after_the_verdicts(grade, write, course, tmp_path):
    (tmp_path / "file").write_text("in the way")
    end = grade(write(a_dot_py=WRONG), "--course", course, "--report", "file", "--format", "json=file/x.json")
    assert end.code == 2
    assert "known mistake: mean for sum" in end.err
    assert "full report:" not in end.err
    last = end.err.splitlines()[-1]
    assert last.startswith("grade: cannot write the html report to 'file/a/index.html': ")
    assert "; cannot write the json report to 'file/x.json': " in last


@pytest.mark.parametrize("text", ["x = 1\n", "def centr_forward(x, w):\n    return x\n"])
def test_submission_without_graded_functions_ends_with_5(grade, write, course, text):
    end = grade(write(a_dot_py=text), "--course", course)
    assert end.code == 5
    assert "a.py defines none of the graded functions; `grade list` shows their names" in end.sentence


def test_misspelled_name_is_recognised(grade, write, course):
    end = grade(write(a_dot_py=KERNELS.replace("argmax(z):", "arg_max(z):")), "--course", course)
    assert end.code == 1
    assert "not found: argmax (did you mean 'arg_max'?)" in end.sentence


def test_several_paths_of_one_name_get_folders_of_their_own(grade, write, course, tmp_path):
    paths = [write(**{f"{name}__hw_dot_py": text}) for name, text in (("a", KERNELS), ("b", WRONG), ("c", KERNELS))]
    end = grade(*paths, "--course", course)
    assert end.code == 1
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == ["hw", "hw-2", "hw-3"]
    assert "mean for sum" in (tmp_path / "reports" / "hw-2" / "index.html").read_text("utf-8")
    assert end.err.count("(100 %)") == 2


def test_several_paths_are_all_read_before_any_is_graded(grade, write, course, tmp_path):
    end = grade(write(a_dot_py=KERNELS), "nope.py", "--course", course)
    assert end.code == 2
    assert "no such file or folder 'nope.py'" in end.sentence
    assert not (tmp_path / "reports").exists()


def test_path_named_like_a_command_is_graded_when_written_as_a_path(grade, write, course):
    write(list__a_dot_py=KERNELS)
    assert "(100 %)" in grade("./list", "--course", course).err
    assert "centre_forward: x(n,d)" in grade("list", "--course", course).out
    assert "(100 %)" in grade("run", "list", "--course", course).err


def test_options_may_stand_before_the_path(grade, write, course):
    assert grade("--course", course, "-q", write(a_dot_py=KERNELS)).code == 0


def test_seed_changes_the_cases_and_not_the_verdict(grade, write, course):
    for seed in (0, 7):
        assert (
            grade(write(a_dot_py=WRONG), "--course", course, "--seed", seed, "--format", f"json={seed}.json").code == 1
        )
    (first, one), (second, other) = report_in("0.json"), report_in("7.json")
    assert (first["seed"], second["seed"]) == (0, 7)
    assert {name: check["outcome"] for name, check in one.items()} == {name: c["outcome"] for name, c in other.items()}
    assert "--seed 7" in second["command"]


@pytest.mark.parametrize("more", [[], ["--only", "toys", "--seed", "7"]])
def test_the_command_of_a_report_repeats_the_run(grade, write, course, more):
    grade(write(a_dot_py=WRONG), "--course", course, *more, "--format", "json=first.json")
    first, checks = report_in("first.json")
    assert shlex.split(first["command"]) == ["grade", str(write(a_dot_py=WRONG)), "--course", str(course), *more]
    grade(*shlex.split(first["command"])[1:], "--format", "json=second.json")
    assert report_in("second.json")[1] == checks


def test_same_submission_gives_the_same_report(grade, write, course):
    reports = []
    for k in range(2):
        grade(write(a_dot_py=WRONG), "--course", course, "--format", f"json={k}.json")
        report, _ = report_in(f"{k}.json")
        reports.append({**report, "started": None, "seconds": None})
    assert reports[0] == reports[1]


@pytest.mark.parametrize("only", [["dropout"], ["dropout", "softmax_cross_entropy"]])
def test_only_may_be_repeated(grade, write, only):
    source = "def l2_penalty(w, lam): return lam / 2 * (w**2).sum(), lam * w\ndef softmax(z): return z\n"
    options = [word for name in only for word in ("--only", name)]
    end = grade(write(a_dot_py=source), *options, "--format", "json=out.json")
    assert end.code == 1
    assert {exercise["exercise"] for exercise in report_in("out.json")[0]["exercises"]} == set(only)


def test_archive_and_notebook_are_graded_like_a_folder(grade, write, course, tmp_path):
    import nbformat

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(KERNELS)])
    write(lab_dot_ipynb=nbformat.writes(book))
    with zipfile.ZipFile(tmp_path / "hw.zip", "w") as archive:
        archive.writestr("hw/a.py", KERNELS)
    for name in ("lab.ipynb", "hw.zip"):
        assert "(100 %)" in grade(name, "--course", course).err


def test_output_is_plain_where_nobody_looks(process, write, course, tmp_path):
    path = write(a_dot_py=WRONG)
    assert "\x1b" not in process(path, "--course", course, cwd=tmp_path, TERM="xterm-256color").err


def test_colour_can_be_refused(grade, write, course, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    path = write(a_dot_py=WRONG)
    coloured = grade(path, "--course", course).err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = grade(path, "--course", course).err
    assert "\x1b[1;31mFAIL" in coloured
    assert "31m" not in plain
    assert "FAIL" in plain


def test_progress_is_one_line_that_goes_away(grade, write, course, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    err = grade(write(a_dot_py=KERNELS), "--course", course).err
    lines = err.split("\r\x1b[K")
    assert lines[0] == ""
    assert lines[1:3] == ["preparing toys …", f"grading {write(a_dot_py=KERNELS)} …"]
    assert "(100 %)" in lines[3]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    assert "grading" not in grade("a.py", "--course", course).err


def test_interrupt_ends_with_130_and_says_so(grade, write, course, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(run_command, "read_submissions", interrupted)
    end = grade(write(a_dot_py=KERNELS), "--course", course)
    assert (end.code, end.sentence) == (130, "grade: stopped; nothing was lost, run the same command again")

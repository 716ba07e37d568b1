"""What the commands say and how they end, whatever they are asked."""

import os
import re
import signal
import time

import msgspec
import pytest

from grader import __version__
from grader.attacks import read_suite
from grader.cli import _stopped_by_signals, cli, main, run_command

from ..small_course import KERNELS


def test_no_argument_and_help_show_the_commands(grade):
    for args in ([], ["-h"], ["--help"]):
        end = grade(*args)
        assert end.code == 0
        assert "grade [OPTIONS] PATH… | COMMAND" in end.out
        assert re.findall(r"^  (\w+)  ", end.out, re.MULTILINE) == list(cli.list_commands(None))


def test_version(grade):
    end = grade("--version")
    assert (end.code, end.out) == (0, f"grade, version {__version__}\n")


@pytest.mark.parametrize("command", ["run", "list", "show", "starter", "selfcheck", "doctor"])
def test_every_command_has_help(grade, command):
    end = grade(command, "--help")
    assert end.code == 0
    assert f"Usage: grade {command}" in end.out


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["nope.py"], "grade: no such file or folder 'nope.py'; check the spelling"),
        (["no/such/folder"], "there is no folder 'no/such' either"),
        (["submti"], "did you mean 'submit'?"),
        (["empty"], "grade: 'empty' is empty; it should hold the .py or .ipynb files to grade"),
        (["data"], "no .py or .ipynb file in 'data', only 'x.csv'"),
        (["data/x.csv"], "a submission is a folder, a .py or .ipynb file, or an archive"),
        (["lst"], "grade: no command or path 'lst'; did you mean `grade list`?"),
        (["submit", "--only", "sofmax"], "no exercise 'sofmax' in course 'foundations'; did you mean 'softmax_cross"),
        (["submit", "--only", "optim"], "did you mean 'optimizers'?"),
        (["submit", "--only", "zzz"], "there are activations, softmax_cross_entropy,"),
        (["submit", "--course", "foundation"], "no course 'foundation'; did you mean 'foundations'?"),
        (["submit", "--course", "data"], "data has no course.toml; a course is a folder of exercises with one"),
        (["submit", "--format", "jsn=x"], "unknown format 'jsn'; did you mean 'json'?"),
        (["submit", "--format", "pdf=x"], "unknown format 'pdf'; the formats are html, json, junit"),
        (["submit", "--format", "json"], "format 'json' names no file; write it as json=FILE"),
        (["submit", "--format", "json="], "format 'json' names no file; write it as json=FILE"),
        (["submit", "--format", "json=x", "--format", "junit=x"], "two formats name the file 'x'; give each its own"),
        (["submit", "data", "--format", "json=x"], "2 submissions are given; grade them one by one"),
        (["submit", "--seed", "-1"], "-1 is not in the range 0<=x<=4294967295"),
        (["submit", "--seed", "one"], "'one' is not a valid integer"),
        (["submit", "--nope"], "No such option '--nope'"),
        (["submit", "--sandbox", "none"], "'none' is not one of 'full', 'weak'"),
        (["run"], "Missing argument 'PATH…'"),
        (["show"], "Missing argument 'NAME'"),
        (["show", "sofmax"], "did you mean 'softmax_cross_entropy'?"),
        (["starter", "batchnrm"], "did you mean 'batchnorm'?"),
        (["list", "--course", "foundation"], "did you mean 'foundations'?"),
        (["selfcheck", "--only", "batchnrm"], "did you mean 'batchnorm'?"),
    ],
)
def test_usage_is_mended_by_one_sentence_on_stderr(grade, write, tmp_path, args, sentence):
    write(submit__a_dot_py=KERNELS, data__x_dot_csv="1")
    (tmp_path / "empty").mkdir()
    end = grade(*args)
    assert end.code == 2
    assert sentence in " ".join(end.err.split())
    assert end.out == ""
    assert not (tmp_path / "reports").exists()


def test_unexpected_exception_is_one_sentence_without_traceback(grade, write, monkeypatch):
    def broken(*args):
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr(run_command, "read_submissions", broken)
    end = grade(write(a_dot_py=KERNELS))
    assert end.code == 3
    assert end.err == (
        "grade: a fault of the grader, not of the submission: ZeroDivisionError: two lines; GRADE_DEBUG=1 shows where\n"
    )


def test_debugging_shows_where_an_exception_came_from(write, monkeypatch):
    def broken(*args):
        raise ZeroDivisionError

    monkeypatch.setattr(run_command, "read_submissions", broken)
    monkeypatch.setenv("GRADE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main([str(write(a_dot_py=KERNELS))])


def test_broken_course_names_the_file_and_the_fix(grade, write):
    write(
        submit__a_dot_py=KERNELS,
        course__course_dot_toml='exercises = ["toys"]',
        course__toys_dot_py="from grader.authoring import Exercise, function\nexercise = 1\n",
    )
    end = grade("submit", "--course", "course")
    assert end.code == 3
    assert end.sentence.startswith("grade: the course 'course' is written wrongly: ")
    assert "toys.py defines no exercise; write exercise = Exercise(…)" in end.sentence


def test_list_shows_every_signature(grade, course):
    end = grade("list", "--course", course)
    assert end.code == 0
    assert "    centre_backward: dy(n,d), cache -> dx(n,d), dw(d)\n" in end.out


def test_show_prints_contract_and_claims(grade):
    end = grade("show", "dropout")
    assert end.code == 0
    assert "### `dropout_backward: dy(...), cache -> dx(...)`" in end.out
    assert re.search(r"^- [\d.]+ points?: ", end.out, re.MULTILINE)


def test_doctor_names_every_protection(grade):
    end = grade("doctor")
    assert end.code in (0, 3)
    protections = re.findall(r"^(on |OFF)  (\S+)", end.out, re.MULTILINE)
    assert len(protections) >= 3
    assert end.code == (3 if any(state == "OFF" for state, _ in protections) else 0)


def test_doctor_tries_the_attacks_that_are_chosen(grade, monkeypatch):
    one = [attack for attack in read_suite() if attack.title in ("files/read_public", "exits/leaves")]
    monkeypatch.setattr("grader.attacks.read_suite", lambda: one)
    end = grade("doctor", "--attack")
    assert re.findall(r"^held  (\S+)", end.out, re.MULTILINE) == ["exits/leaves", "files/read_public"]
    assert "attacks: 2 of 2" in end.out
    assert "every attack was held" in end.out


def test_doctor_fails_where_an_attack_is_not_held(grade, monkeypatch):
    monkeypatch.setattr("grader.attacks.read_suite", lambda: [chosen("exits/leaves", remark="that nobody made")])
    end = grade("doctor", "--attack")
    assert end.code == 3
    assert "NOT held  exits/leaves" in end.out
    assert "no remark names 'that nobody made'" in end.out
    assert "1 of them were not held" in end.out


def chosen(title, **changes):
    """Return an attack of the suite with another outcome."""
    [attack] = [attack for attack in read_suite() if attack.title == title]
    return msgspec.structs.replace(attack, **changes)


def test_interrupt_that_was_swallowed_is_raised_again(monkeypatch):
    monkeypatch.setattr("grader.cli.AGAIN_SECONDS", 0.05)
    heard = []
    # A shell starts background jobs with the interrupt ignored, and they hand that on.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.raises(KeyboardInterrupt), _stopped_by_signals():  # noqa: PT012 - the second interrupt ends the sleep
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            heard.append("first")
        time.sleep(5)

    assert heard == ["first"]
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler

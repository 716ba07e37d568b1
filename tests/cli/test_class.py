"""`grade class`: from a folder of hand-ins to a gradebook, a report and exports; and what goes wrong on the way."""

import contextlib
import csv
import json
import os
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from grader.cli.class_job import ClassJob
from grader.counted import counted_seed
from grader.gradebook import open_gradebook, read_gradebook, writing
from grader.gradebook.schema import MIGRATIONS

from ..small_course import KERNELS

WRONG = KERNELS.replace("(dy * z).sum(0)", "(dy * z).mean(0)")
ROSTER = "student_id,name\nada,Ada Lovelace\nbob,Bob B\nzoe,Zoe Z\n"


@pytest.fixture
def hand_ins(tmp_path):
    """A class of two, one of whom makes a known mistake, and a stranger."""
    for name, source in (("ada", KERNELS), ("bob", WRONG), ("eve", WRONG + "\n# mine\n")):
        folder = tmp_path / "hw1" / name
        folder.mkdir(parents=True)
        (folder / "hw.py").write_text(source, "utf-8")
    (tmp_path / "roster.csv").write_text(ROSTER, "utf-8")
    return tmp_path / "hw1"


@pytest.fixture(scope="session")
def lower(tiny):
    """The score of the class's known mistake, as a judge without processes, engine and gradebook gives it."""

    def centre_backward(dy, cache):
        z, w = cache
        dz = dy * w
        return dz - dz.mean(0), (dy * z).mean(0)

    report = tiny.grade(centre_backward=centre_backward)
    assert 0 < report.score < report.max_score == 16.5
    return report.score


def table(path):
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def grade_class(grade, hand_ins, course):
    """Run `grade class` on the class."""
    return lambda *args: grade("class", hand_ins, "--course", course, "--jobs", 1, *args)


def scores_in(path):
    with read_gradebook(Path(path)) as reader:
        return {entry.key: entry.score for entry in reader.entries(reader.latest_run(finished=True).id)}


def gradings_in(path):
    """Return how often each submission was judged."""
    connection = sqlite3.connect(path)
    counts = connection.execute("SELECT count(*) FROM grading GROUP BY submission_id").fetchall()
    connection.close()
    return sorted(count for (count,) in counts)


def test_class_is_graded_whatever_the_scores(grade_class, tmp_path, lower):
    end = grade_class("--roster", "roster.csv")
    assert end.code == 0
    assert end.out == ""
    for words in (
        "grading: 3 of 3 (100 %)",
        "3 submissions: 3 graded",
        f"of 16.5, median {lower:g}, from {lower:g} to 16.5",
        "2 toys: mean for sum",
        "handed in nothing (1): Zoe Z",
        "not in the roster (1): eve",
        "report: reports/hw1/index.html",
        "gradebook: reports/hw1/gradebook.sqlite",
    ):
        assert words in end.sentence
    assert scores_in("reports/hw1/gradebook.sqlite") == {"ada": 16.5, "bob": lower, "eve": lower}
    assert (tmp_path / "reports" / "hw1" / "index.html").is_file()
    assert "Ada Lovelace" in (tmp_path / "reports" / "hw1" / "students" / "ada.html").read_text("utf-8")


def test_notices_say_who_is_missing_and_unmatched(grade_class):
    grade_class("--roster", "roster.csv", "-q")
    with read_gradebook(Path("reports/hw1/gradebook.sqlite")) as reader:
        notices = {one.kind: one.message for one in reader.notices(reader.latest_run().id)}
    assert notices.keys() == {"missing", "unmatched"}
    assert "Zoe Z" in notices["missing"]
    assert "eve" in notices["unmatched"]


def test_quiet_class_says_nothing(grade_class):
    end = grade_class("-q")
    assert (end.code, end.sentence) == (0, "")


def test_unchanged_submissions_are_not_graded_again(grade_class, hand_ins, lower):
    grade_class("-q")
    with (hand_ins / "bob" / "hw.py").open("a") as file:
        file.write("# another thought\n")
    end = grade_class()
    assert "3 submissions: 1 graded, 2 graded before" in end.sentence
    assert gradings_in("reports/hw1/gradebook.sqlite") == [1, 1, 1, 1]
    assert scores_in("reports/hw1/gradebook.sqlite") == {"ada": 16.5, "bob": lower, "eve": lower}


def test_fresh_grades_again(grade_class):
    grade_class("-q")
    assert "3 submissions: 3 graded" in grade_class("--fresh").sentence
    assert gradings_in("reports/hw1/gradebook.sqlite") == [2, 2, 2]


def test_report_and_gradebook_go_where_they_are_asked_for(grade_class, tmp_path):
    grade_class("--report", "out/pages", "--gradebook", "books/hw1.db")
    assert (tmp_path / "out" / "pages" / "index.html").is_file()
    assert scores_in("books/hw1.db")["ada"] == 16.5
    assert not (tmp_path / "reports").exists()


def test_exports_hold_every_student(grade_class, tmp_path, lower):
    end = grade_class("--roster", "roster.csv", "--export", "csv=grades.csv", "--export", "xlsx=grades.xlsx")
    assert "export: grades.csv: csv, 3 grades" in end.sentence
    rows = table("grades.csv")
    found = {row["name"]: (row["raw"], row["final"], row["max_score"], row["status"]) for row in rows}
    assert found == {
        "Ada Lovelace": ("16.5", "16.5", "16.5", "graded"),
        "Bob B": (f"{lower:g}", f"{lower:g}", "16.5", "graded"),
        "Zoe Z": ("", "", "16.5", "missing"),
        "eve": (f"{lower:g}", f"{lower:g}", "16.5", "graded"),
    }
    assert (tmp_path / "grades.xlsx").read_bytes()[:2] == b"PK"


def test_the_class_report_is_exported_as_json(grade_class, tmp_path):
    end = grade_class("--roster", "roster.csv", "--export", "json=class.json")
    assert "export: class.json: json" in end.sentence
    report = json.loads((tmp_path / "class.json").read_text("utf-8"))
    assert report["schema"] == "grade/class/v1"
    assert {student["name"] for student in report["students"]} >= {"Ada Lovelace", "Bob B", "eve"}


def test_canvas_gets_a_column_of_final_grades(grade_class, lower):
    end = grade_class("--export", "canvas=up.csv", "--assignment", "HW1 (12)")
    assert end.code == 0
    rows = table("up.csv")
    assert {row["Student"]: row["HW1 (12)"] for row in rows if row["Student"] in ("ada", "bob")} == {
        "ada": "16.5", "bob": f"{lower:g}",
    }  # fmt: skip


def test_hand_in_that_cannot_be_read_is_told_and_the_others_are_graded(grade_class, hand_ins):
    (hand_ins / "cy").mkdir()
    (hand_ins / "cy" / "essay.pdf").write_bytes(b"%PDF")
    end = grade_class("--export", "csv=grades.csv")
    assert end.code == 2
    assert "4 submissions: 3 graded, 1 cannot be read" in end.sentence
    assert "look yourself: cannot be read (1): cy" in end.sentence
    row = next(row for row in table("grades.csv") if row["key"] == "cy")
    assert (row["status"], row["final"]) == ("ungraded", "")
    assert "no .py or .ipynb file in" in row["note"]


DEADLY = """
def ends_its_judge(student, case):
    import os, signal
    if float(student.argmax(case.z)[0]) == 77:
        os.kill(os.getpid(), signal.SIGKILL)
    return None
"""


def test_submission_on_which_the_grader_fails_costs_nothing_and_ends_with_3(
    grade, hand_ins, make_course, sources, cache
):
    exercise, solution = sources
    exercise = exercise.replace("exercise = Exercise(", f"{DEADLY}\n\nexercise = Exercise(", 1)
    claims = 'matches("argmax"), holds("argmax", "spares us", ends_its_judge),'
    course = make_course(exercise=exercise.replace('matches("argmax"),', claims), solution=solution)
    (hand_ins / "eve" / "hw.py").write_text(KERNELS.replace("z.argmax(1)", "np.full(len(z), 77)"), "utf-8")
    end = grade("class", hand_ins, "--course", course.exercises, "--jobs", 2)
    assert end.code == 3
    assert "3 submissions: 2 graded, 1 on which the grader failed" in end.sentence
    assert "look yourself: the grader failed on it (1): eve" in end.sentence
    with read_gradebook(Path("reports/hw1/gradebook.sqlite")) as reader:
        entry = {one.key: one for one in reader.entries(reader.latest_run().id)}["eve"]
        report = reader.report(entry.id)
    assert entry.problem.startswith("the grader failed on it three times, the last time because its process was killed")
    assert (entry.score, {one.outcome.value for one in report.verdicts}) == (entry.max_score, {"errored"})


def test_submissions_that_are_alike_are_told_as_a_suspicion(grade, tmp_path, course):
    steps = ["t = x.sum(0)", "t = t[t > 3] - 1", "t = {1: t}", "t = t[1] if len(t) else x", "t = [t, -t, *x]"]
    own = "".join(f"    {steps[k * k % 5]}\n    {steps[k % 3]}\n    {steps[k % 4]}\n" for k in range(60))
    sources = {
        "ada": f"{KERNELS}\ndef mine(x):\n{own}    return t\n",
        "bob": f"{KERNELS}\ndef theirs(y):\n{own.replace('x', 'y')}    return t\n",
        "cy": "def argmax(z):\n    return z.argmax(1)\n",
        "dan": "def argmax(scores):\n    best = [list(row).index(max(row)) for row in scores]\n    return best\n",
    }
    for name, source in sources.items():
        (tmp_path / "hw" / name).mkdir(parents=True)
        (tmp_path / "hw" / name / "hw.py").write_text(source, "utf-8")
    end = grade("class", "hw", "--course", course, "--jobs", 1)
    assert end.code == 0
    assert "look yourself: 1 pair of submissions alike, a suspicion and no more" in end.sentence
    assert len(list((tmp_path / "reports" / "hw" / "alike").glob("*.html"))) == 1


def test_class_that_defines_nothing_graded_ends_with_5(grade, tmp_path, course):
    for name in ("ada", "bob"):
        (tmp_path / "hw" / name).mkdir(parents=True)
        (tmp_path / "hw" / name / "a.py").write_text("x = 1\n")
    end = grade("class", tmp_path / "hw", "--course", course, "-q", "--jobs", 1)
    assert end.code == 5
    assert "no submission defines any of the graded functions; `grade list` shows their names" in end.sentence


def test_late_policy_of_the_command_line_is_taken_off(grade, tmp_path, course):
    source = tmp_path / "assignment_1_export" / "submission_7"
    source.mkdir(parents=True)
    (source / "hw.py").write_text(KERNELS)
    (source.parent / "submission_metadata.yml").write_text(
        "---\nsubmission_7:\n  :submitters:\n  - :name: Ada\n    :sid: '7'\n    :email: ada@x.org\n"
        "  :created_at: 2026-10-02 12:00:00.000000000 Z\n"
    )
    end = grade(
        "class", source.parent, "--course", course, "-q", "--jobs", 1, "--export", "csv=g.csv",
        "--late", "due=2026-10-01T12:30Z,penalty=10,of=score",
    )  # fmt: skip
    assert end.code == 0
    (row,) = table("g.csv")
    assert (row["raw"], row["penalty"], row["final"], row["days_late"]) == ("16.5", "1.65", "14.85", "1")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--roster", "nope.csv"], "nope.csv"),
        (["--export", "cvs=x"], "--export: unknown format 'cvs'; did you mean 'csv'?"),
        (["--export", "csv"], "--export: format 'csv' names no file; write it as csv=FILE"),
        (["--export", "moodle=x.csv"], "name it with --worksheet FILE"),
        (["--export", "canvas=x.csv"], "needs --assignment TITLE"),
        (["--export", "csv=x", "--export", "xlsx=x"], "two exports name the file 'x'; give each its own"),
        (["--worksheet", "nope.csv"], "--worksheet: no such file 'nope.csv'"),
        (["--worksheet", "roster.csv", "--export", "moodle=roster.csv"], "the worksheet itself is kept as it is"),
        (["--scheduler", "tcp://x"], "--scheduler tcp://x needs --engine dask"),
        (["--late", "due"], "--late: cannot read 'due'"),
        (["--platform", "canvass"], "no platform 'canvass'; did you mean 'canvas'?"),
        (["--only", "toy"], "no exercise 'toy' in course 'tiny'; did you mean 'toys'?"),
        (["--course", "foundation"], "no course 'foundation'; did you mean 'foundations'?"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_graded(grade_class, tmp_path, args, sentence):
    end = grade_class(*args)
    assert end.code == 2
    assert sentence in end.sentence
    assert not (tmp_path / "reports").exists()


def test_source_that_is_not_there_is_told(grade, course):
    end = grade("class", "nowhere", "--course", course)
    assert (end.code, end.err.count("\n")) == (2, 1)
    assert "no such file or folder 'nowhere'" in end.sentence


def test_roster_with_other_columns_is_told(grade_class, tmp_path):
    (tmp_path / "roster.csv").write_text("colour,shape\nred,round\n")
    end = grade_class("--roster", "roster.csv")
    assert end.code == 2
    assert "roster.csv, row 1: no column of ids or names among 'colour', 'shape'" in end.sentence


def test_gradebook_of_a_newer_version_is_told_and_kept(grade_class, tmp_path):
    open_gradebook(tmp_path / "g.db").close()
    connection = sqlite3.connect(tmp_path / "g.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = (tmp_path / "g.db").read_bytes()
    end = grade_class("--gradebook", "g.db")
    assert end.code == 2
    assert f"is of version 99, but this `grade` knows versions up to {len(MIGRATIONS)}; install" in end.sentence
    assert (tmp_path / "g.db").read_bytes() == before


def test_gradebook_that_another_run_writes_is_told(grade_class, tmp_path):
    with open_gradebook(tmp_path / "g.db"):
        end = grade_class("--gradebook", "g.db")
    assert end.code == 2
    assert "is being written by another run of `grade` (process" in end.sentence


def test_full_disk_is_told_and_what_is_graded_is_kept(grade, many, course, tmp_path, monkeypatch):
    def small(path):
        connection = connect(path)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 12}")
        return connection

    connect = writing.connect
    monkeypatch.setattr(writing, "connect", small)
    end = grade("class", many, "--course", course, "--jobs", 1, "-q")
    assert (end.code, end.err.count("\n")) == (2, 1)
    assert "the disk is full; what is graded so far is kept, so make room and run the same command again" in end.err
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    kept = sum(gradings_in("reports/many/gradebook.sqlite"))
    assert 0 < kept < 60
    monkeypatch.setenv("GRADE_CACHE", "")
    again = grade("class", many, "--course", course, "--jobs", 1)
    assert again.code == 0
    assert f"60 submissions: {60 - kept} graded, {kept} graded before" in again.sentence


def test_progress_on_a_terminal_is_a_bar(environment, hand_ins, course, tmp_path):
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "grader.cli", "class", "hw1", "--course", course, "--jobs", "1"]
    with subprocess.Popen(
        list(map(str, command)), cwd=tmp_path, env={**environment, "TERM": "xterm-256color"}, stderr=theirs
    ) as run:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # which is how a terminal ends
            while data := os.read(ours, 65536):
                shown += data
    os.close(ours)
    assert run.returncode == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert re.search(r"grading\s+━+\s+3/3", text)
    assert "3 submissions: 3 graded" in text
    assert "(100 %)" not in text


def test_class_is_graded_with_the_seeds_that_the_courses_secret_gives(grade, hand_ins, make_course):
    secret, other = "0123456789abcdef0123", "another secret of the course"
    toml = 'title = "Tiny"\nsecret = "%s"\n'
    course = make_course(settings=toml % secret).exercises
    book, seed = Path("reports/hw1/gradebook.sqlite"), counted_seed(secret, "toys")
    args = ("class", hand_ins, "--course", course, "--jobs", 1, "--export", "csv=g.csv")
    assert grade(*args).code == 0
    with read_gradebook(book) as reader:
        run = reader.latest_run()
        reports = [reader.report(entry.id) for entry in reader.entries(run.id)]
    assert [run.settings.seed, *(report.seed for report in reports)] == [None] * 4
    for path in [Path("g.csv"), *Path("reports").rglob("*.html"), book]:
        content = path.read_bytes()
        assert not any(told.encode() in content for told in (secret, str(seed), f"{seed:x}")), path
    assert "3 submissions: 0 graded, 3 graded before" in grade(*args).sentence
    (course / "course.toml").write_text(toml % other, "utf-8")
    assert "3 submissions: 3 graded" in grade(*args).sentence
    assert "3 submissions: 3 graded" in grade(*args, "--seed", 0).sentence
    with read_gradebook(book) as reader:
        assert reader.latest_run().settings.seed == 0


def test_dask_engine_gives_the_same_grades(grade_class):
    pytest.importorskip("distributed")
    assert grade_class("-q").code == 0
    assert grade_class("-q", "--engine", "dask", "--gradebook", "dask.db").code == 0
    assert scores_in("dask.db") == scores_in("reports/hw1/gradebook.sqlite")


def test_scheduler_that_does_not_answer_is_told(grade_class, monkeypatch):
    cluster = pytest.importorskip("grader.engines.cluster")
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        end = grade_class("--engine", "dask", "--scheduler", f"tcp://127.0.0.1:{deaf.getsockname()[1]}")
    assert end.code == 2
    assert "does not answer within 0.5 s" in end.sentence
    assert end.err.count("\n") == 1


HEEDING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, "-m", "grader.cli", *sys.argv[1:]])
"""
"""Starts `grade` with the interrupt heeded: a shell's background jobs ignore it, and hand that on."""


@pytest.fixture
def many(tmp_path):
    for k in range(60):
        folder = tmp_path / "many" / f"s{k:02}"
        folder.mkdir(parents=True)
        (folder / "hw.py").write_text(f"{KERNELS if k % 2 else WRONG}\n# {k}\n", "utf-8")
    return tmp_path / "many"


def descendants(pid):
    """Return the processes that a process started, and those that these started."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
    found = {pid}
    while new := {child for child, parent in parents.items() if parent in found} - found:
        found |= new
    return found - {pid}


def is_running(pid):
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def stopped(environment, folder, course, cwd, *, number, lines):
    """Run `grade class` and signal it after so many lines of progress; return its end, and what it had started."""
    command = [sys.executable, "-c", HEEDING, "class", folder.name, "--course", course, "--jobs", "2"]
    with subprocess.Popen(
        list(map(str, command)), cwd=cwd, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        try:
            seen = [line for line, _ in zip(run.stderr, range(lines), strict=False)]
            started = descendants(run.pid)
            run.send_signal(number)
            _, rest = run.communicate(timeout=60)
        finally:
            run.kill()
    return run.returncode, seen, rest, started


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_class_keeps_what_is_graded_and_says_how_to_go_on(environment, process, many, course, tmp_path, number):
    code, seen, rest, started = stopped(environment, many, course, tmp_path, number=number, lines=6)
    assert code == 128 + number
    assert "grading" in seen[-1]
    message = rest.splitlines()[-1]
    assert message.startswith("grade: stopped; ")
    assert "of 60 submissions are graded and kept; this goes on from there: grade class many --course" in message
    assert "Traceback" not in rest
    assert started
    wait_until(lambda: not any(map(is_running, started)))
    command = shlex.split(message.partition("from there: ")[2])
    end = process(*command[1:], cwd=tmp_path)
    assert end.code == 0
    assert "graded before" in end.sentence
    assert gradings_in(tmp_path / "reports" / "many" / "gradebook.sqlite") == [1] * 60


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_killed_run_leaves_no_process_and_goes_on_without_duplicates(
    environment, process, many, course, tmp_path, lower
):
    for lines in (3, 5, 9):
        code, _, _, started = stopped(environment, many, course, tmp_path, number=signal.SIGKILL, lines=lines)
        assert code == -signal.SIGKILL
        wait_until(lambda started=started: not any(map(is_running, started)))
    end = process("class", many.name, "--course", course, cwd=tmp_path)
    assert end.code == 0
    assert "graded before" in end.sentence
    book = tmp_path / "reports" / "many" / "gradebook.sqlite"
    assert gradings_in(book) == [1] * 60
    assert sorted(scores_in(book).values()) == [lower] * 30 + [16.5] * 30


def test_command_repeats_the_job():
    job = ClassJob(
        source="my hw", course="c", only=["a", "b"], seed=3, roster="r.csv", jobs=2, exports=["csv=x"], fresh=True
    )
    words = shlex.split(job.command())
    assert words[:3] == ["grade", "class", "my hw"]
    options = list(zip(words[3::2], words[4::2], strict=True))
    assert sorted(options) == [
        ("--course", "c"), ("--export", "csv=x"), ("--jobs", "2"), ("--only", "a"), ("--only", "b"),
        ("--roster", "r.csv"), ("--seed", "3"),
    ]  # fmt: skip


def test_every_option_of_a_job_is_one_of_the_command_line():
    from grader.cli.class_command import command

    known = {parameter.name for parameter in command.params}
    assert known == set(ClassJob.__struct_fields__)
    defaults = msgspec.structs.asdict(ClassJob(source=""))
    given = {parameter.name: parameter.default for parameter in command.params if parameter.name != "source"}
    for name, value in given.items():
        if not isinstance(value, tuple | type(None)) and value in ("", 0, False, "full", "local", "foundations"):
            assert defaults[name] == value

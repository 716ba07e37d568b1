"""Files are written whole, only where something changed, and say in JSON what the pages show."""

import io
import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

import grader.report
from grader.core.submission import Cell, SourceFile, Submission
from grader.errors import GradebookError, UnreadableSubmission, UsageError
from grader.gradebook import HandedIn, RunSettings, open_gradebook, read_gradebook
from grader.report import html
from grader.report.classroom import ClassReport, class_schema, write_class_report, write_json

PUBLISHED = Path(grader.report.__file__).parent / "static" / "class.schema.json"


def write(path, folder, **more):
    with read_gradebook(path) as reader:
        return write_class_report(reader, folder, **more)


@pytest.fixture
def written(twelve, tmp_path):
    write(twelve, tmp_path / "class")
    return tmp_path / "class"


@pytest.fixture
def distinct(sources):
    """Read submissions that have nothing in common, and remember whose were read."""

    def read(entry):
        read.seen.append(entry.key)
        text = list(sources.right_sources().values())[int(entry.key[1:])][0]
        return Submission(student="s", files=[SourceFile("hw.py", [Cell("", text)])])

    read.seen = []
    return read


@pytest.fixture
def growing(classes, tmp_path):
    """A gradebook of four that a second run continues."""
    path = tmp_path / "gradebook.sqlite"
    classes.write_gradebook(path, 4, seed=3)
    return path


def run_again(path, classes, numbers, *, changed=()):
    """Add a run of some students of whom some handed in something new."""
    with open_gradebook(path) as book:
        pins = book.reader.latest_run().exercises
        run = book.begin_run(RunSettings(course="foundations", seed=0, source="hand-ins/"), pins)
        for number in numbers:
            handed = classes.handed_in(number, 3)
            if number in changed:
                handed = msgspec.structs.replace(handed, sha256="new", problem="")
            entered = run.enter(handed)
            if entered.pending:
                run.store(entered.id, classes.judged(number + 100, handed.name, 3))
        run.finish()


def times(folder):
    return {path.name: path.stat().st_mtime_ns for path in (folder / "students").glob("*.html")}


def test_every_student_has_the_page_of_the_report(written, twelve):
    with read_gradebook(twelve) as reader:
        entries = list(reader.entries(reader.latest_run().id))
        assert len(entries) == 12
        for entry in entries:
            report = reader.report(entry.id)
            if entry.problem:
                report = msgspec.structs.replace(report, remarks=[entry.problem, *report.remarks])
            file = io.StringIO()
            html.write(report, file)
            assert (written / "students" / f"{entry.key}.html").read_text(encoding="utf-8") == file.getvalue()


def test_every_link_of_the_class_page_leads_to_a_file(written, parse):
    links = {a["href"] for a in parse((written / "index.html").read_text(encoding="utf-8")).all("a")}
    pages = {link for link in links if not link.startswith("#")}
    assert len(pages) == 12
    assert all((written / page).is_file() for page in pages)


def test_page_of_an_unreadable_submission_says_why(tmp_path, classes):
    path = tmp_path / "gradebook.sqlite"
    classes.write_gradebook(path, 0)
    with open_gradebook(path) as book:
        run = book.begin_run(RunSettings(course="foundations", seed=0, source="x"), [])
        run.enter(HandedIn(key="bo", name="Bo", sha256="", problem="not a zip archive"))
        report = write_class_report(book.reader, tmp_path / "class")
    assert [one.kind for one in report.attention] == ["unreadable"]
    assert "not a zip archive" in (tmp_path / "class" / "students" / "bo.html").read_text(encoding="utf-8")


def test_pages_that_did_not_change_are_not_written_again(growing, classes, tmp_path):
    folder = tmp_path / "class"
    write(growing, folder)
    before = times(folder)
    run_again(growing, classes, range(4), changed={2})
    write(growing, folder)
    after = times(folder)
    assert {name for name in before if before[name] != after[name]} == {"s00002.html"}


def test_page_that_was_lost_is_written_again(growing, tmp_path):
    write(growing, tmp_path / "class")
    lost = tmp_path / "class" / "students" / "s00001.html"
    lost.unlink()
    write(growing, tmp_path / "class")
    assert lost.is_file()


def test_damaged_list_of_pages_means_that_all_are_written(growing, tmp_path):
    folder = tmp_path / "class"
    write(growing, folder)
    (folder / "students" / "s00001.html").write_text("old")
    (folder / "students" / "pages.json").write_text("{")
    write(growing, folder)
    assert (folder / "students" / "s00001.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_writing_that_was_stopped_leaves_no_page_believed(growing, classes, tmp_path):
    folder = tmp_path / "class"
    write(growing, folder)
    run_again(growing, classes, range(4), changed={0, 1, 2, 3})

    def stop(done, _):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(growing, folder, progress=stop)
    (folder / "students" / "s00000.html").write_text("of the run that was stopped")
    write(growing, folder, run=1)
    assert (folder / "students" / "s00000.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_pages_of_students_who_are_gone_are_removed(growing, classes, tmp_path):
    folder = tmp_path / "class"
    write(growing, folder)
    (folder / "students" / "mine.html").write_text("someone's own file")
    run_again(growing, classes, range(2))
    write(growing, folder)
    assert sorted(times(folder)) == ["mine.html", "s00000.html", "s00001.html"]


def test_an_earlier_run_can_be_reported(growing, classes, tmp_path):
    run_again(growing, classes, range(2))
    assert len(write(growing, tmp_path / "new").students) == 2
    assert len(write(growing, tmp_path / "old", run=1).students) == 4


def test_progress_counts_the_students(growing, tmp_path):
    steps = []
    write(growing, tmp_path / "class", progress=lambda *step: steps.append(step))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_json_is_valid_by_the_published_schema_and_reads_back(twelve, tmp_path, sources):
    read = lambda entry: sources.submission_of(int(entry.key[1:]))  # noqa: E731
    report = write(twelve, tmp_path / "class", json=tmp_path / "class.json", read=read)
    assert report.likeness.pairs
    text = (tmp_path / "class.json").read_text(encoding="utf-8")
    schema = json.loads(PUBLISHED.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(text), schema, cls=jsonschema.Draft202012Validator)
    assert msgspec.json.decode(text, type=ClassReport) == report


def test_published_schema_is_the_schema_of_the_report(assert_gold):
    assert_gold(class_schema(), PUBLISHED)


def test_json_names_its_schema_first(report):
    file = io.StringIO()
    write_json(report, file)
    assert file.getvalue().splitlines()[:2] == ["{", '  "schema": "grade/class/v1",']


def test_gradebook_without_a_run_is_refused(tmp_path):
    open_gradebook(tmp_path / "empty.sqlite").close()
    with pytest.raises(GradebookError, match="has no run; `grade class` makes one"):
        write(tmp_path / "empty.sqlite", tmp_path / "class")


def test_folder_that_cannot_be_made_is_one_sentence(twelve, tmp_path):
    (tmp_path / "class").write_text("a file in the way")
    with pytest.raises(UsageError, match=r"cannot write the class report to .*: not a directory"):
        write(twelve, tmp_path / "class")


def test_json_that_cannot_be_written_is_one_sentence(growing, tmp_path):
    with pytest.raises(UsageError, match=r"cannot write the class report to .*: it is a folder"):
        write(growing, tmp_path / "class", json=tmp_path)


def test_pairs_get_pages_and_those_of_earlier_runs_go(growing, classes, tmp_path, sources):
    folder = tmp_path / "class"
    twin = sources.submission_of(0)
    report = write(growing, folder, read=lambda _: twin)
    assert [pair.page for pair in report.likeness.pairs] == [
        f"alike/{k:03}.html" for k in range(1, 1 + report.likeness.found)
    ]
    report = write(growing, folder, read=lambda _: None)
    assert not (folder / "alike" / "999.html").exists()
    run_again(growing, classes, range(1))
    report = write(growing, folder, read=lambda _: twin)
    assert report.likeness.pairs == []
    assert list((folder / "alike").glob("*.html")) == []


def test_fingerprints_are_kept_so_that_only_new_contents_are_read(growing, classes, tmp_path, distinct):
    write(growing, tmp_path / "class", read=distinct)
    assert distinct.seen == ["s00000", "s00001", "s00002", "s00003"]
    distinct.seen.clear()
    run_again(growing, classes, range(4), changed={2})
    write(growing, tmp_path / "class", read=distinct)
    assert distinct.seen == ["s00002"]


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x82\xa7made_by\xa1x\xa6prints\x80"])
def test_kept_fingerprints_that_are_damaged_or_of_another_version_are_made_again(growing, tmp_path, distinct, content):
    growing.with_name("gradebook.sqlite-prints").write_bytes(content)
    write(growing, tmp_path / "class", read=distinct)
    assert len(distinct.seen) == 4


def test_submission_that_cannot_be_read_again_is_left_out_of_the_comparison(growing, tmp_path, sources):
    def read(entry):
        if entry.key == "s00001":
            raise UnreadableSubmission("gone")
        return sources.submission_of(int(entry.key[1:]))

    assert write(growing, tmp_path / "class", read=read).likeness.compared == 3


def test_group_and_name_of_any_script_have_pages(tmp_path):
    path = tmp_path / "gradebook.sqlite"
    names = ["张三", "../../evil", "con", "Ann", "ann", "x" * 300, "a b", "%2e%2e"]
    submission = Submission(student="s", files=[SourceFile("a.py", [Cell("", "x = 1")])])
    with open_gradebook(path) as book:
        run = book.begin_run(RunSettings(course="c", seed=0, source="x"), [])
        for name in names:
            run.enter(HandedIn(key=name, name=name, sha256=f"of {name}"))
        report = write_class_report(book.reader, tmp_path / "class", read=lambda _: submission)
    assert sorted(p.name for p in (tmp_path / "class" / "students").glob("*.html")) == sorted(
        Path(student.page).name for student in report.students
    )
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith("gradebook.sqlite")} == {"class"}

"""Writing files: formats, places, and all or nothing."""

import os
import stat

import pytest

import grader.report
from grader.errors import GraderFault, UsageError
from grader.report import FORMATS, parse_format, reporter, write_report


def test_exported_names_exist():
    assert [name for name in grader.report.__all__ if not hasattr(grader.report, name)] == []


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_format_writes_a_file_into_a_new_folder(fmt, full, tmp_path):
    path = tmp_path / "a" / "b" / "报告.out"
    write_report(full, fmt, path)
    assert path.stat().st_size > 0
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_format_is_the_same_twice(fmt, full, tmp_path):
    for name in ("one", "two"):
        write_report(full, fmt, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_report_is_readable_by_others_as_the_umask_allows(small, tmp_path):
    (tmp_path / "usual").touch()
    write_report(small, "json", tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)


def test_parse_format_splits_at_the_first_equals_sign():
    fmt, path = parse_format("json=a=b.json")
    assert (fmt, str(path)) == ("json", "a=b.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jsn=x", r"unknown format 'jsn'; did you mean 'json'\?"),
        ("HTML=x", r"unknown format 'HTML'; did you mean 'html'\?"),
        ("yaml=x", "unknown format 'yaml'; the formats are html, json, junit"),
        ("json", "format 'json' names no file; write it as json=FILE"),
        ("json=", "format 'json' names no file; write it as json=FILE"),
    ],
)
def test_parse_format_names_the_fix(text, message):
    with pytest.raises(UsageError, match=message):
        parse_format(text)


def test_unknown_reporter_is_refused():
    with pytest.raises(UsageError, match="did you mean 'junit'"):
        reporter("juni")


def test_folder_in_the_place_of_the_file_is_named(small, tmp_path):
    with pytest.raises(UsageError, match=r"cannot write the json report to '.*': it is a folder, but should be a file"):
        write_report(small, "json", tmp_path)


def test_file_in_the_place_of_a_folder_is_named(small, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"cannot write the json report to '.*': (not a directory|file exists)"):
        write_report(small, "json", tmp_path / "file" / "out.json")


def test_failing_reporter_leaves_the_old_file_and_nothing_else(make_report, make_verdict, tmp_path):
    path = tmp_path / "out.json"
    path.write_text("old")
    with pytest.raises(GraderFault):
        write_report(make_report(make_verdict("f/values", points=float("nan"))), "json", path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.json"]


def test_link_stays_a_link(small, tmp_path):
    (tmp_path / "real").touch()
    (tmp_path / "link").symlink_to("real")
    write_report(small, "json", tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").stat().st_size > 0


def test_device_is_written_to_and_not_replaced(small, tmp_path):
    link = tmp_path / "device"
    link.symlink_to(os.devnull)
    write_report(small, "json", link)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    assert os.listdir(tmp_path) == ["device"]

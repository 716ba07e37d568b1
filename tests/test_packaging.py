"""The wheel carries everything that `grade` needs, and works from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.attacks import read_suite

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_wheel_carries_courses_and_solutions(unpacked):
    for kind in ("exercises", "solutions"):
        for path in sorted((ROOT / kind).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                packed = unpacked / "grader" / "_courses" / kind / path.relative_to(ROOT / kind)
                assert packed.read_bytes() == path.read_bytes()


def test_wheel_carries_the_attack_suite(unpacked):
    code = "from grader.attacks import read_suite, suite_folder; print(len(read_suite()), suite_folder())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=unpacked.parent,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
    )

    assert done.stdout.split() == [str(len(read_suite())), str(unpacked / "grader" / "_attacks")], done.stderr


def test_wheel_carries_what_reports_are_made_of(unpacked):
    for path in sorted((ROOT / "grader" / "report").rglob("*")):
        if path.suffix in (".j2", ".css", ".js", ".json"):
            assert (unpacked / path.relative_to(ROOT)).is_file()


def test_unpacked_wheel_lists_its_course_from_another_folder(unpacked, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "GRADE_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "grader.cli", "list"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert "batchnorm_backward: dy(n,d), cache -> dx(n,d), dgamma(d), dbeta(d)" in done.stdout

"""The house style is held by tools; each is a test here, so that one command tells all."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

TOOLS = {
    "ruff check": ["ruff", "check", "--no-cache", "--output-format=concise"],
    "ruff format": ["ruff", "format", "--no-cache", "--check", "grader", "tests"],
    "mypy": ["mypy", "--no-error-summary"],
}


def run(command):
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    return done.returncode, f"{done.stdout}{done.stderr}"


@pytest.mark.parametrize("name", TOOLS)
def test_tool_finds_nothing(name):
    pytest.importorskip(TOOLS[name][0])
    code, output = run(TOOLS[name])
    assert code == 0, output


def test_imports_point_down():
    pytest.importorskip("importlinter")
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_ruff_looks_at_this_file():
    code, output = run(["ruff", "check", "--no-cache", "--show-files"])
    assert code == 0
    seen = output.splitlines()
    assert str(Path(__file__)) in seen
    assert str(ROOT / "grader" / "judge.py") in seen
    assert not any("submissions/wrong" in path or "example_submission" in path for path in seen)

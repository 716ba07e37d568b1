"""The coverage-guided fuzzer runs, and finds nothing within a few seconds."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytest.importorskip("atheris", reason="the fuzzer needs atheris: pip install '.[fuzz]'")


def fuzz(*args, cwd):
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz.fuzz_protocol", *map(str, args)], cwd=cwd, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=250, check=False,
    )  # fmt: skip


def test_a_few_seconds_find_nothing_and_what_was_tried_can_be_judged_again(tmp_path, monkeypatch, capsys):
    done = fuzz("--seconds", 5, "--corpus", tmp_path / "corpus", cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(re.search(r"stat::number_of_executed_units: (\d+)", done.stderr)[1]) > 100
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]
    kept = list((tmp_path / "corpus").iterdir())
    assert len(kept) > 16

    from .fuzz_protocol import main

    monkeypatch.setattr(sys, "argv", ["fuzz_protocol", *map(str, kept[:20])])
    main()
    seen = re.fullmatch(r"20 inputs: (\d+) judged, (\d+) refused\n", capsys.readouterr().out)
    assert int(seen[1]) + int(seen[2]) == 20

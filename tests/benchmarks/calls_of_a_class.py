"""The calls that judging each submission of a class makes, recorded on the way to its worker."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable
from pathlib import Path

from hand_ins import HandIn

from grader.core import protocol
from grader.core.protocol import Run
from grader.core.submission import Cell, SourceFile, Submission
from grader.judge import Judge
from grader.sandbox import Answers, Sandbox, SandboxWorker


class RecordingWorker:
    """Passes everything on to a worker, and keeps the scripts that it answered.

    Attributes
    ----------
    scripts
        Names of files that hold a frame each; most scripts are the same for the whole class.
    """

    def __init__(self, worker: SandboxWorker, folder: Path) -> None:
        self._worker = worker
        self._folder = folder
        self.scripts: list[str] = []
        self.bound: dict[str, str] = {}
        self.load, self.need, self.ahead = worker.load, worker.need, worker.ahead
        self.renew, self.close = worker.renew, worker.close

    def bind(self, files: dict[str, str]) -> None:
        """Choose whose definition answers to a name."""
        self.bound = files
        self._worker.bind(files)

    def run(self, script: Run, payload: bytes, *, seconds: float | None = None) -> Answers:
        """Answer a script."""
        self._keep(protocol.encode(script, payload))
        return self._worker.run(script, payload, seconds=seconds)

    def run_frame(self, frame: bytes, steps: int, *, seconds: float | None = None) -> Answers:
        """Answer an encoded script."""
        self._keep(frame)
        return self._worker.run_frame(frame, steps, seconds=seconds)

    def _keep(self, frame: bytes) -> None:
        name = hashlib.sha256(frame).hexdigest()[:24]
        path = self._folder / name
        if not path.exists():
            path.write_bytes(frame)
        self.scripts.append(name)


def record(judge: Judge, hand_ins: Iterable[HandIn], folder: Path) -> dict[str, float]:
    """Write what a bare process needs to repeat the calls, and return the score of each, as a share."""
    folder.mkdir(parents=True)
    scores, recorded = {}, []
    with Sandbox() as sandbox:
        for one in hand_ins:
            files = [SourceFile(name, [Cell("", text)]) for name, text in one.files.items()]
            submission = Submission(student=one.key, files=files)
            with sandbox.worker(submission) as worker:
                recording = RecordingWorker(worker, folder)
                report = judge.grade(submission, recording)
            scores[one.key] = report.score / report.max_score
            recorded.append((one.files, recording.bound, recording.scripts))
    (folder / "submissions.pickle").write_bytes(pickle.dumps(recorded))
    return scores

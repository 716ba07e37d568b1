"""The tables of a gradebook, as the ordered migrations that make them."""

from __future__ import annotations

APPLICATION = 0x67726164
"""SQLite's application id of a gradebook: ``grad`` in ASCII."""

_FIRST = """
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,              -- class | regrade
    started TEXT NOT NULL,           -- ISO 8601, UTC
    finished TEXT,                   -- NULL while it goes on, and for ever where it was killed
    version TEXT NOT NULL,
    course TEXT NOT NULL,
    seed INTEGER NOT NULL,
    source TEXT NOT NULL,
    settings TEXT NOT NULL           -- JSON
) STRICT;

CREATE TABLE run_exercise (          -- what a run grades with, in the order of the course
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    exercise TEXT NOT NULL,
    title TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (run_id, exercise)
) STRICT, WITHOUT ROWID;

CREATE TABLE notice (                -- what a run has to say about the class: who is missing, unmatched, twice …
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE student (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    ids TEXT NOT NULL                -- JSON: kind of identifier to identifier
) STRICT;

CREATE TABLE submission (            -- what a student handed in, once for each content
    id INTEGER PRIMARY KEY,
    student_id INTEGER NOT NULL REFERENCES student (id) ON DELETE CASCADE,
    sha256 TEXT NOT NULL,
    UNIQUE (student_id, sha256)
) STRICT;

CREATE TABLE entry (                 -- that a run found a submission, or one that cannot be read
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    student_id INTEGER NOT NULL REFERENCES student (id) ON DELETE CASCADE,
    submission_id INTEGER REFERENCES submission (id) ON DELETE CASCADE,
    submitted TEXT,                  -- ISO 8601
    late INTEGER,                    -- what the platform says; NULL where it says nothing
    attempt INTEGER,
    source TEXT NOT NULL,
    problem TEXT NOT NULL,           -- why it could not be read or judged; '' if it could
    remarks TEXT NOT NULL,           -- JSON: texts; what was odd about the hand-in, whatever is in it
    UNIQUE (run_id, student_id)
) STRICT;
CREATE INDEX entry_submission ON entry (submission_id);

CREATE TABLE member (                -- who is in the group that handed in
    entry_id INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    ids TEXT NOT NULL,
    PRIMARY KEY (entry_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE grading (               -- one act of judging a submission
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    submission_id INTEGER NOT NULL REFERENCES submission (id) ON DELETE CASCADE,
    started TEXT,
    seconds REAL
) STRICT;
CREATE INDEX grading_run ON grading (run_id);
CREATE INDEX grading_submission ON grading (submission_id);

CREATE TABLE remark (
    grading_id INTEGER NOT NULL REFERENCES grading (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,              -- remark | denied
    text TEXT NOT NULL,
    PRIMARY KEY (grading_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE result (                -- one exercise of one grading; never changed, only made stale
    id INTEGER PRIMARY KEY,
    grading_id INTEGER NOT NULL REFERENCES grading (id) ON DELETE CASCADE,
    submission_id INTEGER NOT NULL REFERENCES submission (id) ON DELETE CASCADE,
    exercise TEXT NOT NULL,
    digest TEXT NOT NULL,
    seed INTEGER NOT NULL,
    title TEXT NOT NULL,
    status TEXT NOT NULL,            -- passed | failed | unfilled | missing | errored
    score REAL NOT NULL,
    max_score REAL NOT NULL,
    seconds REAL,                    -- its share of the grading's time, where it is known
    unfilled TEXT NOT NULL,          -- JSON: functions
    missing TEXT NOT NULL,           -- JSON: functions
    remarks TEXT NOT NULL,           -- JSON: texts
    stale INTEGER NOT NULL DEFAULT 0,
    UNIQUE (grading_id, exercise)
) STRICT;
CREATE INDEX result_key ON result (submission_id, exercise, digest, seed, stale);

CREATE TABLE entry_result (          -- which results stand for an entry
    entry_id INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
    exercise TEXT NOT NULL,
    result_id INTEGER NOT NULL REFERENCES result (id) ON DELETE CASCADE,
    PRIMARY KEY (entry_id, exercise)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_result_result ON entry_result (result_id);

CREATE TABLE claim (                 -- a check as its exercise words it; thousands of verdicts share one
    id INTEGER PRIMARY KEY,
    exercise TEXT NOT NULL,
    name TEXT NOT NULL,
    function TEXT NOT NULL,
    title TEXT NOT NULL,
    max_points REAL NOT NULL,
    UNIQUE (exercise, name, function, title, max_points)
) STRICT;

CREATE TABLE verdict (
    result_id INTEGER NOT NULL REFERENCES result (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    claim_id INTEGER NOT NULL REFERENCES claim (id),
    outcome TEXT NOT NULL,           -- passed | failed | errored | skipped
    written INTEGER NOT NULL,        -- 0 where the function is a stub or not defined
    points REAL NOT NULL,
    message TEXT,
    hint TEXT,
    mistake TEXT,
    counterexample TEXT,             -- JSON
    remarks TEXT,                    -- JSON: texts
    PRIMARY KEY (result_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX verdict_mistake ON verdict (mistake) WHERE mistake IS NOT NULL;

CREATE TABLE place (                 -- where a result's function is defined
    result_id INTEGER NOT NULL REFERENCES result (id) ON DELETE CASCADE,
    function TEXT NOT NULL,
    file TEXT NOT NULL,
    cell TEXT NOT NULL,
    line INTEGER NOT NULL,
    PRIMARY KEY (result_id, function)
) STRICT, WITHOUT ROWID;
"""

MIGRATIONS: tuple[str, ...] = (_FIRST,)
"""What leads from each version to the next; the version of a gradebook is how many have been applied to it."""

"""The class page: self-contained, safe, complete without JavaScript but for the list, and small for any class."""

import base64
import hashlib
import io
import itertools
import json
import re

import msgspec
import pytest

from grader.core.verdict import Status
from grader.gradebook import Member, Notice
from grader.report.classroom import class_report, page, pair_page
from grader.report.classroom.likeness import Excerpt
from grader.report.classroom.records import (
    Attention,
    Comparison,
    ExerciseScore,
    Likeness,
    Match,
    MistakeSummary,
    Passage,
)
from grader.report.classroom.table import BUDGET, FLAGS

HOSTILE = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)> \x1b[31m \u202egnp.exe ' \" & {{ 7*7 }}"


def rendered(report):
    file = io.StringIO()
    page.write(report, file)
    return file.getvalue()


def pair_of(report, pair, excerpts):
    file = io.StringIO()
    pair_page.write(report, pair, excerpts, file)
    return file.getvalue()


def with_text(value, text):
    """Return a report in which every text that someone may choose is `text`; what names a kind stays."""
    if isinstance(value, msgspec.Struct):
        kept = {"schema", "kind", "page", "started", "finished", "flags"}
        fields = {f: with_text(getattr(value, f), text) for f in value.__struct_fields__ if f not in kept}
        return msgspec.structs.replace(value, **fields)
    if isinstance(value, list):
        return [with_text(item, text) for item in value]
    if isinstance(value, dict):
        return {key: with_text(item, text) for key, item in value.items()}
    return text if type(value) is str else value


@pytest.fixture(scope="module")
def pair():
    match = Match(
        left=Passage(place="hw.py", first=3, last=4), right=Passage(place="a.ipynb, cell 2", first=1, last=2), tokens=61
    )
    return Likeness(
        left=0, right=1, shared=0.93, tokens=400, longest=61, identical=False, page="alike/001.html", matches=[match]
    )


@pytest.fixture(scope="module")
def eventful(report, pair):
    """A report in which everything happened that can."""
    students = [
        msgspec.structs.replace(student, flags=list(FLAGS), late=True, members=[Member(name="Ann"), Member(name="Bo")])
        for student in report.students
    ]
    odd = [
        Attention(kind=kind, student=k, messages=["what happened", "and then", "and more"])
        for kind in FLAGS[:-1]
        for k in range(3)
    ]
    told = [Notice(kind=kind, subject="x1", message="why") for kind in ("missing", "unmatched", "twice", "other")]
    return msgspec.structs.replace(
        report, students=students, attention=odd, notices=told,
        likeness=Comparison(compared=12, common=6, found=1, pairs=[pair]),
    )  # fmt: skip


@pytest.fixture(scope="module")
def hostile(eventful):
    return with_text(eventful, HOSTILE)


@pytest.fixture(scope="module")
def excerpts(pair):
    lines = [(3, "def f(x):"), (4, "    return x")]
    return [Excerpt(pair.matches[0], lines, lines)]


@pytest.fixture(scope="module", params=["class", "pair", "hostile class", "hostile pair"])
def source(request, eventful, hostile, pair, excerpts):
    if request.param == "class":
        return rendered(eventful)
    if request.param == "hostile class":
        return rendered(hostile)
    if request.param == "pair":
        return pair_of(eventful, pair, excerpts)
    bad = [Excerpt(with_text(pair.matches[0], HOSTILE), [(1, HOSTILE)], [(1, HOSTILE * 50)])]
    return pair_of(hostile, with_text(pair, HOSTILE), bad)


def test_every_element_is_closed(source, parse):
    parsed = parse(source)
    assert parsed.stray == []
    assert parsed.open == []


def test_page_asks_the_network_for_nothing(source, parse):
    parsed = parse(source)
    loading = ("src", "srcset", "data", "action", "formaction", "poster", "background", "manifest", "ping")
    assert [e for e in parsed.elements for name in loading if name in e] == []
    assert parsed.all("link") == parsed.all("img") == parsed.all("iframe") == []
    style = parsed.all("style")[0]["text"]
    assert "url(" not in style
    assert "@import" not in style
    assert "://" not in source


def test_links_lead_to_pages_beside_this_one_only(source, parse):
    targets = {a["href"] for a in parse(source).all("a")}
    assert targets
    assert all(re.fullmatch(r"#[\w-]+|(\.\./)?(students|alike)/[\w%-]+\.html|\.\./index\.html", one) for one in targets)


def test_hostile_text_makes_no_element_and_commands_nothing(source, parse):
    parsed = parse(source)
    assert [name for e in parsed.elements for name in e if name.startswith("on")] == []
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", source)
    scripts = parsed.all("script")
    assert len(scripts) in (0, 3)
    assert [script.get("type") for script in scripts] in ([], ["application/json", "application/json", None])
    assert all("alert" not in script["text"] for script in scripts if "type" not in script)


def test_policy_allows_the_one_script_by_its_hash(hostile, parse):
    parsed = parse(rendered(hostile))
    policy = next(m["content"] for m in parsed.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(parsed.all("script")[-1]["text"].encode()).digest()).decode()
    expected = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"
    assert policy.startswith(expected)


def test_pages_on_pairs_allow_no_script(eventful, pair, excerpts, parse):
    parsed = parse(pair_of(eventful, pair, excerpts))
    policy = next(m["content"] for m in parsed.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; base-uri")
    assert "script-src" not in policy


def test_hostile_names_are_shown_as_they_are_written(hostile, parse):
    parsed = parse(rendered(hostile))
    rows = parsed.rows(within="students")
    assert rows[1][0].startswith("</script><script>alert(1)</script><!-- <img")
    assert "{{ 7*7 }}" in parsed.all("h1")[0]["text"] or "…" in parsed.all("h1")[0]["text"]


def test_data_is_what_the_report_says(eventful, parse):
    data = json.loads(next(s["text"] for s in parse(rendered(eventful)).all("script") if s.get("id") == "data"))
    assert len(data["rows"]) == len(eventful.students)
    for row, student in zip(data["rows"], eventful.students, strict=True):
        assert row[0] == student.name
        assert row[4] == student.score
        assert student.page == f"students/{row[2] or row[1]}.html"
        assert row[9] == student.mistakes
        assert row[6] == 2 ** len(FLAGS) - 1


def test_hostile_data_is_still_json_and_cannot_end_its_element(hostile, parse):
    source = rendered(hostile)
    data = json.loads(next(s["text"] for s in parse(source).all("script") if s.get("id") == "data"))
    assert data["rows"][0][0].startswith("</script><script>alert(1)")
    raw = source.partition('id="data">')[2].partition("</script>")[0]
    assert "<" not in raw
    assert json.loads(raw) == data


def test_headings_go_down_one_level_at_a_time(source, parse):
    levels = [int(e["tag"][1]) for e in parse(source).elements if re.fullmatch("h[1-6]", e["tag"])]
    assert levels[0] == 1
    assert max(later - earlier for earlier, later in itertools.pairwise(levels)) == 1


def test_ids_are_unique_and_links_and_labels_find_them(source, parse):
    parsed = parse(source)
    ids = [e["id"] for e in parsed.elements if "id" in e]
    assert len(set(ids)) == len(ids)
    assert {a["href"][1:] for a in parsed.all("a") if a["href"].startswith("#")} <= set(ids)
    assert {e["aria-labelledby"] for e in parsed.elements if "aria-labelledby" in e} <= set(ids)


def test_every_header_of_a_table_says_what_it_heads(source, parse):
    assert {th.get("scope") for th in parse(source).all("th")} <= {"col", "row", "colgroup"}


def test_what_scrolls_can_be_reached_and_has_a_name(source, parse):
    scrolling = [*parse(source).all("div", css="scroll"), *parse(source).all("pre", css="box")]
    assert scrolling
    assert all(e.get("tabindex") == "0" and e.get("aria-label") for e in scrolling)


def test_states_are_told_in_words_beside_their_shapes(eventful, parse):
    cells = parse(rendered(eventful)).all("td", css="codes")
    words = {"passed": "passed", "failed": "failed", "unfilled": "not implemented yet", "missing": "not found"}
    for cell, student in zip(cells, eventful.students, strict=True):
        for one in student.exercises:
            assert words.get(one.status.value, "grader error") in cell["text"]


def test_alike_is_worded_as_a_suspicion_and_links_both(eventful, pair, excerpts, parse):
    parsed = parse(rendered(eventful))
    section = next(e for e in parsed.all("section") if e["id"] == "alike")
    assert "A suspicion, not a finding" in section["text"]
    links = [a["href"] for a in parsed.all("a", within="alike")]
    assert links == [eventful.students[0].page, eventful.students[1].page, "alike/001.html"]
    beside = parse(pair_of(eventful, pair, excerpts))
    assert "This is a suspicion, not a finding." in beside.all("header")[0]["text"]
    assert {f"../{eventful.students[k].page}" for k in (0, 1)} <= {a["href"] for a in beside.all("a")}
    assert [pre["text"].split() for pre in beside.all("pre")] == [["3", "def", "f(x):", "4", "return", "x"]] * 2


def test_mistakes_link_to_those_who_made_them(report, parse):
    parsed = parse(rendered(report))
    people = parsed.all("details", css="people")
    assert len(people) == len(report.mistakes)
    for details, mistake in zip(people, report.mistakes, strict=True):
        links = [a["href"] for a in parsed.all("a") if details in a["inside"]]
        assert links == [report.students[k].page for k in mistake.students[:12]]


def test_empty_class_says_so(report_of, parse):
    report = report_of(0)
    parsed = parse(rendered(report))
    assert parsed.stray == parsed.open == []
    text = parsed.all("main")[0]["text"]
    assert "Nothing was judged" in text
    assert "Nobody handed anything in." in text


def test_class_in_which_nobody_passed_has_no_discrimination(report_of, classes, parse):
    report = report_of(12, shape=classes.Shape(difficulty=50.0))
    assert report.scores.zero == report.scores.n > 0
    assert {check.discrimination for exercise in report.exercises for check in exercise.checks} == {None}
    rows = parse(rendered(report)).rows(within="checks")
    assert all(row[-2] == "–" for row in rows if len(row) > 10 and "/" in row[0])


def test_class_of_one_exercise_shows_its_checks_at_once(report_of, classes, parse):
    parsed = parse(rendered(report_of(5, shape=classes.Shape(exercises=("dropout",)))))
    assert ["open" in details for details in parsed.all("details", css="checks")] == [True]


def test_class_of_one_student_has_no_deviation(report_of, parse):
    facts = [dd["text"] for dd in parse(rendered(report_of(1))).all("dd")]
    assert facts[1] == "–"


def test_groups_show_their_members(report_of, classes, parse):
    report = report_of(3, shape=classes.Shape(groups=True))
    rows = parse(rendered(report)).rows(within="students")[1:]
    for row, student in zip(rows, report.students, strict=True):
        assert len(student.members) == 3
        assert all(member.name in row[0] for member in student.members)


def test_run_that_was_stopped_says_that_the_page_is_not_all(report):
    stopped = msgspec.structs.replace(report, finished=None, complete=False)
    assert "did not come to its end" in rendered(stopped)
    assert "did not come to its end" not in rendered(report)


@pytest.mark.parametrize("name", ["王" * 400, "x" * 5000, "Maximiliana-Konstantinopolitana " * 40])
def test_long_names_are_shortened_on_the_page(report_of, classes, name, parse):
    report = report_of(3, shape=classes.Shape(names=(name,)))
    row = parse(rendered(report)).rows(within="students")[1]
    assert row[0].startswith(name[:80].strip())
    assert "more characters)" in row[0]
    assert len(row[0]) < 200


def many(report, names, *, mistakes=30):
    """Return a report on as many students as there are names, who made all kinds of mistakes."""
    students = [
        msgspec.structs.replace(
            report.students[k % 11],
            key=f"2026{k:06}",
            name=name,
            page=f"students/2026{k:06}.html",
            mistakes=[n for n in range(mistakes) if (k * 7 + n) % 11 == 0],
            exercises=[ExerciseScore(exercise=e.exercise, status=Status.FAILED, score=1.0) for e in report.exercises],
        )
        for k, name in enumerate(names)
    ]
    made = [
        MistakeSummary(
            exercise="dropout", mistake=f"mistake {n}", hint="",
            students=[k for k, student in enumerate(students) if n in student.mistakes],
        )
        for n in range(mistakes)
    ]  # fmt: skip
    odd = [Attention(kind="overtime", student=k, messages=["it did not finish"]) for k in range(0, len(names), 2)]
    told = [Notice(kind="missing", subject=f"x{k}", message="nothing handed in") for k in range(5000)]
    return msgspec.structs.replace(report, students=students, mistakes=made, attention=odd, notices=told)


@pytest.mark.parametrize("name", ["Maximiliane Mustermann", "司马相如 (數學系)", "𠮷" * 90, HOSTILE])
def test_page_on_ten_thousand_stays_under_two_megabytes(report, name):
    source = rendered(many(report, [f"{name} {k}" for k in range(10_000)]))
    assert len(source.encode()) < 2_000_000


def test_names_of_ten_thousand_are_shortened_only_where_they_must_be(report, parse):
    for name, whole in (("司马相如 (數學系)", True), ("𠮷" * 90, False)):
        source = rendered(many(report, [f"{name} {k}" for k in range(10_000)]))
        data = next(s["text"] for s in parse(source).all("script") if s.get("id") == "data")
        assert len(data.encode()) <= BUDGET
        rows = json.loads(data)["rows"]
        assert len(rows) == 10_000
        assert (rows[1234][0] == f"{name} 1234") is whole


def test_report_is_the_same_each_time(twelve):
    from grader.gradebook import read_gradebook

    with read_gradebook(twelve) as reader:
        one, other = (class_report(reader, reader.latest_run()) for _ in range(2))
    assert rendered(one) == rendered(other)


def test_alike_pairs_are_told_where_a_human_should_look(report, pair, parse):
    quiet = msgspec.structs.replace(report, attention=[], notices=[], likeness=None)
    assert "nothing odd was found" in rendered(quiet)
    told = msgspec.structs.replace(quiet, likeness=Comparison(compared=12, common=6, found=1, pairs=[pair]))
    assert "nothing odd was found" not in rendered(told)
    assert [a["href"] for a in parse(rendered(told)).all("a", within="attention")] == ["#alike"]

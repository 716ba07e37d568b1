"""The page: self-contained, safe, in order, and complete without JavaScript."""

import base64
import hashlib
import io
import itertools
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from grader.report import html

GOLD = Path(__file__).parent / "gold"
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """A page as a list of elements, each with its attributes, its text and the elements around it."""

    def __init__(self, source):
        super().__init__()
        self.open, self.elements, self.stray = [], [], []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "text": "", "inside": [e["tag"] for e in self.open], **dict(attrs)}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop()["tag"] != tag:
            self.stray.append(tag)

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag, *, css=None):
        return [e for e in self.elements if e["tag"] == tag and (css is None or css in e.get("class", "").split())]


def rendered(report):
    file = io.StringIO()
    html.write(report, file)
    return file.getvalue()


@pytest.fixture
def page(full):
    return Page(rendered(full))


def test_small_report_equals_the_gold_file(small, assert_gold):
    assert_gold(rendered(small), GOLD / "small.html")


@pytest.mark.parametrize("name", ["small", "full"])
def test_every_element_is_closed(name, request):
    page = Page(rendered(request.getfixturevalue(name)))
    assert page.stray == []
    assert page.open == []


def test_hostile_text_makes_no_element_and_commands_nothing(full, page):
    source = rendered(full)
    assert len(page.all("script")) == 1
    assert "alert" not in page.all("script")[0]["text"]
    assert {e["tag"] for e in page.elements} <= {
        *("html", "head", "meta", "title", "style", "body", "a", "header", "p", "h1", "h2", "h3", "h4", "b", "span"),
        *("div", "nav", "ol", "li", "main", "section", "details", "summary", "code", "pre", "table", "caption"),
        *("thead", "tbody", "tr", "th", "td", "figure", "figcaption", "mark", "ul", "footer", "script"),
    }
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", source)


def test_hostile_text_is_shown_as_it_is_written(page):
    messages = [p["text"] for p in page.all("p", css="message")]
    shown = r"""<script>alert(1)</script> ]]> \x1b[31mred\x1b[0m nul:\x00 rtl:\u202egnp.exe [bold]b[/bold] &amp; "'>"""
    assert shown in messages
    assert "x" * 10_000 in messages
    assert page.all("h1")[0]["text"] == f"张三 {shown}"


def test_page_asks_the_network_for_nothing(full, page):
    loading = ("src", "srcset", "data", "action", "formaction", "poster", "background", "manifest", "ping")
    assert [e for e in page.elements for name in loading if name in e] == []
    assert page.all("link") == []
    assert {a["href"][0] for a in page.all("a")} == {"#"}
    style = page.all("style")[0]["text"]
    assert "url(" not in style
    assert "@import" not in style
    assert "://" not in rendered(full)


def test_policy_allows_the_one_script_by_its_hash(page):
    policy = next(m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    digest = hashlib.sha256(page.all("script")[0]["text"].encode()).digest()
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert f"script-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert [name for e in page.elements for name in e if name.startswith("on")] == []


def test_page_has_language_title_and_landmarks(page):
    assert page.all("html")[0]["lang"] == "en"
    assert "172.5 of 186 points" in page.all("title")[0]["text"]
    assert [len(page.all(tag)) for tag in ("header", "nav", "main", "footer", "h1")] == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("name", ["small", "full"])
def test_headings_go_down_one_level_at_a_time(name, request):
    page = Page(rendered(request.getfixturevalue(name)))
    levels = [int(e["tag"][1]) for e in page.elements if re.fullmatch("h[1-6]", e["tag"])]
    assert levels[0] == 1
    assert max(later - earlier for earlier, later in itertools.pairwise(levels)) == 1


@pytest.mark.parametrize("name", ["small", "full"])
def test_links_and_labels_lead_to_exactly_one_place(name, request):
    page = Page(rendered(request.getfixturevalue(name)))
    ids = [e["id"] for e in page.elements if "id" in e]
    assert len(set(ids)) == len(ids)
    assert {a["href"].removeprefix("#") for a in page.all("a")} <= set(ids)
    assert {e["aria-labelledby"] for e in page.elements if "aria-labelledby" in e} <= set(ids)


def test_exercises_of_one_name_get_anchors_of_their_own(small):
    doubled = msgspec.structs.replace(small, exercises=small.exercises * 2)
    ids = [e["id"] for e in Page(rendered(doubled)).elements if "id" in e]
    assert len(set(ids)) == len(ids)


def test_failed_checks_are_open_and_passed_ones_closed(page):
    assert all("open" in d for d in page.all("details", css="check"))
    assert len(page.all("details", css="check")) == 4
    assert not any("open" in d for d in page.all("details", css="passes"))
    assert len(page.all("details", css="passes")) > 40


def test_contents_tell_status_and_points_in_words(page):
    entries = [" ".join(li["text"].split()) for li in page.all("li") if "nav" in li["inside"]]
    assert entries == [
        "✓ Fully connected nets passed 160 of 160",
        "✕ Batch normalisation failed 2.5 of 7",
        "○ Softmax and cross-entropy not implemented yet 0 of 2",
        "! 激活函数：任意维度 grader error 2 of 6",
        "✓ Dropout passed 8 of 8",
        "? Optimisers not found 0 of 3",
        "i Remarks 4",
    ]


def test_failed_check_shows_everything_that_is_known(small):
    page = Page(rendered(small))
    verdict = small.exercises[0].checks[2]
    text = page.all("details", css="check")[0]["text"]
    for part in (verdict.title, verdict.check, verdict.message, f"known mistake: {verdict.mistake}", verdict.hint):
        assert part in text
    assert page.all("pre", css="snippet")[0]["text"] == verdict.counterexample.code
    rows = [th["text"] for th in page.all("th") if th["scope"] == "row"]
    assert rows == ["dy", "cache"]
    yours, expected = page.all("pre", css="box")[:2]
    assert yours["text"] == verdict.counterexample.actual
    assert expected["text"] == verdict.counterexample.expected


def test_failed_function_says_where_it_is_defined(small):
    assert '<span class="place">batchnorm.py, line 12</span>' in rendered(small)


def test_unfilled_and_missing_functions_are_listed_without_their_checks(small):
    page = Page(rendered(small))
    assert [p["text"] for p in page.all("p", css="undone")] == [
        "not implemented yet: softmax",
        "not found: softmax_backward",
    ]
    assert "softmax/values" not in page.all("main")[0]["text"]


def test_skipped_checks_say_why(small):
    assert [p["text"] for p in Page(rendered(small)).all("p", css="skipped")] == [
        "–skipped: pure; not run until batchnorm_backward/gradient passes"
    ]


def test_footer_says_how_to_repeat_the_run(small):
    text = Page(rendered(small)).all("footer")[0]["text"]
    assert "grade submit/ --seed 0" in text
    assert "grade 0.1.0 · seed 0" in text


def test_incomplete_score_never_shows_as_complete(small):
    nearly = msgspec.structs.replace(small, score=9.9999)
    text = Page(rendered(nearly)).all("header")[0]["text"]
    assert "9.9999 of 10 points" in text
    assert "99\xa0%" in text


def test_report_without_exercises_says_so(small):
    page = Page(rendered(msgspec.structs.replace(small, exercises=[], score=0.0, max_score=0.0, remarks=[])))
    assert "no exercise was graded" in page.all("main")[0]["text"]
    assert page.all("div", css="bar") == []


def test_jinja_is_not_imported_until_a_page_is_asked_for():
    code = "import sys, grader.report, grader.report.html; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def luminance(colour):
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *((ink, "page") for ink in ("ink", "quiet", "good", "bad", "warn", "fault", "link")),
        *((ink, "raised") for ink in ("ink", "quiet", "bad")),
        *(("ink", wash) for wash in ("bad-wash", "fault-wash")),
        *((ink, f"{ink}-wash") for ink in ("good", "bad", "warn", "fault")),
    ],
)
def test_colours_meet_the_contrast_that_wcag_aa_asks_of_text(small, scheme, ink, ground):
    style = Page(rendered(small)).all("style")[0]["text"]
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5

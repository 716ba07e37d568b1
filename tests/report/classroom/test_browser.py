"""The page in a browser, where there is one: its script filters, its policy is kept, and it fits narrow screens."""

import io
import json

import msgspec
import pytest

from grader.report.classroom import page

from .conftest import load

browsers = load("browser")
pytestmark = pytest.mark.skipif(browsers.find_browser() is None, reason="there is no Chromium here")

HOSTILE = "</script><img src=x onerror=document.title='taken'>\u202e"
ROWS = "[...document.querySelectorAll('#list tbody tr')].map(row => row.cells[0].textContent)"


def typed(text):
    quoted = json.dumps(text)
    return f"(t => {{ t.value = {quoted}; t.dispatchEvent(new Event('input')); }})(document.getElementById('text'))"


def saved(report, path):
    file = io.StringIO()
    page.write(report, file)
    path.write_text(file.getvalue(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser():
    with browsers.Browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def many(report):
    """A class of 120, of whom one has a hostile name."""
    students = [
        msgspec.structs.replace(
            report.students[k % 12], key=f"k{k:03}", name=f"Student {k}", page=f"students/k{k:03}.html"
        )
        for k in range(119)
    ]
    bad = msgspec.structs.replace(report.students[0], key=HOSTILE, name=HOSTILE, page="students/bad-0123456789ab.html")
    return msgspec.structs.replace(report, students=[*students, bad])


def test_list_filters_turns_and_sorts(browser, many, tmp_path):
    assert browser.open(saved(many, tmp_path / "index.html")) == []
    assert len(browser.run(ROWS)) == 50
    browser.run(typed("student 11"))
    assert browser.run(ROWS) == ["Student 11", *(f"Student {k}" for k in range(110, 119))]
    assert browser.run("document.getElementById('shown').textContent") == "10 of 120"
    browser.run(typed("nobody"))
    assert browser.run(ROWS) == ["No student fits."]
    browser.run("document.getElementById('clear').click()")
    browser.run("document.getElementById('next').click()")
    assert browser.run("document.getElementById('where').textContent") == "page 2 of 3"
    assert browser.run(ROWS)[0] == "Student 50"
    browser.run("document.querySelector('[data-sort=score] button').click()")
    best = max(student.score for student in many.students)
    assert browser.run("Number(document.querySelector('#list tbody tr').cells[2].textContent)") == best
    assert browser.run("document.querySelector('[data-sort=score]').getAttribute('aria-sort')") == "descending"


def test_buttons_show_all_who_made_a_mistake(browser, many, tmp_path):
    browser.open(saved(many, tmp_path / "index.html"))
    browser.run("document.querySelector('button.show[data-mistake=\"0\"]').click()")
    made = sum(0 in student.mistakes for student in many.students)
    assert browser.run("document.getElementById('shown').textContent") == f"{made} of 120"
    browser.run("document.querySelector('#clear').click()")
    browser.run("(e => { e.value = '0'; })(document.getElementById('exercise'))")
    browser.run("(e => { e.value = 'p'; e.dispatchEvent(new Event('input')); })(document.getElementById('result'))")
    passed = sum(s.exercises[0].status.value == "passed" if s.exercises else False for s in many.students)
    shown = browser.run("document.getElementById('shown').textContent")
    assert shown == (f"{passed} of 120" if passed else "0 of 120")


def test_hostile_name_stays_a_name(browser, many, tmp_path):
    assert browser.open(saved(many, tmp_path / "index.html")) == []
    browser.run(typed("onerror"))
    assert browser.run(ROWS) == ["</script><img src=x onerror=document.title='taken'>\\u202e"]
    assert browser.run("document.images.length") == 0
    assert browser.run("document.title") == "foundations: the class"
    link = browser.run("document.querySelector('#list tbody a').getAttribute('href')")
    assert link == "students/bad-0123456789ab.html"


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_page_is_never_wider_than_the_screen(browser, many, tmp_path, width):
    browser.resize(width, 800, mobile=width < 500)
    browser.open(saved(many, tmp_path / "index.html"))
    browser.run("document.querySelectorAll('details').forEach(details => { details.open = true; })")
    assert browser.run("document.documentElement.scrollWidth") == width
    browser.resize(1280, 900)


def test_page_without_scripts_shows_the_first_students(browser, many, tmp_path):
    browser.scripts(on=False)
    path = saved(many, tmp_path / "index.html")
    browser.open(path)
    browser.scripts(on=True)
    assert len(browser.run(ROWS)) == 50
    assert browser.run("document.getElementById('controls').hidden") is True


def test_rows_of_the_script_are_those_of_the_page(browser, report, tmp_path):
    path = saved(report, tmp_path / "index.html")
    cells = "[...document.querySelectorAll('#list tbody tr')].map(row => [...row.cells].map(c => c.innerText.trim()))"
    browser.scripts(on=False)
    browser.open(path)
    browser.scripts(on=True)
    still = browser.run(cells)
    browser.open(path)
    assert browser.run(cells) == still

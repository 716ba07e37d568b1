"""What is shown is safe and exact."""

import unicodedata

import pytest

from grader.report.text import assigned, clipped, counted, one_line, points, visible, without_commands


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("nul\x00", r"nul\x00"),
        ("bell\x07\x7f\x9b", r"bell\x07\x7f\x9b"),
        ("a\rb", r"a\x0db"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("\udcff", r"\udcff"),
        ("\U000e0041", r"\U000e0041"),
        ("张三 é 👩\u200d🔬 ∂L/∂x", "张三 é 👩\u200d🔬 ∂L/∂x"),
    ],
)
def test_visible_escapes_what_cannot_be_seen_and_nothing_else(text, shown):
    assert visible(text) == shown


def test_no_control_or_direction_character_survives():
    everything = "".join(map(chr, range(0x110000)))
    shown = visible(everything)
    assert {c for c in shown if unicodedata.category(c) in ("Cc", "Cs")} == {"\n", "\t"}
    assert not {c for c in shown if unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI")}


def test_visible_twice_is_visible_once(hostile):
    assert visible(visible(hostile)) == visible(hostile)


def test_one_line_has_no_line_end():
    assert one_line("a\nb\tc") == r"a\nb\tc"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", r"\x3a:error::x"),
        ("a\n  ::error::x", "a\n  \\x3a:error::x"),
        ("see ::error:: and std::vector and x[::2]", "see ::error:: and std::vector and x[::2]"),
        ("a ##[error]x", r"a \x23#[error]x"),
        ("##vso[task.complete]", r"\x23#vso[task.complete]"),
        ("## a heading, x[0] and ###", "## a heading, x[0] and ###"),
    ],
)
def test_only_what_a_runner_obeys_is_escaped(text, shown):
    assert without_commands(text) == shown
    assert without_commands(shown) == shown


def test_clipped_says_how_much_is_left_out():
    assert clipped("abc", 3) == "abc"
    assert clipped("x" * 1500, 10) == "xxxxxxxxxx… (1,490 more characters)"


def test_assigned_aligns_the_lines_of_a_value():
    assert assigned("dy", "array([1,\n       2])") == ["dy = array([1,", "            2])"]


@pytest.mark.parametrize(
    ("value", "of", "shown"),
    [
        (2.0, None, "2"),
        (2.5, None, "2.5"),
        (20.0, None, "20"),
        (0.0, 3.0, "0"),
        (-0.0, 3.0, "0"),
        (1 / 3, 1.0, "0.33"),
        (19.9999, 20.0, "19.9999"),
        (19.99, 20.0, "19.99"),
        (0.001, 20.0, "0.001"),
        (20.0, 20.0, "20"),
    ],
)
def test_points_are_short_and_never_round_to_nothing_or_all(value, of, shown):
    assert points(value, of=of) == shown


def test_counted_has_a_singular():
    assert [counted(n, "check") for n in (0, 1, 2)] == ["0 checks", "1 check", "2 checks"]

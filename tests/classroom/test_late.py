from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.classroom import Extension, HandIn, LatePolicy, adjusted, exact, parse_late, policy_from, read_extensions
from grader.classroom.handins import OnDisk
from grader.errors import UnreadableClass, UsageError

DUE = datetime(2026, 10, 1, 15, 59, 0, tzinfo=UTC)


def at(submitted, late=None):
    text = submitted.isoformat() if isinstance(submitted, datetime) else submitted
    return HandIn(key="k", name="n", source=OnDisk("k"), submitted=text, late=late)


def result(policy, lateness, raw="8", maximum="10", **options):
    found = adjusted(policy, at(DUE + timedelta(seconds=lateness)), Decimal(raw), Decimal(maximum), **options)
    return found.days_late, found.penalty, found.final


TEN = LatePolicy(due=DUE.isoformat(), penalty_per_day=Decimal(10))


@pytest.mark.parametrize(
    ("lateness", "days"),
    [(-1, 0), (0, 0), (1, 1), (86_400, 1), (86_401, 2), (172_800, 2), (172_801, 3)],
)
def test_each_day_that_has_begun_counts(lateness, days):
    assert result(TEN, lateness) == (days, Decimal(days), Decimal(8 - days))


@pytest.mark.parametrize(("lateness", "days"), [(900, 0), (901, 1), (86_400 + 900, 1), (86_400 + 901, 2)])
def test_grace_moves_every_boundary(lateness, days):
    policy = LatePolicy(due=DUE.isoformat(), penalty_per_day=Decimal(10), grace_minutes=15)
    assert result(policy, lateness)[0] == days


def test_penalty_is_of_the_maximum_or_of_the_score_and_capped():
    of_score = LatePolicy(due=DUE.isoformat(), penalty_per_day=Decimal("12.5"), of="score", cap=Decimal(30))
    assert result(of_score, 1) == (1, Decimal(1), Decimal(7))
    assert result(of_score, 3 * 86_400) == (3, Decimal("2.4"), Decimal("5.6"))
    assert result(TEN, 20 * 86_400) == (20, Decimal(8), Decimal(0))
    assert result(TEN, 86_400, raw="0.5") == (1, Decimal("0.5"), Decimal(0))


def test_slip_days_pay_before_points_do():
    policy = LatePolicy(due=DUE.isoformat(), penalty_per_day=Decimal(10), slip_days=2)
    found = adjusted(policy, at(DUE + timedelta(days=3)), Decimal(8), Decimal(10))
    assert (found.days_late, found.slip_used, found.penalty) == (3, 2, Decimal(1))
    found = adjusted(policy, at(DUE + timedelta(days=1)), Decimal(8), Decimal(10), slip_left=0)
    assert (found.slip_used, found.penalty) == (0, Decimal(1))


def test_cut_off_takes_all_from_the_second_after():
    policy = LatePolicy(due=DUE.isoformat(), cut_off_days=3, slip_days=9)
    assert result(policy, 3 * 86_400) == (3, Decimal(0), Decimal(8))
    assert result(policy, 3 * 86_400 + 1) == (4, Decimal(8), Decimal(0))


def test_extension_moves_the_due_time_and_the_later_one_counts():
    until = (DUE + timedelta(days=2)).isoformat()
    assert result(TEN, 2 * 86_400, extension=Extension(until=until)) == (0, Decimal(0), Decimal(8))
    assert result(TEN, 2 * 86_400 + 1, extension=Extension(until=until, seconds=60))[0] == 1
    assert result(TEN, 3 * 86_400, extension=Extension(until=until, seconds=3 * 86_400))[0] == 0
    assert result(TEN, 1, extension=Extension(until="2020-01-01T00:00:00Z"))[0] == 1


def test_times_are_compared_across_zones():
    policy = LatePolicy(due="2026-10-01T23:59:00", timezone="Asia/Shanghai", penalty_per_day=Decimal(10))
    for submitted, days in (
        ("2026-10-01T15:59:00+00:00", 0),
        ("2026-10-01T15:59:01+00:00", 1),
        ("2026-10-01T23:59:00", 0),
        ("2026-10-02T00:00:00", 1),
    ):
        assert adjusted(policy, at(submitted), Decimal(8), Decimal(10)).days_late == days


def test_a_day_is_24_hours_where_clocks_change():
    policy = LatePolicy(due="2026-10-24T12:00:00", timezone="Europe/Berlin", penalty_per_day=Decimal(10))
    # On the 25th clocks are set back an hour: at 11:00 on the wall 24 hours are over.
    assert adjusted(policy, at("2026-10-25T11:00:00"), Decimal(8), Decimal(10)).days_late == 1
    assert adjusted(policy, at("2026-10-25T11:00:01"), Decimal(8), Decimal(10)).days_late == 2


def test_time_that_occurs_twice_is_read_in_the_students_favour():
    policy = LatePolicy(due="2026-10-25T02:30:00", timezone="Europe/Berlin")
    assert adjusted(policy, at("2026-10-25T01:30:00+00:00"), Decimal(8), Decimal(10)).late is False
    policy = LatePolicy(due="2026-10-25T00:30:00+00:00", timezone="Europe/Berlin")
    assert adjusted(policy, at("2026-10-25T02:30:00"), Decimal(8), Decimal(10)).late is False


def test_times_with_and_without_offset_need_a_zone():
    with pytest.raises(
        UsageError, match=r"cannot be compared, since only one has an offset; set the late policy's timezone"
    ):
        adjusted(TEN, at("2026-10-01T23:59:00"), Decimal(8), Decimal(10))


def test_due_date_alone_means_the_end_of_that_day():
    policy = policy_from({"due": date(2026, 10, 1), "timezone": "UTC"})
    assert adjusted(policy, at("2026-10-01T23:59:59Z"), Decimal(8), Decimal(10)).late is False
    assert adjusted(policy, at("2026-10-02T00:00:00Z"), Decimal(8), Decimal(10)).late is True


@pytest.mark.parametrize(
    ("policy", "late", "note"),
    [
        (TEN, True, "late by the platform's word, which does not say how late; no penalty is taken"),
        (TEN, None, "nobody knows when it was handed in; no penalty is taken"),
        (TEN, False, ""),
        (LatePolicy(), None, ""),
    ],
)
def test_unknown_time_costs_nothing_and_is_told(policy, late, note):
    found = adjusted(policy, at("", late), Decimal(8), Decimal(10))
    assert (found.final, found.late, found.note) == (Decimal(8), late, note)


@given(
    raw=st.decimals(0, 10, places=2),
    rate=st.integers(0, 40),
    cap=st.integers(0, 100),
    slip=st.integers(0, 3),
    of=st.sampled_from(["score", "max"]),
    lateness=st.tuples(st.integers(-86_400, 9 * 86_400), st.integers(0, 86_400)),
)
def test_final_is_raw_less_penalty_and_never_grows_with_lateness(raw, rate, cap, slip, of, lateness):
    policy = LatePolicy(due=DUE.isoformat(), penalty_per_day=Decimal(rate), cap=Decimal(cap), slip_days=slip, of=of)
    first, more = lateness
    sooner, later = (
        adjusted(policy, at(DUE + timedelta(seconds=seconds)), raw, Decimal(10)) for seconds in (first, first + more)
    )
    for found in (sooner, later):
        assert found.final == found.raw - found.penalty
        assert 0 <= found.final <= raw
    assert later.final <= sooner.final


def test_points_are_exact_as_written():
    assert exact(0.1) == Decimal("0.1")
    assert exact(0.1 + 0.2) == Decimal("0.3")
    assert str(exact(100.0)) == "100"
    assert exact("7.25") == Decimal("7.25")


def test_policy_of_a_course_is_read():
    settings = {
        "due": datetime(2026, 10, 1, 23, 59),
        "timezone": "Asia/Shanghai",
        "penalty_per_day": 0.1,
        "slip_days": 2,
    }
    assert policy_from(settings) == LatePolicy(
        due="2026-10-01T23:59:00", timezone="Asia/Shanghai", penalty_per_day=Decimal("0.1"), slip_days=2
    )


def test_policy_of_the_command_line_changes_that_of_the_course():
    base = LatePolicy(due="2026-10-01T23:59:00Z", slip_days=2)
    assert parse_late("grace=15, penalty=12.5%, of=score, cutoff=7d, cap=50%", base=base) == LatePolicy(
        due="2026-10-01T23:59:00Z", slip_days=2, grace_minutes=15, penalty_per_day=Decimal("12.5"), of="score",
        cut_off_days=7, cap=Decimal(50),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("penalty", "--late: cannot read 'penalty'; write terms like 'penalty=10'"),
        ("penality_per_day=3", "--late: unknown key 'penality_per_day'; did you mean 'penalty_per_day'"),
        ("penalty=-1", "--late: penalty_per_day = -1, but should be 0 or more"),
        ("penalty=nan", "--late: penalty_per_day = NaN, but should be 0 or more"),
        ("penalty=much", "--late: "),
        ("cap=101", "--late: cap = 101, but should be at most 100 per cent"),
        ("grace=1.5", "--late: "),
        ("of=points", "--late: "),
        ("tz=Mars/Base", "--late: unknown time zone 'Mars/Base'; write a name like 'Asia/Shanghai'"),
        ("due=tomorrow", "--late: due: 'tomorrow' is no time; write one like"),
    ],
)
def test_wrong_policies_are_told(text, message):
    with pytest.raises(UsageError, match=message):
        parse_late(text)


def extensions(tmp_path, text):
    path = tmp_path / "ext.csv"
    path.write_text(text, "utf-8")
    return read_extensions(path)


def test_extensions_are_found_by_any_id_or_name(tmp_path):
    found = extensions(
        tmp_path, "student_id,name,due,extension\ns1,,2026-10-05,\n,Bob Wu,,12h\ns3,,,1.5\ns4,,,30 min\n"
    )
    assert found.of({"email": "a@x", "student_id": "S1"}, "Ann").until == "2026-10-05T23:59:59"
    assert found.of({}, "bob wu") == Extension(seconds=43_200)
    assert found.of({"sid": "s3"}, "") == Extension(seconds=129_600)
    assert found.of({"sid": "s4"}, "") == Extension(seconds=1_800)
    assert found.of({"sid": "s5"}, "Ann") == Extension()
    assert found.unused([({"sid": "s1"}, "Ann"), ({}, "Bob Wu"), ({"sid": "s3"}, "")]) == ["s4"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("student_id,reason\ns1,ill\n", r"ext\.csv, row 1: should have a column 'student_id' and one of 'due' and"),
        ("", "but has no columns at all"),
        ("学号,延期\ns1,soon\n", r"ext\.csv, row 2, column '延期': 'soon' is no duration; write one like '2d'"),
        ("学号,截止时间\ns1,soon\n", r"ext\.csv, row 2, column '截止时间': 'soon' is no time"),
        ("student_id,due\n\n,2026-10-05\n", r"ext\.csv, row 3, column 'student_id': empty; whose extension is it\?"),
        ("student_id,due\ns1,\nS1,\n", r"ext\.csv, row 3, column 'student_id': 's1' has an extension already"),
    ],
)
def test_wrong_extensions_are_told_by_row_and_column(tmp_path, text, message):
    with pytest.raises(UnreadableClass, match=message):
        extensions(tmp_path, text)

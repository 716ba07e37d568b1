import msgspec
import pytest

from grader.classroom import ClassSource, HandIn, Member, Roster, Student, match
from grader.classroom.handins import Loose, OnDisk, Packed


def handin(key, name="", submitted="", members=(), attempt=None, **ids):
    return HandIn(
        key=key, name=name or key, ids=ids, source=OnDisk(key), submitted=submitted, members=members, attempt=attempt
    )


def student(row, name, **ids):
    return Student(key=next(iter(ids.values()), name), name=name, ids=ids, row=row)


def matched(handins, *students):
    source = ClassSource("folders", list(handins), [])
    return match(source, Roster(path="r.csv", students=students) if students else None)


def who(found):
    return {
        entry.key: (entry.handin.key if entry.handin else None, entry.by, [other.key for other in entry.superseded])
        for entry in found.entries
    }


ANN = student(2, "Lee, Ann", student_id="s1", email="ann@x.edu", login="annl", github="ann-lee", canvas_id="7")
BOB = student(3, "Bob Wu", student_id="s2", email="bob@x.edu")
ZHANG = student(4, "张三", student_id="20230001")


@pytest.mark.parametrize(
    ("one", "by"),
    [
        (handin("7", "leeann", canvas_id="7"), "canvas_id"),
        (handin("submission_1", "A. L.", sid="S1"), "student_id"),
        (handin("submission_1", "A. L.", email="ANN@x.edu"), "email"),
        (handin("annl", "x", login="annl"), "login"),
        (handin("ann", "x", login="ann"), "login"),
        (handin("s1", "x", login="s1"), "login"),
        (handin("hw-ann-lee", "lee", github="lee", repository="hw-ann-lee"), "github"),
        (handin("annl"), "login"),
        (handin("hw1_s1_final"), "student_id"),
        (handin("hw1 (annl)"), "login"),
        (handin("Ann_Lee_hw1"), "name"),
        (handin("hw1-leeann"), "name"),
        (handin("9", "Ann Lee", moodle_id="9"), "name"),
        (handin("9", "leeann", canvas_id="9"), "name"),
    ],
)
def test_hand_in_is_joined_by_what_is_known(one, by):
    found = matched([one], ANN, BOB)
    assert who(found)["s1"] == (one.key, by, [])
    assert [entry.key for entry in found.missing] == ["s2"]
    assert found.unmatched == ()
    assert found.entries[0].ids.items() >= ANN.ids.items()


def test_short_number_in_a_name_is_no_id():
    assert set(who(matched([handin("hw_12")], student(2, "Eve", student_id="12")))) == {"12", "hw_12"}


def test_words_of_two_students_join_with_neither():
    assert set(who(matched([handin("s1_s2")], ANN, BOB))) == {"s1", "s2", "s1_s2"}
    assert set(who(matched([handin("bob_s1_hw", "x", canvas_id="5")], ANN, BOB))) == {"s1", "s2", "bob_s1_hw"}


def test_nobody_is_dropped():
    found = matched([handin("x", "Nobody Known"), handin("y", "张三")], ANN, BOB, ZHANG)
    assert who(found) == {
        "s1": (None, "", []),
        "s2": (None, "", []),
        "20230001": ("y", "name", []),
        "x": ("x", "", []),
    }
    assert found.remarks == [
        "'Nobody Known' (x) handed in, but is not in the roster",
        "'Lee, Ann' (s1) handed in nothing",
        "'Bob Wu' (s2) handed in nothing",
    ]


def test_latest_of_two_hand_ins_counts_across_time_zones():
    early = handin("a", submitted="2026-10-01T23:00:00+08:00", sid="s1")
    later = handin("b", submitted="2026-10-01T16:00:00+00:00", sid="s1")
    for order in ([early, later], [later, early]):
        found = matched(order, ANN)
        assert who(found) == {"s1": ("b", "student_id", ["a"])}
        assert found.remarks == ["'Lee, Ann' handed in more than once: the latest 'b' counts, not 'a'"]


def test_two_hand_ins_without_times_are_told_apart_from_latest():
    found = matched([handin("a", sid="s1"), handin("b", sid="s1")], ANN)
    assert [entry.key for entry in found.twice] == ["s1"]
    assert "nobody knows which is the latest" in found.remarks[0]


def test_members_of_a_group_share_their_hand_in():
    group = handin("g", members=(Member("Ann", {"sid": "s1"}), Member("Eve", {"email": "eve@x.edu"}), Member("张三")))
    assert who(matched([group], ANN, BOB, ZHANG)) == {
        "s1": ("g", "student_id", []),
        "s2": (None, "", []),
        "20230001": ("g", "name", []),
        "g/eve@x.edu": ("g", "", []),
    }


def test_name_that_two_students_have_joins_with_neither():
    twin = student(9, "Bob Wu", student_id="s9")
    found = matched([handin("x", "bob  WU")], BOB, twin)
    assert who(found)["x"] == ("x", "", [])
    assert found.remarks[0] == "'x': the name 'bob  WU' is in rows 3, 9 of the roster; joined with none of them"


def test_ids_that_disagree_are_told():
    found = matched([handin("x", sid="s2", email="ann@x.edu")], ANN, BOB)
    assert who(found)["s2"][0] == "x"
    assert found.remarks[0] == "'x' is 'Bob Wu' by student_id, but 'Lee, Ann' by email; counted for the former"


def test_without_a_roster_each_student_is_an_entry():
    found = matched([handin("8", "bob", canvas_id="8"), handin("8 (2)", "bob", canvas_id="8"), handin("ann")])
    assert who(found) == {"8 (2)": ("8 (2)", "", ["8"]), "ann": ("ann", "", [])}
    assert (found.missing, found.unmatched) == ((), ())


def test_stranger_with_the_key_of_a_student_keeps_a_key_of_its_own():
    found = matched([handin("s1", "x", canvas_id="5")], ANN)
    assert who(found) == {"s1": (None, "", []), "s1 (hand-in)": ("s1", "", [])}


def test_hand_ins_can_be_stored():
    for source in (OnDisk("a"), Loose((("/a", "b"),)), Packed("/z.zip", ((7, "hw.py"),))):
        one = HandIn(
            key="k", name="n", source=source, ids={"sid": "1"}, members=(Member("m", {"sid": "2"}),), late=True
        )
        assert msgspec.json.decode(msgspec.json.encode(one), type=HandIn) == one

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.submissions.paths import decode_name, encoding_of_names

CHINESE = ["20230001_张三_作业1.py", "联通/作业.py", "李喆.zip", "（一班）王五.ipynb", "plain.py"]
WESTERN = ["José_hw.py", "Müller/lab.py", "Zoë Bäck.zip", "Ñandú.py", "ça va.py", "plain.py"]


@pytest.mark.parametrize(
    ("names", "encoding"),
    [(CHINESE, "gbk"), (WESTERN, "cp437"), (CHINESE, "utf-8"), (WESTERN, "utf-8"), (["a.py"], "utf-8")],
)
def test_encoding_of_an_archives_names_is_guessed_from_all_of_them(names, encoding):
    raw = [name.encode(encoding) for name in names]
    assert encoding_of_names(raw) == encoding
    assert [decode_name(name, encoding) for name in raw] == names


@pytest.mark.parametrize("name", WESTERN)
def test_one_western_name_is_not_taken_for_chinese(name):
    assert decode_name(name.encode("cp437")) == name


def test_utf8_name_among_others_stays():
    raw = ["张三.py".encode("gbk"), "李四.py".encode("gbk"), "王五.py".encode()]
    assert [decode_name(name, encoding_of_names(raw)) for name in raw] == ["张三.py", "李四.py", "王五.py"]


def test_damaged_name_does_not_spoil_the_others():
    raw = ["张三.py".encode("gbk"), "李四.py".encode("gbk"), b"\xff\xff.py"]
    assert [decode_name(name, encoding_of_names(raw)) for name in raw][:2] == ["张三.py", "李四.py"]


EVERYDAY = st.text(
    st.sampled_from("的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下"),
    min_size=2,
)


@given(st.lists(EVERYDAY, min_size=1, max_size=5))
def test_everyday_chinese_is_read_back(names):
    raw = [f"{name}_作业.py".encode("gbk") for name in names]
    assert [decode_name(name, encoding_of_names(raw)) for name in raw] == [f"{name}_作业.py" for name in names]


@given(st.binary())
def test_any_bytes_become_a_name(raw):
    assert isinstance(decode_name(raw, encoding_of_names([raw])), str)

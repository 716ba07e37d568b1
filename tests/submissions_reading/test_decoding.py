import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.submissions.decoding import decode_python

SOURCE = "# 批量归一化\nx = 'é'\n"


def test_utf8_needs_no_remark():
    assert decode_python(SOURCE.encode()) == (SOURCE, [])


def test_utf8_mark_is_dropped_without_remark():
    assert decode_python(codecs.BOM_UTF8 + SOURCE.encode()) == (SOURCE, [])


@pytest.mark.parametrize("line", [1, 2])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_declared_encoding_is_honoured_in_the_first_two_lines(line, end):
    text = "#!/usr/bin/env python\n" * (line - 1) + "# -*- coding: cp1251 -*-\nx = 'привет'\n"
    assert decode_python(text.replace("\n", end).encode("cp1251")) == (text, [])


def test_declaration_after_code_or_in_line_three_does_not_count():
    for text in ("x = 1\n# coding: latin-1\ny = 'é'\n", "\n\n# coding: latin-1\ny = 'é'\n"):
        assert decode_python(text.encode()) == (text, [])


def test_mark_outweighs_the_declaration():
    text = "# coding: cp1251\nx = 'é'\n"
    assert decode_python(codecs.BOM_UTF8 + text.encode()) == (text, [])


@pytest.mark.parametrize("name", ["no-such-code", "rot13", "utf-7", "unicode_escape", "idna", "a" * 3000])
def test_unusable_declaration_is_remarked_and_utf8_read(name):
    text = f"# coding: {name}\nx = '数\\d'\n"
    decoded, remarks = decode_python(text.encode())
    assert decoded == text
    assert len(remarks) == 1
    assert repr(name) in remarks[0]
    assert "save it as UTF-8" in remarks[0]


def test_declaration_that_does_not_fit_falls_back():
    decoded, remarks = decode_python("# coding: utf-8\n# 归一化\n".encode("gb18030"))
    assert decoded == "# coding: utf-8\n# 归一化\n"
    assert [remark for remark in remarks if "GB18030" in remark]


def test_chinese_windows_file_is_read_as_gb18030_with_remark():
    decoded, remarks = decode_python(SOURCE.encode("gb18030"))
    assert decoded == SOURCE
    assert remarks == ["not UTF-8, read as GB18030; save it as UTF-8"]


def test_what_is_no_gb18030_is_read_as_latin1_with_remark():
    decoded, remarks = decode_python(b"x = '\xe9'\n")
    assert decoded == "x = 'é'\n"
    assert remarks == ["neither UTF-8 nor GB18030, read as Latin-1; save it as UTF-8"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_wide_encodings_with_mark_are_read_with_remark(encoding):
    decoded, remarks = decode_python(SOURCE.encode(encoding))
    assert decoded == SOURCE
    assert remarks == [f"read as {encoding.upper()}, but should be UTF-8"]


def test_nul_characters_are_dropped_with_remark():
    assert decode_python(b"x\0 = 1\0") == ("x = 1", ["2 NUL characters dropped; it should be plain text"])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_are_normalised(end):
    assert decode_python(f"a{end}b{end}".encode())[0] == "a\nb\n"


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_become_text_that_utf8_can_carry(content):
    text, _ = decode_python(content)
    assert not set("\0\r") & set(text.encode().decode())

import json
import sys

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.core.submission import Cell
from grader.submissions import limits, notebooks
from grader.submissions.notebooks import BrokenNotebook, read_notebook

from .conftest import make_notebook

CODE = {"cell_type": "code", "source": "x = 1"}


def test_labels_count_all_cells_and_only_code_is_kept():
    text = {"cell_type": "markdown", "metadata": {}, "source": "# title"}
    raw = {"cell_type": "raw", "metadata": {}, "source": "raw"}
    cells, remarks = read_notebook(make_notebook(text, "x = 1", "  \n", raw, "y = 2"))
    assert cells == [Cell("cell 2", "x = 1"), Cell("cell 5", "y = 2")]
    assert remarks == []


def test_magics_are_kept_for_the_loader():
    cells, _ = read_notebook(make_notebook("%%bash\nls", "%matplotlib inline\n!pip install x"))
    assert [cell.source for cell in cells] == ["%%bash\nls", "%matplotlib inline\n!pip install x"]


@pytest.mark.parametrize("source", ["a = 1\nb = 2", ["a = 1\n", "b = 2"]])
def test_source_may_be_text_or_lines_and_nothing_else_needs_to_be_there(source):
    document = json.dumps({"cells": [{"source": source}]}).encode()
    assert read_notebook(document) == ([Cell("cell 1", "a = 1\nb = 2")], [])


def newest() -> nbformat.NotebookNode:
    v4 = nbformat.v4
    cells = [
        v4.new_markdown_cell("# title"),
        v4.new_code_cell("import numpy as np\n\nx = np.ones(3)"),
        v4.new_code_cell(""),
        v4.new_raw_cell("raw"),
        v4.new_code_cell("def f():\n    return '数'", outputs=[v4.new_output("stream", text="1, 2\n")]),
    ]
    return v4.new_notebook(cells=cells)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_every_format_gives_the_cells_that_nbformat_gives(version, tmp_path):
    path = tmp_path / "lab.ipynb"
    older = newest()
    for step in range(3, version - 1, -1):
        older = nbformat.convert(older, step)
    path.write_text(nbformat.versions[version].writes_json(older), encoding="utf-8")
    reference = nbformat.read(path, as_version=4)
    expected = [
        Cell(f"cell {number}", cell.source)
        for number, cell in enumerate(reference.cells, start=1)
        if cell.cell_type == "code" and cell.source
    ]
    assert len(expected) == 2
    assert read_notebook(path.read_bytes()) == (expected, [])


@pytest.mark.parametrize(("version", "is_asked"), [(2, True), (3, True), (4, False), (5, False)])
def test_nbformat_is_asked_about_old_formats_only(version, is_asked, monkeypatch):
    asked = []
    monkeypatch.setattr(nbformat, "reads", lambda text, as_version: asked.append(as_version) or {"cells": [CODE]})
    cells = [{"cell_type": "code", "source": "x = 1"}]
    read = read_notebook(json.dumps({"nbformat": version, "cells": cells}).encode())
    assert read == ([Cell("cell 1", "x = 1")], [])
    assert asked == ([4] if is_asked else [])


def test_worksheets_are_joined_and_broken_ones_passed_over():
    sheet = {"cells": [{"cell_type": "code", "input": "x = 1", "language": "python"}]}
    document = {"nbformat": 3, "worksheets": [sheet, "nonsense", {}, sheet]}
    assert read_notebook(json.dumps(document).encode())[0] == [Cell("cell 1", "x = 1"), Cell("cell 2", "x = 1")]


def test_broken_cells_are_remarked_and_still_counted():
    cells, remarks = read_notebook(make_notebook(7, {"cell_type": "code", "source": [1, 2]}, "x = 1"))
    assert cells == [Cell("cell 3", "x = 1")]
    assert remarks == [
        "cell 1: not a cell but a JSON value of another kind; left out",
        "cell 2: its source should be text or a list of lines; left out",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b'{\n "cells": [\n  oops]}', r"not valid JSON \(line 3, column 3\)"),
        (b"[1, 2]", "its JSON should be an object"),
        (b"{}", "no list of cells"),
        (b'{"cells": {}}', "no list of cells"),
        (b'{"cells": ' + b"[" * 500_000, "nested too deeply"),
    ],
)
def test_unreadable_notebook_says_why(content, message):
    with pytest.raises(BrokenNotebook, match=message):
        read_notebook(content)


def test_numbers_beyond_python_are_harmless():
    digits = b"9" * (sys.get_int_max_str_digits() + 1)
    content = make_notebook("x = 1").replace(b'"nbformat": 4', b'"nbformat": ' + digits + b', "n": NaN, "m": -Infinity')
    assert read_notebook(content) == ([Cell("cell 1", "x = 1")], [])


def test_repeated_keys_are_remarked_and_the_last_counts():
    cells, remarks = read_notebook(b'{"cells": [], "cells": [{"source": "x = 1"}]}')
    assert cells == [Cell("cell 1", "x = 1")]
    assert remarks == ["the key 'cells' occurs twice in one object; the last one counts"]


@pytest.mark.parametrize(
    "metadata", [{"kernelspec": {"name": "ir", "language": "R"}}, {"language_info": {"name": "R"}}]
)
def test_kernel_of_another_language_is_remarked(metadata):
    _, remarks = read_notebook(make_notebook("x <- 1", metadata=metadata))
    assert remarks == ["written for a kernel of 'R', but only Python is graded"]


@pytest.mark.parametrize("metadata", [{"kernelspec": {"language": "python"}}, {"kernelspec": 3}, None, {}])
def test_python_kernels_and_missing_metadata_need_no_remark(metadata):
    assert read_notebook(make_notebook("x = 1", metadata=metadata))[1] == []


def test_notebook_without_code_is_remarked():
    assert read_notebook(make_notebook()) == ([], ["no code cell in it"])


def test_lone_surrogates_are_replaced_with_remark():
    cells, remarks = read_notebook(make_notebook("x = '\ud800'", "y = '\U0001f600'"))
    assert [cell.source for cell in cells] == ["x = '\N{REPLACEMENT CHARACTER}'", "y = '\U0001f600'"]
    assert remarks == ["cell 1: 1 characters replaced that are not Unicode"]


def test_pictures_do_not_count_as_code():
    picture = {"output_type": "display_data", "data": {"image/png": "A" * (limits.MAX_SOURCE_BYTES + 1)}}
    content = make_notebook({**CODE, "outputs": [picture]})
    assert read_notebook(content) == ([Cell("cell 1", "x = 1")], [])


def test_too_much_code_is_refused():
    with pytest.raises(BrokenNotebook, match="its code has more than 2 MB"):
        read_notebook(make_notebook("#" * limits.MAX_SOURCE_BYTES, "x"))


def test_too_many_values_are_refused_before_they_are_built(monkeypatch):
    monkeypatch.setattr(notebooks, "MAX_NOTEBOOK_VALUES", 100)
    with pytest.raises(BrokenNotebook, match="more than 100 values in it; clear its outputs"):
        read_notebook(make_notebook({**CODE, "outputs": [[]] * 100}))


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cells", "worksheets", "cell_type", "source", "input", "metadata", "nbformat", "code"]),
            inner,
            max_size=4,
        )
    ),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["cells", "worksheets", "metadata", "nbformat"]), values))
def test_any_json_object_is_read_or_refused_in_one_clause(document):
    try:
        cells, remarks = read_notebook(json.dumps(document).encode())
    except BrokenNotebook as fault:
        cells, remarks = [], [str(fault)]
    assert cells or remarks
    assert all(cell.source.strip() for cell in cells)
    assert all(remark and "\n" not in remark for remark in remarks)

"""Loading survives what real homework contains."""

import pytest

from grader.core.protocol import Raised, Returned
from grader.worker.settings import DEFAULT_ALLOWED


def test_definitions_name_file_cell_line_and_parameters(load):
    hand = load({"lab.ipynb": ["x = 1", "\ndef f(a, b=2, *rest, key, **more):\n    return a\n"]})
    [definition] = hand.loaded.definitions
    assert (definition.name, definition.file, definition.cell, definition.line) == ("f", "lab.ipynb", "cell 2", 2)
    assert [(p.name, p.kind, p.has_default) for p in definition.parameters] == [
        ("a", "positional", False), ("b", "positional", True), ("rest", "args", False), ("key", "keyword", False),
        ("more", "kwargs", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "stub"),
    [
        ("pass", True),
        ("...", True),
        ('"""Only words."""', True),
        ("raise NotImplementedError", True),
        ('"""Words."""\n    raise NotImplementedError("later")', True),
        ("return None", True),
        ("return 0", False),
        ("raise ValueError", False),
        ("y = None\n    return y * 2", False),
    ],
)
def test_a_stub_is_a_body_that_does_nothing(load, body, stub):
    [definition] = load(f"def f(x):\n    {body}\n").loaded.definitions
    assert definition.stub is stub


def test_whatever_is_callable_and_defined_here_is_listed(load):
    text = """
import functools
import numpy as np
from other import helper
relu = lambda x: np.maximum(0, x)
double = functools.partial(np.multiply, 2)
alias = relu
number = 3
class Layer:
    def __call__(self, x): return x
layer = Layer()
if True:
    def chosen(x): return x
try:
    from nowhere import fast
except ImportError:
    def fast(x): return x
"""
    hand = load({"hw.py": text, "other.py": "def helper(x): return x\n"})
    found = {(definition.file, definition.name) for definition in hand.loaded.definitions}
    names = {"relu", "double", "alias", "Layer", "layer", "chosen"}
    assert {name for file, name in found if file == "hw.py"} >= names
    assert ("hw.py", "number") not in found
    assert ("hw.py", "helper") not in found
    assert ("other.py", "helper") in found


def test_the_last_definition_of_a_name_counts(load):
    hand = load({"lab.ipynb": ["def f(x): pass", "def f(x): return 2.0"]})
    assert [(d.name, d.cell, d.stub) for d in hand.loaded.definitions] == [("f", "cell 2", False)]
    assert hand.value("f", 1.0) == 2.0


def test_bare_expressions_and_loops_are_not_run(load):
    hand = load(
        "ran = 0.0\nfor i in range(3): ran = 1.0\nwhile ran == 0: pass\nraise SystemExit\n1 / 0\ndef f(x): return ran\n"
    )
    assert hand.value("f", 1.0) == 0.0
    assert hand.remarks == ""


@pytest.mark.parametrize(
    ("setting", "expression", "value"),
    [
        ("sys.setrecursionlimit(4321)", "float(sys.getrecursionlimit())", 4321.0),
        ("np.random.seed(3)", "float(np.random.rand())", 0.5507979025745755),
    ],
)
def test_settings_are_run(load, setting, expression, value):
    hand = load(f"import sys\nimport numpy as np\n{setting}\ndef f(x): return {expression}\n")
    assert hand.value("f", 1.0) == value


def test_a_failing_statement_costs_only_itself(load):
    hand = load(
        "a = 1 / 0\ndef f(x): return 1.0\nb = a + 1\nimport sys\nsys.exit(3)\nc = sys.exit(3)\ndef g(x): return 2.0\n"
    )
    assert (hand.value("f", 1.0), hand.value("g", 1.0)) == (1.0, 2.0)
    assert "hw.py, line 1: `a = 1 / 0` is left out: ZeroDivisionError: division by zero" in hand.remarks
    assert "hw.py, line 6: `c = sys.exit(3)` is left out: SystemExit: 3" in hand.remarks


def test_a_name_that_was_left_out_is_explained_at_its_use(load):
    trace = load("table = open('table.txt')\ndef f(x):\n    return table\n").ask("f", 1.0)
    assert isinstance(trace, Raised)
    assert trace.kind == "NameError"
    assert "hw.py, line 1 is left out: FileNotFoundError" in trace.message


def test_an_exception_names_file_and_line_of_the_submission(load):
    hand = load({"lab.ipynb": ["import numpy as np", "def f(x):\n    y = x\n    return np.linalg.inv(y)\n"]})
    trace = hand.ask("f", 1.0)
    assert isinstance(trace, Raised)
    assert (trace.kind, trace.file, trace.line) == ("LinAlgError", "lab.ipynb cell 2", 3)


# ---------------------------------------------------------------- syntax


def test_syntax_errors_show_the_line_and_the_rest_is_loaded(load):
    hand = load("def f(x):\n    return 1.0\n\ndef g(x\n    return 2.0\n\ndef h(x):\n    return 3.0\n")
    assert hand.names == ["f", "h"]
    assert hand.value("h", 1.0) == 3.0
    assert "hw.py, line 4: '(' was never closed: `def g(x`" in hand.remarks


def test_a_cell_that_does_not_parse_costs_only_itself(load):
    hand = load({"lab.ipynb": ["def f(x): return 1.0", "Answer: because of the gradient", "def g(x): return 2.0"]})
    assert hand.names == ["f", "g"]
    assert "lab.ipynb cell 2, line 1: invalid syntax" in hand.remarks


def test_texts_between_triple_quotes_are_not_torn_apart(load):
    text = 'def f(x):\n    """\nTwo words\n\ndef not_code\n    """\n    return 1.0\n\ndef g(:\n    pass\n'
    hand = load(text)
    assert hand.names == ["f"]
    assert hand.value("f", 1.0) == 1.0


def test_a_decorated_definition_stays_whole_beside_a_syntax_error(load):
    hand = load("import functools\n@functools.cache\ndef f(x=1): return 1.0\n\n)\n")
    assert hand.names == ["f"]


def test_lines_keep_their_numbers_when_magics_are_dropped(load):
    magics = "%matplotlib inline\n!pip install numpy\nimport numpy as np\nnp.dot?\nfiles = !ls\n"
    cell = magics + "def f(x):\n    %time y = 1\n    return 1.0\n"
    hand = load({"lab.ipynb": [cell, "%%bash\nrm -rf /", "%%time\ndef g(x): return 2.0"]})
    assert [(d.name, d.line) for d in hand.loaded.definitions] == [("f", 6), ("g", 2)]
    assert hand.remarks == ""


def test_a_percent_sign_that_continues_an_expression_is_kept(load):
    hand = load({"lab.ipynb": ["def f(x):\n    return float(7\n      % 4)\n"]})
    assert hand.value("f", 1.0) == 3.0


def test_python_2_prints_are_left_out(load):
    hand = load('def f(x):\n\ty = 1.0\n        print "loss", y\n\tfor i in xrange(3):\n\t\tpass\n\treturn y\n')
    assert hand.value("f", 1.0) == 1.0
    assert "Python 2" in hand.remarks


@pytest.mark.parametrize(
    "text", ["\ufeffdef f(x): return 1.0\n", "def f(x):\r\n    return 1.0\r\n", "\x0cdef f(x): return 1.0"]
)
def test_odd_line_ends_and_marks_are_read(load, text):
    assert load(text).names == ["f"]


def test_a_file_of_null_bytes_is_remarked(load):
    hand = load({"a.py": "\0\0\0", "b.py": "def f(x): return 1.0"})
    assert hand.names == ["f"]
    assert "a.py, line 1" in hand.remarks


def test_deep_nesting_does_not_end_the_worker(load):
    hand = load(
        {"a.py": "x = " + "(" * 5000 + ")" * 5000, "b.py": "y = " + "-" * 100000 + "1", "c.py": "def f(x): return 1.0"}
    )
    assert hand.names == ["f"]


def test_remarks_are_bounded(load):
    hand = load("\n".join(f"a{i} = 1 / 0" for i in range(500)))
    assert len(hand.loaded.remarks) == 41
    assert hand.loaded.remarks[-1] == "460 further remarks are left out"


# ---------------------------------------------------------------- imports


def test_missing_modules_can_be_named_but_not_used(load):
    hand = load("""
import matplotlib.pyplot as plt
import torch.nn as nn
from cs231n.data_utils import get_data, other as o
from nowhere import *
plt.rcParams["figure.figsize"] = (10, 8)
class Net(nn.Module):
    def f(self): return 1.0
def f(x, device: nn.Device = nn.cpu):
    return 1.0 if isinstance(x, nn.Tensor) else Net().f()
def g(x):
    return get_data(x)
def h(x):
    return x * o
def k(x):
    return nowhere_function(x)
""")
    assert hand.value("f", 1.0) == 1.0
    for name, needs in (("g", "cs231n.data_utils.get_data"), ("h", "cs231n.data_utils.other")):
        trace = hand.ask(name, 1.0)
        assert isinstance(trace, Raised)
        assert trace.kind == "ModuleNotFoundError"
        assert trace.message == f"needs '{needs}', which is not available while grading"
    trace = hand.ask("k", 1.0)
    assert isinstance(trace, Raised)
    assert trace.kind == "NameError"
    assert "it may come from 'nowhere', which is not available while grading" in trace.message
    assert "matplotlib is not available while grading (hw.py, line 2)" in hand.loaded.remarks


def test_all_that_is_allowed_can_be_imported(load):
    assert load("".join(f"import {name}\n" for name in DEFAULT_ALLOWED if name != "__future__")).loaded.remarks == []


def test_decorators_of_missing_modules_are_left_out(load):
    hand = load("from numba import jit, njit\n@jit\ndef f(x): return 1.0\n@njit(parallel=True)\ndef g(x): return 2.0\n")
    assert (hand.value("f", 1.0), hand.value("g", 1.0)) == (1.0, 2.0)
    assert "hw.py, line 3: @jit is left out" in hand.remarks


@pytest.mark.parametrize("statement", ["import socket", "from subprocess import run", "def f(x):\n    import ctypes"])
def test_refused_imports_are_told_to_the_instructor(load, statement):
    hand = load(f"{statement}\ndef g(x): return 1.0\n")
    module = next(name for name in ("socket", "subprocess", "ctypes") if name in statement)
    assert [text.split(" in ")[0] for text in hand.loaded.denied] == [f"import of {module}"]
    assert hand.value("g", 1.0) == 1.0


@pytest.mark.parametrize("name", ["grader.oracles", "solutions.foundations.activations"])
def test_a_look_for_the_graders_own_answers_is_told_to_the_instructor(load, name):
    hand = load(f"def f(x):\n    from {name} import relu\n    return relu(x)\ndef g(x): return 1.0\n")
    assert hand.loaded.denied == [f"import of {name} in hw.py, line 2"]
    assert hand.value("g", 1.0) == 1.0


def test_a_missing_package_that_only_a_function_imports_is_remarked(load):
    hand = load("def f(x):\n    import torch.nn as nn\n    from scipy import special\n    return 1.0\n")
    assert hand.loaded.remarks == [
        "torch is not available while grading (hw.py, line 2)",
        "scipy is not available while grading (hw.py, line 3)",
    ]


@pytest.mark.parametrize(
    "files",
    [
        {"layers.py": "", "net.py": "from layers import *"},
        {"layers.py": "", "net.py": "import layers\nfrom layers import one, two"},
        {"hw/layers.py": "", "hw/net.py": "from layers import one, two"},
        {"hw/layers.py": "", "hw/__init__.py": "", "hw/net.py": "from .layers import *"},
        {"hw/layers.py": "", "hw/net.py": "from . import layers\nuse = layers"},
        {"hw/layers.py": "", "hw/sub/net.py": "from ..layers import one, two"},
        {"cs/layers.py": "", "lab.ipynb": "from cs.layers import *"},
        {"cs/layers.py": "", "lab.ipynb": "import cs.layers\nuse = cs.layers"},
        {"cs/layers.py": "", "lab.ipynb": "import cs.layers as L\nuse = L"},
        {"layers.py": "", "net.py": "from cs.layers import one, two"},
        {"a/b/layers.py": "", "net.py": "from a.b import layers\nuse = layers"},
        {"net.py": "from layers import one, two", "layers.py": ""},
    ],
    ids=lambda files: " ".join(files),
)
def test_files_import_each_other(load, files):
    texts = dict(files)
    for path, text in files.items():
        if path.endswith("layers.py"):
            texts[path] = "def one(x): return 1.0\ndef two(x): return 2.0\n"
        elif text:
            one, two = ("use.one", "use.two") if "use = " in text else ("one", "two")
            texts[path] = f"{text}\ndef f(x): return {one}(x) + {two}(x)\n"
    hand = load(texts)
    assert hand.value("f", 1.0) == 3.0
    assert hand.remarks == ""
    assert [d.file.rpartition("/")[2] for d in hand.loaded.definitions if d.name == "one"] == ["layers.py"]


def test_the_nearest_of_several_packages_of_one_name_is_meant(load):
    files = {f"hw{i}/cs/layers.py": f"def one(x): return {i}.0\n" for i in (1, 2)}
    hand = load(files | {"hw2/cs/more/net.py": "from cs.layers import one\ndef f(x): return one(x)\n"})
    assert hand.value("f", 1.0) == 2.0


def test_circular_imports_are_resolved(load):
    hand = load({
        "a.py": "from b import g\ndef f(x): return 1.0\ndef top(x): return g(x)\n",
        "b.py": "from a import f\ndef g(x): return f(x) + 1\n",
    })  # fmt: skip
    assert hand.value("top", 1.0) == 2.0
    assert hand.remarks == ""


def test_one_missing_name_does_not_cost_the_others_of_its_import(load):
    hand = load(
        {"hw.py": "from layers import nothing, one\ndef f(x): return one(x)\n", "layers.py": "def one(x): return 1.0\n"}
    )
    assert hand.value("f", 1.0) == 1.0
    assert "cannot import name 'nothing'" in hand.remarks


def test_the_standard_library_wins_over_a_file_of_that_name_elsewhere(load):
    hand = load(
        {"old/random.py": "def random(): return 5.0\n", "hw.py": "import random\ndef f(x): return random.random()\n"}
    )
    assert 0.0 <= hand.value("f", 1.0) < 1.0


def test_dataclasses_and_annotations_of_the_future_work(load):
    hand = load(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass C:\n    x: Unknown = 1.0\ndef f(x): return C().x\n"
    )
    assert hand.value("f", 1.0) == 1.0


def test_binding_chooses_among_files(load):
    hand = load({"a.py": "def f(x): return 1.0\n", "b.py": "def f(x): return 2.0\n"})
    hand.worker.bind({"f": "a.py"})
    assert hand.value("f", 1.0) == 1.0
    hand.worker.bind({"f": "b.py"})
    assert hand.value("f", 1.0) == 2.0


def test_data_files_of_the_submission_can_be_read(load):
    hand = load({"hw.py": "text = open('data/x.txt').read()\ndef f(x): return float(text)\n"}, {"data/x.txt": b"4.5"})
    assert hand.value("f", 1.0) == 4.5


# ---------------------------------------------------------------- time


def test_a_slow_statement_is_left_out_and_the_rest_is_loaded(load):
    hand = load("def train():\n    while True: pass\nresult = train()\ndef f(x): return 1.0\n")
    assert hand.value("f", 1.0) == 1.0
    assert "hw.py, line 3: `result = train()` is left out: took longer than 1 s" in hand.remarks


@pytest.mark.parametrize(
    "value",
    ["stubborn()", "sum(range(10**12))", "os._exit(7)"],
)
def test_a_statement_that_cannot_be_interrupted_is_skipped_in_a_new_worker(load, value):
    hand = load(f"""
import os
def stubborn():
    while True:
        try:
            while True: pass
        except BaseException: pass
result = {value}
def f(x): return 1.0
""")
    assert hand.value("f", 1.0) == 1.0
    assert f"hw.py, line 8: `result = {value}` is left out" in hand.remarks


# ---------------------------------------------------------------- what NumPy has changed


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("float(np.zeros(2, dtype=np.float).sum())", 0.0),
        ("float(np.product(np.array([2.0, 3.0])))", 6.0),
        ("np.Inf - np.Inf if False else float(np.isinf(np.Inf))", 1.0),
        ("float(np.in1d([1, 2], [2]).sum())", 1.0),
        ("float(np.trapz([1.0, 1.0]))", 1.0),
        ("float(np.lib.pad(np.ones(1), 1, 'constant').size)", 3.0),
        ("float(np.array([2.5]))", 2.5),
        ("float(int(np.array([[2]])))", 2.0),
        ("float(np.array([1.0, 2.0], dtype=np.float32, copy=False).sum())", 3.0),
        ("float(np.sum(v * v for v in [1.0, 2.0]))", 5.0),
        ("float(np.vstack(np.ones(2) for _ in range(3)).size)", 6.0),
        ("float(np.math.floor(2.5))", 2.0),
    ],
)
def test_old_numpy_still_works(load, expression, value):
    hand = load(f"import numpy as np\ndef f(x):\n    return {expression}\n")
    assert hand.value("f", 1.0) == value


def test_an_array_of_one_element_is_stored_as_that_element(load):
    hand = load(
        "import numpy as np\ndef f(x):\n    y = np.zeros(3)\n    y[1] = np.array([2.0])\n    return float(y.sum())\n"
    )
    trace = hand.ask("f", 1.0)
    assert isinstance(trace, Returned)
    assert any("NumPy 2.4" in warning for warning in trace.warnings)
    assert hand.value("f", 1.0) == 2.0


def test_a_dictionary_keeps_arrays_of_one_element(load):
    hand = load("import numpy as np\ndef f(x):\n    d = {}\n    d['b'] = np.zeros(1)\n    return float(d['b'].ndim)\n")
    assert hand.value("f", 1.0) == 1.0


def test_each_removed_name_is_remarked_once(load):
    hand = load("import numpy as np\ndef f(x):\n    return np.float(1), np.float(2)\ndef g(x): return np.float(3)\n")
    assert hand.loaded.remarks == ["np.float has been removed from NumPy; write float (hw.py, line 3)"]


def test_what_a_submission_sets_on_numpy_stays_there(load):
    hand = load(
        "import numpy as np\nnp.asarray = np.zeros = np.frombuffer = None\n"
        "np.float64 = 3.5\ndef f(x): return np.float64\n"
    )
    assert hand.value("f", 1.0) == 3.5


@pytest.mark.parametrize(
    "lines",
    [
        "from past.builtins import xrange",
        "from six.moves import xrange",
        "from builtins import range as xrange",
        "import cPickle as pickle\nfrom collections import Iterable, OrderedDict\nassert Iterable and OrderedDict",
        "from past.utils import old_div",
    ],
)
def test_bridges_from_python_2_work(load, lines):
    hand = load(f"{lines}\ndef f(x):\n    return float(sum(xrange(4)))\n")
    assert hand.value("f", 1.0) == 6.0
    assert hand.remarks == ""


def test_input_and_exit_do_not_wait_or_end_anything(load):
    hand = load("def f(x): return input('name? ')\ndef g(x): exit()\n")
    assert [trace.kind for trace in hand.script(["f", "g"], 1.0)] == ["EOFError", "SystemExit"]


def test_what_builds_on_a_left_out_statement_is_counted_not_listed(load):
    hand = load(
        {"lab.ipynb": ["data = open('x.npy')", "mean = data.mean()\nnormal = mean / 2", "def f(x): return normal"]}
    )
    assert len(hand.loaded.remarks) == 2
    assert hand.loaded.remarks[1] == (
        "lab.ipynb: 2 more top-level statements that build on what is left out are left out, too"
    )
    assert "lab.ipynb cell 2, line 2 is left out" in hand.ask("f", 1.0).message


def test_python_2_prints_over_several_lines_are_left_out(load):
    prints = "    if x: print 'a', x\n    print '%f (%d' % (\n        x,\n        2)\n    print 'b', \\\n        x\n"
    text = f"def f(x):\n{prints}    return 1.0\n"
    assert load(text).value("f", 1.0) == 1.0


def test_a_file_does_not_stand_in_for_a_module_of_a_known_package(load):
    hand = load(
        {"utils.py": "def to_categorical(x): return 1.0\n", "hw.py": "from keras.utils import to_categorical as f\n"}
    )
    assert hand.remarks == "keras is not available while grading (hw.py, line 1)"


def test_a_very_long_expression_costs_only_itself(load):
    hand = load("x = 1" + " + 1" * 20000 + "\ndef f(x): return 1.0\n")
    assert hand.value("f", 1.0) == 1.0
    assert "hw.py, line 1" in hand.remarks


def test_definitions_that_are_too_long_to_list_are_left_out_with_a_remark(load):
    names = [f"{'f' * 900}{i}" for i in range(1500)]
    hand = load("".join(f"def {name}(x): return x\n" for name in names))
    assert hand.loaded.remarks[-1] == (
        f"only {len(hand.loaded.definitions)} of 1500 definitions are looked at: "
        "their names and parameters are too long to list"
    )
    assert [definition.name for definition in hand.loaded.definitions] == names[: len(hand.loaded.definitions)]
    assert len(hand.loaded.definitions) == 750

import subprocess
import sys

import pytest

from grader import authoring
from grader.errors import SignatureError


def test_everything_that_is_exported_exists():
    assert sorted(set(authoring.__all__)) == authoring.__all__
    assert all(hasattr(authoring, name) for name in authoring.__all__)


def test_a_function_reads_its_signature():
    function = authoring.function("f: x(n) -> y(n)", summary="Doubles.", inputs={"x": authoring.reals(0, 1)})
    assert (function.name, function.summary, list(function.inputs)) == ("f", "Doubles.", ["x"])
    with pytest.raises(SignatureError, match="cannot read signature"):
        authoring.function("f(x)")


def test_torch_is_imported_when_it_is_first_used():
    script = "import sys; from grader.authoring import torch; print('torch' in sys.modules); torch.zeros"
    script += "; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]

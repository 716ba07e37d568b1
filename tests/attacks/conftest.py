"""One bench for all attacks of a test process: a sandbox with every protection, and the canaries outside it."""

import pytest

from grader.attacks import Bench


@pytest.fixture(scope="session")
def bench(tmp_path_factory):
    with Bench(cache=tmp_path_factory.mktemp("plans")) as opened:
        yield opened

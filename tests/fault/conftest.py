"""Fixtures of those tests that let calls of a server's processes fail."""

import os

import pytest

from tests.fault import calls
from tests.fault.faults import LIBRARY


@pytest.fixture(scope="session")
def library():
    if not os.path.exists(LIBRARY):
        pytest.skip("needs build/, made by make build")


@pytest.fixture(scope="module")
def rig(request, library, tmp_path_factory):  # pylint: disable=unused-argument
    """The one of a test file, for the dialect and the flow in its WAY."""
    made = calls.Rig(str(tmp_path_factory.mktemp("rig")), *request.module.WAY)
    yield made
    made.end()

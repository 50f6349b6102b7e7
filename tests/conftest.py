"""Fixtures of the scenarios: labs, started once and shared where possible.

A shared lab keeps what earlier tests left in it, so tests make addresses,
subjects and identifiers of their own and never count what lies there.
"""

import os
import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True

from lab import mailreader  # noqa: E402 (the path comes first)
from lab.lab import Lab  # noqa: E402
from lab.settings import lay_over  # noqa: E402
from tests.lib import labs  # noqa: E402
from tests.lib.general_delivery import Peer  # noqa: E402
from tests.lib.labs import PLAYED, SCENARIO_SETTINGS  # noqa: E402
from tests.lib.players import Player  # noqa: E402


def started(folder, overlay="", **more):
    lab = Lab(str(folder))
    settings = lay_over(SCENARIO_SETTINGS, labs.GENERAL_DELIVERY)
    lab.up(lay_over(settings, overlay), **more)
    return lab


# Those that scenarios share, while they run.
SHARED = []


@pytest.fixture(autouse=True)
def nothing_learned():
    """What users decided in one scenario counts for none after it."""
    for shared in SHARED:
        for domain in ("a.test", "b.test"):
            labs.forget_lists(shared.server(domain))


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """The lab that most scenarios share."""
    shared = started(tmp_path_factory.mktemp("lab") / "d")
    SHARED.append(shared)
    yield shared
    SHARED.remove(shared)
    shared.down()


@pytest.fixture(scope="session")
def every_dialect(tmp_path_factory):
    """The lab of those scenarios that need more than General Delivery."""
    shared = started(tmp_path_factory.mktemp("dialects") / "d",
                     labs.EVERY_DIALECT)
    SHARED.append(shared)
    yield shared
    SHARED.remove(shared)
    shared.down()


def starting(folder):
    """A function that starts labs below FOLDER, until they all end."""
    made = []

    def make(overlay="", **more):
        made.append(started(folder / f"lab{len(made)}", overlay, **more))
        return made[-1]

    yield make
    for one in made:
        one.down()


@pytest.fixture
def make_lab(tmp_path):
    """A function that starts a lab for one test alone."""
    yield from starting(tmp_path)


@pytest.fixture(scope="module")
def make_module_lab(tmp_path_factory):
    """A function that starts a lab for the tests of one file."""
    yield from starting(tmp_path_factory.mktemp("m"))


@pytest.fixture(scope="module")
def make_reading_lab():
    """A function that starts a lab with IMAP and POP3 for the tests of one
    file. Its folder has a short path, for sockets, and others may enter it."""
    with tempfile.TemporaryDirectory(prefix="restante-") as folder:
        os.chmod(folder, 0o711)
        reason = mailreader.why_not(folder)
        if reason:
            pytest.skip(reason)
        start = starting(pathlib.Path(folder))
        make = next(start)
        yield lambda overlay="": make(overlay, readers=True)
        for _ in start:
            pass


@pytest.fixture
def origin(lab):
    """a.test, the sender's server."""
    return lab.server("a.test")


@pytest.fixture
def destination(lab):
    """b.test, the recipient's server."""
    return lab.server("b.test")


@pytest.fixture
def c_test(origin):
    """The mail host of c.test, played here."""
    return Peer("mx.c.test", PLAYED["mx.c.test"], origin.ports["smtp"])


@pytest.fixture
def player(origin):
    """The mail host of c.test in the other dialects, played here."""
    return Player("mx.c.test", PLAYED["mx.c.test"], origin.ports["smtp"])

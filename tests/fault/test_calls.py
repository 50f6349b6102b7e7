"""Whatever call of whatever process fails on the way of a message: it arrives,
once, or its end is told, and all goes on.

`make test` takes one call of each kind of each role, `make test-slow` every one
of them, but of the allocations (thousands) two of each path that leads to one;
with RESTANTE_EVERY every so many-th instead, another each time.
"""

import errno
import os

import pytest

from tests.fault import calls

SLOW = os.environ.get("RESTANTE_SLOW") == "1"
EVERY = int(os.environ.get("RESTANTE_EVERY", "0"))
WAYS = (("gdel", "deliver"), ("msid", "accept"), ("envelope", "accept"),
        ("envelope", "reject"), ("push", "deliver"))
# A push is SMTP as it always was (RFC 1047; docs/STATES.md).
MAY_DOUBLE = ("push",)

pytestmark = pytest.mark.usefixtures("library")


def some(recordings):
    """One of each, and those that once were not survived. Not channels that
    break: each takes a minute, though a hurried one."""
    yield from (case for case in calls.middle(recordings)
                if case.error != calls.BROKEN)
    yield calls.Case("b.test", "caller", "alloc", 1, errno.ENOMEM, 0, True)


def every(call):
    if call == "alloc" and EVERY == 0:
        return lambda recordings: calls.each_path(recordings, call)
    step = EVERY if call == "alloc" else 1
    return lambda recordings: calls.every(recordings, call, step)


CASES = [("envelope", "accept", "some")]
if SLOW:
    CASES = [(*way, call) for call in calls.ON_THE_WAY[::-1] for way in WAYS]


# GD-03 AT-14
@pytest.mark.parametrize("dialect, flow, call", CASES)
def test_a_message_survives_whatever_call_fails(dialect, flow, call):
    calls.play_chosen(dialect, flow, some if call == "some" else every(call),
                      at_most=2 if dialect in MAY_DOUBLE else 1)

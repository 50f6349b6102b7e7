"""Whatever call of whatever process fails on the way of a message: it arrives,
once, or its end is told, and all goes on.

`make test` takes one call of each kind of each role, `make test-slow` every one
of them, and of the allocations (thousands) every EVERY-th, another each time.
"""

import errno
import os
import random

import pytest

from tests.fault import calls
from tests.fault.faults import LIBRARY

SLOW = os.environ.get("RESTANTE_SLOW") == "1"
EVERY = int(os.environ.get("RESTANTE_EVERY", "29"))
WAYS = (("gdel", "deliver"), ("msid", "accept"), ("envelope", "accept"),
        ("envelope", "reject"), ("push", "deliver"))
# A push is SMTP as it always was (RFC 1047; docs/STATES.md).
MAY_DOUBLE = ("push",)

pytestmark = pytest.mark.skipif(
    not os.path.exists(LIBRARY), reason="needs build/, made by make build")


def play(dialect, flow, chosen):
    chosen = calls.choose(dialect, flow, chosen)
    struck, wrong = calls.play_all(dialect, flow, chosen,
                                   2 if dialect in MAY_DOUBLE else 1)
    hits = sum(where is not None for where in struck.values())
    print(f"{hits} faults of {len(chosen)} cases", *wrong, sep="\n")
    assert not wrong
    # The way is not the same each time (we ask while we wait): its last calls
    # may not be made.
    assert hits > 0


def some(all_calls):
    """One of each, and those that once were not survived. Not channels that
    break: each takes a minute, though a hurried one."""
    yield from (case for case in calls.middle(all_calls)
                if case.error != calls.BROKEN)
    yield calls.Case("b.test", "caller", "alloc", 1, errno.ENOMEM)


def every(call):
    first, step = 1, 1
    if call == "alloc":
        first, step = random.randint(1, EVERY), EVERY
    return lambda all_calls: calls.every(all_calls, call, first, step)


CASES = [("envelope", "accept", "some")]
if SLOW:
    CASES = [(*way, call) for call in calls.ON_THE_WAY[::-1] for way in WAYS]


# GD-03 AT-14
@pytest.mark.parametrize("dialect, flow, call", CASES)
def test_a_message_survives_whatever_call_fails(dialect, flow, call):
    play(dialect, flow, some if call == "some" else every(call))

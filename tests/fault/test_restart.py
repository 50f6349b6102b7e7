"""A process dies, and main fails in the middle of starting it again: it is
started again all the same, and joined to all that it talks to."""

import os
import signal

import pytest

from lab import processes
from lab.failure import wait_until
from tests.crash import harness
from tests.fault.faults import CALLS

SLOW = os.environ.get("RESTANTE_SLOW") == "1"
ROLES = ("keeper", "front", "caller", "resolver", "poster", "clerk",
         "auth", "sweeper") if SLOW else ("caller",)
WANTED = ("fork", "pair", "alloc", "send") if SLOW else ("fork", "pair")
LONG_LIFE = 61  # seconds after which a process starts again at once (family.h)
WAY = ("gdel", "deliver")


def kill(rig, role):
    """One process of ROLE of b.test, as if it had lived long. What the fault
    before has cost is there again by then."""
    wait_until(lambda: is_whole(rig, None), harness.SECONDS, "all processes")
    for faults in rig.faults.values():
        faults.put_clock(faults.clock + LONG_LIFE)
    pid = rig.lab.server("b.test").pids()[role][0]
    processes.send(pid, signal.SIGKILL)
    return pid


def is_whole(rig, killed):
    """Every process lives, and none is the one that was KILLED."""
    try:
        roles = rig.lab.server("b.test").status()["roles"]
    except OSError:
        return False
    return all(row["pid"] not in (None, 0, killed) for row in roles)


def restart(rig, role):
    killed = kill(rig, role)
    wait_until(lambda: is_whole(rig, killed), harness.SECONDS,
               f"another {role}")


def steps(rig, role):
    """{call: how many of main there are until ROLE is back}."""
    before = rig.faults["b.test"].counts()
    restart(rig, role)
    rig.send()
    after = rig.faults["b.test"].counts()
    return {call: after["main", call] - before["main", call]
            for call in WANTED}


# GD-03
@pytest.mark.parametrize("role", ROLES)
def test_a_process_comes_back_whatever_call_of_main_fails(rig, role):
    faults = rig.faults["b.test"]
    hits = 0
    for call, number in steps(rig, role).items():
        for error in CALLS[call]:
            for n in range(1, number + 1):
                faults.arm("main", call, n, error)
                with rig.hurry(faults):
                    restart(rig, role)
                    rig.send()
                faults.disarm()
                hits += faults.hits
    assert hits >= 4

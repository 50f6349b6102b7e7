"""Servers and their processes are killed again and again, at moments that
nobody chose, while mail flows. `make test` kills a few times in one dialect,
`make test-slow` two hundred times in all; RESTANTE_KILLS says how often in
each dialect, RESTANTE_SEED repeats the choices of an earlier run (not its
moments)."""

import os
import random
import signal

import pytest

from lab.failure import wait_until
from lab.lab import Lab
from lab.processes import kill_session, send, session_members
from lab.settings import lay_over
from tests.crash import harness
from tests.crash.load import FINE, Load
from tests.lib import labs

SLOW = os.environ.get("RESTANTE_SLOW") == "1"
KILLS = int(os.environ.get("RESTANTE_KILLS", "67" if SLOW else "6"))
SEED = int(os.environ.get("RESTANTE_SEED", "0")) or random.randrange(1, 2**31)
DIALECTS = ("gdel", "msid", "envelope") if SLOW else ("envelope",)
ORPHAN_SECONDS = 10
MOMENT_SECONDS = 0.3  # the longest that is waited for a moment


def kill_one(server, chosen):
    """One process, never the main one; it comes back by itself."""
    leader = server.lab.processes.pid(server.name)
    others = [pid for pid in session_members(leader) if pid != leader]
    if others:
        send(chosen.choice(sorted(others)), signal.SIGKILL)


def kill_main(server, _):
    """The others must end by themselves before it is started again."""
    leader = server.lab.processes.pid(server.name)
    send(leader, signal.SIGKILL)
    wait_until(lambda: not session_members(leader), ORPHAN_SECONDS,
               f"all of {server.domain} to end with its main process")
    server.stop(signal.SIGKILL)
    server.start()


def kill_whole(server, _):
    kill_session(server.lab.processes.pid(server.name))
    server.stop(signal.SIGKILL)
    server.start()


WAYS = (kill_one, kill_one, kill_main, kill_whole)


def kill_often(lab, load, chosen):
    for _ in range(KILLS):
        number = chosen.randint(1, 5)
        before = len(load.acknowledged)
        load.order(number)
        wanted = before + chosen.randint(0, number)
        wait_until(lambda: len(load.acknowledged) >= wanted, harness.SECONDS,
                   "messages to be acknowledged")
        load.done.wait(chosen.uniform(0, MOMENT_SECONDS))
        chosen.choice(WAYS)(chosen.choice(lab.servers), chosen)


# GD-03 AT-14
@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_is_lost_or_doubled_whenever_it_dies(dialect, tmp_path):
    print(f"RESTANTE_SEED={SEED}")
    chosen = random.Random(SEED)
    lab = Lab(str(tmp_path / "d"))
    lab.dialect = dialect
    lab.up(lay_over(labs.SCENARIO_SETTINGS,
                    lay_over(harness.overlay(dialect), labs.PATIENCE)))
    load = Load(lab, chosen)
    try:
        load.start()
        kill_often(lab, load, chosen)
        load.wait_for_end()
        load.end()
        tally = load.tally()
        print(f"{dialect}, {KILLS} kills:", ", ".join(
            f"{len(subjects)} {what}" for what, subjects in tally.items()))
        assert not tally.keys() - FINE, tally
        for server in lab.servers:
            server.stop()
            harness.assert_clean(server)
    finally:
        load.end()
        lab.down()

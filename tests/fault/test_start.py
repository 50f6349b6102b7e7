"""Whatever call of whatever process fails while a server starts: it serves, or
says why it does not, leaves nothing running and starts at the next try.

`make test` takes one call of each role and kind of QUICK, `make test-slow` two
of each path that leads to any.
"""

import contextlib
import os
import re

import pytest

from lab.failure import LabError, wait_until
from lab.processes import session_members
from tests.crash import harness
from tests.fault import calls
from tests.fault.faults import CALLS

SLOW = os.environ.get("RESTANTE_SLOW") == "1"
QUICK = ("alloc", "send", "fork", "pair")
SECONDS = 120  # nothing takes so long, unless it hangs
# Each role at that server where a message needs it.
ROLES = {"a.test": ("main", "keeper", "front", "auth", "sweeper"),
         "b.test": ("caller", "resolver", "poster", "clerk")}
# A line for the operator that names a cause; "see above" is none.
REASON = re.compile(r'^restante: \S|\brole-(failed|confined) .*\bwhy="?\w|'
                    r"^out of dynamic memory", re.M)
# libconfuse says so itself, and ends or aborts the process that asked it.
LIBCONFUSE = "lexer.l"
# These die of missing memory while they are set up, which we cannot change:
# then a role that has not begun ends by a signal, and the start with it. Of
# what ends by a signal anywhere else we are the cause.
DYING = {"libconfuse": "aborts where it has no memory for a text",
         "libcrypto": "reads nothing where it sets up its providers",
         "libseccomp": "reads nothing, or frees twice",
         "libunbound": "reads nothing where its modules are set up"}
ENDED = re.compile(r"\brole-ended .*")

pytestmark = pytest.mark.usefixtures("library")


class StartRig(calls.Rig):
    """Calls of a server's processes are recorded, and fail, as it starts."""

    def record_twice(self):
        return self.record(), self.record()

    def record(self):
        for server in self.lab.servers:
            server.stop()
            self.faults[server.domain].record()
            server.start()
        return {(domain, role, call): paths
                for (domain, role, call), paths in self.recorded().items()
                if role in ROLES[domain]}

    def play(self, case, at_most=1):
        server = self.lab.server(case.domain)
        faults = self.faults[case.domain]
        server.stop()
        faults.arm(case.role, case.call, case.number, case.error,
                   path=case.path)
        leader = server.begin()
        with self.hurry(faults):
            if wait_until(lambda: self.outcome(server, case), SECONDS,
                          f"{case.domain} to start or to end") == "ended":
                self.assert_ended_well(server, leader)
            else:
                self.send(at_most)
        faults.disarm()
        self.revive(server, False)
        return faults.where if faults.hits else None

    def outcome(self, server, case):
        if self.lab.processes.pid(server.name) is None:
            return "ended"
        with contextlib.suppress(LabError):  # it may be the answer that fails
            # what is not written may be the line that says "ready"
            if server.answers() if case.call in ("write", "short") \
                    else server.is_ready():
                return "serves"
        return None

    def assert_ended_well(self, server, leader):
        """And that it starts cleanly."""
        said = server.said()
        status = self.lab.processes.children[leader].wait(SECONDS)
        assert status > 0 or LIBCONFUSE in said, f"{status}: {said}"
        first = ENDED.search(said)  # main may kill the others
        if first and "signal=" in first.group():
            where = self.faults[server.domain].where
            assert any(library in where for library in DYING), said
        else:
            assert REASON.search(said), said
        wait_until(lambda: not session_members(leader), SECONDS,
                   "all its processes to end")
        harness.assert_clean(server)
        server.start()
        self.send()


def some(recordings):
    return (case for case in calls.middle(recordings, QUICK)
            if case.error != calls.BROKEN)


def of(role):
    def chosen(recordings):
        for call in CALLS:
            yield from (case for case in calls.each_path(recordings, call)
                        if case.role == role)
    return chosen


# GD-03
@pytest.mark.parametrize("role", sum(ROLES.values(), ()) if SLOW else ["some"])
def test_a_server_starts_or_says_why_not_whatever_call_fails(role):
    # Some calls are made only after all is ready, as those of the first sweep:
    # the case may be over by then.
    calls.play_chosen("envelope", "accept",
                      some if role == "some" else of(role),
                      unmet_share=0.25, kind=StartRig)

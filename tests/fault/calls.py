"""One call of one process fails, mail goes on: which calls there are on the
way of a message, and what must be true after each of their faults."""

import collections
import concurrent.futures
import contextlib
import errno
import os
import queue
import tempfile
import threading

from lab.failure import LabError
from lab.lab import Lab
from lab.settings import lay_over
from tests.crash import harness
from tests.fault.faults import CALLS, Faults
from tests.lib import labs

LABS = 4  # side by side: most of the time is waiting for the next try
FLOWS = {"deliver": ("carol@b.test", None),
         "accept": ("bob@b.test", "accept"),
         "reject": ("bob@b.test", "reject")}

# Of the others only main makes any: test_restart.py.
ON_THE_WAY = ("alloc", "write", "short", "sync", "make", "link", "unlink",
              "send", "accept", "step")
# A channel that breaks between two that live is missed after a minute (role.h).
BROKEN = errno.EPIPE

Case = collections.namedtuple("Case", "domain role call number error")


class Rig:
    """A lab that speaks DIALECT, whose processes' calls can fail."""

    def __init__(self, folder, dialect, flow):
        self.recipient, self.verdict = FLOWS[flow]
        self.lab = Lab(os.path.join(folder, "d"))
        self.lab.dialect = dialect
        self.lab.up(lay_over(lay_over(
            labs.SCENARIO_SETTINGS, harness.overlay(dialect)),
                             labs.PATIENCE))
        self.faults = {}
        for server in self.lab.servers:
            server.stop()
            self.faults[server.domain] = Faults(
                server, os.path.join(folder, server.domain))
            server.start()

    def send(self, at_most=1):
        """One message, from its submission to its end."""
        letters = [harness.Letter(self.recipient, self.verdict)]
        harness.flow(self.lab, letters)
        harness.assert_once(self.lab, letters, at_most)

    def counts(self):
        return {(domain, *key): number
                for domain, faults in self.faults.items()
                for key, number in faults.counts().items()}

    def calls(self):
        """{(domain, role, call): how many there are on a message's way}."""
        self.send()  # what is done only once is not counted
        self.send()
        before = self.counts()
        self.send()
        after = self.counts()
        return {key: after[key] - before[key] for key in after
                if after[key] > before[key]}

    def play(self, case, at_most=1):
        """A message while CASE comes true. None, or what made the call."""
        faults = self.faults[case.domain]
        faults.arm(case.role, case.call, case.number, case.error)
        with self.hurry(faults) if case.error == BROKEN \
                else contextlib.nullcontext():
            self.send(at_most)
        faults.disarm()
        self.revive(self.lab.server(case.domain), case.error == BROKEN)
        return faults.where if faults.hits else None

    @contextlib.contextmanager
    def hurry(self, faults):
        """The clocks run forward as soon as there was a fault."""
        over = threading.Event()

        def run():
            while not over.wait(0.5):
                for each in self.faults.values():
                    each.put_clock(each.clock + 5 * bool(faults.hits))

        runner = threading.Thread(target=run, daemon=True)
        runner.start()
        try:
            yield
        finally:
            over.set()
            runner.join()

    def revive(self, server, surely):
        """A process that ended is started again later each time; a new start
        of all keeps the next case from waiting for it."""
        if surely or any(row["restarts"]
                         for row in server.status()["roles"]):
            server.stop()
            server.start()

    def assert_clean(self):
        for server in self.lab.servers:
            server.stop()
            harness.assert_clean(server)

    def end(self):
        self.lab.down()


def every(calls, wanted, first=1, step=1):
    """Of CALLS as Rig counts them, those called WANTED: the FIRST of each
    role, and every STEP-th after it."""
    for (domain, role, call), number in sorted(calls.items()):
        if call == wanted:
            for error in CALLS[call]:
                for n in range(first, number + 1, step):
                    yield Case(domain, role, call, n, error)


def middle(calls):
    """One of each, from the middle of the way."""
    for (domain, role, call), number in sorted(calls.items()):
        if call in ON_THE_WAY:
            for error in CALLS[call]:
                yield Case(domain, role, call, (number + 1) // 2, error)


def choose(dialect, flow, chosen):
    """What CHOSEN makes of the calls on the way of a message."""
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(folder, dialect, flow)
        try:
            return list(chosen(rig.calls()))
        finally:
            rig.end()


def play_all(dialect, flow, chosen, at_most=1):
    """Plays the cases CHOSEN, in several labs. {case: what made the call, or
    None if none did}, [what went wrong]."""
    struck, wrong = {}, []
    todo = queue.Queue()
    for case in chosen:
        todo.put(case)

    def play(rig, case):
        """False if the lab cannot be used after it."""
        try:
            struck[case] = rig.play(case, at_most)
        except (AssertionError, LabError, OSError) as error:
            where = rig.faults[case.domain].where
            wrong.append(f"{case} in {where}: {error}")
        return case in struck

    def work():
        """All that is to be done with one lab."""
        with tempfile.TemporaryDirectory() as folder:
            rig = Rig(folder, dialect, flow)
            try:
                while play(rig, todo.get_nowait()):
                    pass
            except queue.Empty:
                rig.assert_clean()
            finally:
                rig.end()

    def work_all():
        while not todo.empty():
            work()

    with concurrent.futures.ThreadPoolExecutor(LABS) as pool:
        try:
            for done in [pool.submit(work_all) for _ in range(LABS)]:
                done.result()
        except BaseException:
            todo.queue.clear()  # interrupted: the others end soon
            raise
    return struck, wrong

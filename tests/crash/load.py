"""Many messages under way while servers are killed: who submits, who decides,
who withdraws, and what must have become of each at the end.

The subject of a message says what is to become of it, so that also one whose
acknowledgement was lost is decided about: it may then be there, but once.
"""

import collections
import contextlib
import queue
import re
import threading
import time

from lab import compare, mail
from lab.failure import LabError, wait_until
from tests.crash.harness import LARGE, is_nothing_due
from tests.lib import labs

SECONDS = 240
REPORT_SECONDS = 60
SUBMITTERS = 3
SUBJECT = re.compile(rb"^Subject: (\S+)\r$", re.M)
# what is to become of it: who gets it, and its share among the others
FATES = {"deliver": ("carol@b.test", 5), "accept": ("bob@b.test", 3),
         "reject": ("bob@b.test", 1), "withdraw": ("bob@b.test", 1)}


def fate_of(subject):
    return subject.partition("-")[0]


def subjects_in(server, address, whole):
    """How many files of the Maildir of ADDRESS carry each subject: as their
    own, or with WHOLE anywhere in them, as reports do."""
    found = collections.Counter()
    for path in compare.maildir_files(server.user(address)["maildir"]):
        octets = compare.read_delivered(path)
        if not whole:
            octets = octets.partition(b"\r\n\r\n")[0] + b"\r\n"
        found.update({one.decode() for one in SUBJECT.findall(octets)})
    return found


class Load:
    """Submits as many messages as it is told to, and does with each what its
    subject says, whatever dies meanwhile."""

    def __init__(self, lab, random):
        self.lab = lab
        self.random = random
        self.origin, self.destination = lab.server("a.test"), \
            lab.server("b.test")
        self.orders = queue.Queue()
        self.tried = []  # every subject, acknowledged or not
        self.acknowledged = []
        self.done = threading.Event()
        self.threads = [threading.Thread(target=work, daemon=True)
                        for work in SUBMITTERS * (self.submit_all,)
                        + (self.decide_all, self.withdraw_all)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def end(self):
        self.done.set()
        for thread in self.threads:
            thread.join(SECONDS)

    def order(self, number):
        fates = self.random.choices(
            list(FATES), [share for _, share in FATES.values()], k=number)
        for fate in fates:
            self.orders.put((fate, self.random.random() < 0.2))

    # ---- what the threads do ----

    def submit_all(self):
        while not self.done.is_set():
            try:
                fate, large = self.orders.get(timeout=0.1)
            except queue.Empty:
                continue
            while not self.submit(fate, large) and not self.done.is_set():
                time.sleep(0.05)  # nobody is there, or not all of it

    def submit(self, fate, large):
        """True when it was acknowledged."""
        recipient = FATES[fate][0]
        subject = labs.unique(fate)
        octets = labs.message(recipient=recipient, subject=subject,
                              body=LARGE if large else "Hello.\r\n")
        self.tried.append(subject)
        try:
            with contextlib.closing(mail.signed_in(
                    self.origin, self.origin.user("alice@a.test"))) as link:
                code, _ = mail.submit(link, "alice@a.test", [recipient],
                                      octets)
        except OSError:
            return False
        if code == 250:
            self.acknowledged.append(subject)
        return code == 250

    def decide_all(self):
        """Bob, until he has been heard about everything he is shown."""
        while not self.done.wait(0.05):
            for one in self.undecided():
                if fate_of(one["subject"]) in ("accept", "reject"):
                    self.destination.command(
                        "envelope", fate_of(one["subject"]), one["id"])

    def undecided(self):
        with contextlib.suppress(OSError, LabError, AssertionError):
            return labs.envelopes(self.destination)
        return []

    def withdraw_all(self):
        while not self.done.wait(0.05):
            for one in self.open_holds():
                if fate_of(one["subject"]) == "withdraw":
                    self.origin.command("held", "withdraw", one["id"])

    def open_holds(self):
        with contextlib.suppress(OSError, LabError):
            return self.origin.holds(every=False)
        return []

    # ---- what is true at the end ----

    def wait_for_end(self):
        """Until everything that was ordered is at its end."""
        wait_until(self.orders.empty, SECONDS, "all to be submitted")
        wait_until(self.is_quiet, SECONDS, "both sides to agree")
        with contextlib.suppress(LabError):  # the tally will say what is not
            wait_until(lambda: not self.tally().keys() - FINE,
                       REPORT_SECONDS, "reports")

    def is_quiet(self):
        try:
            return not self.origin.holds(every=False) and \
                not any(fate_of(one["subject"]) in ("accept", "reject")
                        for one in labs.envelopes(self.destination)) and \
                self.origin.status()["counts"]["deliveries"] == 0 and \
                is_nothing_due(self.destination)
        except (OSError, LabError, AssertionError):
            return False

    def tally(self):
        """{what: [subjects]} of all that was tried: what became of them, and
        what must not have (lost, doubled, unasked)."""
        arrived = subjects_in(self.destination, "carol@b.test", False) + \
            subjects_in(self.destination, "bob@b.test", False)
        reported = subjects_in(self.origin, "alice@a.test", True)
        held = states_of(self.origin.holds())
        shown = states_of(labs.envelopes(self.destination, every=True))
        rows = collections.defaultdict(list)
        for subject in self.tried:
            end = End(subject in self.acknowledged, arrived[subject],
                      reported[subject], held.get(subject),
                      shown.get(subject))
            rows[verdict(fate_of(subject), end, self.lab.dialect)].append(
                subject)
        return dict(rows)


End = collections.namedtuple("End", "known arrived reported held shown")


def states_of(rows):
    return {row["subject"]: row["state"].lower() for row in rows}


def verdict(fate, end, dialect):
    """What became of one message, in a word of FINE or another."""
    if end.held is None:
        return "lost" if end.known or end.arrived else "never taken"
    if fate in ("deliver", "accept"):
        if end.arrived > 1 or end.reported > 0:
            return "doubled" if end.arrived > 1 else "reported though accepted"
        return "delivered" if end.arrived else "lost"
    if end.arrived:
        return "delivered though not wanted"
    return of_unwanted(fate, end, dialect)


def of_unwanted(fate, end, dialect):
    """By GDEL what bob is asked about has been taken before he is: nobody is
    told that he does not want it, and it is too late to withdraw it."""
    if fate == "withdraw":
        fine = end.held == "withdrawn" or \
            (dialect == "gdel" and end.held == "taken")
        return "withdrawn" if fine else "not withdrawn"
    if dialect == "gdel":
        return "refused" if end.shown == "refused" else "not refused"
    if end.held != "refused" or end.reported != 1:
        return "refusal told wrongly"
    return "refused"


FINE = {"delivered", "withdrawn", "refused", "never taken"}

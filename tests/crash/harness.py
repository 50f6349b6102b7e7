"""Killing a server of a lab at a named point, and what must be true then.

Servers are those of a build with the option crash_points: a process that comes
to the chosen point says so in its log and stops; here it is killed, alone or
with its whole server. Then all goes on, and at the end everything that was
acknowledged has happened, once.
"""

import contextlib
import json
import signal
import smtplib
import threading
import time

from lab import mail
from lab.failure import LabError, wait_until
from lab.processes import (kill_session, send, session_members,
                           stat_fields)
from tests.lib import labs

SECONDS = 60
ENVIRONMENT = "RESTANTE_CRASH"
SETTINGS = """\
pull-delay-max = "0s"
notice-retry-first = "1s"
notice-retry-max = "1s"
pull-retries = {"1s", "1s", "1s", "1s", "2s", "2s", "2s", "4s", "4s", "8s"}
lease-time = "2s"
"""
LARGE = "a line of a large message\r\n" * 4000


def overlay(dialect):
    """Configuration for a lab that speaks DIALECT, or pushes."""
    if dialect == "push":
        return SETTINGS + 'speak = {"push"}\noffer = {}\n'
    return SETTINGS + f'speak = "{dialect}"\noffer = "{dialect}"\n'


class Letter:
    """A message that was acknowledged, and what is to become of it."""

    def __init__(self, recipient, verdict=None, body="Hello.\r\n"):
        self.recipient = recipient
        self.verdict = verdict  # of bob, who is asked
        self.body = body
        self.subject = None

    def submit(self, origin):
        """Until it is acknowledged; an attempt that was not may have been
        taken all the same, so each has a subject of its own. No attempt is
        answered for good (5xx): nothing is wrong with it."""
        while True:
            octets = labs.message(recipient=self.recipient, body=self.body)
            try:
                with contextlib.closing(mail.signed_in(
                        origin, origin.user("alice@a.test"))) as session:
                    code, text = mail.submit(session, "alice@a.test",
                                          [self.recipient], octets)
            except smtplib.SMTPResponseException as error:
                assert error.smtp_code < 500, error
                continue
            except OSError:
                time.sleep(0.05)  # nobody is there: the server is down
                continue
            assert code < 500, f"{code} {text}"
            if code == 250:
                self.subject = labs.subject_of(octets)
                return

    def decide(self, destination):
        """Bob says what he wants, again until it was heard."""
        def heard():
            try:
                code, _, errors = destination.command(
                    "envelope", self.verdict, self.envelope(destination))
            except OSError:
                return False
            return code == 0 or "decided" in errors or "already" in errors
        wait_until(heard, SECONDS, f"{self.verdict} of {self.subject}")

    def envelope(self, destination):
        code, output, errors = destination.command(
            "envelope", "list", "bob@b.test", "--json", "--all")
        if code != 0:
            raise OSError(errors)
        for one in json.loads(output)["envelopes"]:
            if one["subject"] == self.subject:
                return one["id"]
        raise OSError("not shown yet")

    def is_wanted(self):
        return self.verdict in (None, "accept")

    def reports(self, origin):
        """What alice was told of it."""
        return labs.count_received(origin, "alice@a.test",
                                   self.subject.encode() + b"\r\n")

    def count(self, destination):
        return labs.count_received(destination, self.recipient,
                                   self.subject.encode() + b"\r\n")


class Killer(threading.Thread):
    """Kills whatever stops at the point: each such process (there may be
    several of one kind), or with WHOLE its server, which is started again."""

    def __init__(self, server, whole):
        super().__init__(daemon=True)
        self.server = server
        self.whole = whole
        self.hit = False
        self.done = threading.Event()

    def run(self):
        while not self.done.is_set():
            stopped = self.stopped()
            if stopped:
                self.kill(stopped)
            time.sleep(0.01)

    def stopped(self):
        leader = self.server.lab.processes.pid(self.server.name)
        return [pid for pid in session_members(leader)
                if (stat_fields(pid) or " ")[0] == "T"]

    def kill(self, stopped):
        if self.whole:
            kill_session(self.server.lab.processes.pid(self.server.name))
            self.server.stop(signal.SIGKILL)
            self.server.start()
        else:
            for pid in stopped:
                send(pid, signal.SIGKILL)
        self.hit = True

    def end(self):
        self.done.set()
        self.join(SECONDS)


def start_with(server, point):
    server.environment = {ENVIRONMENT: point + ":1"}
    try:
        server.start()
    finally:
        server.environment = {}


def letters_for(dialect):
    letters = [Letter("carol@b.test"), Letter("carol@b.test", body=LARGE)]
    if dialect != "push":
        letters += [Letter("bob@b.test", "accept"),
                    Letter("bob@b.test", "reject"),
                    Letter("bob@b.test", "accept", body=LARGE)]
    return letters


def flow(lab, letters):
    """All of LETTERS on their way, decided, and at their end."""
    origin, destination = lab.server("a.test"), lab.server("b.test")
    for letter in letters:
        letter.submit(origin)
    for letter in letters:
        if letter.verdict:
            letter.decide(destination)
    for letter in letters:
        if letter.is_wanted():
            wait_until(lambda one=letter: one.count(destination), SECONDS,
                       f"{letter.subject} at {letter.recipient}")
        elif lab.dialect != "gdel":  # there b.test has taken it
            wait_until(lambda one=letter: one.reports(origin), SECONDS,
                       f"the report about {letter.subject}")
    wait_until(lambda: is_quiet(origin, destination, letters),
               SECONDS,
               "both sides to agree")


def is_quiet(origin, destination, letters):
    """Nothing of LETTERS is open at the origin, nothing due at the
    destination. (What was taken and never acknowledged may wait for bob.)"""
    subjects = {letter.subject for letter in letters}
    try:
        return not any(hold["subject"] in subjects
                       for hold in origin.holds(every=False)) and \
            is_nothing_due(destination)
    except (LabError, OSError):
        return False


def is_nothing_due(destination):
    """Nothing is to be fetched, delivered or confirmed."""
    counts = destination.status()["counts"]
    return counts["unconfirmed"] == 0 and counts["deliveries"] == 0 and \
        counts["notices"].get("wanted", 0) == 0 and \
        counts["notices"].get("pulling", 0) == 0


def assert_once(lab, letters, at_most=1):
    """Each that is wanted arrived, and not more often than AT_MOST."""
    origin, destination = lab.server("a.test"), lab.server("b.test")
    for letter in letters:
        if not letter.is_wanted() and lab.dialect != "gdel":
            assert letter.reports(origin) == 1, f"of {letter.subject}"
        wanted = letter.is_wanted()
        assert wanted <= letter.count(destination) <= wanted * at_most, \
            f"{letter.subject} for {letter.recipient}"


def assert_clean(server):
    """No row that no state allows; the server is down."""
    code, output, errors = server.command("check", "--store")
    assert code == 0, output + errors


def play(lab, domain, point, whole, at_most=1):
    """Everything, with the server of DOMAIN killed at POINT. True if it came
    to that point at all."""
    server = lab.server(domain)
    letters = letters_for(lab.dialect)
    server.stop()
    start_with(server, point)
    killer = Killer(server, whole)
    killer.start()
    try:
        flow(lab, letters)
    finally:
        killer.end()
    assert_once(lab, letters, at_most)
    for each in lab.servers:
        each.stop()
        assert_clean(each)
        each.start()
    return killer.hit

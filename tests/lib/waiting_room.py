"""Very many envelopes that wait for one person: they come, are looked at by
each way there is, and all are decided. How long each step took, and the memory
of the roles that have to do with it, are in `figures`."""

import collections
import concurrent.futures
import json
import os
import time

from lab import compare, mail
from lab.failure import LabError, wait_until
from tests.lib import labs, mailprograms
from tests.lib.users import signed_in

ALICE, BOB = "alice@a.test", "bob@b.test"
CONNECTIONS = 4
PAGE = 100
ROLES = ("keeper", "clerk", "poster")
# No ceiling of ours is to stop them.
OVERLAY = labs.EVERY_DIALECT + """\
pending-per-user = 1000000
sessions-per-address = "unlimited"
verbs-per-session = 1000000000
"""


def resident(pid):
    """Memory of the process, in MiB."""
    with open(f"/proc/{pid}/status", encoding="ascii",
              errors="replace") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return round(int(line.split()[1]) / 1024, 1)
    return 0


def octets_of(subject):
    return labs.message(ALICE, BOB, subject=subject)


class WaitingRoom:
    """BOB's, at b.test of LAB, with room for COUNT. SECONDS: as long as any
    step may take."""

    def __init__(self, lab, count, seconds, say=lambda text: None):
        self.origin, self.destination = lab.server("a.test"), \
            lab.server("b.test")
        self.count, self.seconds, self.say = count, seconds, say
        self.subjects = [f"waiting-{n}-" for n in range(count)]
        self.figures = {}

    def measured(self, name, step):
        """What STEP returns, and how long it took."""
        started = time.monotonic()
        result = step()
        self.figures[name] = round(time.monotonic() - started, 3)
        self.say(f"{name}: {self.figures[name]} s")
        return result

    def remember_memory(self, when):
        pids = self.destination.pids()
        for role in ROLES:
            most = max(resident(pid) for pid in pids[role])
            self.figures[f"{role}_mib_{when}"] = most
            self.say(f"{role}, {when}: {most} MiB")

    def wait(self, condition, what):
        return wait_until(condition, self.seconds, what)

    # ---- they come

    def submit_some(self, first):
        session = mail.signed_in(self.origin, self.origin.user(ALICE))
        for subject in self.subjects[first::CONNECTIONS]:
            code, reply = mail.submit(session, ALICE, [BOB],
                                      octets_of(subject))
            if code != 250:
                raise LabError(f"{subject} refused: {reply}")
        session.quit()

    def submit(self):
        with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
            for done in [pool.submit(self.submit_some, n)
                         for n in range(CONNECTIONS)]:
                done.result()

    def on_disk(self, folder=".Waiting"):
        """How many files lie in a folder of the mailbox; "": the inbox."""
        return len(compare.maildir_files(os.path.join(
            self.destination.user(BOB)["maildir"], folder)))

    def fill(self):
        self.measured("submitted", self.submit)
        self.measured("all_stubs_put", lambda: self.wait(
            lambda: self.on_disk() == self.count, "all stubs"))

    # ---- they are looked at

    def rows(self, most):
        """Envelopes that wait, as the command line lists them."""
        code, text, errors = self.destination.command(
            "envelope", "list", BOB, "--limit", str(most), "--json")
        assert code == 0, errors
        return json.loads(text)["envelopes"]

    def by_command(self):
        return [row["subject"] for row in self.rows(2 * self.count)]

    def by_service(self):
        with signed_in(self.destination, BOB) as visitor:
            return [item.subject for item in visitor.list()]

    def by_headers(self, session):
        """FETCH of all headers; what those say."""
        answer = session.uid("fetch", "1:*", "(FLAGS BODY.PEEK[HEADER])")[1]
        return [labs.subject_of(part[1]) for part in answer
                if isinstance(part, tuple)]

    def look(self):
        """By each way there is: all of them, once."""
        wanted = sorted(self.subjects)
        page = self.measured("a_page_by_command", lambda: self.rows(PAGE))
        assert len(page) == PAGE
        for name, way in (("listed_by_command", self.by_command),
                          ("listed_by_the_user_service", self.by_service)):
            assert sorted(self.measured(name, way)) == wanted
        with self.mail_program() as session:
            for number in ("first", "second"):
                count = self.measured(f"selected_{number}",
                                      lambda: session.select("Waiting")[1])
                assert int(count[0]) == self.count
                assert sorted(self.measured(
                    f"headers_fetched_{number}",
                    lambda: self.by_headers(session))) == wanted
            self.measured_search("searched_text", session, "TEXT",
                                 self.subjects[-1])

    def mail_program(self):
        session = mailprograms.imap(self.destination, BOB)
        session.sock.settimeout(self.seconds)
        return session

    def measured_search(self, name, session, *what):
        """The uid of the only one that there is."""
        (uid,) = self.measured(name, lambda: session.uid(
            "search", *what)[1][0].decode().split())
        return uid

    # ---- they are decided

    def accept_one(self, session):
        uid = self.measured_search("searched_subject", session, "SUBJECT",
                                   self.subjects[0])
        self.measured("moved_one", lambda: session.uid("move", uid, "INBOX"))
        self.measured("moved_one_arrived", lambda: labs.received(
            self.destination, BOB, octets_of(self.subjects[0]),
            self.seconds))

    def refuse_marked(self, session):
        session.uid("store", "1:*", "+FLAGS.SILENT", "($Reject)")

    def refuse_moved(self, session):
        session.uid("move", "1:*", "Junk")

    def refuse_while_away(self, session):
        """Nobody hears of it, and it is found later."""
        self.destination.stop()
        self.measured("moved_while_away", lambda: self.refuse_moved(session))
        self.destination.start()

    def refuse_by_command(self, _session):
        """Quicker than any mail program: the stubs have to follow."""
        for row in self.rows(2 * self.count):
            self.destination.ask({"do": "envelope-decide", "id": row["id"],
                                  "verdict": "reject"})

    # How, and what the sender's server hears then.
    WAYS = {"marked": (refuse_marked, "reject"),
            "moved": (refuse_moved, "spam"),
            "moved while away": (refuse_while_away, "spam"),
            "by command": (refuse_by_command, "reject")}

    def holds(self):
        """How many of them the sender's server has in which state."""
        return collections.Counter(
            (hold["state"].lower(), hold["verdict"])
            for hold in self.origin.holds())

    def are_gone(self, session):
        return not (mailprograms.uids(session, "Waiting")
                    or mailprograms.uids(session, "Junk"))

    def decide(self, way):
        """The first is accepted, all others are refused."""
        refuse, verdict = self.WAYS[way]
        with self.mail_program() as session:
            session.select("Waiting")
            self.accept_one(session)
            self.measured("refused", lambda: refuse(self, session))
        self.measured("refusals_told", lambda: self.wait(
            lambda: self.holds() == {("taken", "accept"): 1,
                                     ("refused", verdict): self.count - 1},
            "all to be told"))
        with self.mail_program() as session:
            self.measured("stubs_gone", lambda: self.wait(
                lambda: self.are_gone(session), "no stub"))
            (uid,) = mailprograms.uids(session, "INBOX")
            answer = session.uid("fetch", uid, "(BODY.PEEK[])")[1]
            assert answer[0][1].endswith(octets_of(self.subjects[0]))
        assert not self.by_command()

    def play(self, way):
        """All of it; what goes wrong is an exception."""
        self.remember_memory("before")
        self.fill()
        self.remember_memory("waiting")
        self.look()
        self.remember_memory("looked_at")
        self.decide(way)
        self.remember_memory("decided")

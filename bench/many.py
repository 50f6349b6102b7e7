"""One message for very many recipients, at one domain or many: how soon it is accepted,
how soon all notices are taken, and the memory of that."""

import time

from bench import filling, memory, restante
from lab import mail
from lab.failure import LabError
from lab.lab import Lab

SENDER = "gate@a.test"
BATCH = 500  # RCPTs on their way, and as many again
ANSWER_SECONDS = 600
WAIT_SECONDS = 300
STALL_SECONDS = 60
ROLES = ("front", "keeper", "caller")
OVERLAY = """recipients-max = {recipients}
verbs-per-session = 1000000000
notice-retry-first = "1s"
notice-retry-max = "1s"
sessions-per-address = "unlimited"
"""
ZONE = "*.many.test. MX 10 mx.b.test.\n"


class Wire:
    """A session of smtplib, without its waiting for each reply."""

    def __init__(self, session):
        session.sock.settimeout(ANSWER_SECONDS)
        self.socket = session.sock
        self.replies = session.sock.makefile("rb")

    def send(self, *lines):
        self.socket.sendall(b"".join(line.encode() + b"\r\n"
                                     for line in lines))

    def reply(self):
        """The last line of a reply."""
        while True:
            line = self.replies.readline(4096)
            if not line:
                raise LabError("the server ended the submission")
            if line[3:4] != b"-":
                return line.decode("utf-8", "replace").rstrip()

    def expect(self, code):
        reply = self.reply()
        if not reply.startswith(code):
            raise LabError(f"expected {code} of the submission: {reply}")


def message():
    head = (f"From: <{SENDER}>\r\nTo: <everybody@b.test>\r\n"
            "Date: Sun, 01 Nov 2026 12:00:00 +0000\r\n"
            "Message-ID: <many@bench.test>\r\nSubject: To all\r\n\r\n")
    return head + ("X" * 70 + "\r\n") * 56


def submit(server, names):
    """(seconds of the RCPTs, seconds from the final dot to 250, refusals)"""
    session = mail.signed_in(server, server.user(SENDER))
    try:
        wire = Wire(session)
        started = time.monotonic()
        wire.send(f"MAIL FROM:<{SENDER}>")
        wire.expect("250")
        refused = name_all(wire, names)
        named = time.monotonic()
        wire.send("DATA")
        wire.expect("354")
        wire.send(message() + ".")
        wire.expect("250")
        return named - started, time.monotonic() - named, refused
    finally:
        session.close()


def name_all(wire, names):
    """Pipelined: two batches are on their way. The refusals."""
    batches = [names[at:at + BATCH] for at in range(0, len(names), BATCH)]
    refused, unread = [], 0
    for batch in [*batches, []]:
        if batch:
            wire.send(*(f"RCPT TO:<{name}>" for name in batch))
        replies = [wire.reply() for _ in range(unread)]
        refused += [text for text in replies if not text.startswith("250")]
        unread = len(batch)
    return refused


def wait_for_all(commits, recipients, started):
    """(seconds, how many were taken, holds by state); gives up after WAIT_SECONDS, or when
    none more was taken for STALL_SECONDS."""
    taken, moved = -1, time.monotonic()
    while True:
        holds = commits.status()["counts"]["holds"]
        there = sum(count for state, count in holds.items()
                    if state != "held")
        now = time.monotonic()
        if there != taken:
            taken, moved = there, now
        if taken >= recipients or now - started > WAIT_SECONDS \
                or now - moved > STALL_SECONDS:
            return now - started, taken, holds
        time.sleep(0.1)


def peaks(server):
    return {role: memory.of_role(server, role) for role in ROLES}


def faults_of(origin, destination, recipients, taken, holds):
    """What was lost: not what is still on its way."""
    faults = []
    if sum(holds.values()) != recipients:
        faults.append(f"{sum(holds.values())} holds for {recipients}")
    if holds["noticed"] + holds["held"] != recipients:
        faults.append(f"holds ended: {holds}")
    pending = destination.status()["counts"]["notices"]["pending"]
    if pending < taken or pending > recipients:
        faults.append(f"{taken} notices were taken, {pending} are there")
    if origin.status()["counts"]["messages"] != 1:
        faults.append("the message is stored more than once, or not")
    return faults


def domain_names(domains):
    """As bench-fill has them; none: all are at b.test."""
    return [f"d{n}.many.test" for n in range(domains)]


def one_message(lab, recipients, domains, report):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    places = domain_names(domains) or ["b.test"]
    names = [f"crowd{n}@{places[n % len(places)]}" for n in range(recipients)]
    before, commits = peaks(origin), restante.Commits(origin)
    naming, storing, refused = submit(origin, names)
    accepted = time.monotonic()
    at_once = commits.status()["counts"]["holds"]["noticed"]
    after_250 = peaks(origin)
    report.say(f"{recipients} recipients: accepted after"
               f" {naming + storing:.1f} s; {at_once} notices were taken"
               " then")
    seconds, taken, holds = wait_for_all(commits, recipients, accepted)
    faults = [f"refused: {text}" for text in refused[:3]]
    faults += faults_of(origin, destination, recipients, taken, holds)
    return {
        "recipients": recipients, "domains": len(places),
        "seconds_naming": round(naming, 3),
        "seconds_storing": round(storing, 3),
        "seconds_until_250": round(naming + storing, 3),
        "taken_at_250": at_once,
        "seconds_until_taken": round(seconds, 1),
        "taken": taken,
        "notices_a_second": round((taken - at_once) / seconds, 1)
        if seconds > 0 else None,
        "bodies_stored": origin.status()["counts"]["messages"],
        "longest_commit_ms": commits.figures()["longest_commit_ms"],
        "memory_mib_before": before, "memory_mib_at_250": after_250,
        "memory_mib_after": peaks(origin),
        "memory_mib_destination": peaks(destination),
    }, faults


def measure(folder, recipients, domains, report):
    """(figures, what went wrong)"""
    lab = Lab(folder)
    lab.up(OVERLAY.format(recipients=recipients), ZONE)
    try:
        destination = lab.server("b.test")
        destination.stop()
        filling.fill([destination], 0, 0, recipients, domains)
        destination.lay_over("domains = {" + ", ".join(
            f'"{name}"' for name in ["b.test", *domain_names(domains)])
            + "}\n")
        destination.start()
        return one_message(lab, recipients, domains, report)
    finally:
        lab.down()

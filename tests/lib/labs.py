"""What scenarios ask of a lab: send, wait for it, read it."""

import base64
import email
import email.policy
import itertools
import json
import os

from lab import compare, control, mail
from lab.failure import wait_until
from lab.world import PLAYED_HOSTS
from tests.lib.wire import dial, trusting

SECONDS = 30

# Names and addresses of hosts that tests play.
PLAYED = PLAYED_HOSTS

# Pauses of minutes become seconds, so that a second try can be seen. And all
# scenarios of a shared lab ask from the same few addresses, many of them for
# what is not theirs: together they would be slowed down and then denied as one
# host that guesses. Counting stays on, at no cost; tests/scenario/
# test_guessing.py sets the costs.
SCENARIO_SETTINGS = """\
auth-fail-delay = "0s"
fail-delay-first = "0s"
fail-limit = "unlimited"
complaints-slow = "unlimited"
complaints-suspend = "unlimited"
notice-retry-first = "1s"
notice-retry-max = "2s"
pull-retries = {"1s", "1s", "2s", "2s"}
pull-delay-max = "0s"
"""

# Most scenarios are about General Delivery; the other dialects have their own.
GENERAL_DELIVERY = """\
speak = {"gdel", "push"}
offer = {"gdel"}
"""
# As it is when nobody says anything.
EVERY_DIALECT = """\
speak = {"envelope", "msid", "gdel", "push"}
offer = {"envelope", "msid", "gdel"}
"""

# As long as a server or its disk may be away in a test, and longer: the clocks
# of some run ten times as fast.
PATIENCE = "pull-retries = {%s}\n" % ", ".join(["\"1s\""] * 900)

_numbers = itertools.count(1)


def unique(word="n"):
    """A word that no other test uses."""
    return f"{word}-{os.getpid()}-{next(_numbers)}"


def message(sender="alice@a.test", recipient="carol@b.test", more="",
            body="Hello.\r\n", subject=None):
    """A small message with a subject of its own, as octets."""
    return (f"From: <{sender}>\r\nTo: <{recipient}>\r\n"
            f"Subject: {subject or unique('subject')}\r\n{more}\r\n"
            f"{body}").encode()


def subject_of(octets):
    parsed = email.message_from_bytes(octets, policy=email.policy.compat32)
    return parsed["Subject"]


def send(server, sender, recipients, octets):
    """Submits as SENDER; the reply must be 250."""
    session = mail.signed_in(server, server.user(sender))
    code, reply = mail.submit(session, sender, recipients, octets)
    session.quit()
    assert code == 250, reply
    return reply


def received(server, recipient, wanted, seconds=SECONDS):
    """The octets, in CRLF form, of the first message in the Maildir of
    RECIPIENT that has all of WANTED in it; waits for it."""
    maildir = server.user(recipient)["maildir"]

    def look():
        for path in compare.maildir_files(maildir):
            octets = compare.read_delivered(path)
            if wanted in octets:
                return octets
        return None

    return wait_until(look, seconds, f"{wanted!r} at {recipient}")


def count_received(server, recipient, wanted):
    maildir = server.user(recipient)["maildir"]
    return sum(wanted in compare.read_delivered(path)
               for path in compare.maildir_files(maildir))


# People who are asked (mode ask) decide by the command line.

def envelopes(server, user="bob@b.test", every=False):
    """Envelopes of USER as `envelope list --json` tells them."""
    more = ["--all"] if every else []
    code, output, errors = server.command("envelope", "list", user, "--json",
                                          *more)
    assert code == 0, errors
    return json.loads(output)["envelopes"]


def envelope_of(server, wanted, user="bob@b.test", seconds=SECONDS):
    """The envelope with the subject WANTED that USER is to decide about;
    waits for it."""
    def look():
        for one in envelopes(server, user):
            if one["subject"] == wanted:
                return one
        return None

    return wait_until(look, seconds, f"an envelope {wanted!r} for {user}")


def show(server, identifier):
    """The envelope as `envelope show --json` tells it."""
    code, output, errors = server.command("envelope", "show", identifier,
                                          "--json")
    assert code == 0, errors
    return json.loads(output)


def decide(server, verdict, envelope):
    """`envelope VERDICT`, which must succeed; the state it led to."""
    code, output, errors = server.command("envelope", verdict,
                                          envelope["id"], "--json")
    assert code == 0, errors
    return json.loads(output)["state"]


# What users decide and to whom they write is learned for later messages.

def entries(server, user, side="incoming"):
    """The entries of a list of USER."""
    return control.pages(server.control, {
        "do": "list-show", "user": user, "side": side}, "entries")


def forget_lists(server):
    """Nobody at SERVER has heard anything of anybody yet."""
    users = control.pages(server.control, {"do": "user-list"}, "users")
    for user in (one["address"] for one in users):
        for side in ("incoming", "outgoing"):
            for entry in entries(server, user, side):
                # It may have gone with another one of its address.
                server.ask({"do": "list-forget", "user": user, "side": side,
                            "address": entry["address"]})


def accept(server, octets, user="bob@b.test"):
    """USER is asked about the message OCTETS, and wants it."""
    decide(server, "accept", envelope_of(server, subject_of(octets), user))


def log_text(server):
    with open(server.log, encoding="utf-8", errors="replace") as file:
        return file.read()


def holds_for(server, recipient):
    return [hold for hold in server.holds()
            if hold["to"] == recipient]


def wait_for_hold(server, recipient, *states, seconds=SECONDS):
    """The first hold for RECIPIENT that is in one of STATES."""
    def look():
        for hold in holds_for(server, recipient):
            if hold["state"].lower() in states:
                return hold
        return None

    return wait_until(look, seconds, f"a hold for {recipient} {states}")


def wait_for_quiet(server):
    """Until nothing more is on its way into SERVER's mailboxes: what comes
    after what was there before has then come, too."""
    octets = message("x@nowhere.example")
    with connect(server) as wire:
        wire.ask("EHLO client.test")
        wire.ask("MAIL FROM:<x@nowhere.example>")
        user = server.users[0]["address"]
        wire.ask(f"RCPT TO:<{user}>")
        wire.ask("DATA")
        wire.send_content(octets)
        assert wire.reply() == 250
    received(server, user, subject_of(octets).encode())


def connect(server, port="smtp", source="127.0.0.1", greet=True):
    """A raw connection to one of SERVER's ports."""
    wire = dial(server.address, server.ports[port], source)
    if greet:
        assert wire.reply() == 220
    return wire


def secure(server, wire):
    """EHLO, STARTTLS and EHLO again on WIRE."""
    assert wire.ask("EHLO client.test") == 250
    assert wire.ask("STARTTLS") == 220
    wire.begin_tls(trusting(server.lab.ca), server.hostname)
    return wire.ask("EHLO client.test")


def signed_in(server, address):
    """A raw submission session, signed in as ADDRESS."""
    wire = connect(server, "submission")
    assert secure(server, wire) == 250
    password = server.user(address)["password"]
    secret = base64.b64encode(f"\0{address}\0{password}".encode()).decode()
    assert wire.ask("AUTH PLAIN " + secret) == 235
    return wire

"""What people see of envelopes in their mailboxes, and do there."""

import json

from lab.failure import wait_until
from tests.lib import labs

ALICE, BOB = "alice@a.test", "bob@b.test"
TOKEN = "X-Restante-Envelope"


def send(destination):
    """A message of Alice to Bob, as octets."""
    octets = labs.message(recipient=BOB)
    labs.send(destination.lab.server("a.test"), ALICE, [BOB], octets)
    return octets


def find(session, folder, octets, stub):
    """The messages of that subject in FOLDER, stubs or others."""
    if session.select(f'"{folder}"')[0] != "OK":
        return []
    session.noop()
    subject = labs.subject_of(octets)
    found = session.uid("search", "SUBJECT", subject)[1][0].decode().split()
    stubs = session.uid("search", "SUBJECT", subject, "HEADER", TOKEN,
                        "\"\"")[1][0].decode().split()
    return [uid for uid in found if (uid in stubs) == stub]


def stub_of(session, octets):
    """Its uid in Waiting; waits for it."""
    return wait_until(lambda: find(session, "Waiting", octets, True),
                      labs.SECONDS, "the stub")[0]


def vanishes(session, octets, folder="Waiting"):
    wait_until(lambda: not find(session, folder, octets, True), labs.SECONDS,
               f"no stub in {folder}")


def arrives(session, octets, folder="INBOX"):
    """Waits until the whole message is there, and its uid is known."""
    uid = wait_until(lambda: find(session, folder, octets, False),
                     labs.SECONDS, f"the message in {folder}")[0]
    answer = session.uid("fetch", uid, "(BODY.PEEK[])")[1]
    assert answer[0][1].endswith(octets)
    return uid


def move(session, uid, folder):
    assert session.uid("move", uid, f'"{folder}"')[0] == "OK"


def hold_of(destination, octets):
    """What the sender's server knows of that message."""
    code, text, _ = destination.lab.server("a.test").command(
        "held", "list", "--all", "--json")
    assert code == 0
    return next(row for row in json.loads(text)["held"]
                if row["subject"] == labs.subject_of(octets))


def hold_becomes(destination, octets, state, verdict):
    def look():
        row = hold_of(destination, octets)
        return row["state"] == state and row["verdict"] == verdict
    wait_until(look, labs.SECONDS, f"a hold {state}, {verdict}")

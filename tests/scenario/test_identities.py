"""Other addresses of users (SM-08 to SM-10): what comes for one is its user's,
who may write under it and sign in with it; one mailbox, one password."""

import json
import smtplib

import pytest

from lab import mail
from lab.failure import wait_until
from tests.lib import labs, mailprograms
from tests.lib.labs import unique
from tests.lib.users import Visitor

ALICE, BOB, CAROL = "alice@a.test", "bob@b.test", "carol@b.test"


@pytest.fixture(scope="module", name="lab")
def lab_that_is_read(make_reading_lab):
    return make_reading_lab(labs.EVERY_DIALECT)


@pytest.fixture(name="destination")
def destination_where_nobody_is_listed(lab):
    yield lab.server("b.test")
    for server in lab.servers:
        labs.forget_lists(server)


def identity(server, user, address=None):
    """Another address of USER."""
    address = address or unique("desk") + "@" + server.domain
    code, _, errors = server.command("identity", "add", user, address)
    assert code == 0, errors
    return address


def known_to_lab(server, address, user):
    """The lab knows ADDRESS as one that signs in with the password of USER."""
    return {**server.user(user), "address": address}


def sent(lab, recipients, to=None):
    octets = labs.message(recipient=to or recipients[0])
    labs.send(lab.server("a.test"), ALICE, recipients, octets)
    return octets


# ---- what comes

# SM-08
def test_what_comes_for_another_address_lies_in_the_one_mailbox(
        lab, destination):
    desk = identity(destination, CAROL)
    octets = sent(lab, [desk.upper().replace("B.TEST", "b.test")], to=desk)
    received = labs.received(destination, CAROL,
                             labs.subject_of(octets).encode())
    assert received.endswith(octets)


# SM-08
def test_the_user_is_asked_about_it_and_decides(lab, destination):
    desk = identity(destination, BOB)
    octets = sent(lab, [desk])
    envelope = labs.envelope_of(destination, labs.subject_of(octets), BOB)
    assert labs.decide(destination, "accept", envelope) == "wanted"
    labs.received(destination, BOB, octets)
    hold = labs.wait_for_hold(lab.server("a.test"), desk, "taken")
    assert hold["verdict"] == "accept"


# SM-08 DM-23: as a stub, too
def test_its_stub_is_in_the_users_waiting(lab, destination):
    desk = identity(destination, BOB)
    octets = sent(lab, [desk])
    with mailprograms.imap(destination, BOB) as session:
        uid = wait_until(lambda: mailprograms.uids(
            session, "Waiting", "SUBJECT", labs.subject_of(octets)),
            labs.SECONDS, "the stub")[0]
        assert session.uid("move", uid, "INBOX")[0] == "OK"
    labs.received(destination, BOB, octets)


def test_a_message_to_both_addresses_is_asked_about_for_each(
        lab, destination):
    desk = identity(destination, BOB)
    octets = sent(lab, [desk, BOB])

    def look():
        rows = [one for one in labs.envelopes(destination, BOB)
                if one["subject"] == labs.subject_of(octets)]
        return rows if len(rows) == 2 else None

    one, other = wait_until(look, labs.SECONDS, "two envelopes")
    labs.decide(destination, "accept", one)
    labs.decide(destination, "reject", other)
    wanted = labs.subject_of(octets)
    labs.received(destination, BOB, octets)

    def ends():
        return sorted((hold["state"], hold["verdict"])
                      for hold in lab.server("a.test").holds()
                      if hold["subject"] == wanted)

    wait_until(lambda: ends() == [("refused", "reject"), ("taken", "accept")],
               labs.SECONDS, "both holds to end as they were decided")
    assert labs.count_received(destination, BOB, octets) == 1


def test_the_list_of_the_user_counts_for_it(lab, destination):
    desk = identity(destination, BOB)
    code, _, errors = destination.command("list", "allow", BOB, ALICE)
    assert code == 0, errors
    octets = sent(lab, [desk])
    labs.received(destination, BOB, octets)


def test_local_mail_and_postmasters_mail_reach_the_user(lab, destination):
    identity(destination, CAROL, "postmaster@b.test")
    octets = labs.message(BOB, "postmaster@b.test")
    labs.send(destination, BOB, ["postmaster@b.test"], octets)
    labs.received(destination, CAROL, labs.subject_of(octets).encode())
    octets = labs.message("x@nowhere.example", "postmaster")
    with labs.connect(destination) as wire:
        for line in ("EHLO client.test", "MAIL FROM:<x@nowhere.example>",
                     "RCPT TO:<postmaster>"):
            assert wire.ask(line) == 250
        assert wire.ask("DATA") == 354
        wire.send_content(octets)
        assert wire.reply() == 250
    labs.received(destination, CAROL, labs.subject_of(octets).encode())
    assert destination.command("identity", "remove",
                               "postmaster@b.test")[0] == 0


# ---- what is written

# SM-09 SM-10
def test_a_user_writes_under_any_address_of_theirs(lab, destination):
    origin = lab.server("a.test")
    desk = identity(origin, ALICE)
    session = mail.signed_in(origin, origin.user(ALICE))
    for sender, author in ((desk, desk), (ALICE, desk), (desk, ALICE)):
        octets = labs.message(author, CAROL)
        code, reply = mail.submit(session, sender, [CAROL], octets)
        assert code == 250, reply
        received = labs.received(destination, CAROL,
                                 labs.subject_of(octets).encode())
        assert f"Return-Path: <{sender}>".encode() in received
    session.quit()


# SM-10
def test_nobody_writes_under_somebody_elses(lab):
    origin = lab.server("a.test")
    code, _, errors = origin.command("user", "add", "amy@a.test",
                                     password="right")
    assert code == 0, errors
    desk = identity(origin, "amy@a.test")
    session = mail.signed_in(origin, origin.user(ALICE))
    code, _ = mail.submit(session, desk, [CAROL], labs.message(desk, CAROL))
    assert code == 550
    code, _ = mail.submit(session, ALICE, [CAROL], labs.message(desk, CAROL))
    assert code == 550
    session.quit()


# SM-09
def test_a_user_signs_in_with_any_address_and_the_one_password(
        lab, destination):
    desk = identity(destination, BOB)
    user = known_to_lab(destination, desk, BOB)
    octets = sent(lab, [BOB])
    labs.envelope_of(destination, labs.subject_of(octets), BOB)
    session = mail.signed_in(destination, user)
    assert mail.submit(session, desk, [ALICE],
                       labs.message(desk, ALICE))[0] == 250
    session.quit()
    with Visitor(destination) as visitor:
        items = visitor.sign_in(desk, user["password"])
        assert any(item.subject == labs.subject_of(octets) for item in items)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        mail.signed_in(destination, {**user, "password": "wrong"})


def test_a_mail_program_signs_in_with_it_into_the_same_mailbox(
        lab, destination):
    desk = identity(destination, BOB)
    octets = sent(lab, [BOB])
    labs.accept(destination, octets)
    labs.received(destination, BOB, octets)
    destination.row["users"].append(known_to_lab(destination, desk, BOB))
    with mailprograms.imap(destination, desk) as session:
        assert mailprograms.uids(session, "INBOX", "SUBJECT",
                                 labs.subject_of(octets))


# SM-10, at the user service
def test_a_visitor_writes_under_any_address_of_theirs(destination):
    desk = identity(destination, BOB)
    user = destination.user(BOB)
    with Visitor(destination) as visitor:
        visitor.sign_in(BOB, user["password"])
        assert visitor.ask(f"mail From:<{desk}>") == 250
        assert visitor.ask(f"rcpt to {CAROL}") == 250
        assert visitor.ask("data") == 354
        subject = unique("subject")
        visitor.wire.send_content(f"Subject: {subject}\r\n\r\nHi\r\n".encode())
        assert visitor.reply() == 250
        assert visitor.ask(f"mail From:<{CAROL}>") == 550
    received = labs.received(destination, CAROL, subject.encode())
    assert f"From: <{desk}>".encode() in received


# ---- the command line

def test_identities_are_shown_and_taken_away(destination):
    erin = unique("erin") + "@b.test"
    assert destination.command("user", "add", erin, password="x")[0] == 0
    desks = sorted(identity(destination, erin) for _ in range(2))
    code, text, _ = destination.command("identity", "list", erin, "--json")
    assert code == 0
    rows = json.loads(text)["identities"]
    assert [one["address"] for one in rows] == desks
    assert {one["user"] for one in rows} == {erin}
    code, text, _ = destination.command("user", "show", erin, "--json")
    assert json.loads(text)["user"]["identities"] == desks
    code, text, _ = destination.command("user", "show", desks[0])
    assert code == 0 and erin in text and desks[1] in text
    code, text, _ = destination.command("identity", "remove", desks[0])
    assert (code, text) == (0, f"{desks[0]} is nobody's address any more.\n")
    assert destination.command("identity", "remove", desks[0])[0] == 66
    with labs.connect(destination) as wire:
        assert wire.ask("EHLO client.test") == 250
        assert wire.ask("MAIL FROM:<x@nowhere.example>") == 250
        assert wire.ask(f"RCPT TO:<{desks[0]}>") == 550


@pytest.mark.parametrize("user, address, code, words", [
    ("nobody@b.test", "x1@b.test", 67, "no such user"),
    (BOB, CAROL, 65, "is an account, or somebody else's"),
    (BOB, "x1@elsewhere.test", 65, "none of ours"),
    (BOB, "x1", 65, "address"),
])
def test_what_cannot_be_an_identity_is_told(destination, user, address, code,
                                            words):
    told, _, errors = destination.command("identity", "add", user, address)
    assert told == code
    assert words in errors


def test_whoever_takes_it_for_an_account_is_told_whose_it_is(destination):
    desk = identity(destination, BOB)
    for command in (("list", "show"), ("list", "allow"), ("held", "list"),
                    ("envelope", "list"), ("identity", "list")):
        more = [ALICE] if command[1] == "allow" else []
        code, _, errors = destination.command(*command, desk, *more)
        assert code == 67
        assert f"{desk} is another address of {BOB}" in errors
    assert destination.command("user", "add", desk, password="x")[0] == 65

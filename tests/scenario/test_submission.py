"""Our own users: signed in over TLS, and under their own name only."""

import base64

import pytest

from lab import mail
from lab.failure import wait_until
from tests.lib import labs
from tests.lib.wire import Closed, dial


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def plain(address, password):
    return encoded(f"\0{address}\0{password}")


def secured(server):
    wire = labs.connect(server, "submission")
    return wire, labs.secure(server, wire)


# GD-66 AT-06
def test_no_password_is_taken_in_clear(origin):
    with labs.connect(origin, "submission") as wire:
        assert "AUTH" not in wire.ask("EHLO client.test").keywords()
        assert wire.ask("AUTH PLAIN " + plain("alice@a.test", "x")) \
            == "538 5.7.11"
        assert wire.ask("AUTH LOGIN") == "538 5.7.11"


# IM-03 SM-02
def test_nothing_is_taken_from_whom_we_do_not_know(origin):
    wire, told = secured(origin)
    with wire:
        assert set(told.keywords()["AUTH"].split()) == {"PLAIN", "LOGIN"}
        assert wire.ask("MAIL FROM:<alice@a.test>") == "530 5.7.0"


def test_a_wrong_password_and_an_unknown_user_hear_the_same(origin):
    wire, _ = secured(origin)
    with wire:
        wrong = wire.ask("AUTH PLAIN " + plain("alice@a.test", "wrong"))
        unknown = wire.ask("AUTH PLAIN " + plain("nobody@a.test", "wrong"))
    assert wrong == "535 5.7.8"
    assert wrong.lines == unknown.lines


# JB-09
def test_whoever_tries_a_password_waits_and_nobody_else_does(make_lab):
    origin = make_lab('auth-fail-delay = "1m"\n').server("a.test")
    wire, _ = secured(origin)
    with wire:
        wire.send_line("AUTH PLAIN " + plain("alice@a.test", "wrong"))
        wait_until(lambda: "sign-in-refused service=submission" in labs.log_text(origin),
                   labs.SECONDS, "the refusal")
        labs.signed_in(origin, "alice@a.test").close()
        assert not wire.has_octets()


def test_each_way_to_sign_in_works(origin):
    alice = origin.user("alice@a.test")
    secret = plain(alice["address"], alice["password"])
    wire, _ = secured(origin)
    with wire:
        assert wire.ask("AUTH PLAIN " + secret) == 235
        assert wire.ask("AUTH PLAIN " + secret) == 503
    wire, _ = secured(origin)
    with wire:
        assert wire.ask("AUTH PLAIN") == 334
        assert wire.ask(secret) == 235
    wire, _ = secured(origin)
    with wire:
        assert wire.ask("AUTH LOGIN") == 334
        assert wire.ask(encoded(alice["address"])) == 334
        assert wire.ask(encoded(alice["password"])) == 235


def test_signing_in_can_be_given_up_and_malformed(origin):
    wire, _ = secured(origin)
    with wire:
        assert wire.ask("AUTH LOGIN") == 334
        assert wire.ask("*") == 501
        assert wire.ask("AUTH PLAIN !!!") == 501
        assert wire.ask("AUTH CRAM-MD5") == 504
        assert wire.ask("NOOP") == 250


def test_the_other_port_speaks_tls_from_the_first_octet(origin):
    wire = dial(origin.address, origin.ports["submissions"])
    with wire:
        wire.begin_tls(labs.trusting(origin.lab.ca), origin.hostname)
        assert wire.reply() == 220
        told = wire.ask("EHLO client.test").keywords()
        assert "AUTH" in told and "STARTTLS" not in told
    with dial(origin.address, origin.ports["submissions"]) as wire:
        wire.send_line("EHLO client.test")
        with pytest.raises((Closed, ValueError)):
            wire.reply()


# SM-10
def test_the_sender_must_be_ones_own_address(origin):
    with labs.signed_in(origin, "alice@a.test") as wire:
        for other in ("gate@a.test", "carol@b.test", "", "alice@b.test"):
            assert wire.ask(f"MAIL FROM:<{other}>") == "550 5.7.1"
        assert wire.ask("MAIL FROM:<ALICE@A.TEST>") == 250


# SM-10
@pytest.mark.parametrize("more, code", [
    ("From: <carol@b.test>\r\n", 550),
    ("From: alice@a.test, carol@b.test\r\n", 550),
    ("From: alice@a.test\r\nFrom: carol@b.test\r\n", 550),
    ("From: \"alice@a.test\" <carol@b.test>\r\n", 550),
    ("From: Alice <alice@a.test>\r\n", 250),
    ("From: Alice (carol@b.test) <Alice@A.test>\r\n", 250),
])
def test_the_author_must_be_oneself(origin, more, code):
    with labs.signed_in(origin, "alice@a.test") as wire:
        assert wire.ask("MAIL FROM:<alice@a.test>") == 250
        assert wire.ask("RCPT TO:<carol@b.test>") == 250
        assert wire.ask("DATA") == 354
        wire.send_content((more + "Subject: who\r\n\r\nme\r\n").encode())
        assert wire.reply().code == code


def test_a_gate_may_send_what_others_wrote(origin, destination):
    octets = labs.message("somebody@elsewhere.example")
    labs.send(origin, "gate@a.test", ["carol@b.test"], octets)
    labs.received(destination, "carol@b.test",
                  labs.subject_of(octets).encode())


# RF-06
def test_content_may_come_in_chunks(origin, destination):
    octets = labs.message()
    half = len(octets) // 2
    with labs.signed_in(origin, "alice@a.test") as wire:
        assert wire.ask("MAIL FROM:<alice@a.test>") == 250
        assert wire.ask("RCPT TO:<carol@b.test>") == 250
        wire.send(f"BDAT {half}\r\n".encode() + octets[:half])
        assert wire.reply() == 250
        assert wire.ask("DATA") == 503
        wire.send(f"BDAT {len(octets) - half} LAST\r\n".encode()
                  + octets[half:])
        assert wire.reply() == 250
    labs.received(destination, "carol@b.test",
                  labs.subject_of(octets).encode())


def test_an_unknown_recipient_here_is_refused_at_once(origin):
    with labs.signed_in(origin, "alice@a.test") as wire:
        assert wire.ask("MAIL FROM:<alice@a.test>") == 250
        assert wire.ask("RCPT TO:<nobody@a.test>") == "550 5.1.1"
        assert wire.ask("RCPT TO:<gate@a.test>") == 250


# GD-61
def test_a_user_may_send_so_many_a_day(make_lab):
    server = make_lab("submit-rate = 2\n").server("a.test")
    session = mail.signed_in(server, server.user("alice@a.test"))
    codes = [mail.submit(session, "alice@a.test", ["gate@a.test"],
                         labs.message())[0] for _ in range(3)]
    session.quit()
    assert codes == [250, 250, 450]


# IM-02 AT-12
def test_what_waits_counts_against_the_senders_quota(make_lab):
    lab = make_lab('hold-quota = "100 KiB"\n')
    server = lab.server("a.test")
    body = ("x" * 70 + "\r\n") * 1000
    session = mail.signed_in(server, server.user("alice@a.test"))
    codes = [mail.submit(session, "alice@a.test", ["dave@c.test"],
                         labs.message(body=body))[0] for _ in range(2)]
    session.quit()
    assert codes == [250, 452]

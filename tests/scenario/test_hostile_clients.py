"""Clients that do what no client should: bounded, answered, closed; and the
server is as well as before."""

import random

import pytest

from tests.lib import labs
from tests.lib.labs import unique
from tests.lib.wire import Closed

RECIPIENTS_MAX = 1000
VERBS_MAX = 10000
SESSIONS_MAX = 100


@pytest.fixture(autouse=True)
def still_well(destination):
    """After each test somebody else is served."""
    yield
    with labs.connect(destination, source="127.0.55.1") as wire:
        assert wire.ask("EHLO client.test") == 250
        assert wire.ask("QUIT") == 221


def test_no_command_works_without_a_greeting(destination):
    with labs.connect(destination) as wire:
        for line in ("MAIL FROM:<x@nowhere.example>", "RCPT TO:<carol@b.test>",
                     "DATA", "BDAT 1 LAST"):
            if line.startswith("BDAT"):
                wire.send(b"BDAT 1 LAST\r\nx")
                assert wire.reply() == 503
            else:
                assert wire.ask(line) == 503


@pytest.mark.parametrize("octets", [
    b"NOOP\0\r\n", b"NO\rOP\r\n", b"NOOP\nNOOP\r\n", b"\xff\xfe\xfd\r\n",
    b"\r\n", b" NOOP\r\n"])
def test_a_malformed_line_is_one_fault(destination, octets):
    with labs.connect(destination) as wire:
        wire.ask("EHLO client.test")
        wire.send(octets)
        assert wire.reply() == "500 5.5.2"
        assert wire.ask("NOOP") == 250


def test_a_line_without_end_is_never_stored(destination):
    with labs.connect(destination) as wire:
        wire.ask("EHLO client.test")
        for _ in range(100):
            wire.send(b"X" * 10000)
        wire.send(b"\r\n")
        assert wire.reply() == "500 5.5.2"
        assert wire.ask("NOOP") == 250


def test_a_hundred_thousand_recipients_end_the_session(destination):
    accepted, said = 0, 0
    with labs.connect(destination) as wire:
        wire.ask("EHLO client.test")
        assert wire.ask("MAIL FROM:<x@nowhere.example>") == 250
        with pytest.raises(Closed):
            while said < 100000:
                wire.send(b"RCPT TO:<carol@b.test>\r\n" * 100)
                for _ in range(100):
                    reply = wire.reply()
                    said += 1
                    assert reply.code in (250, 421, 452), reply
                    accepted += reply == 250
        assert reply == "421 4.7.0"
    assert accepted <= RECIPIENTS_MAX
    assert said <= VERBS_MAX


def test_nonsense_without_end_is_cut_off(destination):
    with labs.connect(destination) as wire:
        wire.ask("EHLO client.test")
        replies = []
        with pytest.raises(Closed):
            while len(replies) < 200:
                replies.append(wire.ask("XYZZY"))
    assert replies[0] == "500 5.5.2"
    assert replies[-1] == "421 4.7.0"


@pytest.mark.parametrize("seed", range(5))
def test_random_octets_do_no_harm(destination, seed):
    chance = random.Random(seed)
    with labs.connect(destination) as wire:
        try:
            for _ in range(20):
                wire.send(chance.randbytes(3000))
            wire.send(b"\r\nQUIT\r\n")
            while not wire.is_closed():
                wire.unread = b""
        except (Closed, OSError):
            pass  # closed by the other side: as good


def test_too_many_sessions_from_one_address_are_put_off(destination):
    wires, codes = [], []
    try:
        for _ in range(SESSIONS_MAX + 10):
            wires.append(labs.connect(destination, source="127.0.66.1",
                                      greet=False))
            codes.append(wires[-1].reply().code)
    finally:
        for wire in wires:
            wire.close()
    assert codes.count(220) == SESSIONS_MAX
    assert set(codes) == {220, 421}


def test_a_connection_lost_within_content_leaves_nothing(destination):
    mark = unique("lost")
    with labs.connect(destination) as wire:
        wire.ask("EHLO client.test")
        wire.ask("MAIL FROM:<x@nowhere.example>")
        wire.ask("RCPT TO:<carol@b.test>")
        assert wire.ask("DATA") == 354
        wire.send(f"Subject: {mark}\r\n\r\nhalf of it\r\n.".encode())
    labs.wait_for_quiet(destination)
    assert labs.count_received(destination, "carol@b.test", mark.encode()) == 0


# GD-66 RFC 5321: no open relay
@pytest.mark.parametrize("recipient", [
    "dave@c.test", "dave%c.test@b.test", "@c.test:dave@d.test",
    '"dave@c.test"@b.test', "dave@[127.0.3.1]", "carol@b.test.c.test"])
def test_mail_for_others_is_not_relayed(destination, recipient):
    with labs.connect(destination) as wire:
        wire.ask("EHLO client.test")
        assert wire.ask("MAIL FROM:<x@nowhere.example>") == 250
        assert wire.ask(f"RCPT TO:<{recipient}>").code in (550, 501, 553)


def test_nobody_here_of_that_name_is_said_at_once(destination):
    with labs.connect(destination) as wire:
        wire.ask("EHLO client.test")
        wire.ask("MAIL FROM:<x@nowhere.example>")
        assert wire.ask("RCPT TO:<nobody@b.test>") == "550 5.1.1"
        assert wire.ask("RCPT TO:<CAROL@B.TEST>") == 250


def test_a_size_above_the_limit_is_refused_before_it_comes(destination):
    with labs.connect(destination) as wire:
        wire.ask("EHLO client.test")
        assert wire.ask("MAIL FROM:<x@nowhere.example> SIZE=99999999999") \
            == "552 5.3.4"


# AT-23
def test_a_message_that_went_round_in_circles_is_refused(destination):
    trace = "Received: from x by y; Sat, 21 Nov 2026 10:00:00 +0000\r\n"
    with labs.connect(destination) as wire:
        wire.ask("EHLO client.test")
        wire.ask("MAIL FROM:<x@nowhere.example>")
        wire.ask("RCPT TO:<carol@b.test>")
        assert wire.ask("DATA") == 354
        wire.send_content((trace * 120 + "Subject: ring\r\n\r\n").encode())
        assert wire.reply() == "554 5.4.6"

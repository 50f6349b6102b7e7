"""Only CRLF.CRLF ends a message. Each known way to make two servers disagree
about that is tried at the door for servers and at the one for users."""

import pytest

from tests.lib import labs
from tests.lib.labs import unique

FORMS = [
    b"\n.\n", b"\n.\r", b"\n.\r\n", b"\r.\n", b"\r.\r", b"\r.\r\n",
    b"\r\n.\n", b"\r\n.\r", b"\r\n\0.\r\n", b"\r\n.\0\r\n",
    b"\r\n.\r\r\n", b"\r\r\n.\r\r\n",
]
NAMES = [form.decode().encode("unicode_escape").decode() for form in FORMS]


def begin_message(wire, sender):
    assert wire.ask(f"MAIL FROM:<{sender}>") == 250
    assert wire.ask("RCPT TO:<carol@b.test>") == 250
    assert wire.ask("DATA") == 354


def smuggle(wire, sender, form):
    """One message, with another behind FORM. Its mark."""
    mark = unique("smuggled")
    begin_message(wire, sender)
    wire.send(f"From: <{sender}>\r\nSubject: {mark}\r\n\r\nbody".encode()
              + form +
              f"MAIL FROM:<{sender}>\r\nRCPT TO:<carol@b.test>\r\nDATA\r\n"
              f"From: <{sender}>\r\nSubject: {mark}\r\n\r\nhello"
              "\r\n.\r\n".encode())
    return mark.encode()


def assert_one_refusal(wire, server, mark):
    assert wire.reply() == "554 5.6.0"
    # Whatever else had been understood would be answered before this.
    assert wire.ask("VRFY carol") == 252
    assert labs.count_received(server, "carol@b.test", mark) == 0


# AT-16
@pytest.mark.parametrize("form", FORMS, ids=NAMES)
def test_no_false_end_is_believed_from_a_server(destination, form):
    with labs.connect(destination) as wire:
        wire.ask("EHLO client.test")
        mark = smuggle(wire, "x@nowhere.example", form)
        assert_one_refusal(wire, destination, mark)


# AT-16
@pytest.mark.parametrize("form", FORMS, ids=NAMES)
def test_no_false_end_is_believed_from_a_user(origin, destination, form):
    with labs.signed_in(origin, "alice@a.test") as wire:
        mark = smuggle(wire, "alice@a.test", form)
        assert_one_refusal(wire, destination, mark)


# AT-16
@pytest.mark.parametrize("form", FORMS, ids=NAMES)
def test_no_false_end_is_believed_in_a_pulled_message(
        destination, c_test, form):
    identifier, mark = unique("id"), unique("smuggled").encode()
    octets = b"From: <dora@c.test>\r\nSubject: " + mark + b"\r\n\r\nbody" \
        + form + b"\r\nRETR other\r\n"
    with c_test.door() as door:
        assert c_test.leave_notice(destination.address, identifier) == 250
        reply = None
        while reply is None:
            with door.meet() as wire:
                c_test.greet_as_server(wire)
                if wire.line().decode() == "RETR " + identifier:
                    wire.send_line("250 OK")
                    for line in ("MAIL FROM:<dora@c.test>",
                                 "RCPT TO:<carol@b.test>", "DATA"):
                        assert wire.ask(line).code in (250, 354)
                    wire.send(octets + b".\r\n")
                    reply = wire.reply()
    assert reply == "554 5.6.0"
    assert labs.count_received(destination, "carol@b.test", mark) == 0


# AT-16
@pytest.mark.parametrize("port", ["smtp", "submission"])
def test_what_was_said_before_tls_is_forgotten(origin, port):
    with labs.connect(origin, port) as wire:
        assert wire.ask("EHLO client.test") == 250
        wire.send(b"STARTTLS\r\nMAIL FROM:<x@nowhere.example>\r\n")
        reply = wire.reply()
        if reply == 421:
            assert wire.is_closed()
            return
        assert reply == 220
        wire.begin_tls(labs.trusting(origin.lab.ca), origin.hostname)
        # Neither the injected command nor the greeting before it counts.
        assert wire.ask("RCPT TO:<alice@a.test>") == 503


# AT-16
def test_octets_behind_the_end_of_a_pulled_message_are_out_of_turn(
        destination, c_test):
    identifier, mark = unique("id"), unique("smuggled").encode()
    with c_test.door() as door:
        assert c_test.leave_notice(destination.address, identifier) == 250
        reply = None
        while reply is None:
            with door.meet() as wire:
                c_test.greet_as_server(wire)
                if wire.line().decode() == "RETR " + identifier:
                    wire.send_line("250 OK")
                    for line in ("MAIL FROM:<dora@c.test>",
                                 "RCPT TO:<carol@b.test>", "DATA"):
                        assert wire.ask(line).code in (250, 354)
                    wire.send(b"From: <dora@c.test>\r\nSubject: " + mark
                              + b"\r\n\r\nbody\r\n.\r\nMAIL FROM:<>\r\n")
                    reply = wire.reply()
    assert reply == "421 4.7.0"

"""Destinations that ask a.test for a message and then do not do as they
should: the hold stays, and goes to who does."""

import os
import signal

import pytest

from lab.failure import wait_until
from tests.lib import labs
from tests.lib.general_delivery import receive_turned
from tests.lib.notices import (hold_becomes, hold_state, told_by_envelope,
                               told_by_intent)

IMPATIENT = labs.EVERY_DIALECT + ('command-timeout = "2s"\n'
                                  'content-timeout = "2s"\n')
LONG = "a line of the message\r\n" * 200000


@pytest.fixture(name="lab", scope="module")
def lab_without_patience(make_module_lab):
    return make_module_lab(IMPATIENT)


def ask(wire, verb, identifier, recipient):
    """Asks; what comes next is said in the origin's turn."""
    if verb == "GTML":
        wire.send_line(f"GTML {identifier} {recipient}")
        assert wire.line_is(b"DATA")
    else:
        more = "" if verb == "RETR" else f" To:<{recipient}>"
        assert wire.ask(f"{verb} {identifier}{more}") == 250


def answer(wire, *codes):
    """Answers the origin's commands one after the other."""
    for code in codes:
        wire.line()
        wire.send_line(f"{code} OK")


def ended(wire):
    """Waits for the end of a connection, whatever comes before it."""
    while not wire.is_closed():
        wire.unread = b""


def is_fetched(origin, player, identifier, recipient, octets):
    """An honest pull of it still works; while the end of the one before is
    not yet noticed there, it is put off."""
    def fetch():
        got = player.accept(origin.address, identifier, recipient)
        if not isinstance(got, tuple):
            assert got == "451 4.3.0"
            return None
        return got

    got = wait_until(fetch, labs.SECONDS, "an honest pull")
    assert got[2].endswith(octets)
    hold_becomes(origin, identifier, "taken")


# ---- silence

def silent_at_mail(_):
    pass


def silent_at_rcpt(wire):
    answer(wire, 250)


def silent_at_data(wire):
    answer(wire, 250, 250)


# AT-14 AT-25 WIRE 4.6
@pytest.mark.parametrize("verb, fault", [
    ("RETR", silent_at_mail), ("RETR", silent_at_rcpt),
    ("AUTHORIZE", silent_at_data), ("ACCEPT", silent_at_mail),
    ("GTML", silent_at_mail)],
    ids=lambda value: getattr(value, "__name__", value))
def test_a_silent_asker_is_given_up_and_the_next_one_served(
        origin, player, verb, fault):
    recipient, envelope, octets = told_by_envelope(origin, player)
    name = envelope.identifier
    with player.dial(origin.address) as wire:
        ask(wire, verb, name, recipient)
        fault(wire)
        ended(wire)
    hold_becomes(origin, name, "noticed")
    is_fetched(origin, player, name, recipient, octets)


# AT-25: the window is closed, and nothing is taken
def test_an_asker_that_does_not_read_is_given_up(origin, player):
    octets = labs.message(recipient="dave@c.test", body=LONG)
    recipient, envelope, _ = told_by_envelope(origin, player, octets)
    name = envelope.identifier
    with player.dial(origin.address) as wire:
        ask(wire, "RETR", name, recipient)
        answer(wire, 250, 250, 354)
        hold_becomes(origin, name, "noticed")
    is_fetched(origin, player, name, recipient, octets)


# ---- gone

def gone_at_mail(wire):
    wire.line()


def gone_at_data(wire):
    answer(wire, 250, 250)
    wire.line()


def gone_within_the_message(wire):
    answer(wire, 250, 250, 354)
    wire.line()


def gone_at_the_end(wire):
    answer(wire, 250, 250, 354)
    wire.content()


def says_it_closes(wire):
    answer(wire, 421)


def says_it_closes_at_the_end(wire):
    answer(wire, 250, 250, 354)
    wire.content()
    wire.send_line("421 4.3.2 closing")


def cannot_now(wire):
    answer(wire, 250, 451)


def cannot_now_at_the_end(wire):
    answer(wire, 250, 250, 354)
    wire.content()
    wire.send_line("452 4.3.1 no room")


# AT-14 WIRE 4.6
@pytest.mark.parametrize("fault", [
    gone_at_mail, gone_at_data, gone_within_the_message, gone_at_the_end,
    says_it_closes, says_it_closes_at_the_end, cannot_now,
    cannot_now_at_the_end], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("verb", ["RETR", "ACCEPT"])
def test_an_asker_that_goes_leaves_the_hold_as_it_was(
        origin, player, verb, fault):
    if (verb, fault) == ("ACCEPT", gone_at_mail):
        return  # it has accepted: tests/scenario/test_push.py
    recipient, envelope, octets = told_by_envelope(origin, player)
    name = envelope.identifier
    with player.dial(origin.address) as wire:
        ask(wire, verb, name, recipient)
        fault(wire)
    hold_becomes(origin, name, "noticed")
    is_fetched(origin, player, name, recipient, octets)


# AT-14 DM-17: GTML has no commands; the same at each of its two answers
@pytest.mark.parametrize("fault", [
    "gone", "451 4.3.0 not now", "421 4.3.2 closing", "250 OK", "nonsense"])
@pytest.mark.parametrize("at", ["before", "behind"])
def test_gtml_that_ends_badly_leaves_the_hold_as_it_was(
        origin, player, at, fault):
    recipient, intent, octets = told_by_intent(origin, player)
    name = intent.identifier
    if (at, fault) == ("behind", "250 OK"):
        return  # that is how it ends well
    with player.dial(origin.address) as wire:
        ask(wire, "GTML", name, recipient)
        if at == "behind":
            wire.send_line("354 go on")
            wire.content()
        if fault != "gone":
            wire.send_line(fault)
            ended(wire)
    hold_becomes(origin, name, "noticed")
    is_fetched(origin, player, name, recipient, octets)


# AT-14: it need not wait for the end of the lease, which is 15 minutes
def test_a_front_that_dies_in_a_turn_leaves_the_hold_as_it_was(
        origin, player):
    recipient, envelope, octets = told_by_envelope(origin, player)
    name = envelope.identifier
    with player.dial(origin.address) as wire:
        ask(wire, "RETR", name, recipient)
        answer(wire, 250, 250)
        for pid in origin.pids()["front"]:
            os.kill(pid, signal.SIGKILL)
        ended(wire)
    wait_until(origin.is_ready, labs.SECONDS, "all ports")
    hold_becomes(origin, name, "noticed")
    is_fetched(origin, player, name, recipient, octets)


# ---- what is no answer

# AT-16 WIRE 4.3
@pytest.mark.parametrize("said", [
    "QUIT", "RETR another", "EHLO mx.c.test", "NOOP", "nonsense", "25", "999 x",
    "", "250-OK\r\n251 OK", "354 go on", "220 hello", "\x00"])
@pytest.mark.parametrize("at", [0, 2])
def test_what_is_no_answer_ends_the_turn(origin, player, at, said):
    recipient, envelope, octets = told_by_envelope(origin, player)
    name = envelope.identifier
    with player.dial(origin.address) as wire:
        ask(wire, "RETR", name, recipient)
        answer(wire, *(250, 250)[:at])
        wire.line()
        if at == 2 and said == "354 go on":
            said = "250 OK"  # at DATA this is the wrong one
        wire.send_line(said)
        ended(wire)
    hold_becomes(origin, name, "noticed")
    is_fetched(origin, player, name, recipient, octets)


# AT-14 AT-16: 250 before the end of the message is no 250 to it
def test_the_end_of_a_message_cannot_be_confirmed_in_advance(origin, player):
    octets = labs.message(recipient="dave@c.test", body=LONG)
    recipient, envelope, _ = told_by_envelope(origin, player, octets)
    name = envelope.identifier
    with player.dial(origin.address) as wire:
        ask(wire, "RETR", name, recipient)
        answer(wire, 250, 250)
        wire.line()
        wire.send(b"354 go on\r\n250 2.0.0 stored\r\n")
        ended(wire)
    hold_becomes(origin, name, "noticed")
    is_fetched(origin, player, name, recipient, octets)


# ---- what is an end

# WIRE 4.6 IM-09: 5xx in the turn is for good, and alice is told
@pytest.mark.parametrize("codes", [(550,), (250, 550), (250, 250, 554)])
def test_what_an_asker_refuses_in_the_turn_is_over(origin, player, codes):
    recipient, envelope, _ = told_by_envelope(origin, player)
    name = envelope.identifier
    with player.dial(origin.address) as wire:
        ask(wire, "ACCEPT", name, recipient)
        answer(wire, *codes)
        assert wire.ask("NOOP") == 250  # the roles have turned back
        hold_becomes(origin, name, "refused")
        assert wire.ask(f"RETR {name}") == "550 5.7.1"
    report = labs.received(origin, "alice@a.test", recipient.encode())
    assert b"multipart/report" in report


# WIRE 4.7: over is written down before the next answer
@pytest.mark.parametrize("command", ["NOOP", "QUIT", "RETR another"])
def test_the_next_answer_says_that_the_end_is_written_down(
        origin, player, command):
    recipient, envelope, octets = told_by_envelope(origin, player)
    with player.dial(origin.address) as wire:
        ask(wire, "RETR", envelope.identifier, recipient)
        assert receive_turned(wire)[2].endswith(octets)
        wire.ask(command)
        assert hold_state(origin, envelope.identifier) == "taken"


# ---- many at once

# AT-12 AT-25: who holds many connections keeps nobody else from his message
def test_one_hold_is_given_to_one_asker_of_many(origin, player):
    recipient, envelope, octets = told_by_envelope(origin, player)
    name = envelope.identifier
    wires = [player.dial(origin.address) for _ in range(20)]
    try:
        for wire in wires:
            wire.send_line(f"RETR {name}")
        replies = [wire.reply() for wire in wires]
        assert sorted(reply.code for reply in replies) == [250] + [451] * 19
        for wire, reply in zip(wires, replies):
            if reply == 250:
                assert receive_turned(wire)[2].endswith(octets)
                assert wire.ask("NOOP") == 250
    finally:
        for wire in wires:
            wire.close()
    hold_becomes(origin, name, "taken")

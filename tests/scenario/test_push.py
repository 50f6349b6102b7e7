"""Messages to servers that take no notice: pushed, as classical SMTP has it
(tests/lib/players.py plays those servers)."""

import pytest

from lab.failure import LabError, wait_until
from tests.lib import labs
from tests.lib.labs import unique
from tests.lib.players import envelope_text


@pytest.fixture(name="lab")
def lab_as_it_is_when_nobody_says_anything(every_dialect):
    return every_dialect


def message_for(recipient, **more):
    return labs.message(recipient=recipient, **more)


def pushed_to(player, door, recipient, **how):
    """Meets callers until one pushes a message for RECIPIENT: it, and how
    many connections that took."""
    for calls in range(1, 20):
        with door.meet() as wire:
            for one in player.take_pushes(wire, **how):
                if one.recipient == recipient:
                    return one, calls
    return None, calls


def hear_no(origin, player, door, recipient, answer, command):
    """Everybody who calls gets ANSWER to COMMAND, until the hold for
    RECIPIENT has heard it; other tests may have left some of their own."""
    for _ in range(20):
        with door.meet() as wire:
            player.take_pushes(wire, answers={command: answer})
        try:
            wait_until(lambda: answer in labs.holds_for(
                origin, recipient)[0]["last_reply"], 1, answer)
            return
        except LabError:
            continue
    raise AssertionError(f"nobody heard {answer}")


def report_about(origin, recipient):
    return labs.received(origin, "alice@a.test",
                         f"Final-Recipient: rfc822; {recipient}".encode())


# ST-02 GD-05 GD-22 DM-37 CG-10
def test_to_a_server_that_takes_no_notice_the_message_is_pushed(
        origin, player):
    recipient = unique("dave") + "@c.test"
    octets = message_for(recipient, body=".dot\r\n..\r\nend\r\n")
    with player.door() as door:
        labs.send(origin, "alice@a.test", [recipient], octets)
        one, _ = pushed_to(player, door, recipient)
        assert door.caller == origin.address
    assert one.mail.startswith("FROM:<alice@a.test>")
    assert one.octets.endswith(octets)
    assert one.octets.startswith(b"Received: ")
    hold = labs.wait_for_hold(origin, recipient, "taken")
    assert hold["route"].lower() == "push"


# ST-02 GD-05
@pytest.mark.parametrize("body", ["Hello.\r\n", "x" * 70 + "\r\n"])
def test_two_servers_of_ours_push_when_neither_takes_notices(make_lab, body):
    body = body * (1 if len(body) < 20 else 3000)
    alone = make_lab("offer = {}\n")
    origin, destination = alone.server("a.test"), alone.server("b.test")
    octets = labs.message(body=body)
    labs.send(origin, "alice@a.test", ["carol@b.test"], octets)
    got = labs.received(destination, "carol@b.test",
                        labs.subject_of(octets).encode())
    assert got.endswith(octets)
    assert b"with ESMTPS" in got
    labs.wait_for_hold(origin, "carol@b.test", "taken")


def test_a_temporary_reply_is_tried_again(origin, player):
    recipient = unique("dave") + "@c.test"
    octets = message_for(recipient)
    with player.door() as door:
        labs.send(origin, "alice@a.test", [recipient], octets)
        hear_no(origin, player, door, recipient, "450 4.2.1 not now",
                "RCPT")
        assert labs.holds_for(origin, recipient)[0]["state"] == "held"
        one, _ = pushed_to(player, door, recipient)
    assert one.octets.endswith(octets)
    labs.wait_for_hold(origin, recipient, "taken")


# GD-03 RF-08
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "."])
def test_a_refusal_is_told_to_the_author(origin, player, command):
    recipient = unique("dave") + "@c.test"
    with player.door() as door:
        labs.send(origin, "alice@a.test", [recipient],
                  message_for(recipient))
        hear_no(origin, player, door, recipient,
                "550 5.2.1 not at this house", command)
    labs.wait_for_hold(origin, recipient, "refused")
    assert b"not at this house" in report_about(origin, recipient)


# GD-03: nobody can know whether it was heard
def test_a_reply_that_is_lost_brings_the_message_again(origin, player):
    recipient = unique("dave") + "@c.test"
    octets = message_for(recipient)
    with player.door() as door:
        labs.send(origin, "alice@a.test", [recipient], octets)
        pushed_to(player, door, recipient, answers={".": None})
        one, _ = pushed_to(player, door, recipient)
    assert one.octets.endswith(octets)
    labs.wait_for_hold(origin, recipient, "taken")


# WIRE 8: what is not understood is said otherwise, and pushed at last
def test_a_server_that_understands_no_notice_after_all_gets_the_message(
        origin, player):
    recipient = unique("dave") + "@c.test"
    octets = message_for(recipient)
    with player.door() as door:
        labs.send(origin, "alice@a.test", [recipient], octets)
        one, calls = pushed_to(player, door, recipient,
                               keywords=("ENVELOPE", "MSID", "GDEL", "RETR"))
    assert one.octets.endswith(octets)
    assert calls == 1
    labs.wait_for_hold(origin, recipient, "taken")


def first_words(player, wire, keywords, answers):
    """Every command of a caller until QUIT, answered from ANSWERS by its
    verb; 250 else."""
    player.greet_as_server(wire, keywords)
    said = []
    while True:
        line = wire.line().decode()
        verb = line.split()[0].upper()
        said.append(verb)
        if verb == "QUIT":
            wire.send_line("221 goodbye")
            return said
        wire.send_line(answers.get(verb, "250 OK"))


# WIRE 8
def test_the_next_dialect_is_tried_when_one_is_not_understood(
        origin, player):
    recipient = unique("dave") + "@c.test"
    with player.door() as door:
        labs.send(origin, "alice@a.test", [recipient],
                  message_for(recipient))
        with door.meet() as wire:
            said = first_words(player, wire, ("ENVELOPE", "MSID", "GDEL"),
                               {"ENVELOPE": "500 what", "MSID": "502 no"})
    verbs = [verb for verb in said if verb in ("ENVELOPE", "MSID", "GDEL")]
    assert verbs[0] == "ENVELOPE" and "MSID" in verbs
    assert verbs[-1] == "GDEL"
    hold = labs.wait_for_hold(origin, recipient, "noticed")
    assert hold["route"].lower() == "gdel"


def test_without_push_in_speak_the_message_waits(make_lab, player):
    alone = make_lab('speak = {"gdel"}\n')
    origin = alone.server("a.test")
    recipient = unique("dave") + "@c.test"
    other = type(player)(player.hostname, player.address,
                         origin.ports["smtp"])
    with other.door() as door:
        labs.send(origin, "alice@a.test", [recipient],
                  message_for(recipient))
        for _ in range(2):
            with door.meet() as wire:
                assert other.take_pushes(wire) == []
    hold = labs.wait_for_hold(origin, recipient, "held")
    assert "speak" in hold["last_reply"]


# WIRE 4.9 SM-29
@pytest.mark.parametrize("farewell", ["QUIT", None])
def test_who_accepts_and_does_not_listen_gets_it_by_push(
        origin, player, farewell):
    recipient = unique("dave") + "@c.test"
    octets = message_for(recipient)
    with player.door() as door:
        labs.send(origin, "alice@a.test", [recipient], octets)
        (envelope,) = player.meet_for(door, [recipient],
                                      player.take_envelopes)
        labs.wait_for_hold(origin, recipient, "noticed")
        with player.dial(origin.address) as wire:
            assert wire.ask(f"ACCEPT {envelope.identifier}"
                            f" To:<{recipient}>") == 250
            assert wire.line().startswith(b"MAIL FROM:")
            if farewell:
                wire.send_line(farewell)
        one, _ = pushed_to(player, door, recipient,
                           keywords=("ENVELOPE", "RETR"))
    assert one.octets.endswith(octets)
    labs.wait_for_hold(origin, recipient, "taken")


def withdraw(origin, identifier, user="alice@a.test", more=()):
    """The reply to USER's wish to take IDENTIFIER back."""
    to = f"withdraw+{identifier}@a.test"
    with labs.signed_in(origin, user) as wire:
        assert wire.ask(f"MAIL FROM:<{user}>") == 250
        reply = wire.ask(f"RCPT TO:<{to}>")
        if reply.code != 250:
            return reply
        for one in more:
            assert wire.ask(f"RCPT TO:<{one}>") == 250
        assert wire.ask("DATA") == 354
        wire.send_content(message_for(to, sender=user))
        return wire.reply()


# DM-08 JB-06
def test_an_author_takes_a_message_back_until_it_was_fetched(
        origin, player):
    recipient = unique("dave") + "@c.test"
    with player.door() as door:
        labs.send(origin, "alice@a.test", [recipient],
                  message_for(recipient))
        (envelope,) = player.meet_for(door, [recipient],
                                      player.take_envelopes)
        labs.wait_for_hold(origin, recipient, "noticed")
        name = envelope.identifier
        assert withdraw(origin, name, "gate@a.test") == "550 5.1.1"
        assert withdraw(origin, name,
                        more=["carol@b.test"]) == "550 5.5.1"
        assert withdraw(origin, name[:-20] + "A" * 20) != 250
        labs.wait_for_hold(origin, recipient, "noticed")
        assert withdraw(origin, name) == 250
        labs.wait_for_hold(origin, recipient, "withdrawn")
        assert player.accept(origin.address, name, recipient) == 550
        assert withdraw(origin, name) == 250


def test_what_was_fetched_cannot_be_taken_back(origin, player):
    recipient = unique("dave") + "@c.test"
    with player.door() as door:
        labs.send(origin, "alice@a.test", [recipient],
                  message_for(recipient))
        (envelope,) = player.meet_for(door, [recipient],
                                      player.take_envelopes)
        labs.wait_for_hold(origin, recipient, "noticed")
        player.accept(origin.address, envelope.identifier, recipient)
    labs.wait_for_hold(origin, recipient, "taken")
    assert withdraw(origin, envelope.identifier) == "550 5.5.1 too late"


# GD-17: bob accepted it, and it cannot be had
def test_a_user_is_told_that_what_was_accepted_could_not_be_fetched(
        destination, player):
    identifier, subject = unique("id"), unique("subject")
    assert player.leave_envelope(
        destination.address, "dora@c.test", ["bob@b.test"], identifier,
        envelope_text("dora@c.test", ["bob@b.test"], identifier,
                      subject)) == 250
    with player.door() as door:
        labs.decide(destination, "accept",
                    labs.envelope_of(destination, subject))
        for _ in range(2):
            with player.meet_with(door, identifier) as wire:
                wire.send_line("550 Requested action not taken")
                wire.line()
    told = labs.received(destination, "bob@b.test", subject.encode())
    assert b"could not be fetched" in told and b"dora@c.test" in told
    assert told.count(b"Return-Path: <>") == 1

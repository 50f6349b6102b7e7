"""Each reply to GTML and to a verdict, and what the hold is afterwards; from
another host, for another recipient, twice, and against one another."""

import pytest

from tests.lib import labs
from tests.lib.general_delivery import receive_turned
from tests.lib.labs import unique
from tests.lib.notices import (hold_becomes, hold_state, stranger, told,
                               told_by_envelope, told_by_intent)

REFUSALS = ("REJECT", "SPAM", "SPAMMER")
TURNS = ("ACCEPT", "AUTHORIZE")


@pytest.fixture(name="lab")
def lab_that_speaks_all(every_dialect):
    return every_dialect


def is_fetched(origin, player, identifier, recipient, octets):
    """An honest pull of it still works."""
    assert player.accept(origin.address, identifier,
                         recipient)[2].endswith(octets)
    hold_becomes(origin, identifier, "taken")


# ---- 500, 501

# DM-17
@pytest.mark.parametrize("rest", [
    "", "id", "id ", "x" * 129 + " dave@c.test", "id;x dave@c.test",
    "id <dave@c.test", "id dave", "id <>", "id dave@c.test more"])
def test_a_malformed_gtml_is_501(origin, player, rest):
    with player.dial(origin.address) as wire:
        reply = wire.ask("GTML " + rest if rest else "GTML")
        assert reply.code == 501, reply
        assert wire.ask("NOOP") == 250


# SM-47
@pytest.mark.parametrize("verb", [*TURNS, *REFUSALS])
@pytest.mark.parametrize("rest", [
    "", "semi;colon To:<dave@c.test>", "x" * 129, "id To:", "id To:<>",
    "id To:<dave@c.test", "id dave@c.test", "id HAVE To:<dave@c.test>",
    "id To:<dave@c.test> NOW", "<unfinished To:<dave@c.test>"])
def test_a_malformed_verdict_is_501(origin, player, verb, rest):
    with player.dial(origin.address) as wire:
        assert wire.ask(f"{verb} {rest}" if rest else verb) == "501 5.5.4"
        assert wire.ask("NOOP") == 250


# ---- 250, 251

# SM-13 SM-47: whoever has the content already takes without a turn
@pytest.mark.parametrize("verb", TURNS)
def test_who_has_a_copy_says_so_and_there_is_no_turn(origin, player, verb):
    dave, erin = (unique(name) + "@c.test" for name in ("dave", "erin"))
    octets = labs.message(recipient=f"{dave}>, <{erin}")
    (envelope,) = told(origin, player, [dave, erin], octets,
                       player.take_envelopes)
    name = envelope.identifier
    with player.dial(origin.address) as wire:
        assert wire.ask(f"{verb} {name} To:<{dave}>") == 250
        assert receive_turned(wire)[2].endswith(octets)
        assert wire.ask(f"{verb} {name} To:<{erin}> HAVE") == "251 2.0.0"
        assert wire.ask("NOOP") == 250
        labs.wait_for_hold(origin, erin, "taken")
        labs.wait_for_hold(origin, dave, "taken")
        # Both are done with.
        for recipient in (dave, erin):
            assert wire.ask(f"{verb} {name} To:<{recipient}>") == "550 5.7.1"


# SM-25 SM-47
@pytest.mark.parametrize("verb", REFUSALS)
def test_what_was_delivered_may_still_be_refused(origin, player, verb):
    recipient, envelope, octets = told_by_envelope(origin, player)
    name = envelope.identifier
    is_fetched(origin, player, name, recipient, octets)
    for _ in range(2):
        assert player.say(origin.address,
                          f"{verb} {name} To:<{recipient}>") == "250 2.0.0"
    assert hold_state(origin, name) == "taken"


# SM-47: as the papers write them
@pytest.mark.parametrize("form", [
    "reject {} To:<{}>", "Reject {} to: {}", "REJECT {} To:{}",
    "REJECT {} TO: <{}>"])
def test_a_verdict_may_be_written_in_several_ways(origin, player, form):
    recipient, envelope, _ = told_by_envelope(origin, player)
    assert player.say(origin.address, form.format(
        envelope.identifier, recipient)) == 250
    hold_becomes(origin, envelope.identifier, "refused")


# ---- 451

# WIRE 3, WIRE 6: while another pull of the same hold runs
@pytest.mark.parametrize("first", ["RETR", "GTML", "ACCEPT"])
def test_what_is_being_pulled_is_put_off_for_every_verb(
        origin, player, first):
    recipient, envelope, octets = told_by_envelope(origin, player)
    name = envelope.identifier
    rest = {"RETR": "", "GTML": " " + recipient,
            "ACCEPT": f" To:<{recipient}>"}[first]
    with player.dial(origin.address) as wire, \
            player.dial(origin.address) as other:
        wire.send_line(f"{first} {name}{rest}")
        if first == "GTML":
            assert wire.line_is(b"DATA")
        else:
            assert wire.reply() == 250
        for verb in ("RETR", "GTML", *TURNS, *REFUSALS):
            rest = {"RETR": "", "GTML": " " + recipient}.get(
                verb, f" To:<{recipient}>")
            assert other.ask(f"{verb} {name}{rest}") == "451 4.3.0", verb
        assert hold_state(origin, name) == "leased"
        if first == "GTML":
            wire.send_line("354 go on")
            assert wire.content().endswith(octets)
            wire.send_line("250 OK")
            assert wire.is_closed()
        else:
            assert receive_turned(wire)[2].endswith(octets)
            assert wire.ask("NOOP") == 250
    hold_becomes(origin, name, "taken")


# ---- 550: whoever is not meant hears the same, and nothing moves

# AT-04 AT-18 SM-47
@pytest.mark.parametrize("verb", [*TURNS, *REFUSALS])
def test_a_verdict_that_is_none_moves_nothing(origin, player, verb):
    recipient, envelope, octets = told_by_envelope(origin, player)
    name, thief = envelope.identifier, stranger(player)
    altered = ("A" if name[0] != "A" else "B") + name[1:]
    guess = name[:-1] + ("A" if name[-1] != "A" else "B")
    replies = [
        player.say(origin.address, f"{verb} no-such-name To:<{recipient}>"),
        player.say(origin.address, f"{verb} {altered} To:<{recipient}>"),
        player.say(origin.address, f"{verb} {guess} To:<{recipient}>"),
        player.say(origin.address, f"{verb} {name} To:<eve@c.test>"),
        player.say(origin.address, f"{verb} {name} To:<alice@a.test>"),
        player.say(origin.address, f"{verb} <{name}@a.test>"),
        thief.say(origin.address, f"{verb} {name} To:<{recipient}>"),
        thief.say(origin.address, f"{verb} {name}"),
    ]
    if verb in TURNS:
        replies.append(thief.say(origin.address,
                                 f"{verb} {name} To:<{recipient}> HAVE"))
    assert replies[0] == "550 5.7.1"
    assert len({tuple(reply.lines) for reply in replies}) == 1
    assert hold_state(origin, name) == "noticed"
    is_fetched(origin, player, name, recipient, octets)


# AT-04 SM-47: over is over, however it ended
@pytest.mark.parametrize("ending", ["taken", "refused", "withdrawn"])
def test_an_ended_hold_is_gone_for_every_pull(origin, player, ending):
    recipient, envelope, octets = told_by_envelope(origin, player)
    name = envelope.identifier
    if ending == "taken":
        is_fetched(origin, player, name, recipient, octets)
    elif ending == "refused":
        assert player.say(origin.address,
                          f"SPAM {name} To:<{recipient}>") == 250
    else:
        origin.ask({"do": "held-withdraw", "id": name})
    hold_becomes(origin, name, ending)
    with player.dial(origin.address) as wire:
        replies = [wire.ask(line) for line in (
            "RETR no-such-name", f"RETR {name}", f"GTML {name} {recipient}",
            f"ACCEPT {name} To:<{recipient}>", f"AUTHORIZE {name}")]
    assert replies[0] == "550 5.7.1"
    assert len({tuple(reply.lines) for reply in replies}) == 1
    assert hold_state(origin, name) == ending


# SM-31 SM-47: against one another; the first refusal stays
def test_contradicting_verdicts_do_not_undo_each_other(origin, player):
    recipient, envelope, _ = told_by_envelope(origin, player)
    name = envelope.identifier
    with player.dial(origin.address) as wire:
        for verb, code in (("REJECT", 250), ("ACCEPT", 550), ("REJECT", 250),
                           ("SPAMMER", 250), ("AUTHORIZE", 550),
                           ("SPAM", 250)):
            assert wire.ask(f"{verb} {name} To:<{recipient}>").code == code
            assert hold_state(origin, name) == "refused"


# SM-47: whatever dialect carried the notice
@pytest.mark.parametrize("verb", REFUSALS)
def test_what_msid_announced_may_be_refused(origin, player, verb):
    recipient, intent, _ = told_by_intent(origin, player)
    thief = stranger(player)
    command = f"{verb} {intent.identifier} To:<{recipient}>"
    assert thief.say(origin.address, command) == "550 5.7.1"
    assert player.say(origin.address, command) == "250 2.0.0"
    hold_becomes(origin, intent.identifier, "refused")


# ---- 421

# AT-16 WIRE 4.2
@pytest.mark.parametrize("verb", ["RETR", "GTML", *TURNS])
@pytest.mark.parametrize("smuggled", ["250 OK", "QUIT", "REJECT {} To:<{}>"])
def test_octets_behind_a_pull_take_it_back(origin, player, verb, smuggled):
    recipient, envelope, octets = told_by_envelope(origin, player)
    name = envelope.identifier
    rest = {"RETR": "", "GTML": " " + recipient}.get(verb,
                                                     f" To:<{recipient}>")
    with player.dial(origin.address) as wire:
        wire.send((f"{verb} {name}{rest}\r\n"
                   + smuggled.format(name, recipient) + "\r\n").encode())
        assert wire.reply() == "421 4.7.0"
        assert wire.is_closed()
    hold_becomes(origin, name, "noticed")
    is_fetched(origin, player, name, recipient, octets)


# AT-16 WIRE 3: the last of a pipelined group is legal
@pytest.mark.parametrize("verb", ["GTML", *TURNS])
def test_a_pull_may_end_a_pipelined_group(origin, player, verb):
    rest = " dave@c.test" if verb == "GTML" else ""
    with player.dial(origin.address) as wire:
        wire.send(f"NOOP\r\nREJECT x\r\n{verb} some-id{rest}\r\n".encode())
        assert [wire.reply().code for _ in range(3)] == [250, 550, 550]


# ---- at our side, as the destination

# SM-47: neither the first nor a doubled verdict of a stranger moves a notice
@pytest.mark.parametrize("verb", [*TURNS, *REFUSALS])
def test_a_destination_takes_no_verdict_on_what_waits_elsewhere(
        destination, player, verb):
    identifier = unique("id")
    assert player.leave_intent(destination.address, "dora@c.test",
                               ["bob@b.test"], identifier, "hello") == 250
    assert player.say(destination.address, f"{verb} {identifier}"
                      " To:<bob@b.test>") == "550 5.7.1"
    (notice,) = (one for one in destination.notices()
                 if one["id"] == identifier)
    assert notice["state"].lower() == "pending"

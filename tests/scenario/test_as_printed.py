"""Every dialect as the papers print it, by a stranger's program that knows
HELO and nothing of ours: in both directions."""

import email
import email.policy

import pytest

from tests.lib import labs
from tests.lib.general_delivery import receive_turned
from tests.lib.labs import unique
from tests.lib.notices import (hold_becomes, notice_becomes, told,
                               told_by_envelope, told_by_intent)
from tests.lib.players import Envelope, Player, envelope_text

SENDER = "dora@c.test"


@pytest.fixture(name="lab")
def lab_that_speaks_all(every_dialect):
    return every_dialect


class OldPlayer(Player):
    """A mail host that knows no EHLO, neither to say nor to be said."""

    def dial(self, server_address, greet=True):
        wire = super().dial(server_address, greet=False)
        assert wire.ask("HELO " + self.hostname) == 250
        return wire

    def greet_as_server(self, wire, keywords=()):
        wire.send_line(f"220 {self.hostname} at your service")
        assert wire.line().upper().startswith(b"EHLO ")
        wire.send_line("500 what is that?")
        verb, _, name = wire.line().decode().partition(" ")
        assert verb.upper() == "HELO"
        wire.send_line(f"250 {self.hostname}")
        return name


class PlainPlayer(Player):
    """A mail host whose ENVELOPE is that of the paper's table 4: a sender
    and nothing else, the size on a line of its own."""

    def take_plain(self, wire):
        self.greet_as_server(wire, ("ENVELOPE",))
        envelopes, command, size, recipients = [], None, None, []
        while True:
            verb, _, rest = wire.line().decode().partition(" ")
            verb = verb.upper()
            if verb == "QUIT":
                wire.send_line("221 goodbye")
                return envelopes
            if verb == "ENVELOPE":
                if not (rest.startswith("From:<") and rest.endswith(">")):
                    wire.send_line("501 that is more than a sender")
                    continue
                command, size, recipients = rest, None, []
            elif verb == "RCPT":
                assert rest.startswith("To:<") and rest.endswith(">"), rest
                recipients.append(rest[4:-1])
            elif verb.startswith("SIZE="):
                size = int(verb[5:])
            elif verb == "DATA":
                wire.send_line("354 go on")
                envelopes.append(Envelope((command, size), recipients, None,
                                          wire.content()))
            elif verb not in ("RSET", "NOOP"):
                wire.send_line("550 Requested action not taken")
                continue
            wire.send_line("250 OK")


@pytest.fixture
def old(player):
    return OldPlayer(player.hostname, player.address, player.port)


def until_taken(asked):
    return any(one.code == 250 for one in asked)


def arrives(destination, recipient, octets):
    assert labs.received(destination, recipient, labs.subject_of(
        octets).encode()).endswith(octets)


# ---- General Delivery

# SM-42 GD-22 GD-25: HELO, GDEL id, QUIT; RETR id
def test_who_knows_only_helo_leaves_a_notice_and_is_called(destination, old):
    identifier, octets = unique("id"), labs.message(SENDER)
    with old.door() as door:
        with old.dial(destination.address) as wire:
            assert wire.ask("GDEL " + identifier) == 250
            assert wire.ask("QUIT") == 221
        asked = old.serve(
            door, {identifier: (SENDER, "carol@b.test", octets)}, until_taken)
    assert (asked[-1].verb, asked[-1].rest) == ("RETR", "")
    arrives(destination, "carol@b.test", octets)


# SM-42 GD-26 GD-30
@pytest.mark.parametrize("told_by", [told_by_intent, told_by_envelope])
def test_who_knows_only_helo_may_pull(origin, player, old, told_by):
    recipient, notice, octets = told_by(origin, player)
    sender, rcpt, content = old.pull(origin.address, notice.identifier)
    assert sender == "MAIL FROM:<alice@a.test>"
    assert rcpt == f"RCPT TO:<{recipient}>"
    assert content.endswith(octets)
    hold_becomes(origin, notice.identifier, "taken")


# ---- DMTP

# SM-42 DM-14 DM-15 DM-17: HELO, MAIL FROM DMTP, RCPT TO, MSID; GTML
def test_who_knows_only_helo_says_msid_and_serves_gtml(destination, old):
    identifier, octets = unique("id"), labs.message(SENDER)
    with old.door() as door:
        with old.dial(destination.address) as wire:
            assert wire.ask(f"MAIL From: {SENDER} DMTP") == 250
            assert wire.ask("RCPT To: carol@b.test") == 250
            assert wire.ask(f"MSID {identifier}") == 250
            assert wire.ask("QUIT") == 221
        asked = old.serve(
            door, {identifier: (SENDER, "carol@b.test", octets)}, until_taken)
    assert asked[-1].verb == "GTML"
    assert asked[-1].rest.strip("<>") == "carol@b.test"
    arrives(destination, "carol@b.test", octets)


# SM-42 DM-17 DM-20
@pytest.mark.parametrize("form", ["{}", "<{}>"])
def test_who_knows_only_helo_may_say_gtml(origin, player, old, form):
    recipient, intent, octets = told_by_intent(origin, player)
    got = old.fetch(origin.address, intent.identifier,
                    form.format(recipient))
    assert got.endswith(octets)
    hold_becomes(origin, intent.identifier, "taken")


# DM-16 DM-18: several recipients share one MSID if a peer does so
def test_several_may_share_one_msid_of_a_peer(destination, player):
    identifier, octets = unique("id"), labs.message(SENDER)
    with player.door() as door:
        assert player.leave_intent(
            destination.address, SENDER, ["carol@b.test", "bob@b.test"],
            identifier, labs.subject_of(octets)) == 250
        offered = {identifier: (SENDER, None, octets)}
        asked = player.serve(door, offered, until_taken)
        assert asked[-1].rest.strip("<>") == "carol@b.test"
        envelope = labs.envelope_of(destination, labs.subject_of(octets))
        labs.decide(destination, "accept", envelope)
        arrives(destination, "bob@b.test", octets)
    arrives(destination, "carol@b.test", octets)


# ---- SMDP, to us

def leave_plainly(wire, recipient, text, size, sender="From: dora@c.test"):
    """Table 4, line by line."""
    assert wire.ask("ENVELOPE " + sender) == 250
    assert wire.ask("RCPT To: " + recipient) == 250
    assert wire.ask(f"SIZE={size}") == 250
    assert wire.ask("DATA") == 354
    wire.send_content(text)
    assert wire.reply() == 250


def named_text(octets, name, recipients=("bob@b.test",)):
    """An envelope text that has no name but that of its message."""
    text = envelope_text(SENDER, recipients, "x", labs.subject_of(octets))
    return text.replace(b"Envelope-Id: x\r\n",
                        f"Message-ID: {name}\r\n".encode())


# SM-42 SM-43 SM-45 SM-47: the verdict names what the text named
@pytest.mark.parametrize("verdict", ["accept", "authorize"])
def test_an_envelope_without_envid_is_fetched_by_its_message_id(
        destination, old, verdict):
    octets, name = labs.message(SENDER), f"<{unique('mid')}@c.test>"
    with old.door() as door:
        with old.dial(destination.address) as wire:
            leave_plainly(wire, "bob@b.test", named_text(octets, name),
                          len(octets))
            assert wire.ask("QUIT") == 221
        envelope = labs.envelope_of(destination, labs.subject_of(octets))
        assert envelope["size"] == len(octets)
        labs.decide(destination, verdict, envelope)
        asked = old.serve(door, {name: (SENDER, "bob@b.test", octets)},
                          until_taken)
    assert asked[-1].verb == verdict.upper()
    assert asked[-1].rest.lower() in ("", "to:<bob@b.test>")
    arrives(destination, "bob@b.test", octets)


# SM-45 SM-47
@pytest.mark.parametrize("verdict", ["reject", "spam", "spammer"])
def test_an_envelope_without_envid_is_refused_by_its_message_id(
        destination, player, verdict):
    octets, name = labs.message(SENDER), f"<{unique('mid')}@c.test>"
    with player.door() as door:
        with player.dial(destination.address) as wire:
            leave_plainly(wire, "<bob@b.test>", named_text(octets, name),
                          len(octets), "From:dora@c.test")
        envelope = labs.envelope_of(destination, labs.subject_of(octets))
        labs.decide(destination, verdict, envelope)
        (asked,) = player.serve(door, {name: (SENDER, "bob@b.test", octets)},
                                lambda asked: asked)
    assert asked.verb == verdict.upper()


# SM-43 SM-47: policy decides, and names it in the same way
def test_for_whom_policy_decides_a_message_id_is_name_enough(
        destination, player):
    octets, name = labs.message(SENDER), f"<{unique('mid')}@c.test>"
    with player.door() as door:
        with player.dial(destination.address) as wire:
            leave_plainly(wire, "carol@b.test", named_text(
                octets, name, ["carol@b.test"]), len(octets))
        player.serve(door, {name: (SENDER, "carol@b.test", octets)},
                     until_taken)
    arrives(destination, "carol@b.test", octets)
    notice_becomes(destination, name, "fetched", "delivered")


# ---- SMDP, from us

# SM-43 SM-46 WIRE 8: once more without parameters
def test_who_knows_no_parameters_is_told_by_the_sender_alone(
        origin, player):
    plain = PlainPlayer(player.hostname, player.address, player.port)
    recipient = unique("dave") + "@c.test"
    octets = labs.message(recipient=recipient)
    (envelope,) = told(origin, plain, [recipient], octets, plain.take_plain)
    assert envelope.command[0] == "From:<alice@a.test>"
    assert envelope.command[1] >= len(octets)  # SIZE on a line of its own
    said = email.message_from_bytes(envelope.text,
                                    policy=email.policy.default)
    assert said["Subject"] == labs.subject_of(octets)
    # The text names it; without an extension it has no other name.
    name = said["Envelope-Id"]
    with plain.dial(origin.address) as wire:
        assert wire.ask(f"ACCEPT {name} To: {recipient}") == 250
        _, rcpt, content = receive_turned(wire)
        assert wire.ask("QUIT") == 221
    assert rcpt.startswith(f"RCPT TO:<{recipient}>")
    assert content.endswith(octets)
    hold_becomes(origin, name, "taken")


# SM-29 SM-31 SM-42 SM-47
def test_who_knows_only_helo_may_say_what_was_decided(origin, player, old):
    recipient, envelope, octets = told_by_envelope(origin, player)
    other, refused, _ = told_by_envelope(origin, player)
    with old.dial(origin.address) as wire:
        assert wire.ask(f"REJECT {refused.identifier} To: {other}") == 250
        assert wire.ask(f"AUTHORIZE {envelope.identifier}") == 250
        assert receive_turned(wire)[2].endswith(octets)
        assert wire.ask("QUIT") == 221
    hold_becomes(origin, refused.identifier, "refused")
    hold_becomes(origin, envelope.identifier, "taken")


# SM-47 WIRE 6: as origin we honour only identifiers that we made
def test_a_message_id_of_ours_is_no_name_for_a_verdict(origin, player):
    octets = labs.message(recipient="dave@c.test",
                          more=f"Message-ID: <{unique('mid')}@a.test>\r\n")
    recipient, envelope, _ = told_by_envelope(origin, player, octets)
    said = email.message_from_bytes(envelope.text,
                                    policy=email.policy.default)
    for verb in ("ACCEPT", "REJECT"):
        assert player.say(origin.address, f"{verb} {said['Message-ID']}"
                          f" To:<{recipient}>") == "550 5.7.1"
    assert player.accept(origin.address, envelope.identifier,
                         recipient)[2].endswith(octets)

"""Notices, both ways: alice's message told at a host that is played, and what
such a host leaves at b.test, in whatever dialect."""

from lab.failure import wait_until
from tests.lib import labs
from tests.lib.labs import unique
from tests.lib.players import Player, envelope_text

DIALECTS = ("gdel", "msid", "envelope")


def played(server, host):
    """The mail host HOST, that calls SERVER and is called by it."""
    return Player(host, labs.PLAYED[host], server.ports["smtp"])


def stranger(player, host="mx.victim.test"):
    return Player(host, labs.PLAYED[host], player.port)


# ---- told by us

def told(origin, player, recipients, octets, take):
    """Alice's message to RECIPIENTS at c.test, told there; the notices."""
    with player.door() as door:
        labs.send(origin, "alice@a.test", recipients, octets)
        found = player.meet_for(door, recipients, take)
        assert door.caller == origin.address
    for recipient in recipients:
        labs.wait_for_hold(origin, recipient, "noticed")
    return found


def told_by_intent(origin, player, octets=None, recipient=None):
    """(recipient, Intent, octets)"""
    recipient = recipient or unique("dave") + "@c.test"
    octets = octets or labs.message(recipient=recipient)
    (intent,) = told(origin, player, [recipient], octets,
                     player.take_intents)
    return recipient, intent, octets


def told_by_envelope(origin, player, octets=None):
    """(recipient, Envelope, octets)"""
    recipient = unique("dave") + "@c.test"
    octets = octets or labs.message(recipient=recipient)
    (envelope,) = told(origin, player, [recipient], octets,
                       player.take_envelopes)
    return recipient, envelope, octets


def hold_state(origin, identifier):
    """The state of the hold that others know as IDENTIFIER."""
    answer = origin.ask({"do": "held-show", "id": identifier})
    return answer["hold"]["state"].lower()


def hold_becomes(origin, identifier, *wanted):
    wait_until(lambda: hold_state(origin, identifier) in wanted,
               labs.SECONDS, f"a hold {wanted}")


# ---- left with us

def commands(dialect, identifier, sender="dora@c.test",
             recipient="bob@b.test"):
    """What leaves a notice, up to the text of an envelope."""
    if dialect == "gdel":
        return [f"GDEL {identifier} FROM={sender.partition('@')[2]}"]
    if dialect == "msid":
        return [f"MAIL FROM:<{sender}> DMTP", f"RCPT TO:<{recipient}>",
                f"MSID {identifier} {unique('subject')}"]
    return [f"ENVELOPE From:<{sender}> ENVID={identifier}",
            f"RCPT To:<{recipient}>", "DATA"]


def say_notice(wire, dialect, identifier=None, sender="dora@c.test",
               recipient="bob@b.test"):
    """Leaves a notice on WIRE; the reply that refused, or the last one."""
    identifier = identifier or unique("id")
    for command in commands(dialect, identifier, sender, recipient):
        reply = wire.ask(command)
        if reply.code >= 400:
            assert wire.ask("RSET") == 250
            return reply
    if reply.code == 354:
        wire.send_content(envelope_text(sender, [recipient], identifier,
                                        unique("subject")))
        reply = wire.reply()
    return reply


def notice(server, identifier):
    """The first notice that SERVER lists under IDENTIFIER, or None."""
    return next((one for one in server.notices()
                 if one["id"] == identifier), None)


def notice_becomes(server, identifier, *wanted):
    """Waits until that is in one of the states WANTED; the notice."""
    def look():
        found = notice(server, identifier)
        return found if found and found["state"].lower() in wanted else None

    return wait_until(look, labs.SECONDS, f"a notice {wanted}")

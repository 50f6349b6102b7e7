"""What users think of a domain's mail is counted, shown, and acted upon
(`restante peer show`)."""

import json

from lab.failure import wait_until
from tests.lib import labs
from tests.lib.labs import unique
from tests.lib.players import Player, envelope_text
from tests.lib.wire import dial

LEAST = 20


def leave(destination, player):
    """The reply to an envelope of c.test for bob, and its subject."""
    identifier, subject = unique("id"), unique("subject")
    text = envelope_text("dora@c.test", ["bob@b.test"], identifier, subject)
    return player.leave_envelope(destination.address, "dora@c.test",
                                 ["bob@b.test"], identifier, text), subject


def decide(destination, player, verdict):
    reply, subject = leave(destination, player)
    assert reply == 250
    labs.decide(destination, verdict, labs.envelope_of(destination, subject))


def quality(destination, domain="c.test"):
    code, output, errors = destination.command(
        "peer", "show", domain, "--json")
    assert code == 0, errors
    return json.loads(output)["peer"]["quality"]


def is_refused(destination, player):
    """As it connects."""
    with dial(destination.address, player.port, player.address) as wire:
        return wire.reply() == 554


# SM-38 SM-39 SM-40 SM-41 AT-19
def test_a_domain_is_counted_warned_of_blocked_and_forgiven(make_lab):
    lab = make_lab(labs.EVERY_DIALECT + 'quality-block = "-0.5"\n')
    destination = lab.server("b.test")
    player = Player("mx.c.test", labs.PLAYED["mx.c.test"],
                    destination.ports["smtp"])
    for _ in range(4):
        decide(destination, player, "accept")
    for _ in range(LEAST - 5):
        decide(destination, player, "reject")
    figures = quality(destination)
    assert (figures["messages"], figures["accepted"], figures["refused"]) == (
        LEAST - 1, 4, LEAST - 5)
    assert figures["standing"] == "few"  # AT-19
    assert [day["refused"] for day in figures["days"]] == [LEAST - 5]
    decide(destination, player, "spam")
    figures = quality(destination)
    assert figures["value"] == -0.6 and figures["standing"] == "block"
    wait_until(lambda: "quality-alert domain=c.test"
               in labs.log_text(destination), labs.SECONDS, "the alert")
    text = destination.command("peer", "show", "c.test")[1]
    assert "20 messages" in text and "refused 16" in text
    assert "-0.600 block" in destination.command("peer", "list")[1]
    wait_until(lambda: is_refused(destination, player), labs.SECONDS,
               "the host to be refused")
    # it outlives a restart
    destination.stop()
    destination.start()
    wait_until(lambda: is_refused(destination, player), labs.SECONDS,
               "the host to be refused again")
    assert labs.log_text(destination).count("quality-alert") == 1
    # the operator has the last word
    assert destination.command("peer", "allow", "c.test")[0] == 0
    assert not is_refused(destination, player)
    assert destination.command("peer", "forget", "c.test")[0] == 0
    assert leave(destination, player)[0] == 250
    assert destination.command("peer", "show", "c.test")[0] == 66

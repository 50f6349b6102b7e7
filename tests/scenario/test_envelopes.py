"""People who are asked: what they are shown, and what follows from what they
decide with `restante envelope`."""

import pytest

from lab import compare
from lab.failure import wait_until
from lab.lab import Lab
from tests.lib import labs
from tests.lib.labs import unique
from tests.lib.players import Player, envelope_text


@pytest.fixture(name="lab")
def lab_that_speaks_all(every_dialect):
    return every_dialect


def leave(destination, player, recipients=("bob@b.test",), more="",
          sender="dora@c.test"):
    """(identifier, octets) of a message that waits at c.test."""
    identifier, octets = unique("id"), labs.message(sender)
    text = envelope_text(sender, recipients, identifier,
                         labs.subject_of(octets), more)
    assert player.leave_envelope(destination.address, sender, recipients,
                                 identifier, text, size=len(octets)) == 250
    return identifier, octets


def bobs(destination, octets):
    return labs.envelope_of(destination, labs.subject_of(octets))


def state(destination, envelope):
    return labs.show(destination, envelope["id"])["state"]


def state_becomes(destination, envelope, *wanted):
    wait_until(lambda: state(destination, envelope) in wanted,
                    labs.SECONDS, f"state {wanted}")


def until(verb, code=250):
    """For serve(): until VERB was said and, if it turns, ended with CODE."""
    return lambda asked: any(one.verb == verb and one.code in (0, code)
                             for one in asked)


def is_in_mailbox(destination, octets):
    return labs.count_received(destination, "bob@b.test", labs.subject_of(
        octets).encode())


def arrives(destination, octets):
    subject = labs.subject_of(octets).encode()
    return labs.received(destination, "bob@b.test", subject).endswith(octets)


# ---- what is shown

# SM-16 SM-17 SM-43
def test_an_envelope_is_listed_and_shown(destination, player):
    identifier, octets = leave(
        destination, player, more="Cc: <carol@b.test>\r\n")
    listed = bobs(destination, octets)
    shown = labs.show(destination, listed["id"])
    for one in (listed, shown):
        assert one["user"] == "bob@b.test"
        assert one["from"] == "dora@c.test"
        assert one["subject"] == labs.subject_of(octets)
        assert one["size"] == len(octets)
        assert one["state"] == "pending"
        assert one["dialect"] == "envelope"
        assert one["origin"]["domain"] == "c.test"
        assert one["origin"]["address"] == player.address
    assert shown["to"] == ["bob@b.test", "carol@b.test"]
    assert shown["preview"] == "The first line."
    assert shown["header_from"] is None
    assert identifier not in listed["id"]
    code, text, _ = destination.command("envelope", "show", listed["id"])
    assert code == 0
    for words in ("dora@c.test", "The first line.", labs.subject_of(octets)):
        assert words in text
    assert listed["id"] in destination.command(
        "envelope", "list", "bob@b.test")[1]


# SM-16 WIRE 10: the verified sender comes first
def test_what_a_message_says_of_itself_is_never_alone(destination, player):
    identifier, subject = unique("id"), unique("subject")
    text = envelope_text("boss@bank.example", ["bob@b.test"], identifier,
                         subject)
    assert player.leave_envelope(destination.address, "dora@c.test",
                                 ["bob@b.test"], identifier, text) == 250
    shown = labs.envelope_of(destination, subject)
    assert shown["from"] == "dora@c.test"
    assert "boss@bank.example" in shown["header_from"]


# SM-16: a terminal hears nothing that is no text
def test_nothing_shown_can_command_a_terminal(destination, player):
    identifier, subject = unique("id"), unique("subject")
    text = envelope_text("dora@c.test", ["bob@b.test"], identifier,
                         subject + " \x1b[2J\u202e", body="\x1b]0;x\x07 ok\r\n")
    assert player.leave_envelope(destination.address, "dora@c.test",
                                 ["bob@b.test"], identifier, text) == 250
    one = wait_until(
        lambda: next((row for row in labs.envelopes(destination)
                      if row["subject"].startswith(subject)), None),
        labs.SECONDS, "the envelope")
    output = destination.command("envelope", "show", one["id"])[1]
    for character in "\x1b\x07\u202e":
        assert character not in output


# DM-03 DM-15: MSID has no text; what it has is shown
def test_an_msid_notice_is_shown_and_fetched_when_accepted(
        destination, player):
    identifier, octets = unique("id"), labs.message("dora@c.test")
    with player.door() as door:
        assert player.leave_intent(
            destination.address, "dora@c.test", ["bob@b.test"], identifier,
            labs.subject_of(octets)) == 250
        envelope = bobs(destination, octets)
        assert envelope["dialect"] == "msid"
        assert envelope["from"] == "dora@c.test"
        assert envelope["preview"] == "" and envelope["to"] == ["bob@b.test"]
        assert state(destination, envelope) == "pending"
        labs.decide(destination, "accept", envelope)
        asked = player.serve(
            door, {identifier: ("dora@c.test", "bob@b.test", octets)},
            until("GTML"))
    assert asked[-1].verb == "GTML"
    assert arrives(destination, octets)


# SM-43: left again it is shown once
def test_the_same_envelope_again_is_shown_once(destination, player):
    identifier, subject = unique("id"), unique("subject")
    text = envelope_text("dora@c.test", ["bob@b.test"], identifier, subject)
    for _ in range(2):
        assert player.leave_envelope(
            destination.address, "dora@c.test", ["bob@b.test"], identifier,
            text) == 250
    labs.envelope_of(destination, subject)
    assert sum(one["subject"] == subject
               for one in labs.envelopes(destination)) == 1


# ---- what is decided

# SM-12 SM-20 SM-21 SM-29 SM-30 SM-47
@pytest.mark.parametrize("verdict", ["accept", "authorize"])
def test_an_accepted_message_is_fetched(destination, player, verdict):
    with player.door() as door:
        identifier, octets = leave(destination, player)
        envelope = bobs(destination, octets)
        # what came earlier may still be asked about, but not this
        assert state(destination, envelope) == "pending"
        assert labs.decide(destination, verdict, envelope)
        asked = player.serve(
            door, {identifier: ("dora@c.test", "bob@b.test", octets)},
            until(verdict.upper()))
        assert door.caller == destination.address
    assert arrives(destination, octets)
    assert asked[0].rest.lower() in ("to:<bob@b.test>", "")
    state_becomes(destination, envelope, "fetched", "delivered")
    assert is_in_mailbox(destination, octets) == 1
    assert envelope["id"] not in {
        one["id"] for one in labs.envelopes(destination)}
    assert envelope["id"] in {
        one["id"] for one in labs.envelopes(destination, every=True)}


# SM-14 SM-19 SM-22 SM-23 SM-24 SM-31 SM-47
@pytest.mark.parametrize("verdict", ["reject", "spam", "spammer"])
def test_a_refusal_is_told_to_the_senders_server(
        destination, player, verdict):
    with player.door() as door:
        identifier, octets = leave(destination, player)
        envelope = bobs(destination, octets)
        labs.decide(destination, verdict, envelope)
        asked = player.serve(
            door, {identifier: ("dora@c.test", "bob@b.test", octets)},
            until(verdict.upper()))
    assert [one.verb for one in asked] == [verdict.upper()]
    assert envelope["id"] not in {
        one["id"] for one in labs.envelopes(destination)}
    wait_until(lambda: not labs.show(
        destination, envelope["id"])["verdict_due"], labs.SECONDS,
        "the answer to the verdict")
    assert is_in_mailbox(destination, octets) == 0


# SM-47
def test_the_same_verdict_twice_is_no_fault_and_another_is(
        destination, player):
    with player.door():
        _, octets = leave(destination, player)
        envelope = bobs(destination, octets)
        first = labs.decide(destination, "reject", envelope)
        assert labs.decide(destination, "reject", envelope) == first
        code, _, errors = destination.command(
            "envelope", "accept", envelope["id"])
    assert code == 65 and errors


def test_an_unknown_envelope_or_verdict_is_told(destination):
    for command in ("show", "accept", "reject"):
        assert destination.command("envelope", command, "0" * 32)[0] == 66
        assert destination.command("envelope", command, "no-such")[0] == 66
    assert destination.command("envelope", "maybe", "0" * 32)[0] == 64


# SM-44 SM-47
def test_one_accepts_what_another_rejects(destination, player):
    erin = unique("erin") + "@b.test"
    code, _, errors = destination.command("user", "add", erin, "--mode",
                                          "ask", password="secret")
    assert code == 0, errors
    with player.door() as door:
        identifier, octets = leave(destination, player, ["bob@b.test", erin])
        wanted = bobs(destination, octets)
        other = labs.envelope_of(destination, labs.subject_of(octets), erin)
        assert wanted["id"] != other["id"]
        labs.decide(destination, "accept", wanted)
        labs.decide(destination, "reject", other)
        asked = player.serve(
            door, {identifier: ("dora@c.test", "bob@b.test", octets)},
            lambda asked: until("ACCEPT")(asked) and until("REJECT")(asked))
    said = {(one.verb, one.rest.upper()) for one in asked}
    assert said == {("ACCEPT", "TO:<BOB@B.TEST>"),
                    ("REJECT", f"TO:<{erin.upper()}>")}
    assert arrives(destination, octets)


# SM-44: bob is asked, carol is not
def test_who_is_not_asked_has_it_while_another_is_being_asked(
        destination, player):
    with player.door() as door:
        identifier, octets = leave(
            destination, player, ["bob@b.test", "carol@b.test"])
        player.serve(
            door, {identifier: ("dora@c.test", "carol@b.test", octets)},
            lambda asked: any(one.code == 250 for one in asked))
    labs.received(destination, "carol@b.test",
                  labs.subject_of(octets).encode())
    assert bobs(destination, octets)["state"] == "pending"
    assert is_in_mailbox(destination, octets) == 0


# ---- General Delivery for somebody who is asked

def kept(destination, player):
    """A message for bob that came by GDEL: (its envelope, octets)."""
    identifier, octets = unique("id"), labs.message("dora@c.test")
    with player.door() as door:
        assert player.leave_notice(destination.address, identifier) == 250
        player.serve_until_pulled(
            door, {identifier: ("dora@c.test", "bob@b.test", octets)})
    envelope = bobs(destination, octets)
    assert envelope["state"] == "kept" and envelope["dialect"] == "gdel"
    assert envelope["from"] == "dora@c.test"
    return envelope, octets


# GD-20 SM-12 SM-16 SM-20
def test_what_came_by_general_delivery_is_kept_shown_and_delivered(
        destination, player):
    envelope, octets = kept(destination, player)
    shown = labs.show(destination, envelope["id"])
    assert shown["preview"] == "Hello."
    assert is_in_mailbox(destination, octets) == 0
    labs.decide(destination, "accept", envelope)
    assert arrives(destination, octets)
    assert is_in_mailbox(destination, octets) == 1


# SM-14 DM-26
def test_what_was_kept_and_is_rejected_never_arrives(destination, player):
    envelope, octets = kept(destination, player)
    labs.decide(destination, "reject", envelope)
    assert envelope["id"] not in {
        one["id"] for one in labs.envelopes(destination)}
    # A later one that bob wants has come: the first one does not any more.
    other, later = kept(destination, player)
    labs.decide(destination, "accept", other)
    assert arrives(destination, later)
    assert is_in_mailbox(destination, octets) == 0
    assert destination.command("envelope", "accept", envelope["id"])[0] == 65


# ---- both ends ours

def sent(lab, dialect, body="Hello.\r\n"):
    """A message of alice for bob that he is asked about."""
    origin, destination = lab.server("a.test"), lab.server("b.test")
    octets = labs.message(recipient="bob@b.test", body=body)
    labs.send(origin, "alice@a.test", ["bob@b.test"], octets)
    envelope = bobs(destination, octets)
    assert envelope["dialect"] == dialect
    return origin, destination, envelope, octets


def state_at(origin, octets):
    """That of the hold for bob of the message OCTETS."""
    return next(hold["state"].lower()
                for hold in labs.holds_for(origin, "bob@b.test")
                if hold["subject"] == labs.subject_of(octets))


def report_to_alice(origin, octets):
    """The report about the message OCTETS."""
    return labs.received(origin, "alice@a.test",
                         labs.subject_of(octets).encode())


@pytest.fixture(scope="module", params=["envelope", "msid", "gdel"])
def one_dialect(request, tmp_path_factory):
    """A lab that speaks one dialect only: (its name, the lab)."""
    name = request.param
    lab = Lab(str(tmp_path_factory.mktemp(name) / "d"))
    lab.up(labs.SCENARIO_SETTINGS
           + f'speak = "{name}"\noffer = "{name}"\n')
    yield name, lab
    lab.down()


# SM-12 SM-20 SM-29 DM-03 DM-17 GD-01
def test_in_every_dialect_bob_accepts_and_has_it_unchanged(one_dialect):
    name, lab = one_dialect
    origin, destination, envelope, octets = sent(
        lab, name, ".dot\r\n" + "x" * 3000 + "\r\n")
    assert is_in_mailbox(destination, octets) == 0
    labs.decide(destination, "accept", envelope)
    assert arrives(destination, octets)
    wait_until(lambda: state_at(origin, octets) == "taken", labs.SECONDS,
               "taken")
    assert is_in_mailbox(destination, octets) == 1


# SM-14 SM-19 SM-31 IM-09
@pytest.mark.parametrize("verdict", ["reject", "spam"])
def test_alice_is_told_when_bob_does_not_want_it(one_dialect, verdict):
    name, lab = one_dialect
    origin, destination, envelope, octets = sent(lab, name)
    labs.decide(destination, verdict, envelope)
    # General Delivery has no verdict: b.test has taken it for bob.
    wanted = "taken" if name == "gdel" else "refused"
    wait_until(lambda: state_at(origin, octets) == wanted, labs.SECONDS,
               wanted)
    if name != "gdel":
        report = report_to_alice(origin, octets)
        assert b"multipart/report" in report and b"5.7.1" in report
        assert b"bob@b.test" in report
    assert is_in_mailbox(destination, octets) == 0


# SM-13 WIRE 6: carol's pull brought a copy, which is enough for bob
def test_a_copy_that_is_here_is_not_fetched_again(lab):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    octets = labs.message(more="Cc: <bob@b.test>\r\n")
    labs.send(origin, "alice@a.test", ["carol@b.test", "bob@b.test"], octets)
    labs.received(destination, "carol@b.test",
                  labs.subject_of(octets).encode())
    labs.decide(destination, "accept", bobs(destination, octets))
    assert arrives(destination, octets)
    wait_until(lambda: state_at(origin, octets) == "taken", labs.SECONDS,
               "taken")
    keys = {hold["to"]: hold["id"] for hold in origin.holds()
            if hold["subject"] == labs.subject_of(octets)}
    log = labs.log_text(origin)
    assert f"pull-settled hold={keys['carol@b.test']}" in log
    assert f"pull-settled hold={keys['bob@b.test']}" not in log


# SM-44 WIRE 6, decision 13
def test_bob_does_not_see_whom_a_message_is_hidden_for(lab):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    octets = labs.message(more="Bcc: bob@b.test, secret@c.test\r\n")
    labs.send(origin, "alice@a.test", ["carol@b.test", "bob@b.test"], octets)
    envelope = bobs(destination, octets)
    assert "secret@c.test" not in str(labs.show(destination, envelope["id"]))
    assert envelope["to"] == ["carol@b.test"]
    labs.decide(destination, "accept", envelope)
    assert arrives(destination, compare.without_bcc(octets))
    for recipient in ("carol@b.test", "bob@b.test"):
        got = labs.received(destination, recipient,
                            labs.subject_of(octets).encode())
        assert b"Bcc" not in got and b"secret@c.test" not in got


# SM-17: it outlives a restart
def test_an_envelope_and_a_decision_outlive_a_restart(make_lab):
    alone = make_lab(labs.EVERY_DIALECT)
    destination = alone.server("b.test")
    player = Player("mx.c.test", labs.PLAYED["mx.c.test"],
                    destination.ports["smtp"])
    identifier, octets = leave(destination, player)
    envelope = bobs(destination, octets)
    destination.stop()
    destination.start()
    labs.decide(destination, "accept", bobs(destination, octets))
    destination.stop()
    destination.start()
    with player.door() as door:
        player.serve(door, {identifier: ("dora@c.test", "bob@b.test",
                                         octets)}, until("ACCEPT"))
    assert arrives(destination, octets)
    state_becomes(destination, envelope, "fetched", "delivered")

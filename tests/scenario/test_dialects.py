"""MSID and ENVELOPE between whole servers and a stranger's program
(tests/lib/players.py): notice and pull, in both directions."""

import email
import email.policy

import pytest

from tests.lib import labs
from tests.lib.labs import unique
from tests.lib.notices import (stranger, told, told_by_envelope,
                               told_by_intent)
from tests.lib.players import Player, envelope_text


@pytest.fixture(name="lab")
def lab_that_speaks_all(every_dialect):
    return every_dialect


def message_for(recipient, **more):
    return labs.message(recipient=recipient, **more)


# ---- EHLO

# DM-13 SM-43 GD-22
def test_a_stranger_is_shown_every_notice_keyword_that_is_offered(
        destination, player):
    with player.dial(destination.address, greet=False) as wire:
        keywords = wire.ask("EHLO mx.c.test").keywords()
    assert {"MSID", "ENVELOPE", "GDEL", "RETR", "GTML"} <= set(keywords)


# ---- MSID, from us

# DM-03 DM-04 DM-14 DM-15 DM-16 DM-18
def test_only_an_identifier_and_the_subject_cross_by_msid(origin, player):
    recipient, intent, octets = told_by_intent(origin, player)
    assert intent.mail.startswith("FROM:<alice@a.test> DMTP")
    assert intent.recipients == [recipient]
    assert len(intent.identifier) == 43
    assert intent.subject == labs.subject_of(octets)


# DM-17 DM-20 DM-26
def test_a_message_noticed_by_msid_is_fetched_once_by_gtml(origin, player):
    recipient, intent, octets = told_by_intent(origin, player)
    got = player.fetch(origin.address, intent.identifier, recipient)
    assert got.endswith(octets)
    labs.wait_for_hold(origin, recipient, "taken")
    assert player.fetch(origin.address, intent.identifier,
                        f"<{recipient}>") == "550 5.7.1"


# DM-18 DM-20 DM-21
def test_gtml_of_another_host_or_for_another_recipient_gets_nothing(
        origin, player):
    recipient, intent, octets = told_by_intent(origin, player)
    thief = stranger(player)
    foreign = thief.fetch(origin.address, intent.identifier, recipient)
    unknown = thief.fetch(origin.address, "no-such-name", recipient)
    other = player.fetch(origin.address, intent.identifier, "eve@c.test")
    assert foreign == "550 5.7.1"
    assert foreign.lines == unknown.lines == other.lines
    assert player.fetch(origin.address, intent.identifier,
                        recipient).endswith(octets)


# DM-18
def test_each_recipient_has_an_msid_of_his_own(origin, player):
    recipients = [unique("dave") + "@c.test" for _ in range(2)]
    found = told(origin, player, recipients, message_for("friends@c.test"),
                 player.take_intents)
    assert len({intent.identifier for intent in found}) == 2


# DM-22
def test_a_user_cannot_fetch_by_himself(origin):
    with labs.signed_in(origin, "alice@a.test") as wire:
        for command in ("GTML some-id alice@a.test", "RETR some-id",
                        "ACCEPT some-id To:<alice@a.test>"):
            assert wire.ask(command).code in (500, 502, 503)


# ---- MSID, to us

# DM-04 DM-17
def test_a_stranger_says_msid_and_b_test_comes_with_gtml(
        destination, player):
    identifier, octets = unique("id"), labs.message("dora@c.test")
    with player.door() as door:
        assert player.leave_intent(
            destination.address, "dora@c.test", ["carol@b.test"], identifier,
            "minutes") == 250
        asked = player.serve(
            door, {identifier: ("dora@c.test", "carol@b.test", octets)},
            lambda asked: any(one.code == 250 for one in asked))
        assert door.caller == destination.address
    assert {one.verb for one in asked} == {"GTML"}
    assert asked[-1].rest.strip("<>") == "carol@b.test"
    assert labs.received(destination, "carol@b.test", labs.subject_of(
        octets).encode()).endswith(octets)


# DM-13 DM-14
def test_data_after_mail_with_dmtp_is_refused(destination, player):
    with player.dial(destination.address) as wire:
        assert wire.ask("MAIL FROM:<dora@c.test> DMTP") == 250
        assert wire.ask("RCPT TO:<carol@b.test>") == 250
        assert wire.ask("DATA") == "554 5.7.0"
        assert wire.ask(f"MSID {unique('id')} after all") == 250


# DM-15 DM-16
def test_msid_needs_mail_with_dmtp_and_a_recipient(destination, player):
    with player.dial(destination.address) as wire:
        assert wire.ask("MSID some-id") == 503
        assert wire.ask("MAIL FROM:<dora@c.test>") == 250
        assert wire.ask("RCPT TO:<carol@b.test>") == 250
        assert wire.ask("MSID some-id") == 503
        assert wire.ask("RSET") == 250
        assert wire.ask("MAIL FROM:<dora@c.test> DMTP") == 250
        assert wire.ask("MSID some-id") == 503
        assert wire.ask("RCPT TO:<carol@b.test>") == 250
        assert wire.ask("MSID b\u00e4d subject") == "501 5.5.4"


# DM-14 GD-51
def test_msid_of_a_host_that_may_not_speak_is_refused(destination, player):
    liar = stranger(player)
    with liar.dial(destination.address) as wire:
        assert wire.ask("MAIL FROM:<dora@c.test> DMTP") == "550 5.7.23"
        assert wire.ask("ENVELOPE From:<dora@c.test> ENVID=x") == "550 5.7.23"


# DM-09 DM-12
def test_an_allowed_host_is_shown_neither_msid_nor_envelope(make_lab):
    alone = make_lab(labs.EVERY_DIALECT + 'allow-hosts = {"127.0.3.1"}\n')
    server = alone.server("b.test")
    player = Player("mx.c.test", labs.PLAYED["mx.c.test"],
                    server.ports["smtp"])
    with player.dial(server.address, greet=False) as wire:
        keywords = wire.ask("EHLO mx.c.test").keywords()
    assert not {"MSID", "ENVELOPE", "GDEL"} & set(keywords)
    assert {"RETR", "GTML"} <= set(keywords)


# ---- ENVELOPE, from us

# DM-03 SM-16 SM-43 SM-44 SM-46
def test_only_the_envelope_crosses_and_says_what_the_message_is(
        origin, player):
    recipient = unique("dave") + "@c.test"
    body = "".join(f"Line {n}.\r\n" for n in range(1, 9))
    octets = message_for(recipient, body=body)
    recipient, envelope, _ = told_by_envelope(origin, player, octets)
    assert envelope.command.startswith("From:<alice@a.test> ENVID=")
    assert "SIZE=" in envelope.command
    assert "PULL" not in envelope.command and "DIGEST" not in envelope.command
    assert len(envelope.text) <= 8192
    said = email.message_from_bytes(envelope.text,
                                    policy=email.policy.default)
    assert said["Subject"] == labs.subject_of(octets)
    assert int(said["Message-Size"]) >= len(octets)
    assert said["Attachment-Status"] == "none"
    shown = said.get_content()
    assert "Line 1." in shown and "Line 3." in shown
    assert "Line 4." not in shown


# SM-16 WIRE 6
def test_an_envelope_text_names_its_envelope(origin, player):
    _, envelope, _ = told_by_envelope(origin, player)
    said = email.message_from_bytes(envelope.text,
                                    policy=email.policy.default)
    assert said["Envelope-Id"] == envelope.identifier


# SM-12 SM-20 SM-29 SM-47
def test_accept_turns_the_connection_and_the_message_goes(origin, player):
    recipient, envelope, octets = told_by_envelope(origin, player)
    mail, rcpt, content = player.accept(
        origin.address, envelope.identifier, recipient)
    assert mail.startswith("MAIL FROM:<alice@a.test>")
    assert rcpt.startswith(f"RCPT TO:<{recipient}>")
    assert content.endswith(octets)
    labs.wait_for_hold(origin, recipient, "taken")


# SM-14 SM-19 SM-23 SM-31 SM-47 IM-09
@pytest.mark.parametrize("verb", ["REJECT", "SPAM", "SPAMMER"])
def test_a_refused_message_goes_and_its_author_is_told(origin, player, verb):
    recipient, envelope, _ = told_by_envelope(origin, player)
    command = f"{verb} {envelope.identifier} To:<{recipient}>"
    assert player.say(origin.address, command) == 250
    labs.wait_for_hold(origin, recipient, "refused")
    report = labs.received(origin, "alice@a.test", recipient.encode())
    assert b"multipart/report" in report and b"5.7.1" in report
    assert verb.encode() not in report
    # The same again: the same answer. The content is gone.
    assert player.say(origin.address, command) == 250
    assert player.accept(origin.address, envelope.identifier,
                         recipient) == "550 5.7.1"


# SM-44 SM-47
def test_one_recipient_of_an_envelope_accepts_and_another_rejects(
        origin, player):
    dave, eve = (unique(name) + "@c.test" for name in ("dave", "eve"))
    octets = labs.message(recipient=f"{dave}>, <{eve}")
    (envelope,) = told(origin, player, [dave, eve], octets,
                       player.take_envelopes)
    assert set(envelope.recipients) == {dave, eve}
    # Without To it is not clear whose verdict that is.
    assert player.say(origin.address,
                      f"REJECT {envelope.identifier}") == "501 5.5.4"
    assert player.say(origin.address, f"REJECT {envelope.identifier}"
                      f" To:<{eve}>") == 250
    labs.wait_for_hold(origin, eve, "refused")
    _, rcpt, content = player.accept(origin.address, envelope.identifier,
                                     dave)
    assert rcpt.startswith(f"RCPT TO:<{dave}>")
    assert content.endswith(octets)
    labs.wait_for_hold(origin, dave, "taken")
    report = labs.received(origin, "alice@a.test", eve.encode())
    # The author wrote to both; the report is about one.
    assert b"Final-Recipient: rfc822; " + eve.encode() in report.replace(
        b"rfc822;" + eve.encode(), b"rfc822; " + eve.encode())
    assert b"Final-Recipient: rfc822; " + dave.encode() not in report


# SM-47
def test_to_may_be_left_out_when_there_is_one_recipient(origin, player):
    recipient, envelope, _ = told_by_envelope(origin, player)
    assert player.say(origin.address, "REJECT " + envelope.identifier) == 250
    labs.wait_for_hold(origin, recipient, "refused")


# WIRE 6, decision 13
def test_a_hidden_recipient_is_told_alone(origin, player):
    # More than once: it must not depend on what memory held before.
    for _ in range(10):
        dave, eve, hidden = (unique(name) + "@c.test"
                             for name in ("dave", "eve", "hidden"))
        octets = labs.message(recipient=f"{dave}>, <{eve}",
                              more=f"Bcc: {hidden}\r\n")
        found = told(origin, player, [dave, eve, hidden], octets,
                     player.take_envelopes)
        assert sorted(sorted(one.recipients) for one in found) == sorted(
            [sorted([dave, eve]), [hidden]])
        for one in found:
            assert hidden.encode() not in one.text and b"Bcc" not in one.text
    assert found[0].identifier != found[1].identifier
    (alone,) = (one for one in found if one.recipients == [hidden])
    (both,) = (one for one in found if one.recipients != [hidden])
    assert player.accept(origin.address, both.identifier,
                         hidden) == "550 5.7.1"
    _, _, content = player.accept(origin.address, alone.identifier, hidden)
    assert b"Bcc" not in content and hidden.encode() not in content


# SM-47 AT-04
def test_unknown_and_foreign_verdicts_hear_the_same(origin, player):
    recipient, envelope, octets = told_by_envelope(origin, player)
    thief, name = stranger(player), envelope.identifier
    replies = [
        player.say(origin.address, f"ACCEPT no-such-name To:<{recipient}>"),
        player.say(origin.address, f"REJECT no-such-name To:<{recipient}>"),
        thief.say(origin.address, f"ACCEPT {name} To:<{recipient}>"),
        thief.say(origin.address, f"SPAMMER {name} To:<{recipient}>"),
        player.say(origin.address, f"REJECT {name} To:<eve@c.test>"),
    ]
    assert replies[0] == "550 5.7.1"
    assert len({tuple(reply.lines) for reply in replies}) == 1
    assert player.accept(origin.address, name, recipient,
                         "AUTHORIZE")[2].endswith(octets)


# SM-47
def test_malformed_verdicts_are_told_so(origin, player):
    with player.dial(origin.address) as wire:
        assert wire.ask("ACCEPT") == "501 5.5.4"
        assert wire.ask("REJECT some-id To:") == "501 5.5.4"
        assert wire.ask("REJECT some-id To:<not an address>") == "501 5.5.4"
        assert wire.ask("MAIL FROM:<dora@c.test>") == 250
        assert wire.ask("REJECT some-id To:<dave@c.test>") == 503


# SM-42
def test_verdicts_and_pulls_follow_each_other_in_one_session(origin, player):
    told_of = [told_by_envelope(origin, player) for _ in range(3)]
    with player.dial(origin.address) as wire:
        for recipient, envelope, octets in told_of[:2]:
            reply = player.pull_on(wire, envelope.identifier)
            assert reply[2].endswith(octets)
            labs.wait_for_hold(origin, recipient, "taken")
        recipient, envelope, _ = told_of[2]
        assert wire.ask(f"REJECT {envelope.identifier}"
                        f" To:<{recipient}>") == 250
        assert wire.ask("QUIT") == 221


# SM-42
def test_the_pull_verbs_work_on_any_notice(origin, player):
    recipient, intent, octets = told_by_intent(origin, player)
    assert player.accept(origin.address, intent.identifier,
                         recipient)[2].endswith(octets)
    recipient, envelope, octets = told_by_envelope(origin, player)
    assert player.fetch(origin.address, envelope.identifier,
                        recipient).endswith(octets)


# ---- ENVELOPE, to us

def leave(destination, player, recipients, sender="dora@c.test"):
    """(identifier, octets) of a message that waits at c.test."""
    identifier, octets = unique("id"), labs.message(sender)
    text = envelope_text(sender, recipients, identifier,
                         labs.subject_of(octets))
    assert player.leave_envelope(destination.address, sender, recipients,
                                 identifier, text, size=len(octets)) == 250
    return identifier, octets


# SM-20 SM-43 SM-46
def test_an_envelope_for_whom_policy_decides_is_fetched_at_once(
        destination, player):
    with player.door() as door:
        identifier, octets = leave(destination, player, ["carol@b.test"])
        asked = player.serve(
            door, {identifier: ("dora@c.test", "carol@b.test", octets)},
            lambda asked: any(one.code == 250 for one in asked))
    assert {one.verb for one in asked} <= {"ACCEPT", "RETR"}
    assert labs.received(destination, "carol@b.test", labs.subject_of(
        octets).encode()).endswith(octets)


# SM-42 SM-44 GD-20
def test_envelopes_intents_notices_and_mail_share_one_session(
        destination, player):
    text = [envelope_text("dora@c.test", ["bob@b.test"], unique("id"),
                          unique("subject")) for _ in range(2)]
    octets = labs.message("dora@c.test")
    with player.dial(destination.address) as wire:
        for one in text:
            assert player.say_envelope(wire, "dora@c.test", ["bob@b.test"],
                                       unique("id"), one) == 250
        assert player.say_intent(wire, "dora@c.test", ["bob@b.test"],
                                 unique("id"), "minutes") == 250
        assert wire.ask("GDEL " + unique("id")) == 250
        assert wire.ask("MAIL FROM:<dora@c.test>") == 250
        assert wire.ask("RCPT TO:<carol@b.test>") == 250
        assert wire.ask("DATA") == 354
        wire.send_content(octets)
        assert wire.reply() == 250
    labs.received(destination, "carol@b.test",
                  labs.subject_of(octets).encode())


# SM-42
def test_who_says_helo_may_leave_an_envelope(destination, player):
    identifier = unique("id")
    text = envelope_text("dora@c.test", ["bob@b.test"], identifier, "hello")
    with player.dial(destination.address, greet=False) as wire:
        assert wire.ask("HELO mx.c.test") == 250
        assert player.say_envelope(wire, "dora@c.test", ["bob@b.test"],
                                   identifier, text) == 250


# SM-44 SM-46
def test_without_a_recipient_there_is_no_envelope(destination, player):
    with player.dial(destination.address) as wire:
        assert wire.ask("ENVELOPE From: dora@c.test ENVID=x") == 250
        assert wire.ask("RCPT To:<nobody@b.test>") == "550 5.1.1"
        assert wire.ask("DATA") == "554 5.5.1"


# SM-45
def test_the_size_may_stand_on_a_line_of_its_own(destination, player):
    identifier, subject = unique("id"), unique("subject")
    with player.dial(destination.address) as wire:
        assert wire.ask("SIZE=5") == 503
        assert wire.ask("ENVELOPE From:<dora@c.test>"
                        f" ENVID={identifier}") == 250
        assert wire.ask("RCPT To:<bob@b.test>") == 250
        assert wire.ask("SIZE=many") == 501
        assert wire.ask("SIZE=99999999999") == "552 5.3.4"
        assert wire.ask("SIZE=4321") == 250
        assert wire.ask("DATA") == 354
        wire.send_content(envelope_text("dora@c.test", ["bob@b.test"],
                                        identifier, subject))
        assert wire.reply() == 250
    assert labs.envelope_of(destination, subject)["size"] == 4321


def text_of(size, identifier):
    """An envelope text of SIZE octets."""
    bare = envelope_text("dora@c.test", ["bob@b.test"], identifier, "large",
                         body="")
    lines, rest = divmod(size - len(bare), 100)
    return bare + (b"x" * 98 + b"\r\n") * (lines - 1) + \
        b"x" * (98 + rest) + b"\r\n"


# SM-16 SM-46
def test_what_is_no_envelope_text_or_too_large_is_refused(
        destination, player):
    with player.dial(destination.address) as wire:
        for text, reply in (
                (b"this is no message\r\n", "554 5.6.0"),
                (b"\r\nno header\r\n", "554 5.6.0"),
                (text_of(8193, "x"), "552 5.3.4"),
                (text_of(8192, "x"), "250")):
            assert player.say_envelope(
                wire, "dora@c.test", ["bob@b.test"], unique("id"),
                text) == reply


# WIRE 4.5 AT-17
def test_another_sender_in_the_turn_is_refused(destination, player):
    with player.door() as door:
        identifier, octets = leave(destination, player, ["carol@b.test"])
        asked = player.serve(
            door, {identifier: ("mallory@c.test", "carol@b.test", octets)},
            lambda asked: asked)
    assert asked[0].code == 550
    assert labs.count_received(destination, "carol@b.test",
                               labs.subject_of(octets).encode()) == 0


def test_that_refusal_says_why(destination, player):
    with player.door() as door:
        identifier, _ = leave(destination, player, ["carol@b.test"])
        with player.meet_with(door, identifier) as wire:
            wire.send_line("250 OK")
            assert wire.ask("MAIL FROM:<mallory@c.test>") == "550 5.7.1"


# GD-14 GD-18 IM-09
def test_the_author_is_told_of_what_nobody_came_for(make_lab):
    alone = make_lab('hold-time-user = "1s"\nhold-time-server = "1s"\n'
                     'hold-time-untold = "1s"\n')
    origin = alone.server("a.test")
    recipient = unique("dave") + "@d.test"
    labs.send(origin, "alice@a.test", [recipient], message_for(recipient))
    labs.wait_for_hold(origin, recipient, "expired")
    report = labs.received(origin, "alice@a.test", recipient.encode())
    assert b"multipart/report" in report and b"5.4.7" in report

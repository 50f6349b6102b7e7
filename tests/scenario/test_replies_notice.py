"""Each reply to a notice in any dialect, by a real server: the table of all
replies stands in test_replies.py."""

import signal

import pytest

from tests.lib import labs
from tests.lib.labs import unique
from tests.lib.notices import DIALECTS, played, say_notice
from tests.lib.players import envelope_text


@pytest.fixture(name="lab")
def lab_that_speaks_all(every_dialect):
    return every_dialect


def begin(wire, dialect, sender="dora@c.test"):
    """A transaction that has one recipient."""
    opening = {"msid": f"MAIL FROM:<{sender}> DMTP",
               "envelope": f"ENVELOPE From:<{sender}>"}[dialect]
    assert wire.ask(opening) == 250
    assert wire.ask("RCPT TO:<bob@b.test>") == 250


# ---- 250, 550

# GD-24 DM-15 SM-43
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_notice_left_again_is_noted_again(destination, player, dialect):
    identifier = unique("id")
    text = "250 2.0.0 " + ("shown" if dialect == "envelope" else "noted")
    with player.dial(destination.address) as wire:
        assert say_notice(wire, dialect, identifier) == text
        assert say_notice(wire, dialect, identifier) == text


# GD-51 DM-14 AT-01 AT-17
@pytest.mark.parametrize("dialect", DIALECTS)
def test_in_no_dialect_a_host_speaks_for_another(
        destination, player, dialect):
    with player.dial(destination.address) as wire:
        assert say_notice(wire, dialect,
                          sender="x@victim.test") == "550 5.7.23"
        assert say_notice(wire, dialect) == 250


# GD-55
@pytest.mark.parametrize("dialect", DIALECTS)
def test_in_every_dialect_a_broken_record_is_called_so(destination, dialect):
    with played(destination, "mx.bigspf.test").dial(
            destination.address) as wire:
        assert say_notice(wire, dialect,
                          sender="x@bigspf.test") == "550 5.7.24"


# AT-24 WIRE 8: an address that we would not call leaves nothing here
def test_in_no_dialect_a_host_that_is_never_called_leaves_a_notice(make_lab):
    lab = make_lab(labs.EVERY_DIALECT + 'callable-networks ='
                   ' {"127.0.2.0/24", "127.0.1.0/24"}\n')
    server = lab.server("b.test")
    with played(server, "mx.c.test").dial(server.address) as wire:
        for dialect in DIALECTS:
            assert say_notice(wire, dialect).code == 550
    assert server.notices() == []


# DM-11 GD-36: lists count at each notice, not only at the greeting
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_host_that_is_denied_meanwhile_leaves_nothing_more(
        destination, dialect):
    peer = played(destination, "mx.d.test")
    with peer.dial(destination.address) as wire:
        assert say_notice(wire, dialect, sender="dan@d.test") == 250
        destination.ask({"do": "peer-deny", "peer": peer.address})
        try:
            assert say_notice(wire, dialect,
                              sender="dan@d.test") == "550 5.7.1"
        finally:
            destination.ask({"do": "peer-forget", "peer": peer.address})


# ---- 450, 451, 452

# AT-02 AT-12 AT-13
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_over_a_ceiling_is_put_off(tight_lab, dialect):
    server = tight_lab.server("b.test")
    host, sender = {"gdel": ("mx.c.test", "dora@c.test"),
                    "msid": ("mx.d.test", "dan@d.test"),
                    "envelope": ("mx.example.test", "x@example.test")}[dialect]
    identifier = unique("id")
    with played(server, host).dial(server.address) as wire:
        assert say_notice(wire, dialect, identifier, sender) == 250
        assert say_notice(wire, dialect, None, sender) == 250
        assert say_notice(wire, dialect, None, sender) == "452 4.3.1"
        # One that is here already needs no room.
        replies = [say_notice(wire, dialect, identifier, sender)]
        assert replies == [250]
        while len(replies) < 20 and replies[-1] == 250:
            replies.append(say_notice(wire, dialect, identifier, sender))
        assert replies[-1] == "450 4.7.1"


@pytest.fixture(name="tight_lab", scope="module")
def lab_with_low_ceilings(make_module_lab):
    return make_module_lab(
        labs.EVERY_DIALECT + 'pending-per-source = 2\npending-per-domain = 2\n'
        'notice-rate-new = 6\n'
        'pull-delay-max = "60s"\n')


# GD-55
def test_in_every_dialect_a_notice_waits_for_dns(make_lab):
    lab = make_lab(labs.EVERY_DIALECT)
    lab.processes.stop("nsd", signal.SIGKILL)
    server = lab.server("b.test")
    hosts = {"gdel": "mx.c.test", "msid": "mx.d.test",
             "envelope": "mx.example.test"}
    wires = {dialect: played(server, host).dial(server.address)
             for dialect, host in hosts.items()}
    for dialect, wire in wires.items():
        wire.link.settimeout(40)
        domain = hosts[dialect].partition(".")[2]
        wire.send_line({
            "gdel": f"GDEL {unique('id')}",
            "msid": f"MAIL FROM:<x@{domain}> DMTP",
            "envelope": f"ENVELOPE From:<x@{domain}> ENVID=x"}[dialect])
    for wire in wires.values():
        with wire:
            assert wire.reply() == "451 4.4.3"


# ---- 500, 501, 502, 503

# WIRE 2: a line has 1,012 octets
@pytest.mark.parametrize("verb", [
    "GDEL id", "RETR id", "GTML id dave@c.test", "MSID id",
    "ENVELOPE From:<dora@c.test>", "SIZE=1", "ACCEPT id", "AUTHORIZE id",
    "REJECT id", "SPAM id", "SPAMMER id"])
def test_no_verb_takes_an_endless_line(destination, player, verb):
    with player.dial(destination.address) as wire:
        assert wire.ask(verb + " " + "x" * 1012) == "500 5.5.2"
        assert wire.ask("NOOP") == 250


# DM-15 AT-27
@pytest.mark.parametrize("rest", [
    "", "x" * 129, "semi;colon", "<id>", "id%00", "id\tid",
    "id a\tsubject", "id \x1b[2J", "id \x7f"])
def test_a_malformed_msid_is_501(destination, player, rest):
    with player.dial(destination.address) as wire:
        begin(wire, "msid")
        reply = wire.ask(f"MSID {rest}" if rest else "MSID")
        assert reply == "501 5.5.4", reply


# DM-15 AT-27: at most 200 octets
def test_no_subject_in_msid_is_longer_than_its_room(destination, player):
    with player.dial(destination.address) as wire:
        begin(wire, "msid")
        assert wire.ask(f"MSID {unique('id')} " + "s" * 200) == 250
        for length in (201, 900):
            begin(wire, "msid")
            assert wire.ask(f"MSID {unique('id')} "
                            + "s" * length).code in (250, 501)
            assert wire.ask("RSET") == 250
    lengths = {len(one["subject"]) for one in labs.envelopes(destination)
               if one["subject"].startswith("sss")}
    assert max(lengths) == 200


# DM-15 AT-27: what is no UTF-8 does no harm
def test_a_subject_in_msid_that_is_no_text_becomes_one(destination, player):
    mark = unique("broken")
    with player.dial(destination.address) as wire:
        begin(wire, "msid")
        wire.send(f"MSID {unique('id')} {mark} ".encode() + b"\xff\xfe\r\n")
        assert wire.reply() == 250
    labs.envelope_of(destination, mark + " \ufffd\ufffd")


# SM-43
@pytest.mark.parametrize("rest", [
    "", "dora@c.test", "From:", "From:<dora@c.test", "To:<dora@c.test>",
    "From:<dora@c.test> ENVID=", "From:<dora@c.test> ENVID=a;b",
    "From:<dora@c.test> SIZE=many", "From:<dora@c.test> SIZE=",
    "From:<dora@c.test> ENVID=a ENVID=b",
    "From:<dora@c.test> EXPIRES=3599", "From:<dora@c.test> DIGEST=md5:x"])
def test_a_malformed_envelope_is_501(destination, player, rest):
    with player.dial(destination.address) as wire:
        reply = wire.ask("ENVELOPE " + rest if rest else "ENVELOPE")
        assert reply.code == 501, reply
        assert wire.ask("NOOP") == 250


# WIRE 1: none of these is for our users
def test_users_are_offered_no_verb_of_servers(origin):
    with labs.signed_in(origin, "alice@a.test") as wire:
        for command in (
                "GDEL id", "RETR id", "GTML id alice@a.test", "MSID id",
                "ENVELOPE From:<alice@a.test>", "ACCEPT id", "AUTHORIZE id",
                "REJECT id", "SPAM id", "SPAMMER id"):
            assert wire.ask(command) == "502 5.5.1", command


# WIRE 1: a verb is served even to a peer to whom it was not announced
def test_what_was_not_announced_is_served_all_the_same(make_lab):
    lab = make_lab("offer = {}\n")
    server = lab.server("b.test")
    with played(server, "mx.c.test").dial(server.address,
                                          greet=False) as wire:
        told = wire.ask("EHLO mx.c.test").keywords()
        assert not {"GDEL", "MSID", "ENVELOPE"} & set(told)
        for dialect in DIALECTS:
            assert say_notice(wire, dialect) == 250


# GD-24 DM-15 SM-43 SM-45 SM-47
@pytest.mark.parametrize("command", [
    "GDEL id", "RETR id", "GTML id dave@c.test", "MSID id subject",
    "ENVELOPE From:<dora@c.test>", "SIZE=5", "ACCEPT id", "AUTHORIZE id",
    "REJECT id", "SPAM id", "SPAMMER id"])
def test_each_verb_has_its_place(destination, player, command):
    with player.dial(destination.address, greet=False) as wire:
        assert wire.ask(command) == "503 5.5.1"
        assert wire.ask("EHLO mx.c.test") == 250
        if not command.startswith("SIZE"):
            assert wire.ask("MAIL FROM:<dora@c.test>") == 250
            assert wire.ask(command) == "503 5.5.1"
            assert wire.ask("RCPT TO:<carol@b.test>") == 250
            assert wire.ask(command) == "503 5.5.1"
            assert wire.ask("RSET") == 250
        assert wire.ask("NOOP") == 250


# ---- what only ENVELOPE has

# SM-44: each recipient has his own answer
@pytest.mark.parametrize("dialect", ["msid", "envelope"])
def test_each_recipient_is_answered_for_himself(
        destination, player, dialect):
    with player.dial(destination.address) as wire:
        begin(wire, dialect)
        assert wire.ask("RCPT TO:<dave@elsewhere.example>") == "550 5.7.1"
        assert wire.ask("RCPT TO:<nobody@b.test>") == "550 5.1.1"
        assert wire.ask("RCPT TO:<not an address>").code == 501
        assert wire.ask("RCPT TO:<carol@b.test>") == 250


# WIRE 6: an envelope must have a name
def test_an_envelope_without_any_name_is_refused(destination, player):
    subject = unique("subject")
    text = envelope_text("dora@c.test", ["bob@b.test"], "x", subject)
    nameless = text.replace(b"Envelope-Id: x\r\n", b"")
    with player.dial(destination.address) as wire:
        for one in (nameless, nameless.replace(
                b"Subject", b"Message-ID:  \r\nSubject")):
            begin(wire, "envelope")
            assert wire.ask("DATA") == 354
            wire.send_content(one)
            assert wire.reply() == "550 5.6.0"
    assert subject not in str(labs.envelopes(destination))


# SM-45: table 4 has it after MAIL, too
def test_the_size_of_a_message_may_stand_on_a_line_of_its_own(
        destination, player):
    octets = labs.message("dora@c.test")
    with player.dial(destination.address) as wire:
        assert wire.ask("MAIL FROM:<dora@c.test>") == 250
        assert wire.ask("RCPT TO:<carol@b.test>") == 250
        assert wire.ask("SIZE=") == 501
        assert wire.ask("SIZE=99999999999") == "552 5.3.4"
        assert wire.ask(f"SIZE={len(octets)}") == 250
        assert wire.ask("DATA") == 354
        wire.send_content(octets)
        assert wire.reply() == 250
        assert wire.ask("SIZE=5") == 503
    labs.received(destination, "carol@b.test",
                  labs.subject_of(octets).encode())

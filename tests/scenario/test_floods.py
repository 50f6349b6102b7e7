"""Floods of notices: each ceiling has its reply, nobody whom a flood names is
called, and an honest message from another domain comes in all the while."""

import pytest

from lab.failure import wait_until
from tests.lib import labs
from tests.lib.labs import unique
from tests.lib.notices import DIALECTS, notice_becomes, played, say_notice
from tests.lib.players import Player, envelope_text

RATE, PER_SOURCE, PER_USER, TOTAL = 40, 5, 12, 30
CEILINGS = labs.EVERY_DIALECT + (
    f"notice-rate-new = {RATE}\npending-per-source = {PER_SOURCE}\n"
    f"pending-per-domain = {PER_SOURCE}\n"
    f"pending-per-user = {PER_USER}\npending-total = {TOTAL}\n")
# Domains that exist for a flood: each may be spoken for by its own /24.
FLOOD_DOMAINS = 40


def network(number):
    return f"127.0.{100 + number}"


ZONE = "".join(
    f"f{n}.test. MX 10 mx.f{n}.test.\n"
    f'f{n}.test. TXT "v=spf1 ip4:{network(n)}.0/24 -all"\n'
    f"mx.f{n}.test. A {network(n)}.1\n"
    f'mx.f{n}.test. TXT "v=spf1 a -all"\n' for n in range(FLOOD_DOMAINS))


@pytest.fixture(name="lab")
def lab_with_low_ceilings(make_lab):
    return make_lab(CEILINGS, extra_zone=ZONE)


def flooder(server, number, host=1):
    """A host of the network that speaks for f<NUMBER>.test."""
    return Player(f"mx.f{number}.test", f"{network(number)}.{host}",
                  server.ports["smtp"])


def honest(lab, recipient="carol@b.test"):
    """A message of alice's comes, asked about or not."""
    origin, destination = lab.server("a.test"), lab.server("b.test")
    octets = labs.message(recipient=recipient)
    labs.send(origin, "alice@a.test", [recipient], octets)
    if recipient.startswith("bob"):
        labs.accept(destination, octets)
    assert labs.received(destination, recipient, labs.subject_of(
        octets).encode()).endswith(octets)


def say(peer, server, dialect, count, number, recipient="bob@b.test"):
    """The replies to COUNT notices of PEER for f<NUMBER>.test."""
    with peer.dial(server.address) as wire:
        return [say_notice(wire, dialect, None, f"x@f{number}.test",
                           recipient) for _ in range(count)]


def open_notices(server, number):
    return [one for one in server.notices()
            if one["domain"] == f"f{number}.test"
            and one["state"].lower() in ("pending", "wanted", "pulling")]


# AT-02: one address
@pytest.mark.parametrize("dialect", DIALECTS)
def test_one_address_is_put_off_and_others_are_not(lab, dialect):
    destination = lab.server("b.test")
    replies = say(flooder(destination, 0), destination, dialect, RATE + 20, 0)
    assert [reply.code for reply in replies[:PER_SOURCE]] == [
        250] * PER_SOURCE
    assert "450 4.7.1" in replies
    first = replies.index("450 4.7.1")
    assert first <= RATE
    assert all(reply == "450 4.7.1" for reply in replies[first:])
    assert set(map(str, replies[PER_SOURCE:first])) <= {
        "452 4.3.1 no room here now"}
    honest(lab)
    honest(lab, "bob@b.test")


# AT-02 AT-13: one domain, by all hosts of its network
@pytest.mark.parametrize("dialect", ["msid", "envelope"])
def test_one_domain_fills_its_own_room_from_however_many_hosts(lab, dialect):
    destination = lab.server("b.test")
    replies = [say(flooder(destination, 0, host), destination, dialect, 2,
                   0) for host in range(1, 20)]
    replies = [reply for pair in replies for reply in pair]
    assert [reply.code for reply in replies[:PER_SOURCE]] == [
        250] * PER_SOURCE
    assert all(reply == "452 4.3.1" for reply in replies[PER_SOURCE:])
    assert len(open_notices(destination, 0)) == PER_SOURCE
    # Room of one recipient is not that of another.
    assert say(flooder(destination, 0), destination, dialect, 1, 0,
               "carol@b.test") == [250]
    honest(lab, "bob@b.test")
    honest(lab)


# AT-02 AT-13: General Delivery names nobody; the room is that of the domain
def test_one_domain_fills_its_own_room_by_general_delivery(lab):
    destination = lab.server("b.test")
    hosts = [flooder(destination, 0, host) for host in range(1, 20)]
    # It comes to the host that called; he keeps it waiting there.
    with hosts[0].door() as door:
        assert say(hosts[0], destination, "gdel", PER_SOURCE, 0) == [
            250] * PER_SOURCE
        with door.meet():
            for host in hosts:
                assert say(host, destination, "gdel", 1, 0) == ["452 4.3.1"]
            honest(lab)
            honest(lab, "bob@b.test")


# AT-02 AT-03: many domains displace one another, and the largest goes first
def test_many_domains_flood_one_user_and_displace_themselves(lab):
    destination = lab.server("b.test")
    peer = played(destination, "mx.c.test")
    kept = unique("kept")
    with peer.dial(destination.address) as wire:
        assert peer.say_envelope(
            wire, "dora@c.test", ["bob@b.test"], unique("id"), envelope_text(
                "dora@c.test", ["bob@b.test"], "x", kept)) == 250
    for number in range(6):
        replies = say(flooder(destination, number), destination, "envelope",
                      3, number)
        assert replies == [250, 250, 250]
    # The oldest of whoever had most went; a source with one lost nothing.
    assert len(labs.envelopes(destination)) == PER_USER
    assert kept in {one["subject"] for one in labs.envelopes(destination)}
    left = [len(open_notices(destination, number)) for number in range(6)]
    assert sum(left) == PER_USER - 1
    assert max(left) - min(left) <= 2
    lapsed = [one for one in destination.notices()
              if one["state"].lower() == "lapsed"]
    assert len(lapsed) == 18 + 1 - PER_USER
    honest(lab, "bob@b.test")
    honest(lab)


# AT-02 AT-13: all together
def test_there_is_a_ceiling_for_all_and_room_again_when_they_lapse(lab):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    peers = [flooder(destination, number) for number in range(TOTAL)]
    doors = [peer.door() for peer in peers]
    try:
        wires = []
        for number, peer in enumerate(peers):
            assert say(peer, destination, "gdel", 1, number) == [250]
        # Whoever is called keeps the line busy: nothing of it lapses.
        wires = [door.meet() for door in doors]
        late = flooder(destination, TOTAL)
        for dialect in DIALECTS:
            assert say(late, destination, dialect, 1, TOTAL) == ["452 4.3.1"]
        octets = labs.message()
        labs.send(origin, "alice@a.test", ["carol@b.test"], octets)
        wait_until(lambda: any("452 4.3.1" in (hold["last_reply"] or "")
                               for hold in labs.holds_for(
                                   origin, "carol@b.test")),
                   labs.SECONDS, "452 to alice's notice")
    finally:
        for one in wires + doors:
            one.close()
    # Nobody is there any more; they lapse, and what was put off comes.
    assert labs.received(destination, "carol@b.test", labs.subject_of(
        octets).encode()).endswith(octets)


# ---- AT-01: whom a flood names

# AT-01 AT-17 GD-07 GD-50 GD-57
@pytest.mark.parametrize("recipient", ["carol@b.test", "bob@b.test"])
def test_no_dialect_brings_a_connection_to_whom_it_names(
        every_dialect, recipient):
    destination = every_dialect.server("b.test")
    victim = played(destination, "mx.victim.test")
    attackers = [played(destination, "mx.c.test"),
                 Player("mx.victim.test", "127.0.77.1", victim.port)]
    with victim.door() as target:
        for attacker in attackers:
            for name in ("mx.victim.test", "[127.0.9.1]", attacker.hostname):
                with attacker.dial(destination.address, False) as wire:
                    assert wire.ask("EHLO " + name) == 250
                    for dialect in DIALECTS:
                        assert say_notice(
                            wire, dialect, None, "x@victim.test",
                            recipient) == "550 5.7.23"
                        assert say_notice(
                            wire, dialect, unique("id") + "@mx.victim.test",
                            "x@victim.test", recipient) == "550 5.7.23"
        assert all(one["domain"] != "victim.test"
                   for one in destination.notices())
        after_it(destination, attackers[0], target)


def after_it(destination, peer, target):
    """An honest notice of each dialect behind all others is pulled: whatever
    they would have caused was due by then. Nobody stood at TARGET."""
    offered = {unique("id"): ("dora@c.test", "carol@b.test",
                              labs.message("dora@c.test"))
               for _ in DIALECTS}
    with peer.door() as door, peer.dial(destination.address) as wire:
        for identifier, dialect in zip(offered, DIALECTS):
            assert say_notice(wire, dialect, identifier,
                              recipient="carol@b.test") == 250
        peer.serve(door, offered, lambda asked: set(offered) <= {
            one.identifier for one in asked if one.code == 250})
    for identifier in offered:
        notice_becomes(destination, identifier, "fetched", "delivered")
    assert not target.has_caller()


# AT-01 AT-18 GD-50: what is inside a notice that is believed names nobody
# who is called either, not even when bob decides
@pytest.mark.parametrize("verdict", ["accept", "spammer"])
def test_no_envelope_sends_anybody_to_whom_it_names(every_dialect, verdict):
    destination = every_dialect.server("b.test")
    victim = played(destination, "mx.victim.test")
    peer = played(destination, "mx.c.test")
    subject = unique("subject")
    identifier = unique("id") + "@mx.victim.test"
    text = envelope_text(
        "boss@victim.test", ["bob@b.test"], unique("id") + "@victim.test",
        subject, "Reply-To: <x@victim.test>\r\nSender: <x@victim.test>\r\n"
        "Return-Path: <x@victim.test>\r\nList-Unsubscribe: "
        "<https://mx.victim.test/x>\r\nMessage-ID: <x@mx.victim.test>\r\n"
        "Errors-To: <x@victim.test>\r\n"
        "Disposition-Notification-To: <x@victim.test>\r\n")
    octets = labs.message("dora@c.test", more="Disposition-Notification-To:"
                          " <x@victim.test>\r\nReply-To: <x@victim.test>\r\n")
    with victim.door() as target:
        with peer.dial(destination.address) as wire:
            assert peer.say_envelope(wire, "dora@c.test", ["bob@b.test"],
                                     identifier, text) == 250
        with peer.door() as door:
            labs.decide(destination, verdict,
                        labs.envelope_of(destination, subject))
            peer.serve(door, {identifier: ("dora@c.test", "bob@b.test",
                                           octets)}, lambda asked: asked)
        after_it(destination, peer, target)

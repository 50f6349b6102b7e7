"""What a notice announced, and what it must never cause."""

import base64
import hashlib

from tests.lib import labs
from tests.lib.general_delivery import Peer
from tests.lib.labs import unique


def digest_of(octets):
    digest = hashlib.sha256(octets).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def notice_with_digest(server, peer, identifier, octets):
    with peer.dial(server.address) as wire:
        assert wire.ask(f"GDEL {identifier} "
                        f"DIGEST=sha256:{digest_of(octets)}") == 250
        assert wire.ask("QUIT") == 221


def pulled_once(peer, door, identifier, octets):
    """The reply to the content of the first pull of IDENTIFIER."""
    while True:
        with door.meet() as wire:
            peer.greet_as_server(wire)
            served = peer.serve_pull(wire, {identifier: (
                "dora@c.test", "carol@b.test", octets)})
        if served:
            return served[0][1]


# AT-07 CG-03
def test_the_message_that_was_announced_is_taken(destination, c_test):
    identifier, octets = unique("id"), labs.message("dora@c.test")
    with c_test.door() as door:
        notice_with_digest(destination, c_test, identifier, octets)
        assert pulled_once(c_test, door, identifier, octets) == 250
    labs.received(destination, "carol@b.test",
                  labs.subject_of(octets).encode())


# AT-07 CG-03
def test_another_message_than_the_one_announced_is_refused(
        destination, c_test):
    identifier, octets = unique("id"), labs.message("dora@c.test")
    other = labs.message("dora@c.test")
    with c_test.door() as door:
        notice_with_digest(destination, c_test, identifier, octets)
        assert pulled_once(c_test, door, identifier, other) == "554 5.6.0"
    assert labs.count_received(destination, "carol@b.test",
                               labs.subject_of(other).encode()) == 0


# AT-01 GD-07 GD-50
def test_forged_notices_bring_no_connection_to_whom_they_name(
        destination, c_test):
    victim = Peer("mx.victim.test", "127.0.9.1", destination.ports["smtp"])
    octets = labs.message("dora@c.test")
    honest = unique("id")
    with victim.door() as target, c_test.door() as door:
        for _ in range(20):
            with c_test.dial(destination.address, greet=False) as wire:
                assert wire.ask("EHLO mx.victim.test") == 250
                assert wire.ask(f"GDEL {unique('id')}") == "550 5.7.23"
                assert wire.ask(f"GDEL {unique('id')} FROM=victim.test") == \
                    "550 5.7.23"
        # an honest notice behind them is pulled: whatever the forged ones
        # would have caused was due by then
        assert c_test.leave_notice(destination.address, honest) == 250
        c_test.serve_until_pulled(
            door, {honest: ("dora@c.test", "carol@b.test", octets)})
        assert not target.has_caller()

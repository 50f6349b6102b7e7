"""The whole path over IPv6. There is but one loopback address of that kind,
so the played host listens at another port, at which b.test calls others."""

import pytest

from lab import ports
from lab.world import IPV6_ADDRESS
from tests.lib import labs
from tests.lib.general_delivery import Peer
from tests.lib.labs import unique
from tests.lib.wire import dial

ZONE = f"""\
v6.test. MX 10 mx.v6.test.
v6.test. TXT "v=spf1 mx -all"
mx.v6.test. AAAA {IPV6_ADDRESS}
mx.v6.test. TXT "v=spf1 a ip6:::1 -all"
"""


class PeerBehindAnotherPort(Peer):
    """It dials the server's port, and listens at its own."""

    def __init__(self, server_port, *rest):
        super().__init__(*rest)
        self.server_port = server_port

    def dial(self, server_address, greet=True):
        wire = dial(server_address, self.server_port, self.address)
        assert wire.reply() == 220
        if greet:
            assert wire.ask("EHLO " + self.hostname) == 250
        return wire


@pytest.fixture
def six(make_lab):
    """(server at ::1, peer that it can notify and pull from)"""
    if not ports.address_exists(IPV6_ADDRESS):
        pytest.skip("no IPv6 on this machine")
    server = make_lab(extra_zone=ZONE).server("b.test")
    listening = server.ports["smtp"]
    with ports.lock():
        (called,) = ports.choose(1)
    server.stop()
    server.lay_over(
        f'listen-smtp = {{"{server.address}:{listening}",'
        f' "[{IPV6_ADDRESS}]:{listening}"}}\n'
        f'source-addresses = {{"{server.address}", "{IPV6_ADDRESS}"}}\n'
        f"smtp-port = {called}\n")
    server.start()
    return server, PeerBehindAnotherPort(
        listening, "mx.v6.test", IPV6_ADDRESS, called)


def test_a_notice_and_its_pull_pass_over_ipv6(six):
    server, peer = six
    identifier, octets = unique("id"), labs.message("dora@v6.test")
    with peer.door() as door:
        with peer.dial(IPV6_ADDRESS) as wire:
            assert wire.ask("GDEL " + identifier) == 250
            assert wire.ask("QUIT") == 221
        peer.serve_until_pulled(
            door, {identifier: ("dora@v6.test", "carol@b.test", octets)})
        assert door.caller == IPV6_ADDRESS
    labs.received(server, "carol@b.test", labs.subject_of(octets).encode())


def test_a_hold_is_noticed_and_pulled_over_ipv6(six):
    server, peer = six
    recipient = unique("dave") + "@v6.test"
    octets = labs.message("carol@b.test", recipient)
    with peer.door() as door:
        labs.send(server, "carol@b.test", [recipient], octets)
        hold = labs.wait_for_hold(server, recipient, "held", "noticed")
        assert peer.take_notice_of(door, hold["wire_id"]) == IPV6_ADDRESS
        assert peer.pull(IPV6_ADDRESS, hold["wire_id"])[2].endswith(octets)
    labs.wait_for_hold(server, recipient, "taken")

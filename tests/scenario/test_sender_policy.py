"""Who may leave a notice in whose name: SPF, and the MX records where there
is none. The hosts are those of the lab's DNS."""

import pytest

from tests.lib import labs
from tests.lib.general_delivery import Peer
from tests.lib.labs import unique


def notice(server, name, address, more=""):
    """The reply to a notice of the host NAME at ADDRESS."""
    peer = Peer(name, address, server.ports["smtp"])
    with peer.dial(server.address) as wire:
        return wire.ask(f"GDEL {unique('id')}{more}")


# GD-51 GD-53 GD-54 GD-55
@pytest.mark.parametrize("name, address, more", [
    ("mx.c.test", "127.0.3.1", ""),
    ("mx.c.test", "127.0.3.1", " FROM=c.test"),
    ("MX.C.TEST", "127.0.3.1", " FROM=C.Test"),
    ("mx.example.test", "127.0.12.1", " FROM=example.test"),
    ("pullmail.example.test", "127.0.12.2", " FROM=example.test"),
    ("pullmail.example.test", "127.0.12.2", ""),
    ("[127.0.3.1]", "127.0.3.1", " FROM=c.test"),
    ("spamspamwonderfulspam", "127.0.3.1", " FROM=c.test"),
])
def test_a_host_that_may_speak_is_believed(destination, name, address, more):
    assert notice(destination, name, address, more) == "250 2.0.0"


# AT-01 AT-17 DM-06 GD-50 GD-51 GD-55 GD-57
@pytest.mark.parametrize("name, address, more", [
    ("mx.victim.test", "127.0.3.1", ""),
    ("mx.c.test", "127.0.3.1", " FROM=victim.test"),
    ("mx.c.test", "127.0.9.1", ""),
    ("mx.softfail.test", "127.0.10.1", " FROM=softfail.test"),
    ("mx.c.test", "127.0.12.2", " FROM=c.test"),
    ("mx.example.test", "127.0.12.2", ""),
    ("nowhere.example", "127.0.3.1", ""),
    ("[127.0.3.1]", "127.0.3.1", ""),
    ("localhost", "127.0.3.1", ""),
    ("spamspamwonderfulspam", "127.0.3.1", ""),
])
def test_a_host_that_may_not_speak_is_refused(
        destination, name, address, more):
    assert notice(destination, name, address, more) == "550 5.7.23"


# GD-55
def test_a_record_with_too_many_look_ups_is_broken(destination):
    assert notice(destination, "mx.bigspf.test", "127.0.11.1",
                  " FROM=bigspf.test") == "550 5.7.24"


# GD-52
def test_without_a_record_the_mail_hosts_may_speak(destination):
    assert notice(destination, "mx.d.test", "127.0.4.1",
                  " FROM=d.test") == 250
    assert notice(destination, "mx.d.test", "127.0.4.1") == 250
    assert notice(destination, "mx.d.test", "127.0.9.1") == "550 5.7.23"
    assert notice(destination, "mx.victim.test", "127.0.9.1",
                  " FROM=d.test") == "550 5.7.23"


# The resolver asks again by TCP, which its filter of system calls must allow.
def test_a_record_too_long_for_a_datagram_is_read_whole(make_lab):
    others = "".join(f'long.test. TXT "{"x" * 200}{n}"\n' for n in range(60))
    zone = others + 'long.test. TXT "v=spf1 ip4:127.0.3.1 -all"\n'
    server = make_lab(extra_zone=zone).server("b.test")
    resolver = server.pids()["resolver"]
    assert notice(server, "mx.c.test", "127.0.3.1", " FROM=long.test") == 250
    assert notice(server, "mx.c.test", "127.0.4.1",
                  " FROM=long.test") == "550 5.7.23"
    assert server.pids()["resolver"] == resolver


# GD-44 GD-51 WIRE 4.5: the sender is judged, not the name in the notice
def test_a_pulled_message_in_anothers_name_is_refused(destination, c_test):
    identifier = unique("id")
    octets = labs.message("victor@victim.test")
    with c_test.door() as door:
        assert c_test.leave_notice(destination.address, identifier) == 250
        served = []
        while not served:
            with door.meet() as wire:
                c_test.greet_as_server(wire)
                served = c_test.serve_pull(wire, {identifier: (
                    "victor@victim.test", "carol@b.test", octets)})
    assert served[0][1] == "550 5.7.23"
    assert labs.count_received(destination, "carol@b.test",
                               labs.subject_of(octets).encode()) == 0


# GD-10 DM-10
def test_what_is_believed_can_be_set(make_lab):
    lab = make_lab('spf-accept = {"pass", "softfail"}\n'
                   'spf-mx-fallback = false\n')
    server = lab.server("b.test")
    assert notice(server, "mx.softfail.test", "127.0.10.1",
                  " FROM=softfail.test") == 250
    assert notice(server, "mx.d.test", "127.0.4.1",
                  " FROM=d.test") == "550 5.7.23"


# AT-24
def test_a_private_network_is_called_only_if_listed(make_lab):
    lab = make_lab('callable-networks = {"127.0.2.0/24", "127.0.1.0/24"}\n')
    server = lab.server("b.test")
    reply = notice(server, "mx.c.test", "127.0.3.1")
    assert reply.code == 550, reply

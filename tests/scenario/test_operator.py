"""What the operator does to a running server counts at once, and what needs
no running server works without one."""

import json
import os
import stat
import subprocess

import pytest

from lab.failure import wait_until
from lab.settings import STORE_ID
from tests.lib import labs
from tests.lib.general_delivery import Peer
from tests.lib.labs import PLAYED, unique
from tests.lib.wire import dial


@pytest.fixture
def d_test(origin):
    return Peer("mx.d.test", PLAYED["mx.d.test"], origin.ports["smtp"])


def command(server, *words, code=0, password=None):
    """The JSON document of a command that ends with CODE."""
    got, output, errors = server.command(*words, "--json", password=password)
    assert got == code, errors
    return json.loads(output)


# ---- peers ----

def greeting(server, address):
    with dial(server.address, server.ports["smtp"], address) as wire:
        return wire.reply()


def hello(server, address):
    with dial(server.address, server.ports["smtp"], address) as wire:
        assert wire.reply() == 220
        return wire.ask("EHLO host.test").keywords()


# DM-11 GD-36
@pytest.mark.parametrize("peer", [
    "127.0.10.1", "127.0.10.0/24", "mx.softfail.test", "softfail.test"])
def test_a_denied_peer_is_turned_away_at_once(destination, peer):
    address = PLAYED["mx.softfail.test"]
    assert greeting(destination, address) == 220
    row = command(destination, "peer", "deny", peer, "--for", "24h")["peer"]
    assert row["list"] == "deny" and row["until"] > row["created"]
    assert greeting(destination, address) == "554 5.7.1"
    command(destination, "peer", "forget", peer)
    assert greeting(destination, address) == 220
    command(destination, "peer", "show", peer, code=66)


# DM-12 GD-37
def test_an_allowed_peer_sees_no_notice_keyword(destination):
    address = PLAYED["mx.d.test"]
    assert "GDEL" in hello(destination, address)
    command(destination, "peer", "allow", "d.test")
    try:
        assert "GDEL" not in hello(destination, address)
        assert any(row.get("domain") == "d.test" and row["list"] == "allow"
                   and row["until"] is None for row in
                   command(destination, "peer", "list")["peers"])
    finally:
        command(destination, "peer", "forget", "d.test")
    assert "GDEL" in hello(destination, address)


def test_a_list_ends_with_its_time(destination):
    address = PLAYED["mx.c.test"]
    command(destination, "peer", "deny", address, "--for", "1s")
    wait_until(lambda: greeting(destination, address) == 220, labs.SECONDS,
               "the end of the list")
    row = command(destination, "peer", "show", address)["peer"]
    assert row["list"] == "none"


def test_a_list_outlives_the_server(make_lab):
    server = make_lab().server("b.test")
    command(server, "peer", "deny", "127.0.3.1")
    server.stop()
    server.start()
    assert greeting(server, "127.0.3.1") == "554 5.7.1"


def test_a_slip_is_refused_and_what_is_listed_stays_so(make_lab):
    server = make_lab().server("b.test")
    command(server, "peer", "deny", "127.0.3.1")
    code, _, errors = server.command("peer", "deny", "10.0.0.256")
    assert code != 0
    assert "10.0.0.256" in errors and "is no address" in errors
    command(server, "peer", "deny", "127.0.10.1")
    assert greeting(server, "127.0.10.1") == "554 5.7.1"
    server.stop()
    server.start()
    assert greeting(server, "127.0.3.1") == "554 5.7.1"


def test_what_a_peer_did_is_counted(destination, c_test):
    assert c_test.leave_notice(destination.address, unique("id")) == 250
    assert c_test.pull(destination.address, "no-such-id") == "550 5.7.1"

    def counted():
        code, output, _ = destination.command(
            "peer", "show", c_test.address, "--json")
        row = json.loads(output)["peer"] if code == 0 else {}
        return row.get("notices", 0) > 0 and row.get("failures", 0) > 0

    wait_until(counted, labs.SECONDS, "figures of c.test")


def test_a_section_of_the_configuration_changes_what_one_domain_sees(
        make_lab):
    server = make_lab('peer "c.test" { offer = {} }\n').server("b.test")
    assert "GDEL" not in hello(server, PLAYED["mx.c.test"])
    assert "GDEL" in hello(server, PLAYED["mx.d.test"])


# ---- holds ----

def waiting(origin, recipient, **more):
    octets = labs.message(recipient=recipient, **more)
    labs.send(origin, "alice@a.test", [recipient], octets)
    labs.wait_for_hold(origin, recipient, "held", "noticed")
    return next(row for row in command(origin, "held", "list")["held"]
                if row["to"] == recipient)


# IM-01 IM-09
def test_a_hold_is_shown_with_its_subject_and_both_names(origin):
    row = waiting(origin, unique("dave") + "@d.test",
                  subject="Minutes of\r\n Monday")
    assert row["from"] == "alice@a.test"
    assert row["subject"] == "Minutes of Monday"
    assert len(row["id"]) == 32 and len(row["wire_id"]) == 43
    assert set(row) >= {"size", "route", "state", "created", "expires",
                        "next_try", "last_reply"}
    for name in (row["id"], row["wire_id"]):
        assert command(origin, "held", "show", name)["hold"]["id"] == row["id"]


def test_a_message_can_be_withdrawn_once(origin):
    row = waiting(origin, unique("dave") + "@d.test")
    hold = command(origin, "held", "withdraw", row["wire_id"])["hold"]
    assert hold["state"] == "withdrawn" and hold["ended"]
    command(origin, "held", "withdraw", row["id"])
    command(origin, "held", "retry", row["id"], code=65)
    command(origin, "held", "withdraw", "f" * 32, code=66)


def test_a_notice_is_tried_again_when_the_operator_wants(origin, d_test):
    recipient = unique("dave") + "@d.test"
    row = waiting(origin, recipient)
    command(origin, "held", "retry", row["id"])
    with d_test.door() as door:
        d_test.take_notice_of(door, row["wire_id"])
    labs.wait_for_hold(origin, recipient, "noticed")


# ---- without a server ----

def test_users_are_added_and_the_store_is_checked_while_it_is_stopped(
        make_lab):
    server = make_lab().server("b.test")
    server.stop()
    command(server, "user", "list", code=69)
    command(server, "user", "add", "dave@b.test", password="secret")
    command(server, "user", "add", "dave@b.test", password="again", code=65)
    assert command(server, "check", "--store")["store"]["problems"] == 0
    store = os.path.join(server.state, "store")
    for name in os.listdir(store):
        about = os.stat(os.path.join(store, name))
        assert os.getuid() != 0 or about.st_uid == STORE_ID
        assert stat.S_IMODE(about.st_mode) & 0o007 == 0
    server.start()
    assert command(server, "user", "show", "dave@b.test")["user"]


def test_a_second_server_of_the_same_folder_does_not_start(destination):
    done = subprocess.run(
        [destination.lab.binary, "serve", "-c", destination.config],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=labs.SECONDS)
    assert done.returncode > 0
    assert "a server runs with this folder already" in done.stderr
    assert command(destination, "status")["version"]


def sender_policy(lab, address, sender, helo):
    dns = f"{lab.dns['address']}:{lab.dns['port']}"
    done = subprocess.run(
        [lab.binary, "spf", "--ip", address, "--from", sender,
         "--helo", helo, "--dns", dns, "--json"], capture_output=True,
        text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# GD-51
@pytest.mark.parametrize("address, sender, result", [
    ("127.0.3.1", "dave@c.test", "pass"),
    ("127.0.4.1", "dave@c.test", "fail"),
    ("127.0.3.1", "dave@softfail.test", "softfail"),
    ("127.0.3.1", "dave@d.test", "none"),
    ("127.0.3.1", "dave@bigspf.test", "permerror"),
    ("127.0.3.1", "<>", "pass"),
])
def test_a_policy_is_told_in_plain_words(lab, address, sender, result):
    answer = sender_policy(lab, address, sender, "mx.c.test")
    assert answer["result"] == result
    assert address in answer["explanation"]


def test_every_setting_is_told_with_its_range_and_reason(lab):
    done = subprocess.run([lab.binary, "check", "--settings", "--json"],
                          capture_output=True, check=True)
    rows = json.loads(done.stdout)["settings"]
    assert {"hostname", "speak", "offer", "smtp-port", "peer"} <= {
        row["key"] for row in rows}
    for row in rows:
        assert set(row) == {"key", "type", "default", "range", "reason"}
        assert row["type"] and row["range"] and row["reason"]

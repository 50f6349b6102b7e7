"""The operator's hands: users, lists and the state of a running server."""

import json

import pytest

from tests.lib import labs
from tests.lib.labs import unique


def answer(server, *arguments, password=None):
    """The JSON that a command prints."""
    code, output, errors = server.command(*arguments, "--json",
                                          password=password)
    assert code == 0, errors
    return json.loads(output)


def addresses(server):
    return {user["address"] for user in answer(server, "user", "list")["users"]}


def test_a_user_can_be_added_changed_and_removed(destination):
    address = unique("dave") + "@b.test"
    answer(destination, "user", "add", address, "--mode", "ask",
           "--password-stdin", password="first secret")
    assert address in addresses(destination)
    code, _, errors = destination.command(
        "user", "add", address, "--password-stdin", password="again")
    assert code != 0 and errors
    answer(destination, "user", "set", address, "--mode", "server")
    octets = labs.message("carol@b.test", address)
    labs.send(destination, "carol@b.test", [address], octets)
    answer(destination, "user", "remove", address)
    assert address not in addresses(destination)
    with labs.connect(destination) as wire:
        wire.ask("EHLO client.test")
        wire.ask("MAIL FROM:<x@nowhere.example>")
        assert wire.ask(f"RCPT TO:<{address}>") == "550 5.1.1"


@pytest.mark.parametrize("address", [
    "nobody", "dave@c.test", "@b.test", "dave@", "../dave@b.test",
    "d\u001bave@b.test", "d/ave@b.test"])
def test_an_impossible_user_is_refused(destination, address):
    code, _, errors = destination.command(
        "user", "add", address, "--password-stdin", password="secret")
    assert code != 0
    assert errors and "\x1b" not in errors
    assert address not in addresses(destination)


# GD-06 IM-09
def test_what_waits_can_be_listed_and_shown(origin):
    recipient = unique("dave") + "@d.test"
    labs.send(origin, "alice@a.test", [recipient],
              labs.message(recipient=recipient))
    hold = next(one for one in answer(origin, "held", "list",
                                      "alice@a.test")["held"]
                if one["to"] == recipient)
    assert hold["from"] == "alice@a.test"
    assert answer(origin, "held", "show", hold["id"])
    code, output, errors = origin.command("held", "list")
    assert code == 0, errors
    assert recipient in output
    code, _, errors = origin.command("held", "show", "no-such-id")
    assert code != 0 and errors


def test_a_notice_can_be_seen_while_it_waits(destination, c_test):
    identifier = unique("id")
    assert c_test.leave_notice(destination.address, identifier) == 250
    assert any(row["id"] == identifier and row["domain"] == "mx.c.test"
               and row["address"] == c_test.address
               for row in answer(destination, "notice", "list")["notices"])


def test_status_tells_of_every_role(destination):
    status = answer(destination, "status")
    assert {"keeper", "front", "caller", "resolver", "poster", "auth",
            "sweeper"} <= {role["name"] for role in status["roles"]}
    assert status["hostname"] == "mx.b.test"
    code, output, errors = destination.command("status")
    assert code == 0 and "mx.b.test" in output, errors


def test_a_server_that_does_not_run_is_told_in_words(make_lab):
    server = make_lab().server("b.test")
    server.stop()
    code, _, errors = server.command("status")
    assert code != 0
    assert "not running" in errors

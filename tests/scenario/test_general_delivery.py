"""General Delivery with a second implementation at the other end: the paper's
own sequences, without any keyword or parameter of ours."""

from tests.lib import labs
from tests.lib.general_delivery import Peer, receive_turned
from tests.lib.labs import unique


def hold_for_c(origin, c_test, door, octets):
    """Alice's message to somebody at c.test, noticed; its hold."""
    recipient = unique("dave") + "@c.test"
    labs.send(origin, "alice@a.test", [recipient], octets)
    hold = labs.wait_for_hold(origin, recipient, "held", "noticed")
    assert c_test.take_notice_of(door, hold["wire_id"]) == origin.address
    return labs.wait_for_hold(origin, recipient, "noticed")


# GD-11 GD-22 GD-23 GD-25
def test_a_stranger_leaves_a_notice_and_b_test_comes_and_pulls(
        destination, c_test):
    identifier = unique("id")
    octets = labs.message("dora@c.test")
    with c_test.door() as door:
        assert c_test.leave_notice(destination.address, identifier) == 250
        served = c_test.serve_until_pulled(
            door, {identifier: ("dora@c.test", "carol@b.test", octets)})
        assert door.caller == destination.address
    assert (identifier, 250) in served
    delivered = labs.received(destination, "carol@b.test",
                              labs.subject_of(octets).encode())
    assert octets.partition(b"\r\n\r\n")[2] == delivered.partition(
        b"\r\n\r\n")[2]


# GD-20 GD-21
def test_several_notices_in_one_session_are_all_pulled(destination, c_test):
    messages = {unique("id"): ("dora@c.test", "carol@b.test",
                               labs.message("dora@c.test"))
                for _ in range(3)}
    with c_test.door() as door:
        replies = c_test.leave_notices(destination.address, messages)
        assert [reply.code for reply in replies] == [250, 250, 250]
        c_test.serve_until_pulled(door, messages)
    for _, _, octets in messages.values():
        labs.received(destination, "carol@b.test",
                      labs.subject_of(octets).encode())


# GD-16
def test_a_pull_that_fails_is_tried_again(destination, c_test):
    identifier = unique("id")
    octets = labs.message("dora@c.test")
    assert c_test.leave_notice(destination.address, identifier) == 250
    with c_test.door() as door:  # opened only after a first try has failed
        c_test.serve_until_pulled(
            door, {identifier: ("dora@c.test", "carol@b.test", octets)})
    labs.received(destination, "carol@b.test",
                  labs.subject_of(octets).encode())


# IM-07
def test_a_message_whose_last_reply_was_lost_arrives_once(
        destination, c_test):
    identifier = unique("id")
    octets = labs.message("dora@c.test")
    offered = {identifier: ("dora@c.test", "carol@b.test", octets)}
    subject = labs.subject_of(octets).encode()
    with c_test.door() as door:
        assert c_test.leave_notice(destination.address, identifier) == 250
        taken = False
        while not taken:
            with door.meet() as wire:
                c_test.greet_as_server(wire)
                if wire.line().decode() == "RETR " + identifier:
                    wire.send_line("250 OK")
                    reply = c_test.send_turned(wire, *offered[identifier])
                    taken = reply == 250
                # and here the connection is lost, before any answer
        labs.received(destination, "carol@b.test", subject)
        # Not sure whether we know: it asks once more, and we still have it.
        c_test.serve_until_pulled(door, offered)
    assert labs.count_received(destination, "carol@b.test", subject) == 1


# GD-06 GD-12 GD-24 GD-26 GD-32
def test_a_test_leaves_a_notice_and_serves_the_pull(origin, c_test):
    octets = labs.message(recipient="dave@c.test")
    with c_test.door() as door:
        hold = hold_for_c(origin, c_test, door, octets)
    assert hold["state"].lower() == "noticed"
    sender, recipient, content = c_test.pull(origin.address, hold["wire_id"])
    assert sender == "MAIL FROM:<alice@a.test>"
    assert recipient == f"RCPT TO:<{hold['to']}>"
    assert content.endswith(octets)
    labs.wait_for_hold(origin, hold["to"], "taken")


# GD-27
def test_roles_turn_back_and_the_next_message_is_pulled_in_the_same_session(
        origin, c_test):
    with c_test.door() as door:
        holds = [hold_for_c(origin, c_test, door,
                            labs.message(recipient="dave@c.test"))
                 for _ in range(3)]
    with c_test.dial(origin.address) as wire:
        for hold in holds:
            assert isinstance(c_test.pull_on(wire, hold["wire_id"]), tuple)
            labs.wait_for_hold(origin, hold["to"], "taken")
        assert wire.ask("NOOP") == 250
        assert wire.ask("QUIT") == 221


# GD-34
def test_a_message_can_be_pulled_once(origin, c_test):
    with c_test.door() as door:
        hold = hold_for_c(origin, c_test, door,
                          labs.message(recipient="dave@c.test"))
    assert isinstance(c_test.pull(origin.address, hold["wire_id"]), tuple)
    assert c_test.pull(origin.address, hold["wire_id"]) == "550 5.7.1"


# GD-28 GD-29 GD-33 GD-46 AT-04
def test_a_foreign_host_hears_what_it_would_hear_of_no_message_at_all(
        origin, c_test):
    with c_test.door() as door:
        hold = hold_for_c(origin, c_test, door,
                          labs.message(recipient="dave@c.test"))
    thief = Peer("mx.victim.test", labs.PLAYED["mx.victim.test"],
                 origin.ports["smtp"])
    with thief.dial(origin.address) as wire:
        foreign = wire.ask("RETR " + hold["wire_id"])
        altered = ("A" if hold["wire_id"][0] != "A" else "B") + hold["wire_id"][1:]
        unknown = wire.ask("RETR " + altered)
        nonsense = wire.ask("RETR no-such-name")
    assert foreign == "550 5.7.1"
    assert foreign.lines == unknown.lines == nonsense.lines
    assert isinstance(c_test.pull(origin.address, hold["wire_id"]), tuple)


# GD-33
def test_the_name_in_ehlo_opens_nothing(origin, c_test):
    with c_test.door() as door:
        hold = hold_for_c(origin, c_test, door,
                          labs.message(recipient="dave@c.test"))
    liar = Peer("mx.c.test", "127.0.77.1", origin.ports["smtp"])
    assert liar.pull(origin.address, hold["wire_id"]) == "550 5.7.1"


# GD-21 AT-08
def test_each_recipient_has_an_identifier_of_his_own(origin):
    recipients = [unique("dave") + "@c.test" for _ in range(2)]
    labs.send(origin, "alice@a.test", recipients,
              labs.message(recipient="friends@c.test"))
    identifiers = {labs.wait_for_hold(origin, one, "held", "noticed")["wire_id"]
                   for one in recipients}
    assert len(identifiers) == 2
    assert {len(one) for one in identifiers} == {43}


# WIRE 4.6: 4xx keeps the hold, 5xx ends it
def test_a_pull_answered_with_a_temporary_fault_can_be_repeated(
        origin, c_test):
    with c_test.door() as door:
        hold = hold_for_c(origin, c_test, door,
                          labs.message(recipient="dave@c.test"))
    with c_test.dial(origin.address) as wire:
        assert wire.ask("RETR " + hold["wire_id"]) == 250
        assert wire.line().startswith(b"MAIL FROM:")
        wire.send_line("451 4.3.0 not now")
        assert isinstance(c_test.pull_on(wire, hold["wire_id"]), tuple)
    labs.wait_for_hold(origin, hold["to"], "taken")


def test_a_message_refused_for_good_is_not_offered_again(origin, c_test):
    with c_test.door() as door:
        hold = hold_for_c(origin, c_test, door,
                          labs.message(recipient="dave@c.test"))
    with c_test.dial(origin.address) as wire:
        assert wire.ask("RETR " + hold["wire_id"]) == 250
        wire.line()
        wire.send_line("250 OK")
        wire.line()
        wire.send_line("550 5.1.1 nobody of that name")
        labs.wait_for_hold(origin, hold["to"], "refused")
        assert wire.ask("RETR " + hold["wire_id"]) == "550 5.7.1"


def test_a_connection_cut_within_the_message_leaves_it_held(origin, c_test):
    with c_test.door() as door:
        hold = hold_for_c(origin, c_test, door, labs.message(
            recipient="dave@c.test", body="line\r\n" * 200))
    with c_test.dial(origin.address) as wire:
        assert wire.ask("RETR " + hold["wire_id"]) == 250
        for code in (250, 250, 354):
            wire.line()
            wire.send_line(f"{code} OK")
        wire.line()
    with c_test.dial(origin.address) as wire:
        reply = c_test.pull_on(wire, hold["wire_id"])
        while not isinstance(reply, tuple):
            assert reply == "451 4.3.0"  # the cut is not yet noticed there
            reply = c_test.pull_on(wire, hold["wire_id"])


# GD-27 WIRE 4.3: RSET by the side that listens is no verb of its
def test_the_origin_pulls_nothing_out_of_turn(origin, c_test):
    with c_test.door() as door:
        hold = hold_for_c(origin, c_test, door,
                          labs.message(recipient="dave@c.test"))
    with c_test.dial(origin.address) as wire:
        assert wire.ask("RETR " + hold["wire_id"]) == 250
        assert wire.line().startswith(b"MAIL FROM:")
        wire.send(b"this is no reply\r\n")
        assert wire.is_closed()
    assert isinstance(c_test.pull(origin.address, hold["wire_id"]), tuple)


# AT-06: TLS survives the turn
def test_a_pull_over_tls_is_the_same(origin, c_test):
    with c_test.door() as door:
        hold = hold_for_c(origin, c_test, door,
                          labs.message(recipient="dave@c.test"))
    with c_test.dial(origin.address, greet=False) as wire:
        assert labs.secure(origin, wire) == 250
        assert wire.ask("RETR " + hold["wire_id"]) == 250
        assert receive_turned(wire)[0] == "MAIL FROM:<alice@a.test>"
        assert wire.ask("QUIT") == 221

"""Each reply of the two verbs of General Delivery, and when it is given; and
the table of all replies of docs/WIRE.md 3, 5 and 6, each with the test that
provokes it on a real server."""

# N is test_replies_notice.py, V test_replies_verdict.py, D test_dialects.py,
# S test_sender_policy.py, E test_hostile_envelopes.py; else this file.
#
# GDEL, MSID, ENVELOPE (MSID and ENVELOPE say 550 5.7.23, 550 5.7.24 and 451
# to the sender already)
#   250 2.0.0    N test_a_notice_left_again_is_noted_again
#   450 4.7.1    N test_what_is_over_a_ceiling_is_put_off
#   451 4.4.3    N test_in_every_dialect_a_notice_waits_for_dns
#   452 4.3.1    N test_what_is_over_a_ceiling_is_put_off
#   500 5.5.2    N test_no_verb_takes_an_endless_line
#   501 5.5.4    test_a_malformed_notice_is_501, N test_a_malformed_msid_is_501,
#                N test_a_malformed_envelope_is_501
#   502 5.5.1    N test_users_are_offered_no_verb_of_servers; servers are served
#                what was not announced: N test_what_was_not_announced_...
#   503 5.5.1    N test_each_verb_has_its_place; MSID without DMTP or RCPT:
#                D test_msid_needs_mail_with_dmtp_and_a_recipient
#   550 5.7.23   N test_in_no_dialect_a_host_speaks_for_another,
#                S test_a_host_that_may_not_speak_is_refused
#   550 5.7.24   N test_in_every_dialect_a_broken_record_is_called_so
#   550 5.7.1    given by no server yet: who is denied is not greeted,
#                test_a_denied_host_is_told_so_instead_of_being_greeted
#   554 5.7.0    DATA instead of MSID:
#                D test_data_after_mail_with_dmtp_is_refused
# ENVELOPE alone
#   550 5.1.1, 550 5.7.1   to RCPT:
#                N test_each_recipient_is_answered_for_himself
#                (blocked by the recipient: later)
#   554 5.5.1    no RCPT: D test_without_a_recipient_there_is_no_envelope
#   552 5.3.4    D test_what_is_no_envelope_text_or_too_large_is_refused,
#                E test_what_is_no_envelope_text_leaves_nothing
#   554 5.6.0    the same two
#   550 5.6.0    N test_an_envelope_without_any_name_is_refused
# SIZE=
#   250, 501, 503, 552 5.3.4   D test_the_size_may_stand_on_a_line_of_its_own,
#                N test_the_size_of_a_message_may_stand_on_a_line_of_its_own
# RETR, GTML, ACCEPT, AUTHORIZE, REJECT, SPAM, SPAMMER
#   250; DATA    V test_what_is_being_pulled_is_put_off_for_every_verb
#   251 2.0.0    V test_who_has_a_copy_says_so_and_there_is_no_turn
#   450 4.7.1    later, with the delays of docs/WIRE.md 7
#   451 4.3.0    V test_what_is_being_pulled_is_put_off_for_every_verb
#   500 5.5.2    N test_no_verb_takes_an_endless_line
#   501 5.5.4    test_a_malformed_request_is_501,
#                V test_a_malformed_gtml_is_501,
#                V test_a_malformed_verdict_is_501; To of several missing:
#                D test_one_recipient_of_an_envelope_accepts_and_another_rejects
#   502 5.5.1    N test_users_are_offered_no_verb_of_servers
#   503 5.5.1    N test_each_verb_has_its_place
#   550 5.7.1    V test_a_verdict_that_is_none_moves_nothing,
#                V test_an_ended_hold_is_gone_for_every_pull
#   421 4.7.0    V test_octets_behind_a_pull_take_it_back

import signal

import pytest

from tests.lib import labs
from tests.lib.general_delivery import Peer
from tests.lib.labs import unique
from tests.lib.wire import Closed


def peer(server, hostname):
    return Peer(hostname, labs.PLAYED[hostname], server.ports["smtp"])


# GD-12 GD-22 GD-30 DM-13
def test_ehlo_tells_a_stranger_what_can_be_done_here(destination, c_test):
    with labs.connect(destination, source=c_test.address) as wire:
        told = wire.ask("EHLO mx.c.test").keywords()
    assert {"GDEL", "RETR", "PULL", "PIPELINING", "SIZE", "8BITMIME",
            "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING",
            "STARTTLS"} <= set(told)
    assert told["PULL"].split()[:3] == ["DIGEST", "EXPIRES", "FROM"]
    assert list(told).index("PULL") == list(told).index("SIZE") + 1
    assert "AUTH" not in told


@pytest.mark.parametrize("port", ["submission"])
def test_submission_shows_no_verb_of_servers(destination, port):
    with labs.connect(destination, port) as wire:
        clear = wire.ask("EHLO client.test").keywords()
        assert not {"GDEL", "RETR", "PULL", "AUTH"} & set(clear)
        assert wire.ask("GDEL " + unique()) == "502 5.5.1"
        assert wire.ask("RETR " + unique()) == "502 5.5.1"


# GD-24
def test_the_same_notice_again_is_noted_again(destination, c_test):
    identifier = unique("id")
    with c_test.dial(destination.address) as wire:
        assert wire.ask("GDEL " + identifier) == "250 2.0.0"
        assert wire.ask("gdel " + identifier) == "250 2.0.0"


# GD-24 AT-27
@pytest.mark.parametrize("rest", [
    "", "a b", "x" * 129, "semi;colon", "<id>", "id DIGEST=sha256:short",
    "id EXPIRES=0", "id EXPIRES=3599", "id EXPIRES=none",
    "id FROM=", "id FROM=-.test", "id\tid", "id%00", "\u00e9"])
def test_a_malformed_notice_is_501(destination, c_test, rest):
    with c_test.dial(destination.address) as wire:
        reply = wire.ask("GDEL " + rest if rest else "GDEL")
        assert reply.code in (501, 555), reply
        assert wire.ask("NOOP") == 250


# GD-31
@pytest.mark.parametrize("rest", ["", "a b", "x" * 129, "semi;colon", "<id>"])
def test_a_malformed_request_is_501(destination, c_test, rest):
    with c_test.dial(destination.address) as wire:
        assert wire.ask("RETR " + rest if rest else "RETR") == "501 5.5.4"
        assert wire.ask("NOOP") == 250


# GD-24 GD-31
@pytest.mark.parametrize("verb", ["GDEL", "RETR"])
def test_before_ehlo_and_inside_a_transaction_it_is_503(
        destination, c_test, verb):
    with c_test.dial(destination.address, greet=False) as wire:
        assert wire.ask(f"{verb} some-id") == "503 5.5.1"
        assert wire.ask("EHLO mx.c.test") == 250
        assert wire.ask("MAIL FROM:<dora@c.test>") == 250
        assert wire.ask(f"{verb} some-id") == "503 5.5.1"
        assert wire.ask("RSET") == 250


# GD-31
def test_an_endless_line_is_500(destination, c_test):
    with c_test.dial(destination.address) as wire:
        assert wire.ask("RETR " + "x" * 1100) == "500 5.5.2"
        assert wire.ask("NOOP") == 250


# GD-36 DM-11
def test_a_denied_host_is_told_so_instead_of_being_greeted(make_lab):
    lab = make_lab('deny-hosts = {"127.0.3.0/24", "mx.d.test"}\n')
    server = lab.server("b.test")
    for hostname in ("mx.c.test", "mx.d.test"):
        wire = labs.connect(server, source=labs.PLAYED[hostname], greet=False)
        with wire:
            assert wire.reply() == "554 5.7.1"
            assert wire.ask("EHLO " + hostname) == 503
            assert wire.ask("QUIT") == 221


# GD-37 DM-12
def test_an_allowed_host_sees_no_notice_keyword_and_pushes(make_lab):
    lab = make_lab('allow-hosts = {"mx.c.test"}\nstrangers = reject\n')
    server = lab.server("b.test")
    octets = labs.message("dora@c.test")
    with peer(server, "mx.c.test").dial(server.address, greet=False) as wire:
        assert "GDEL" not in wire.ask("EHLO mx.c.test").keywords()
        assert wire.ask("MAIL FROM:<dora@c.test>") == 250
        assert wire.ask("RCPT TO:<carol@b.test>") == 250
        assert wire.ask("DATA") == 354
        wire.send_content(octets)
        assert wire.reply() == 250
    labs.received(server, "carol@b.test", labs.subject_of(octets).encode())
    with peer(server, "mx.d.test").dial(server.address) as wire:
        refused = [wire.ask("MAIL FROM:<dan@d.test>")]
        if refused[-1] == 250:
            refused.append(wire.ask("RCPT TO:<carol@b.test>"))
        assert refused[-1] == "550 5.7.1"


# AT-02 AT-12
def test_too_many_notices_are_put_off(make_lab):
    lab = make_lab('pending-per-domain = 2\nnotice-rate-new = 6\n'
                   'pull-delay-max = "60s"\n')
    server = lab.server("b.test")
    with peer(server, "mx.c.test").dial(server.address) as wire:
        replies = [wire.ask("GDEL " + unique("id")) for _ in range(3)]
        assert [reply.code for reply in replies] == [250, 250, 452]
        assert replies[2] == "452 4.3.1"
    with peer(server, "mx.victim.test").dial(server.address) as wire:
        identifier = unique("id")
        replies = [wire.ask("GDEL " + identifier) for _ in range(8)]
        assert replies[0] == 250
        assert replies[7] == "450 4.7.1"


# GD-55
def test_a_notice_waits_for_dns(make_lab):
    lab = make_lab()
    lab.processes.stop("nsd", signal.SIGKILL)
    server = lab.server("b.test")
    with peer(server, "mx.c.test").dial(server.address) as wire:
        wire.link.settimeout(40)
        assert wire.ask("GDEL " + unique("id")) == "451 4.4.3"


# AT-16 WIRE 4.2
@pytest.mark.parametrize("smuggled", [
    "NOOP", "250 OK", "RETR other", "MAIL FROM:<alice@a.test>"])
def test_octets_behind_retr_before_its_answer_close_the_connection(
        destination, c_test, smuggled):
    with c_test.dial(destination.address) as wire:
        wire.send(f"RETR some-id\r\n{smuggled}\r\n".encode())
        assert wire.reply() == "421 4.7.0"
        assert wire.is_closed()


def test_retr_may_end_a_pipelined_group(destination, c_test):
    with c_test.dial(destination.address) as wire:
        wire.send(b"NOOP\r\nNOOP\r\nRETR some-id\r\n")
        assert [wire.reply().code for _ in range(3)] == [250, 250, 550]


# WIRE 3: an entitled host asks while another pull of the same hold runs
def test_a_second_pull_of_what_is_being_pulled_is_put_off(origin, c_test):
    recipient = unique("dave") + "@c.test"
    with c_test.door() as door:
        labs.send(origin, "alice@a.test", [recipient],
                  labs.message(recipient=recipient))
        hold = labs.wait_for_hold(origin, recipient, "held", "noticed")
        c_test.take_notice_of(door, hold["wire_id"])
    with c_test.dial(origin.address) as first, \
            c_test.dial(origin.address) as second:
        assert first.ask("RETR " + hold["wire_id"]) == 250
        assert second.ask("RETR " + hold["wire_id"]) == "451 4.3.0"


# AT-25
def test_a_silent_connection_is_closed(make_lab):
    lab = make_lab('command-timeout = "1s"\ncontent-timeout = "1s"\n')
    server = lab.server("b.test")
    with labs.connect(server) as wire:
        assert wire.reply() == "421 4.4.2"
        assert wire.is_closed()
    with labs.connect(server) as wire:
        wire.ask("EHLO client.test")
        assert wire.ask("MAIL FROM:<x@nowhere.example>") == 250
        assert wire.ask("RCPT TO:<carol@b.test>") == 250
        assert wire.ask("DATA") == 354
        wire.send(b"Subject: half\r\n\r\nof it")
        with pytest.raises(Closed):
            assert wire.reply() == "421 4.4.2"
            wire.reply()

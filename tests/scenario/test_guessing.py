"""What hosts that guess have to bear, and that nobody else has to.

No test measures time. A delay is an hour, so an answer that comes is one that
was not delayed; one that is delayed is known by the server's own count, and by
what is answered elsewhere meanwhile.
"""

import json

import pytest

from lab.failure import wait_until
from tests.lib import labs
from tests.lib.general_delivery import Peer
from tests.lib.labs import PLAYED, unique
from tests.lib.players import Player
from tests.lib.wire import Closed

# The first failure is free; whoever fails again waits for good.
AN_HOUR = 'fail-delay-first = "1h"\nfail-delay-max = "1h"\n'
THREE = "fail-limit = 3\n"

GUESSES = ("RETR {}", "GTML {} <dave@c.test>", "ACCEPT {}", "AUTHORIZE {}",
           "REJECT {}", "SPAM {}", "SPAMMER {}")
TOO_OFTEN = "450 4.7.1"
REFUSED = "550 5.7.1"


def peer(server, hostname, player=Peer):
    return player(hostname, PLAYED[hostname], server.ports["smtp"])


def ask(server, one, command):
    with one.dial(server.address) as wire:
        return wire.ask(command)


def guess(server, one, times=1):
    """Asks for what never was; the replies."""
    return [ask(server, one, "RETR " + unique("guess"))
            for _ in range(times)]


def denials(server):
    """[(address, until)] of those denied for guessing."""
    code, output, errors = server.command("peer", "list", "--json")
    assert code == 0, errors
    return [(row["address"], row["until"])
            for row in json.loads(output)["guessing"]]


def failures(server):
    """How many requests SERVER has refused."""
    return server.status()["counters"]["pulls_denied"]


def hold_for(server, one):
    """Alice's message to somebody at c.test, noticed at ONE; its hold."""
    recipient = unique("dave") + "@c.test"
    with one.door() as door:
        labs.send(server, "alice@a.test", [recipient],
                  labs.message(recipient=recipient))
        hold = labs.wait_for_hold(server, recipient, "held", "noticed")
        one.take_notice_of(door, hold["wire_id"])
    return labs.wait_for_hold(server, recipient, "noticed")


@pytest.fixture
def guesser(make_lab):
    """A function: (a.test with OVERLAY, c.test, and victim.test, which
    guesses there)."""
    def make(overlay):
        server = make_lab(overlay).server("a.test")
        return (server, peer(server, "mx.c.test"),
                peer(server, "mx.victim.test"))

    return make


# GD-45 GD-47 GD-48 AT-05
def test_who_guesses_again_waits_and_who_is_entitled_does_not(guesser):
    server, c_test, thief = guesser(AN_HOUR)
    hold = hold_for(server, c_test)
    assert guess(server, thief) == [REFUSED]  # a slip of the pen is free
    before = failures(server)
    with thief.dial(server.address) as slow:
        slow.send_line("RETR " + hold["wire_id"])  # foreign: a failure, too
        wait_until(lambda: failures(server) > before, labs.SECONDS,
                   "the second refusal to be under way")
        neighbour = Peer("mx.victim.test", "127.0.9.77",
                         server.ports["smtp"])
        with neighbour.dial(server.address) as other:
            other.send_line("REJECT " + unique("guess"))
            wait_until(lambda: failures(server) > before + 1, labs.SECONDS,
                       "the refusal of its network")
            # Others are served, and refused, as ever.
            assert isinstance(c_test.pull(server.address, hold["wire_id"]),
                              tuple)
            labs.wait_for_hold(server, hold["to"], "taken")
            assert guess(server, c_test) == [REFUSED]
            assert not other.has_octets()
        assert not slow.has_octets()


# GD-48: what is said behind a refusal waits with it
def test_nothing_is_served_behind_a_refusal_that_waits(guesser):
    server, c_test, thief = guesser(AN_HOUR)
    assert guess(server, thief) == [REFUSED]
    before = failures(server)
    with thief.dial(server.address) as wire:
        wire.send(b"REJECT no-such-name\r\nREJECT no-other-name\r\nNOOP\r\n")
        wait_until(lambda: failures(server) > before, labs.SECONDS,
                   "the refusal to be under way")
        assert guess(server, c_test) == [REFUSED]  # 200 ms and more
        assert not wire.has_octets()
        assert failures(server) == before + 2  # the one just now, not another


# GD-48: the first refusal comes before what is said behind it
def test_what_is_pipelined_behind_a_refusal_is_answered_after_it(guesser):
    server, _, thief = guesser("")
    with thief.dial(server.address) as wire:
        wire.send(b"REJECT no-such-name\r\nNOOP\r\n")
        assert wire.reply() == REFUSED
        assert wire.reply() == 250
        # Behind RETR the turn might follow, so octets there are out of turn.
        wire.send(b"RETR no-such-name\r\nNOOP\r\n")
        assert wire.reply() == 421
        with pytest.raises(Closed):
            wire.reply()


# GD-48 AT-05
def test_a_network_with_many_refusals_on_their_way_is_put_off_at_once(
        guesser):
    server, c_test, thief = guesser(AN_HOUR)
    assert guess(server, thief) == [REFUSED]
    before, waiting = failures(server), []
    try:
        for _ in range(8):
            waiting.append(thief.dial(server.address))
            waiting[-1].send_line("RETR " + unique("guess"))
        wait_until(lambda: failures(server) == before + 8, labs.SECONDS,
                   "eight refusals to be under way")
        assert guess(server, thief, 2) == [TOO_OFTEN, TOO_OFTEN]
        assert guess(server, c_test) == [REFUSED]
        # Whoever hangs up wins nothing: its refusals still wait.
        for wire in waiting:
            wire.close()
        assert guess(server, thief) == [TOO_OFTEN]
    finally:
        for wire in waiting:
            wire.close()


# GD-45 GD-47 GD-49 AT-05
def test_who_guesses_too_often_is_put_off_and_only_in_that(guesser):
    server, c_test, _ = guesser(THREE)
    hold = hold_for(server, c_test)
    assert guess(server, c_test, 3) == [REFUSED] * 3
    with c_test.dial(server.address) as wire:
        for verb in GUESSES:
            assert wire.ask(verb.format(unique("guess"))) == TOO_OFTEN
        # What is theirs has to wait as well.
        assert wire.ask("RETR " + hold["wire_id"]) == TOO_OFTEN
    # Notices and mail are not touched.
    assert c_test.leave_notice(server.address, unique("id")) == 250
    with c_test.dial(server.address) as wire:
        assert wire.ask("MAIL FROM:<dora@c.test>") == 250
        assert wire.ask("RCPT TO:<alice@a.test>") == 250
    # Nor is anybody else, of the same network or another.
    neighbour = Peer("mx.c.test", "127.0.3.77", server.ports["smtp"])
    assert guess(server, neighbour) == [REFUSED]
    assert guess(server, peer(server, "mx.d.test")) == [REFUSED]
    assert labs.holds_for(server, hold["to"])[0]["state"] == hold["state"]


# GD-49
def test_a_denial_outlives_the_server_and_the_operator_lifts_it(guesser):
    server, c_test, thief = guesser(THREE)
    hold = hold_for(server, c_test)
    assert guess(server, c_test, 3) == [REFUSED] * 3
    assert guess(server, thief, 3) == [REFUSED] * 3
    wait_until(lambda: len(denials(server)) == 2, labs.SECONDS,
               "two denials in the store")
    before = denials(server)
    assert [address for address, _ in before] == [c_test.address,
                                                  thief.address]
    assert labs.log_text(server).count(" guessing-denied ") == 2
    server.stop()
    server.start()
    assert denials(server) == before
    assert ask(server, c_test, "RETR " + hold["wire_id"]) == TOO_OFTEN
    code, output, _ = server.command("peer", "list")
    assert code == 0
    assert f"{c_test.address}  guessing" in output
    # Lifted: at once, for good, and for nobody else.
    code, output, errors = server.command("peer", "forget", c_test.address)
    assert code == 0, errors
    assert "guessing" in output
    assert isinstance(c_test.pull(server.address, hold["wire_id"]), tuple)
    assert guess(server, thief) == [TOO_OFTEN]
    server.stop()
    server.start()
    assert guess(server, c_test) == [REFUSED]
    assert [address for address, _ in denials(server)] == [thief.address]


def test_nobody_is_forgotten_who_is_on_no_list(guesser):
    server, _, thief = guesser(THREE)
    for name in (thief.address, "192.0.2.0/24", "victim.test"):
        assert server.command("peer", "forget", name)[0] == 66


# GD-49
def test_a_denial_ends_with_its_time(guesser):
    server, _, thief = guesser(THREE + 'deny-time = "1s"\n')
    assert guess(server, thief, 3) == [REFUSED] * 3
    wait_until(lambda: guess(server, thief) == [REFUSED], labs.SECONDS,
               "the end of the denial")


# GD-45: a lost reply, a program that does not remember
def test_asking_again_for_ones_own_message_is_never_guessing(guesser):
    server, c_test, _ = guesser(THREE + AN_HOUR)
    taken, rejected = hold_for(server, c_test), hold_for(server, c_test)
    assert isinstance(c_test.pull(server.address, taken["wire_id"]), tuple)
    labs.wait_for_hold(server, taken["to"], "taken")
    with c_test.dial(server.address) as wire:
        assert wire.ask("REJECT " + rejected["wire_id"]) == 250
        for _ in range(5):
            for hold in (taken, rejected):
                assert wire.ask("RETR " + hold["wire_id"]) == REFUSED
            assert wire.ask("REJECT " + rejected["wire_id"]) == 250
            assert wire.ask(f"SPAM {taken['wire_id']}"
                            " To:<eve@c.test>") == REFUSED
    withdrawn = hold_for(server, c_test)
    code, _, errors = server.command("held", "withdraw", withdrawn["id"])
    assert code == 0, errors
    for _ in range(4):
        assert ask(server, c_test,
                   "RETR " + withdrawn["wire_id"]) == REFUSED
    assert denials(server) == []


# GD-49: the same for every verb, together
@pytest.mark.parametrize("verbs", [GUESSES[:3], GUESSES[3:6], GUESSES[-3:]])
def test_guesses_of_all_verbs_are_counted_together(guesser, verbs):
    server, _, _ = guesser(THREE)
    thief = peer(server, "mx.victim.test", Player)
    for verb in verbs:
        assert thief.say(server.address,
                         verb.format(unique("guess"))) == REFUSED
    assert guess(server, thief) == [TOO_OFTEN]


def test_other_costs_follow_a_reload(guesser):
    server, _, thief = guesser("")
    assert guess(server, thief, 5) == [REFUSED] * 5
    server.reload(THREE)
    wait_until(lambda: guess(server, thief) == [TOO_OFTEN], labs.SECONDS,
               "the new limit to be reached")
    # No limit any more: whoever is denied stays so for its time.
    server.reload('fail-limit = "unlimited"\n')
    neighbour = Peer("mx.victim.test", "127.0.9.77", server.ports["smtp"])
    assert guess(server, neighbour) == [REFUSED]
    assert guess(server, thief) == [TOO_OFTEN]

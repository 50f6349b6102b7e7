"""What a peer offered, left and served is remembered: who offers less than
before is not served in the weaker way, and who served a pull may leave more
notices."""

import pytest

from lab.failure import wait_until
from tests.lib import labs
from tests.lib.labs import PLAYED, unique
from tests.lib.players import Player

KEYWORDS = ("GDEL", "MSID", "ENVELOPE")


@pytest.fixture
def remembering(make_lab):
    """A lab whose servers remember what others offered."""
    return make_lab('speak = {"envelope", "msid", "gdel", "push"}\n'
                    'offer = {"envelope", "msid", "gdel"}\n'
                    'remember-offers = "7d"\n')


def host(server, name="mx.c.test"):
    return Player(name, PLAYED[name], server.ports["smtp"])


def send(origin):
    """Alice writes to somebody at c.test; the address."""
    recipient = unique("dave") + "@c.test"
    labs.send(origin, "alice@a.test", [recipient],
              labs.message(recipient=recipient))
    return recipient


def take(c_test, door, keywords):
    """Meets one caller, offers KEYWORDS and takes notices by GDEL."""
    with door.meet() as wire:
        return c_test.take_notices(wire, keywords)


def offer_only(c_test, door, keywords):
    """Meets one caller and offers KEYWORDS; what it says then."""
    with door.meet() as wire:
        c_test.greet_as_server(wire, keywords)
        return wire.line().decode()


def offers_less(origin, recipient, words):
    """Waits until the hold for RECIPIENT says that its target lacks WORDS;
    it must still wait."""
    def look():
        hold = labs.holds_for(origin, recipient)[0]
        return hold if "offers less than before: " + words in \
            (hold["last_reply"] or "") else None

    hold = wait_until(look, labs.SECONDS, f"{words} to be missed")
    assert hold["state"].lower() == "held"
    assert hold["route"].lower() != "push"
    return hold


def noticed(origin, c_test, door, recipient, keywords=("GDEL",)):
    """Takes notices until the one for RECIPIENT is among them."""
    identifier = labs.holds_for(origin, recipient)[0]["wire_id"]
    for _ in range(5):  # some may have been at the door before
        if identifier in take(c_test, door, keywords):
            break
    labs.wait_for_hold(origin, recipient, "noticed")


def forget(server, address):
    code, _, errors = server.command("peer", "forget", address)
    assert code == 0, errors


# AT-26
def test_who_offered_a_notice_keyword_and_now_none_is_told_nothing(
        remembering):
    origin = remembering.server("a.test")
    c_test = host(origin)
    with c_test.door() as door:
        noticed(origin, c_test, door, send(origin))
        recipient = send(origin)
        for _ in range(3):
            assert offer_only(c_test, door, ("RETR",)) == "QUIT"
            hold = offers_less(origin, recipient, "a notice keyword")
        code, shown, _ = origin.command("held", "show", hold["id"])
        assert code == 0
        assert f"restante peer forget {c_test.address}" in " ".join(
            shown.split())
        code, shown, _ = origin.command("peer", "show", c_test.address)
        assert code == 0
        fields = dict(line.split(":", 1) for line in shown.splitlines())
        assert fields["Keyword"].strip() != "-"
        assert fields["STARTTLS"].strip() == "-"
        assert f"peer-weaker address={c_test.address} lacks=keyword" in \
            labs.log_text(origin).replace('"', "")
        forget(origin, c_test.address)

        def is_served():
            if door.has_caller():
                offer_only(c_test, door, ("RETR",))
            return "less than before" not in labs.holds_for(
                origin, recipient)[0]["last_reply"]

        wait_until(is_served, labs.SECONDS, "what is offered to be enough")


# AT-26 AT-06
def test_who_offered_starttls_and_now_does_not_is_told_nothing(remembering):
    origin = remembering.server("a.test")
    c_test = host(origin)
    with c_test.door() as door:
        # offered and then refused: the session goes on in clear
        recipient = send(origin)
        with door.meet() as wire:
            c_test.greet_as_server(wire, ("GDEL", "STARTTLS"))
            assert wire.line() == b"STARTTLS"
            wire.send_line("454 4.7.0 not now")
            assert wire.line().startswith(b"GDEL ")
            wire.send_line("250 OK")
            assert wire.line() == b"QUIT"
            wire.send_line("221 goodbye")
        labs.wait_for_hold(origin, recipient, "noticed")
        recipient = send(origin)
        assert offer_only(c_test, door, KEYWORDS) == "QUIT"
        offers_less(origin, recipient, "STARTTLS")
        assert f"peer-weaker address={c_test.address} lacks=starttls" in \
            labs.log_text(origin).replace('"', "")
        forget(origin, c_test.address)
        noticed(origin, c_test, door, recipient)


# AT-26
def test_another_notice_keyword_than_last_time_is_served(remembering):
    origin = remembering.server("a.test")
    c_test = host(origin)
    with c_test.door() as door:
        noticed(origin, c_test, door, send(origin))
        recipient = send(origin)
        with door.meet() as wire:
            intents = c_test.take_intents(wire)
        assert [one.recipients for one in intents] == [[recipient]]
        labs.wait_for_hold(origin, recipient, "noticed")


# AT-26
def test_what_is_remembered_outlives_the_server(remembering):
    origin = remembering.server("a.test")
    c_test = host(origin)
    with c_test.door() as door:
        noticed(origin, c_test, door, send(origin))
        origin.stop()
        origin.start()
        recipient = send(origin)
        assert offer_only(c_test, door, ()) == "QUIT"
        offers_less(origin, recipient, "a notice keyword")


# AT-26 AT-06: a pull in clear from who had TLS would show the message
def test_who_offers_no_starttls_any_more_is_asked_for_nothing(remembering):
    destination = remembering.server("b.test")
    c_test = host(destination)
    identifier = unique("id")
    octets = labs.message("dora@c.test")
    offered = {identifier: ("dora@c.test", "carol@b.test", octets)}

    def pull_waits():
        return any(notice["id"] == identifier and "STARTTLS" in
                   (notice["last_reply"] or "")
                   for notice in destination.notices())

    with c_test.door() as door:
        assert c_test.leave_notice(destination.address, identifier) == 250
        with door.meet() as wire:
            c_test.greet_as_server(wire, ("RETR", "STARTTLS"))
            assert wire.line() == b"STARTTLS"
            wire.send_line("454 4.7.0 not now")
            assert wire.line() == b"RETR " + identifier.encode()
            wire.send_line("450 4.7.0 later")
            assert wire.line() == b"QUIT"
            wire.send_line("221 goodbye")
        assert offer_only(c_test, door, ("RETR",)) == "QUIT"
        wait_until(pull_waits, labs.SECONDS, "the notice to say why")
        forget(destination, c_test.address)
        c_test.serve_until_pulled(door, offered)
    labs.received(destination, "carol@b.test",
                  labs.subject_of(octets).encode())


def leave_many(server, peer, number):
    """The replies to NUMBER notices in one session, known ones again."""
    identifier = unique("id")
    with peer.dial(server.address) as wire:
        return [wire.ask("GDEL " + identifier).code for _ in range(number)]


# AT-02
def test_who_served_a_pull_may_leave_more_notices(make_lab):
    lab = make_lab('notice-rate-new = 4\nnotice-rate = 1000\n')
    server = lab.server("b.test")
    c_test, stranger = host(server), host(server, "mx.victim.test")
    identifier = unique("id")
    octets = labs.message("dora@c.test")
    with c_test.door() as door:
        assert c_test.leave_notice(server.address, identifier) == 250
        c_test.serve_until_pulled(
            door, {identifier: ("dora@c.test", "carol@b.test", octets)})

    def row(address):
        return server.ask({"do": "peer-show", "peer": address})["peer"]

    def has_pulled():
        return row(c_test.address)["pulled"] is not None

    wait_until(has_pulled, labs.SECONDS, "the pull to be remembered")
    # a window of a minute may end in between, and another begin
    assert 450 not in leave_many(server, c_test, 20)
    replies = leave_many(server, stranger, 20)
    assert replies[0] == 250 and 450 in replies
    assert row(stranger.address)["verified"] is not None
    assert row(stranger.address)["pulled"] is None
    # and after a new start, without any further pull
    server.stop()
    server.start()
    assert 450 not in leave_many(server, c_test, 20)
    assert 450 in leave_many(server, stranger, 20)
    forget(server, c_test.address)
    assert 450 in leave_many(server, c_test, 20)

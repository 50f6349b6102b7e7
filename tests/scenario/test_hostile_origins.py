"""Origins that leave a notice and then do not do as they should when b.test
comes: what becomes of the notice, and that the honest are served after it."""

import base64
import hashlib

import pytest

from lab.failure import wait_until
from tests.lib import labs
from tests.lib.labs import unique
from tests.lib.notices import notice, notice_becomes, played
from tests.lib.players import envelope_text

# So that a silent peer is given up while a test waits.
IMPATIENT = labs.EVERY_DIALECT + ('command-timeout = "2s"\n'
                                  'content-timeout = "2s"\n')
SENDER, RECIPIENT = "dora@c.test", "carol@b.test"
DIALECTS = ("gdel", "msid", "envelope")


@pytest.fixture(name="lab", scope="module")
def lab_without_patience(make_module_lab):
    return make_module_lab(IMPATIENT)


def digest_of(octets):
    digest = hashlib.sha256(octets).digest()
    return "DIGEST=sha256:" + base64.urlsafe_b64encode(
        digest).decode().rstrip("=")


def leave(destination, player, dialect, more="", size=None):
    """(identifier, octets) of a message that waits at c.test."""
    identifier, octets = unique("id"), labs.message(SENDER)
    size = len(octets) if size is None else size
    more = more and " " + more
    with player.dial(destination.address) as wire:
        if dialect == "gdel":
            assert wire.ask(f"GDEL {identifier}{more}") == 250
        elif dialect == "msid":
            assert wire.ask(f"MAIL FROM:<{SENDER}> DMTP"
                            f" SIZE={size}{more}") == 250
            assert wire.ask(f"RCPT TO:<{RECIPIENT}>") == 250
            assert wire.ask(f"MSID {identifier} hello") == 250
        else:
            assert wire.ask(f"ENVELOPE From:<{SENDER}> ENVID={identifier}"
                            f" SIZE={size}{more}") == 250
            assert wire.ask(f"RCPT To:<{RECIPIENT}>") == 250
            assert wire.ask("DATA") == 354
            wire.send_content(envelope_text(SENDER, [RECIPIENT], identifier,
                                            "hello"))
            assert wire.reply() == 250
    return identifier, octets


def came(destination, octets):
    return labs.count_received(destination, RECIPIENT,
                               labs.subject_of(octets).encode())


def serve(destination, player, door, identifier, octets):
    """An honest pull of that: it comes, once."""
    player.serve(door, {identifier: (SENDER, RECIPIENT, octets)},
                 lambda asked: any(one.code == 250 for one in asked))
    notice_becomes(destination, identifier, "fetched", "delivered")
    labs.received(destination, RECIPIENT, labs.subject_of(octets).encode())
    assert came(destination, octets) == 1


# ---- what breaks a pull: it is tried again, and comes

def silent_before_the_answer(wire, _):
    assert wire.is_closed()


def silent_in_the_turn(wire, dialect):
    wire.send_line("DATA" if dialect == "msid" else "250 OK")
    if dialect == "msid":
        assert wire.reply() == 354
        answer = wire.reply() if not wire.is_closed() else None
    else:
        answer = wire.reply()
    assert answer is None or answer == "421 4.4.2"


def silent_within_the_message(wire, dialect):
    begin(wire, dialect)
    wire.send(b"From: <dora@c.test>\r\nSubject: half\r\n\r\nhalf of it")
    if not wire.is_closed():
        assert wire.reply() == "421 4.4.2"


def gone_before_the_answer(wire, _):
    wire.close()


def gone_in_the_turn(wire, dialect):
    wire.send_line("DATA" if dialect == "msid" else "250 OK")
    wire.close()


def gone_within_the_message(wire, dialect):
    begin(wire, dialect)
    wire.send(b"From: <dora@c.test>\r\nSubject: half\r\n\r\nhalf of it\r\n.")
    wire.close()


def quits_in_the_turn(wire, dialect):
    wire.send_line("DATA" if dialect == "msid" else "250 OK")
    if dialect == "msid":
        assert wire.reply() == 354
        wire.close()
    else:
        assert wire.ask("QUIT") == 221


def gives_up_in_the_turn(wire, dialect):
    if dialect == "msid":
        wire.send_line("451 4.3.0 not now")
    else:
        begin(wire, dialect, "MAIL", "RCPT")
        assert wire.ask("RSET") == 250
    wire.line()  # the roles have turned back: QUIT, or what it asks next
    wire.close()


def answers_nonsense(wire, _):
    wire.send(b"\x16\x03\x01 this is no reply\r\n")
    assert wire.is_closed()


def answers_without_end(wire, _):
    try:
        for _ in range(200):
            wire.send(b"250-more\r\n" * 10000)
    except OSError:
        pass
    wire.close()


def says_it_is_busy(wire, _):
    wire.send_line("421 4.3.2 closing")
    wire.close()


def begin(wire, dialect, *until):
    """Speaks in its turn, up to 354, or to one of the verbs UNTIL."""
    if dialect == "msid":
        wire.send_line("DATA")
        assert wire.reply() == 354
        return
    wire.send_line("250 OK")
    assert wire.ask(f"MAIL FROM:<{SENDER}>") == 250
    assert wire.ask(f"RCPT TO:<{RECIPIENT}>") == 250
    if not until:
        assert wire.ask("DATA") == 354


FAULTS = (
    silent_before_the_answer, silent_in_the_turn, silent_within_the_message,
    gone_before_the_answer, gone_in_the_turn, gone_within_the_message,
    quits_in_the_turn, gives_up_in_the_turn, answers_nonsense,
    answers_without_end, says_it_is_busy)


# GD-16 AT-11 AT-25 WIRE 4: the turn of ACCEPT is that of RETR
@pytest.mark.parametrize(
    "dialect, fault",
    [(dialect, fault) for dialect in ("gdel", "msid") for fault in FAULTS]
    + [("envelope", silent_in_the_turn), ("envelope", quits_in_the_turn),
       ("envelope", gives_up_in_the_turn)],
    ids=lambda value: getattr(value, "__name__", value))
def test_a_pull_that_an_origin_breaks_is_tried_again(
        destination, player, dialect, fault):
    with player.door() as door:
        identifier, octets = leave(destination, player, dialect)
        with player.meet_with(door, identifier) as wire:
            fault(wire, dialect)
        assert came(destination, octets) == 0
        serve(destination, player, door, identifier, octets)


# AT-25: it does not keep others waiting either
def test_nobody_waits_for_a_silent_origin(lab, destination, player):
    other = played(destination, "mx.d.test")
    with player.door() as door, other.door() as next_door:
        identifier, _ = leave(destination, player, "gdel")
        with player.meet_with(door, identifier):
            octets = labs.message("dan@d.test")
            second = unique("id")
            assert other.leave_notice(destination.address, second) == 250
            other.serve_until_pulled(
                next_door, {second: ("dan@d.test", RECIPIENT, octets)})
    labs.received(destination, RECIPIENT, labs.subject_of(octets).encode())


# AT-14: after the message the origin says nothing more, and does not go
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_origin_that_is_silent_after_its_message_is_asked_again(
        destination, player, dialect):
    with player.door() as door:
        identifier, octets = leave(destination, player, dialect)
        with player.meet_with(door, identifier) as wire:
            assert attempt(wire, dialect, octets) == 250
            labs.received(destination, RECIPIENT,
                          labs.subject_of(octets).encode())
            assert notice(destination, identifier)["unconfirmed"]
            # Nothing more is said here; b.test lets go by itself.
            while not wire.is_closed():
                wire.unread = b""
        # It asks again, and 550 settles it.
        player.serve_until_asked(door, identifier)
        wait_until(
            lambda: not notice(destination, identifier)["unconfirmed"],
            labs.SECONDS, "the end of a doubt")
    assert came(destination, octets) == 1


# AT-25: what is left meanwhile is not lost with that connection
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_notice_left_during_such_silence_is_fetched(
        destination, player, dialect):
    with player.door() as door:
        identifier, octets = leave(destination, player, dialect)
        with player.meet_with(door, identifier) as wire:
            assert attempt(wire, dialect, octets) == 250
            second, later = leave(destination, player, dialect)
            while not wire.is_closed():
                wire.unread = b""
        serve(destination, player, door, second, later)


# ---- what is refused for good: not what was announced

def attempt(wire, dialect, octets, sender=SENDER, recipient=RECIPIENT,
            more=""):
    """One whole turn; the first reply that refuses, or the last one."""
    if dialect == "msid":
        wire.send_line("DATA")
        reply = wire.reply()
    else:
        wire.send_line("250 OK")
        reply = wire.ask(f"MAIL FROM:<{sender}>{more}")
        if reply == 250:
            reply = wire.ask(f"RCPT TO:<{recipient}>")
        if reply == 250:
            reply = wire.ask("DATA")
    if reply == 354:
        wire.send_content(octets)
        reply = wire.reply()
    return reply


def refused(destination, player, door, identifier, reply, *said, **more):
    """Serves it so that b.test refuses it with REPLY, for good."""
    with player.meet_with(door, identifier) as wire:
        got = attempt(wire, *said, **more)
        assert got == reply
    assert notice_becomes(destination, identifier, "refused")


def still_served(destination, player, door):
    """The next message of the same host is fetched as ever."""
    identifier, octets = leave(destination, player, "gdel")
    serve(destination, player, door, identifier, octets)


# AT-17 WIRE 4.5
@pytest.mark.parametrize("sender, recipient", [
    ("mallory@c.test", RECIPIENT), ("alice@a.test", RECIPIENT), ("", RECIPIENT),
    ("victor@victim.test", RECIPIENT), (SENDER, "bob@b.test"),
    (SENDER, "nobody@b.test"), (SENDER, "dave@elsewhere.example"),
    ("carol@b.test", RECIPIENT)])
def test_the_turn_binds_to_whom_the_envelope_named(
        destination, player, sender, recipient):
    with player.door() as door:
        identifier, octets = leave(destination, player, "envelope")
        refused(destination, player, door, identifier, "550 5.7.1",
                "envelope", octets, sender=sender, recipient=recipient)
        for one in (RECIPIENT, "bob@b.test"):
            assert labs.count_received(
                destination, one, labs.subject_of(octets).encode()) == 0
        assert labs.subject_of(octets) not in str(
            labs.envelopes(destination))
        still_served(destination, player, door)


# AT-17 GD-44 WIRE 4.5: GDEL named nobody; who sends is judged in the turn
@pytest.mark.parametrize("sender, recipient, reply", [
    ("victor@victim.test", RECIPIENT, "550 5.7.23"),
    ("alice@a.test", RECIPIENT, "550 5.7.23"),
    ("carol@b.test", RECIPIENT, "550 5.7.23"),
    ("x@bigspf.test", RECIPIENT, "550 5.7.24"),
    (SENDER, "nobody@b.test", "550 5.1.1"),
    (SENDER, "dave@elsewhere.example", "550 5.7.1")])
def test_the_turn_behind_gdel_is_judged(
        destination, player, sender, recipient, reply):
    with player.door() as door:
        identifier, octets = leave(destination, player, "gdel")
        refused(destination, player, door, identifier, reply, "gdel", octets,
                sender=sender, recipient=recipient)
        assert came(destination, octets) == 0
        still_served(destination, player, door)


# AT-07 CG-03
@pytest.mark.parametrize("dialect", DIALECTS)
def test_in_every_dialect_another_message_than_announced_is_refused(
        destination, player, dialect):
    with player.door() as door:
        identifier, octets = leave(
            destination, player, dialect,
            digest_of(b"Subject: something else\r\n\r\n"))
        refused(destination, player, door, identifier, "554 5.6.0",
                dialect, octets)
        assert came(destination, octets) == 0
        still_served(destination, player, door)


# AT-07 AT-13: without a digest the size is a bound, as in RFC 1870
@pytest.mark.parametrize("dialect", ["msid", "envelope"])
@pytest.mark.parametrize("size", [1, 90])
def test_a_message_larger_than_announced_is_refused(
        destination, player, dialect, size):
    with player.door() as door:
        identifier, octets = leave(destination, player, dialect, size=size)
        refused(destination, player, door, identifier, "554 5.6.0",
                dialect, octets + b"and more than was said\r\n")
        assert came(destination, octets) == 0
        still_served(destination, player, door)


# AT-16 WIRE 4.6 4.8: what is refused for good is not asked for again
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("octets", [
    b"Subject: x\r\n\r\na\nb\r\n", b"Subject: x\r\n\r\na\rb\r\n",
    b"Subject: x\r\n\r\na\n.\nMAIL FROM:<x@y.test>\r\n",
    b"Subject: x\r\n\r\n\0\r\n"], ids=range(4))
def test_a_pulled_message_with_bare_line_ends_is_refused(
        destination, player, dialect, octets):
    with player.door() as door:
        identifier, _ = leave(destination, player, dialect, size=len(octets))
        refused(destination, player, door, identifier, "554 5.6.0", dialect,
                octets)
        assert "554 5.6.0" in notice(destination, identifier)["last_reply"]
        still_served(destination, player, door)


# AT-13: more than this server takes is cut, whatever was announced
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_message_above_the_limit_is_not_taken(make_lab, dialect):
    lab = make_lab(IMPATIENT + 'message-size = "64 KiB"\n')
    destination = lab.server("b.test")
    player = played(destination, "mx.c.test")
    with player.door() as door:
        identifier, octets = leave(destination, player, dialect)
        large = octets + b"x" * 70 * 1024 + b"\r\n"
        with player.meet_with(door, identifier) as wire:
            reply = attempt(wire, dialect, large)
        assert reply == "552 5.3.4" or reply == "554 5.6.0"
        assert notice_becomes(destination, identifier, "refused")
        assert came(destination, octets) == 0
        still_served(destination, player, door)


# AT-16 WIRE 4.2: what stands behind the end of the content
@pytest.mark.parametrize("dialect", DIALECTS)
def test_octets_behind_a_pulled_message_close_the_connection(
        destination, player, dialect):
    with player.door() as door:
        identifier, octets = leave(destination, player, dialect)
        with player.meet_with(door, identifier) as wire:
            begin(wire, dialect)
            wire.send(octets + b".\r\nMAIL FROM:<dora@c.test>\r\n")
            assert wire.reply() == "421 4.7.0"
            assert wire.is_closed()
        assert came(destination, octets) == 0
        serve(destination, player, door, identifier, octets)


# WIRE 4.3: in its turn an origin has few verbs
@pytest.mark.parametrize("command", [
    "EHLO mx.c.test", "STARTTLS", "VRFY carol", "GDEL another",
    "RETR another", "GTML another carol@b.test", "MSID another",
    "ENVELOPE From:<dora@c.test>", "ACCEPT another", "REJECT another",
    "AUTH PLAIN x", "XYZZY"])
def test_the_turn_is_for_one_message_and_nothing_else(
        destination, player, command):
    with player.door() as door:
        identifier, octets = leave(destination, player, "envelope")
        with player.meet_with(door, identifier) as wire:
            wire.send_line("250 OK")
            assert wire.ask(command) == 503
            assert wire.ask("NOOP") == 250
            assert wire.ask(f"MAIL FROM:<{SENDER}>") == 250
            assert wire.ask(f"RCPT TO:<{RECIPIENT}>") == 250
            assert wire.ask("DATA") == 354
            wire.send_content(octets)
            assert wire.reply() == 250
        labs.received(destination, RECIPIENT,
                      labs.subject_of(octets).encode())
        serve(destination, player, door, identifier, octets)


# ---- what it answers to a verdict

# SM-19 SM-47 GD-16: told until it has answered
@pytest.mark.parametrize("answer, ends", [
    ("250 2.0.0 noted", True), ("550 5.7.1 no", True),
    ("451 4.3.0 later", False), ("421 4.3.2 closing", False),
    ("this is no reply", False), (None, False)])
def test_a_verdict_is_told_until_it_is_answered(
        destination, player, answer, ends):
    identifier, subject = unique("id"), unique("subject")
    with player.door() as door:
        assert player.leave_envelope(
            destination.address, SENDER, ["bob@b.test"], identifier,
            envelope_text(SENDER, ["bob@b.test"], identifier, subject)) == 250
        envelope = labs.envelope_of(destination, subject)
        labs.decide(destination, "reject", envelope)
        with player.meet_with(door, identifier) as wire:
            if answer:
                wire.send_line(answer)
            if not ends and not answer:
                assert wire.is_closed()
        if not ends:
            player.serve(door, {identifier: (SENDER, "bob@b.test", b"")},
                         lambda asked: asked)
    wait_until(
        lambda: not labs.show(destination, envelope["id"])["verdict_due"],
        labs.SECONDS, "the answer to the verdict")
    assert notice(destination, identifier)["state"].lower() == "refused"

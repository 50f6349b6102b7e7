"""Users' lists: what they make of the messages that come next, and how the
operator sees and changes them."""

import pytest

from lab import mail
from lab.failure import wait_until
from tests.lib import labs
from tests.lib.labs import unique
from tests.lib.players import envelope_text


@pytest.fixture(name="lab")
def lab_that_speaks_all(every_dialect):
    return every_dialect


def envelope_for_bob(lab):
    """A message of alice that bob is asked about: (envelope, octets)."""
    origin, destination = lab.server("a.test"), lab.server("b.test")
    octets = labs.message(recipient="bob@b.test")
    labs.send(origin, "alice@a.test", ["bob@b.test"], octets)
    return labs.envelope_of(destination, labs.subject_of(octets)), octets


def state_at(origin, octets):
    return next(hold["state"]
                for hold in labs.holds_for(origin, "bob@b.test")
                if hold["subject"] == labs.subject_of(octets))


def route_of(origin, octets):
    return next(hold["route"]
                for hold in labs.holds_for(origin, "bob@b.test")
                if hold["subject"] == labs.subject_of(octets))


def listed(server, user, side="incoming"):
    """{(list, address, server, by)} of a list of USER."""
    return {(one["list"], one["address"], one["server"], one["by"])
            for one in labs.entries(server, user, side)}


def comes_to_be_listed(server, user, side, *entry):
    wait_until(lambda: entry in listed(server, user, side), labs.SECONDS,
               f"{entry} on the list of {user}")


def do(server, *words, status=0, text=None):
    """`restante list WORDS`, which ends with STATUS; (output, errors)."""
    code, output, errors = server.command("list", *words, password=text)
    assert code == status, errors
    return output, errors


def refused_at_rcpt(server, sender, recipient):
    """What the submission of SENDER to RECIPIENT is told at RCPT."""
    session = mail.signed_in(server, server.user(sender))
    assert session.mail(sender)[0] == 250
    code, reply = session.rcpt(recipient)
    session.quit()
    return code, reply


def envelope_reply(player, destination, sender="dora@c.test"):
    """The reply to RCPT of an envelope of SENDER for bob."""
    with player.dial(destination.address) as wire:
        assert wire.ask(f"ENVELOPE From:<{sender}> ENVID={unique('id')}"
                        " SIZE=1000") == 250
        reply = wire.ask("RCPT To:<bob@b.test>")
        wire.ask("QUIT")
    return reply


# ---- what verdicts do

# SM-03 SM-21 SM-26 SM-28 SM-30 SM-34 SM-36
def test_after_authorize_the_next_message_comes_whole_and_at_once(lab):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    envelope, octets = envelope_for_bob(lab)
    labs.decide(destination, "authorize", envelope)
    labs.received(destination, "bob@b.test",
                  labs.subject_of(octets).encode())
    comes_to_be_listed(destination, "bob@b.test", "incoming",
                       "allow", "alice@a.test", "a.test", "verdict")
    comes_to_be_listed(origin, "alice@a.test", "outgoing",
                       "allow", "bob@b.test", None, "verdict")
    octets = labs.message(recipient="bob@b.test")
    labs.send(origin, "alice@a.test", ["bob@b.test"], octets)
    got = labs.received(destination, "bob@b.test",
                        labs.subject_of(octets).encode())
    assert got.endswith(octets)
    assert route_of(origin, octets) == "push"
    assert not [one for one in labs.envelopes(destination, every=True)
                if one["subject"] == labs.subject_of(octets)]


# SM-24 SM-33 SM-35: at its source
def test_after_spammer_the_sender_cannot_even_submit(lab):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    envelope, octets = envelope_for_bob(lab)
    labs.decide(destination, "spammer", envelope)
    wait_until(lambda: state_at(origin, octets) == "refused", labs.SECONDS,
               "refused")
    comes_to_be_listed(origin, "alice@a.test", "outgoing",
                       "deny", "bob@b.test", None, "verdict")
    code, reply = refused_at_rcpt(origin, "alice@a.test", "bob@b.test")
    assert code == 550 and b"5.7.1" in reply
    assert refused_at_rcpt(origin, "alice@a.test", "carol@b.test")[0] == 250


# SM-37: refused at the door, and told once
def test_who_forgets_that_he_is_denied_is_refused_and_told_once(lab):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    envelope, _ = envelope_for_bob(lab)
    labs.decide(destination, "spammer", envelope)
    denied = ("deny", "bob@b.test", None, "verdict")
    comes_to_be_listed(origin, "alice@a.test", "outgoing", *denied)
    for told in (True, False):
        do(origin, "forget", "alice@a.test", "bob@b.test", "--outgoing")
        octets = labs.message(recipient="bob@b.test")
        labs.send(origin, "alice@a.test", ["bob@b.test"], octets)
        wait_until(lambda: state_at(origin, octets) == "refused",
                   labs.SECONDS, "refused")
        if told:
            comes_to_be_listed(origin, "alice@a.test", "outgoing", *denied)
        labs.received(origin, "alice@a.test",
                      labs.subject_of(octets).encode())
    labs.wait_for_quiet(origin)
    assert denied not in listed(origin, "alice@a.test", "outgoing")


# SM-37
def test_an_envelope_of_a_denied_pair_is_refused_at_rcpt(lab, player):
    destination = lab.server("b.test")
    assert envelope_reply(player, destination) == 250
    do(destination, "deny", "bob@b.test", "@c.test")
    assert envelope_reply(player, destination) == 550
    assert envelope_reply(player, destination, "eve@c.test") == 550
    # the address itself comes before its domain
    do(destination, "allow", "bob@b.test", "dora@c.test")
    assert envelope_reply(player, destination) == 250
    assert envelope_reply(player, destination, "eve@c.test") == 550
    do(destination, "forget", "bob@b.test", "*@C.test")
    assert envelope_reply(player, destination, "eve@c.test") == 250


# ---- what writing does

# SM-26: and the first verified server takes its place
def test_the_answer_to_whom_one_wrote_comes_at_once(lab, player):
    destination = lab.server("b.test")
    writer, dora = "bob@b.test", unique("dora") + "@c.test"
    session = mail.signed_in(destination, destination.user(writer))
    mail.submit(session, writer, [dora], labs.message(writer, dora))
    session.quit()
    comes_to_be_listed(destination, writer, "incoming",
                       "allow", dora, None, "writing")
    octets = labs.message(dora, writer)
    identifier = unique("id")
    text = envelope_text(dora, [writer], identifier, labs.subject_of(octets))
    with player.door() as door:
        assert player.leave_envelope(destination.address, dora, [writer],
                                     identifier, text) == 250
        player.serve(door, {identifier: (dora, writer, octets)},
                     lambda asked: any(one.code == 250 for one in asked))
    labs.received(destination, writer, labs.subject_of(octets).encode())
    assert ("allow", dora, "c.test", "writing") in listed(
        destination, writer)


def test_who_is_asked_about_answers_lists_nobody_by_writing(lab):
    destination = lab.server("b.test")
    user = destination.user("bob@b.test")
    code, _, errors = destination.command(
        "user", "set", "bob@b.test", "--answers", "asked")
    assert code == 0, errors
    try:
        assert "asked" in destination.command("user", "show", "bob@b.test")[1]
        session = mail.signed_in(destination, user)
        mail.submit(session, "bob@b.test", ["dora@c.test"],
                    labs.message("bob@b.test", "dora@c.test"))
        session.quit()
        assert not listed(destination, "bob@b.test")
    finally:
        destination.command("user", "set", "bob@b.test", "--answers",
                            "listed")


# ---- the operator

# SM-34 SM-35
def test_the_outgoing_list_can_be_set_by_hand(lab):
    origin = lab.server("a.test")
    do(origin, "deny", "alice@a.test", "@b.test", "--outgoing")
    assert refused_at_rcpt(origin, "alice@a.test", "bob@b.test")[0] == 550
    do(origin, "allow", "alice@a.test", "Bob@B.test", "--outgoing")
    assert refused_at_rcpt(origin, "alice@a.test", "bob@b.test")[0] == 250
    output, _ = do(origin, "show", "alice@a.test", "--outgoing")
    assert "SERVER" not in output and "@b.test" in output


def test_what_makes_no_entry_is_refused_in_words(lab):
    destination = lab.server("b.test")
    errors = do(destination, "allow", "bob@b.test", "c.test", status=65)[1]
    assert "@c.test stands for all addresses" in errors
    do(destination, "show", "nobody@b.test", status=67)
    do(destination, "allow", "nobody@b.test", "x@c.test", status=67)
    do(destination, "forget", "bob@b.test", "x@c.test", status=66)
    do(destination, "deny", "bob@b.test", "x@c.test", "--server", "c.test",
       "--outgoing", status=65)


def test_a_list_is_exported_and_imported_unchanged(lab):
    destination = lab.server("b.test")
    text = ("allow \"a b\"@c.test -\nallow alice@a.test a.test\n"
            "deny @spam.test *\n")
    do(destination, "import", "bob@b.test", text="# mine\n\n" + text)
    exported, _ = do(destination, "export", "bob@b.test")
    assert sorted(exported.splitlines()) == sorted(text.splitlines())
    do(destination, "import", "carol@b.test", text=exported)
    assert do(destination, "export", "carol@b.test")[0] == exported


def test_one_wrong_line_changes_nothing_and_is_named(lab):
    destination = lab.server("b.test")
    lines = [f"deny x{n}@c.test" for n in range(2500)]
    errors = do(destination, "import", "bob@b.test",
                text="\n".join(lines + ["deny c.test"]), status=65)[1]
    assert "line 2501: " in errors and "@c.test" in errors
    assert not listed(destination, "bob@b.test")

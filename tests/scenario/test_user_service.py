"""Users at the user service of SMDP: two real servers, TLS, and a person who
types what table 5 of the paper has."""

import pytest

from lab.failure import wait_until
from tests.lib import labs
from tests.lib.labs import unique
from tests.lib.players import envelope_text
from tests.lib.users import Visitor, signed_in


@pytest.fixture(name="lab")
def lab_that_speaks_all(every_dialect):
    return every_dialect


def state_at(origin, octets, recipient):
    """That of the hold of the message OCTETS."""
    return next((hold["state"].lower()
                 for hold in labs.holds_for(origin, recipient)
                 if hold["subject"] == labs.subject_of(octets)), None)


def sent(lab, recipient):
    octets = labs.message(recipient=recipient)
    labs.send(lab.server("a.test"), "alice@a.test", [recipient], octets)
    return octets


def new_user(server, mode="ask"):
    """Somebody whom nobody has written to, nor they to anybody."""
    address = unique("erin") + "@b.test"
    code, _, errors = server.command("user", "add", address, "--mode", mode,
                                     password="right")
    assert code == 0, errors
    return address


def plain(subject):
    return f"Subject: {subject}\r\n\r\n.One line.\r\n".encode()


# SM-17 SM-18 SM-48 SM-49: the user's part of table 5, in one session
def test_table_5_is_played_as_printed(lab):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    erin = new_user(destination)
    wanted, unwanted = sent(lab, erin), sent(lab, erin)
    subject = unique("subject")
    for octets in (wanted, unwanted):
        labs.envelope_of(destination, labs.subject_of(octets), erin)
    with Visitor(destination) as user:
        assert len(user.sign_in(erin, "right")) == 2
        assert user.ask("mail") == 250
        assert user.ask("rcpt to alice@a.test") == 250
        assert user.ask("data") == 354
        user.wire.send_content(plain(subject))
        assert user.reply() == 250
        one = user.find(labs.subject_of(wanted), "E")
        other = user.find(labs.subject_of(unwanted), "E")
        assert (one.state, one.sender) == ("pending", "alice@a.test")
        text = user.read(one)
        assert labs.subject_of(text) == labs.subject_of(wanted)
        assert user.ask(f"accept {one.number}") == 250
        assert user.ask(f"reject {other.number}") == 250
        # told without being asked, before the next reply
        wait_until(lambda: user.ask("noop") == 250 and user.news,
                   labs.SECONDS, "104")
        assert user.news == [3]
        here = user.find(labs.subject_of(wanted), "M")
        assert here.number == 3 and here.state == "new"
        assert here.sender == "alice@a.test"
        assert user.read(here).endswith(wanted)
        assert user.ask("del 3") == 250
        assert user.ask("retr 3") == "550 5.1.1"
        assert user.list() == []
        assert user.ask("quit") == 221
        assert user.wire.is_closed()
    for octets, state in ((unwanted, "refused"), (wanted, "taken")):
        wait_until(lambda: state_at(origin, octets, erin) == state,
                   labs.SECONDS, state)
    got = labs.received(origin, "alice@a.test", subject.encode())
    for field in (f"\r\nFrom: <{erin}>\r\n", "\r\nDate: ",
                  "\r\nMessage-ID: <"):
        assert field.encode() in got
    assert got.endswith(b"\r\n\r\n.One line.\r\n")


# SM-49 SM-21 SM-23 SM-24
@pytest.mark.parametrize("verdict,state", [
    ("accept&auth", "taken"), ("reject&spam", "refused"),
    ("reject&spammer", "refused")])
def test_each_verdict_reaches_the_sender(lab, verdict, state):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    erin = new_user(destination)
    octets = sent(lab, erin)
    with Visitor(destination) as user:
        user.sign_in(erin, "right")
        item = user.find(labs.subject_of(octets), "E")
        assert user.ask(f"{verdict} {item.number}") == 250
    wait_until(lambda: state_at(origin, octets, erin) == state,
               labs.SECONDS, state)


# SM-25: what is here already is refused, but not accepted
def test_a_message_that_is_here_is_refused_with_its_notice(lab):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    octets = sent(lab, "carol@b.test")
    labs.received(destination, "carol@b.test",
                  labs.subject_of(octets).encode())
    with signed_in(destination, "carol@b.test") as carol:
        item = carol.find(labs.subject_of(octets), "M")
        assert carol.ask(f"accept {item.number}") == "550 5.5.1"
        assert carol.ask(f"reject&spam {item.number}") == 250
        assert carol.ask(f"reject&spam {item.number}") == 250
        assert carol.ask(f"reject {item.number}") == "550 5.5.1"

    def is_told():
        return any(one["subject"] == labs.subject_of(octets) and
                   not labs.show(destination, one["id"])["verdict_due"]
                   for one in labs.envelopes(destination, "carol@b.test",
                                             every=True))

    wait_until(is_told, labs.SECONDS, "the answer to the verdict")
    assert state_at(origin, octets, "carol@b.test") == "taken"


# SM-25: nobody waits for an answer about what was pushed
def test_a_message_that_was_pushed_has_nobody_to_be_told(lab):
    destination = lab.server("b.test")
    octets = labs.message("x@nowhere.example", "carol@b.test")
    with labs.connect(destination) as wire:
        wire.ask("EHLO client.test")
        wire.ask("MAIL FROM:<x@nowhere.example>")
        wire.ask("RCPT TO:<carol@b.test>")
        wire.ask("DATA")
        wire.send_content(octets)
        assert wire.reply() == 250
    with signed_in(destination, "carol@b.test") as carol:
        item = carol.find(labs.subject_of(octets), "M")
        assert item.sender == "x@nowhere.example"
        assert carol.ask(f"reject {item.number}") == "550 5.5.1"


# SM-48: more than a page, and more than a session keeps
def test_a_full_mailbox_and_a_large_message_are_given_whole(lab):
    destination = lab.server("b.test")
    user = new_user(destination, "server")
    body = ".dot\r\n" + ("x" * 70 + "\r\n") * 20000
    large = labs.message(recipient=user, body=body)
    labs.send(destination, "carol@b.test", [user],
              large.replace(b"alice@a.test", b"carol@b.test"))
    large = large.replace(b"alice@a.test", b"carol@b.test")
    with Visitor(destination) as visitor:
        assert isinstance(visitor.sign_in(user, "right"), list)
        for _ in range(120):
            octets = labs.message("carol@b.test", user)
            labs.send(destination, "carol@b.test", [user], octets)
        wait_until(lambda: len(visitor.list()) == 121, labs.SECONDS,
                   "all messages")
        listed = visitor.list()
        assert sorted(item.number for item in listed) == list(range(1, 122))
        item = visitor.find(labs.subject_of(large))
        assert visitor.read(item).endswith(large)


def test_what_others_see_in_the_mailbox_is_told(lab):
    """Another program moves a message and sets a flag: it keeps its number."""
    import os
    destination = lab.server("b.test")
    octets = sent(lab, "carol@b.test")
    subject = labs.subject_of(octets)
    labs.received(destination, "carol@b.test", subject.encode())
    folder = destination.user("carol@b.test")["maildir"]
    with signed_in(destination, "carol@b.test") as carol:
        item = carol.find(subject)
        assert item.state == "new"
        for name in os.listdir(os.path.join(folder, "new")):
            os.rename(os.path.join(folder, "new", name),
                      os.path.join(folder, "cur", name + ":2,S"))
        again = carol.find(subject)
        assert (again.number, again.state) == (item.number, "seen")
        assert carol.read(again).endswith(octets)
        assert carol.ask(f"del {again.number}") == 250
        assert carol.ask(f"del {again.number}") == "550 5.1.1"


# SM-16 AT-27
def test_no_line_of_the_list_can_command_a_terminal(lab, player):
    destination = lab.server("b.test")
    erin = new_user(destination)
    identifier, subject = unique("id"), unique("subject")
    text = envelope_text("dora@c.test", [erin], identifier,
                         subject + ' \x1b[2J\u202e" 9 M')
    assert player.leave_envelope(destination.address, "dora@c.test",
                                 [erin], identifier, text) == 250
    with Visitor(destination) as user:
        user.sign_in(erin, "right")
        assert user.ask("list") == 213
        lines = user.wire.content().decode()
    assert subject in lines
    assert "\x1b" not in lines and "\u202e" not in lines


def test_nobody_sees_what_is_anothers(lab):
    destination = lab.server("b.test")
    erin = new_user(destination)
    octets = sent(lab, erin)
    labs.envelope_of(destination, labs.subject_of(octets), erin)
    with signed_in(destination, "carol@b.test") as carol:
        assert labs.subject_of(octets) not in [
            item.subject for item in carol.list()]
        for command in ("retr", "accept", "reject", "del"):
            assert carol.ask(f"{command} 99999") == "550 5.1.1"


# SM-10
def test_the_sender_must_be_ones_own_address(lab):
    destination = lab.server("b.test")
    with signed_in(destination, "carol@b.test") as carol:
        assert carol.ask("mail From:<bob@b.test>") == "550 5.7.1"
        assert carol.ask("mail From:<carol@b.test>") == 250
        assert carol.ask("rset") == 250
        octets = labs.message("bob@b.test", "alice@a.test")
        assert carol.write(["alice@a.test"], octets) == "550 5.7.1"
        assert carol.ask("mail") == 250
        assert carol.ask("rcpt to nobody-there@b.test") == "550 5.1.1"


def test_wrong_passwords_end_a_session(lab):
    destination = lab.server("b.test")
    heard = []
    with Visitor(destination) as visitor:
        for name in ("bob@b.test", "nobody@b.test"):
            heard.append(visitor.sign_in(name, "wrong"))
        assert visitor.sign_in("bob@b.test", "wrong") == "421 4.7.0"
        assert visitor.wire.is_closed()
    assert heard[0] == "535 5.7.8" and heard[0].lines == heard[1].lines


# JB-09
def test_whoever_tries_a_password_waits_and_nobody_else_does(make_lab):
    destination = make_lab('auth-fail-delay = "1m"\n').server("b.test")
    with Visitor(destination) as visitor:
        assert visitor.ask("user bob@b.test") == 331
        visitor.wire.send_line("pwd wrong")
        wait_until(lambda: "sign-in-refused service=smdp" in labs.log_text(
            destination), labs.SECONDS, "the refusal")
        signed_in(destination, "bob@b.test").wire.close()
        assert not visitor.wire.has_octets()


def test_too_many_sessions_and_too_many_commands_are_told(make_lab):
    destination = make_lab("sessions-per-address = 2\n"
                           "verbs-per-session = 4\n").server("b.test")
    with Visitor(destination), Visitor(destination) as visitor:
        with Visitor(destination) as third:
            assert third.greeting == "421 4.7.0"
            assert third.wire.is_closed()
        for _ in range(4):
            assert visitor.ask("noop") == 250
        assert visitor.ask("noop") == "421 4.7.0"
        assert visitor.wire.is_closed()


def test_who_is_signed_in_hears_that_the_server_stops(make_lab):
    destination = make_lab().server("b.test")
    with signed_in(destination, "bob@b.test") as bob:
        destination.stop()
        assert bob.reply() == "421 4.3.2"
        assert bob.wire.is_closed()


# In clear on loopback alone.
def test_without_a_certificate_loopback_is_served_in_clear(make_lab):
    destination = make_lab().server("b.test")
    destination.stop()
    destination.lay_over('certificate = ""\nprivate-key = ""\n')
    code, _, errors = destination.command("check")
    assert code == 0, errors
    destination.begin()
    wait_until(lambda: destination.has_said(" ready "), labs.SECONDS, "ready")
    with signed_in(destination, "bob@b.test", tls=False) as bob:
        assert bob.list() == []
    destination.stop()
    port = destination.ports["smdp"]
    destination.lay_over(f'listen-smdp = {{"0.0.0.0:{port}"}}\n')
    assert destination.begin()
    wait_until(lambda: "needs a certificate" in labs.log_text(destination),
               labs.SECONDS, "the refusal")

"""What arrives in the mailbox, whichever way it came."""

import os
import re

import pytest

from lab import compare
from lab.failure import wait_until
from tests.lib import labs
from tests.lib.labs import unique


def delivered(destination, octets, recipient="carol@b.test"):
    return labs.received(destination, recipient,
                         labs.subject_of(octets).encode())


def header_of(octets):
    return octets.partition(b"\r\n\r\n")[0].decode() + "\r\n"


# GD-01 GD-03 GD-09 DM-01 IM-04
def test_a_message_arrives_as_it_was_sent(origin, destination):
    octets = labs.message(more="X-Note: as it is\r\n",
                          body=".dot\r\n..\r\n\r\nFrom here\r\n")
    labs.send(origin, "alice@a.test", ["carol@b.test"], octets)
    assert delivered(destination, octets).endswith(octets)


# GD-01
def test_trace_fields_stand_above_it(origin, destination):
    octets = labs.message()
    labs.send(origin, "alice@a.test", ["carol@b.test"], octets)
    header = header_of(delivered(destination, octets))
    names = [name.decode() for name, _, _ in
             compare.header_fields(header.encode())]
    assert names[0] == "return-path"
    assert "Return-Path: <alice@a.test>\r\n" in header
    assert set(names[1:3]) == {"received", "authentication-results"}
    assert re.search(r"^Received: from mx\.a\.test(.|\r\n[ \t])*"
                     r"by mx\.b\.test(.|\r\n[ \t])*with GDELS?\b",
                     header, re.M | re.I), header
    assert re.search(r"^Authentication-Results: mx\.b\.test;"
                     r"(.|\r\n[ \t])*spf=pass", header, re.M), header
    assert "for <" not in header.partition("From:")[0] or \
        "for <carol@b.test>" in header


def test_date_and_message_id_are_added_only_where_missing(
        origin, destination):
    bare = labs.message()
    whole = labs.message(more="Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
                         f"Message-ID: <{unique()}@a.test>\r\n")
    for octets in (bare, whole):
        labs.send(origin, "alice@a.test", ["carol@b.test"], octets)
        header = header_of(delivered(destination, octets))
        assert len(re.findall("^Date: ", header, re.M)) == 1
        assert len(re.findall("^Message-ID: ", header, re.M)) == 1


# WIRE 6, decision 13
def test_no_one_learns_of_hidden_recipients(origin, destination):
    octets = labs.message(
        more="Bcc: bob@b.test,\r\n\tmore@c.test\r\nX-Last: kept\r\n")
    labs.send(origin, "alice@a.test", ["carol@b.test", "bob@b.test"], octets)
    labs.accept(destination, octets)
    for recipient in ("carol@b.test", "bob@b.test"):
        text = delivered(destination, octets, recipient).decode()
        assert "Bcc" not in text and "more@c.test" not in text
        assert "X-Last: kept" in text
    other = {"carol@b.test": "bob@b.test", "bob@b.test": "carol@b.test"}
    assert other["bob@b.test"] not in delivered(
        destination, octets, "bob@b.test").decode().replace(
            "To: <carol@b.test>", "")


def test_mail_to_a_neighbour_is_delivered_here(origin):
    octets = labs.message(recipient="gate@a.test")
    labs.send(origin, "alice@a.test", ["gate@a.test"], octets)
    assert labs.received(origin, "gate@a.test", labs.subject_of(
        octets).encode()).endswith(octets)


def test_one_message_reaches_everybody_it_is_for(origin, destination):
    octets = labs.message()
    labs.send(origin, "alice@a.test",
              ["carol@b.test", "bob@b.test", "gate@a.test", "alice@a.test"],
              octets)
    labs.accept(destination, octets)
    subject = labs.subject_of(octets).encode()
    for server, recipient in (
            (destination, "carol@b.test"), (destination, "bob@b.test"),
            (origin, "gate@a.test"), (origin, "alice@a.test")):
        labs.received(server, recipient, subject)
        assert labs.count_received(server, recipient, subject) == 1


def test_the_mailbox_is_a_maildir_with_plain_line_ends(origin, destination):
    octets = labs.message()
    labs.send(origin, "alice@a.test", ["carol@b.test"], octets)
    delivered(destination, octets)
    maildir = destination.user("carol@b.test")["maildir"]
    assert {"cur", "new", "tmp"} <= set(os.listdir(maildir))
    for path in compare.maildir_files(maildir):
        with open(path, "rb") as file:
            assert b"\r" not in file.read()
        assert os.path.basename(path).count(".") >= 2


@pytest.mark.parametrize("sender, recipient", [
    ("alice@a.test", "Carol@B.Test"), ("alice@a.test", "CAROL@b.test")])
def test_own_names_are_known_however_written(
        origin, destination, sender, recipient):
    octets = labs.message()
    labs.send(origin, sender, [recipient], octets)
    delivered(destination, octets)


def test_eight_bit_text_and_long_lines_pass_unchanged(origin, destination):
    body = "gr\u00fc\u00dfe \u4e2d\u6587\r\n" + "x" * 5000 + "\r\n"
    octets = labs.message(body=body)
    labs.send(origin, "alice@a.test", ["carol@b.test"], octets)
    assert delivered(destination, octets).endswith(octets)


def test_an_empty_body_and_no_body_at_all_arrive(origin, destination):
    for octets in (labs.message(body=""),
                   labs.message(body="").removesuffix(b"\r\n")):
        labs.send(origin, "alice@a.test", ["carol@b.test"], octets)
        assert delivered(destination, octets).endswith(octets)


# GD-05 GD-37
def test_a_server_that_only_pushes_is_served_too(destination):
    octets = labs.message("x@nowhere.example")
    with labs.connect(destination) as wire:
        wire.ask("EHLO client.test")
        assert wire.ask("MAIL FROM:<x@nowhere.example>") == 250
        assert wire.ask("RCPT TO:<carol@b.test>") == 250
        assert wire.ask("DATA") == 354
        wire.send_content(octets)
        assert wire.reply() == 250
    assert delivered(destination, octets).endswith(octets)


# DM-02 IM-01 IM-09
def test_the_sender_can_see_how_far_each_message_is(origin):
    recipients = [unique("dave") + "@d.test" for _ in range(2)]
    labs.send(origin, "alice@a.test", recipients,
              labs.message(recipient=recipients[0]))
    code, output, errors = origin.command("held", "list", "alice@a.test",
                                          "--json")
    assert code == 0, errors
    assert all(recipient in output for recipient in recipients)

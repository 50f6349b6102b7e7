"""Envelope texts that nobody honest writes: refused, or shown with nothing
but harmless characters; and those that we write of the oddest messages."""

import email
import email.policy
import json
import unicodedata

import pytest

from lab.failure import wait_until
from tests.lib import labs
from tests.lib.labs import unique
from tests.lib.notices import notice, told_by_envelope
from tests.lib.players import envelope_text

TEXT_MAX = 8192
SHOWN_ATTACHMENTS = 20
# What turns a line around, hides in it, or ends it, besides controls.
TRICKS = "".join(map(chr, (
    0x061c, 0x200e, 0x200f, *range(0x2028, 0x202f), *range(0x2066, 0x206a),
    0xfeff, 0xfff9, 0xfffa, 0xfffb)))


@pytest.fixture(name="lab")
def lab_that_speaks_all(every_dialect):
    return every_dialect


def harmful(text):
    """The characters in TEXT that a terminal or an eye should not get."""
    return {character for character in text
            if character in TRICKS or character == "\ufffe"
            or (unicodedata.category(character) == "Cc"
                and character != "\n")}


def texts_in(value):
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return []
    return [text for one in value for text in texts_in(one)]


def leave(destination, player, text, identifier=None):
    """The reply to an envelope with TEXT, and its name."""
    identifier = identifier or unique("id")
    reply = player.leave_envelope(destination.address, "dora@c.test",
                                  ["bob@b.test"], identifier, text)
    return reply, identifier


def ours(destination, identifier):
    """Bob's envelope that came under IDENTIFIER; checks that its list and
    each way to show it are harmless. Told as `envelope show --json`."""
    row = notice(destination, identifier)
    assert row and row["state"].lower() == "pending"
    listed = labs.envelopes(destination)
    shown = labs.show(destination, listed[0]["id"])  # the newest comes first
    for text in texts_in(listed) + texts_in(shown):
        assert not harmful(text), (text, harmful(text))
    for words in (["list", "bob@b.test"], ["show", shown["id"]],
                  ["list", "bob@b.test", "--json"],
                  ["show", shown["id"], "--json"]):
        code, output, _ = destination.command("envelope", *words)
        assert code == 0
        assert not harmful(output), (words, harmful(output))
        if "--json" in words:
            json.loads(output)
    assert shown["from"] == "dora@c.test"
    return shown


def head(*fields, body=b"text\r\n"):
    return b"\r\n".join((b"From: <dora@c.test>", b"To: <bob@b.test>",
                         *fields)) + b"\r\n\r\n" + body


# ---- refused

# SM-46
@pytest.mark.parametrize("text, reply", [
    (b"", "554 5.6.0"),
    (b"\r\n", "554 5.6.0"),
    (b"no message at all\r\n", "554 5.6.0"),
    (b"\x00\x01\x02\r\n", "554 5.6.0"),
    (head(b"Subject: a\rb"), "554 5.6.0"),
    (head(b"Subject: a\nBcc: c"), "554 5.6.0"),
    (head(b"Subject: nul \x00"), "554 5.6.0"),
    (head(b"Subject: " + b"s" * (1 << 20)), "552 5.3.4"),
    (head(b"Subject: x" + b"\r\n s" * 400000), "552 5.3.4"),
    (head(b"Subject: x", body=b"line\r\n" * 400000), "552 5.3.4"),
    (head(*[b"To: <bob@b.test>"] * 10000), "552 5.3.4"),
    (head(b"Attachment-Status: 9" + b'; "a" text/plain 1' * 9000),
     "552 5.3.4"),
], ids=range(12))
def test_what_is_no_envelope_text_leaves_nothing(
        destination, player, text, reply):
    before = len(labs.envelopes(destination))
    got, identifier = leave(destination, player, text)
    assert got == reply
    assert notice(destination, identifier) is None
    assert len(labs.envelopes(destination)) == before
    # What comes after it in the same session is as good as ever.
    with player.dial(destination.address) as wire:
        assert player.say_envelope(
            wire, "dora@c.test", ["bob@b.test"], unique("id"), text) == reply
        assert player.say_envelope(
            wire, "dora@c.test", ["bob@b.test"], unique("id"), envelope_text(
                "dora@c.test", ["bob@b.test"], "x", "good")) == 250


# ---- shown, and harmless

# SM-16 WIRE 10: who sent it is who was verified
@pytest.mark.parametrize("lines", [
    [], [b"From: boss%d@bank.example" % n for n in range(10)], [b"From:"],
    [b"From: <<>>,;:"], [b"From: =?utf-8?q?dora=40c=2Etest?= <evil@x.test>"],
    [b"From: \x1b]0;owned\x07 <x@y.test>"],
    [b"From: =?utf-8?b?G1sySg==?= <x@y.test>"],
    [b"From: \xe2\x80\xaemoc.knab@ssob <x@y.test>"],
    [b"From: \xff\xfe <x@y.test>"], [b"From: " + b"a, " * 2000],
], ids=range(10))
def test_whatever_from_says_the_verified_sender_is_shown(
        destination, player, lines):
    subject = unique("subject")
    text = b"\r\n".join([*lines, b"To: <bob@b.test>",
                         b"Subject: " + subject.encode(), b"", b"x", b""])
    reply, identifier = leave(destination, player, text)
    assert reply == 250
    shown = ours(destination, identifier)
    assert shown["subject"] == subject
    if any(b"boss" in line for line in lines):
        # Ten authors are not one of them.
        assert all(f"boss{n}@" in shown["header_from"] for n in (0, 9))


# AT-27 SM-16
@pytest.mark.parametrize("subject", [
    b"\x1b[2J\x1b[1;1H", b"\x1b]0;title\x07", b"\x9b2J", b"\xc2\x9b2J",
    b"\x08\x08\x08", b"\x7f", b"a\tb",
    "\u202eevil\u202c".encode(), "\u2066x\u2069".encode(),
    "\u200f\u061c".encode(), "a\u2028b\u2029c\x85d".encode(),
    "\ufeff\ufff9x\ufffa\ufffb".encode(),
    b"=?utf-8?q?=1B[2J=00=0D=0ASubject:_other?=",
    b"=?utf-8?b?4oCuZXZpbA==?=", b"=?iso-8859-1?q?=9B2J?=",
    b"=?utf-16?b?GwBbADIASgA=?=", b"=?utf-7?q?+ABsAWwAyAEo-?=",
    b"=?klingon?q?=1B[2J?=", b"=?utf-8?x?what?=", b"=?utf-8?b?!!!!?=",
    b"\xff\xfe\xfd\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80",
    b"=?utf-8?q?=ED=A0=80=F8=88=80=80=80?=", b"=?" * 2000,
    b"=?utf-8?q?=C3?= =?utf-8?q?=A9?=", b"\\\"'`$(reboot)|;&<>{}%s%n",
], ids=range(25))
def test_no_subject_harms_who_reads_it(destination, player, subject):
    mark = unique("mark")
    reply, identifier = leave(destination, player, head(
        b"Subject: " + mark.encode() + b" " + subject))
    assert reply == 250
    assert mark in ours(destination, identifier)["subject"]


# AT-27 SM-16: the body is what its charset says, if that is one
@pytest.mark.parametrize("charset", [
    b"utf-8", b"us-ascii", b"utf-16", b"klingon", b"utf-8\x1b[2J", b'"',
    b"iso-8859-1", b"x" * 3000, b"iso-2022-jp"])
@pytest.mark.parametrize("coding", [
    b"8bit", b"base64", b"quoted-printable", b"x-uuencode", b"none"])
def test_no_charset_or_coding_harms_who_reads_it(
        destination, player, charset, coding):
    mark = unique("mark")
    body = mark.encode() + (b" \x1b[2J =1B[2J \xe2\x80\xae \x9b \xff"
                            b" \x1b$B!!!\r\n") * 3
    reply, identifier = leave(destination, player, head(
        b"Subject: " + mark.encode(),
        b"Content-Type: text/plain; charset=" + charset,
        b"Content-Transfer-Encoding: " + coding, body=body))
    assert reply == 250
    shown = ours(destination, identifier)
    assert shown["subject"] == mark
    assert len(shown["preview"]) <= 400


# AT-27: neither do the names of attachments, nor the other fields
@pytest.mark.parametrize("field", [
    b'Attachment-Status: 3; "\x1b[2J.pdf" application/pdf 1',
    b'Attachment-Status: 1; "\xe2\x80\xaefdp.exe" application/pdf 1',
    b"Attachment-Status: 99999999999999999999", b"Attachment-Status: -1",
    b"Attachment-Status: many", b'Attachment-Status: 2; "unfinished',
    b"Attachment-Status: 2; \x1b[2J \x1b[2J 5", b"Attachment-Status: none; x",
    b"Message-Size: 99999999999999999999", b"Message-Size: -5",
    b"Message-ID: <\x1b[2J@x>", b"Date: \x1b[2J yesterday",
    b"Cc: \x1b[2J, =?utf-8?q?=1B?= <x@y.test>", b"To: " + b"a, " * 1000,
    b"List-Unsubscribe: <javascript:\x1b[2J>", b"Envelope-Id: \x1b[2J",
    b"X\x1b-Field: x"], ids=range(17))
def test_no_field_harms_who_reads_it(destination, player, field):
    mark = unique("mark")
    reply, identifier = leave(destination, player, head(
        b"Subject: " + mark.encode(), field))
    if reply != "554 5.6.0":
        assert reply == 250
        shown = ours(destination, identifier)
        assert shown["subject"] == mark
        assert 0 <= shown["attachment_count"] <= 1 << 32


# ---- ours, of the oddest messages

def with_attachments(count, recipient):
    """A message to RECIPIENT with COUNT attachments."""
    mark = unique("mark")
    parts = b"".join(
        b"--=b\r\nContent-Type: application/pdf\r\nContent-Disposition:"
        b' attachment; filename="report-%d.pdf"\r\n\r\n%s\r\n'
        % (n, b"x" * 10) for n in range(count))
    return mark, labs.message(
        recipient=recipient, subject=mark, more="MIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=\"=b\"\r\n",
        body="--=b\r\n\r\nHere they are.\r\n" + parts.decode()
        + "--=b--\r\n")


# SM-16 SM-46 AT-03
@pytest.mark.parametrize("count", [1000, 10000])
def test_thousands_of_attachments_make_a_small_envelope(
        origin, player, count):
    _, octets = with_attachments(count, "dave@c.test")
    _, envelope, _ = told_by_envelope(origin, player, octets)
    assert len(envelope.text) <= TEXT_MAX
    said = email.message_from_bytes(envelope.text,
                                    policy=email.policy.compat32)
    assert said["Attachment-Status"].startswith(f"{count}; ")
    assert '"report-0.pdf" application/pdf 10' in said["Attachment-Status"]
    assert int(said["Message-Size"]) >= len(octets)
    assert said.get_payload(decode=True).strip() == b"Here they are."


# SM-16 AT-03: however many there are
def test_more_attachments_than_are_looked_at_make_no_larger_one(
        origin, player):
    _, octets = with_attachments(20000, "dave@c.test")
    _, envelope, _ = told_by_envelope(origin, player, octets)
    assert len(envelope.text) <= TEXT_MAX
    assert b"Here they are." in envelope.text


# SM-16 AT-03
def test_thousands_of_attachments_are_counted_for_bob(lab):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    mark, octets = with_attachments(10000, "bob@b.test")
    labs.send(origin, "alice@a.test", ["bob@b.test"], octets)
    shown = labs.show(destination, labs.envelope_of(destination, mark)["id"])
    assert shown["attachment_count"] == 10000
    assert 1 <= len(shown["attachments"]) <= SHOWN_ATTACHMENTS
    assert shown["attachments"][0] == {
        "name": "report-0.pdf", "type": "application/pdf", "size": 10}
    assert shown["preview"] == "Here they are."
    assert shown["size"] >= len(octets)
    labs.accept(destination, octets)
    assert labs.received(destination, "bob@b.test",
                         mark.encode()).endswith(octets)


# SM-16 SM-46: each field has its share of the room
@pytest.mark.parametrize("more", [
    "Subject: " + "s" * 50000, "Subject: x" + "\r\n y" * 12000,
    "Cc: " + ",\r\n ".join(f"<friend{n}@c.test>" for n in range(2000)),
    "List-Unsubscribe: <https://x.test/" + "u" * 50000 + ">",
    "Message-ID: <" + "m" * 50000 + "@x.test>",
    "Date: " + "d" * 50000,
    "\r\n".join("List-Unsubscribe: <mailto:x@y.test>" for _ in range(1000)),
], ids=range(7))
def test_no_message_makes_a_large_envelope(origin, player, more):
    recipient = unique("dave") + "@c.test"
    octets = (f"From: <alice@a.test>\r\nTo: <{recipient}>\r\n{more}\r\n\r\n"
              "The text.\r\n").encode()
    found = []
    with player.door() as door:
        labs.send(origin, "alice@a.test", [recipient], octets)
        found = player.meet_for(door, [recipient], player.take_envelopes)
    (envelope,) = found
    assert len(envelope.text) <= TEXT_MAX
    said = email.message_from_bytes(envelope.text,
                                    policy=email.policy.compat32)
    assert said["Envelope-Id"] == envelope.identifier
    assert said["Attachment-Status"] == "none"
    assert said["To"] and "alice@a.test" in said["From"]
    wait_until(lambda: labs.holds_for(origin, recipient)[0]["state"].lower()
               == "noticed", labs.SECONDS, "noticed")

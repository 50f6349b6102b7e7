"""Whoever is asked decides in their mail program: stubs in the folder Waiting,
moved, marked, answered (WIRE 10, SM-20 to SM-25, DM-23, DM-24)."""

import email
import email.policy

import pytest

from tests.lib import labs, mailprograms
from tests.lib.stubs import (ALICE, BOB, TOKEN, arrives, find,
                             hold_becomes, hold_of, move, send, stub_of, vanishes)


@pytest.fixture(scope="module", name="destination")
def destination_that_is_read(make_reading_lab):
    return make_reading_lab(labs.EVERY_DIALECT).server("b.test")


@pytest.fixture(name="box")
def bobs_mail_program(destination):
    """A session of Bob; nobody has heard of anybody when it ends."""
    with mailprograms.imap(destination, BOB) as session:
        yield session
    for server in destination.lab.servers:
        labs.forget_lists(server)


# ---- what is shown

# SM-16 SM-17 DM-23
def test_an_envelope_is_a_message_in_waiting(destination, box):
    octets = send(destination)
    uid = stub_of(box, octets)
    answer = box.uid("fetch", uid, "(BODY.PEEK[])")[1]
    stub = email.message_from_bytes(answer[0][1], policy=email.policy.default)
    assert stub["subject"] == labs.subject_of(octets)
    assert ALICE in stub["from"]
    text = stub.get_body(("plain",)).get_content()
    html = stub.get_body(("html",)).get_content()
    for words in (ALICE, labs.subject_of(octets), "a.test"):
        assert words in text and words in html
    assert "://" not in html
    session = mailprograms.pop(destination, BOB)
    assert session.stat()[0] == 0  # it lies in no inbox
    session.quit()


# ---- moved: table 1 of the paper

# SM-20
@pytest.mark.parametrize("folder", ["INBOX", "Projects/R\u00e4t"])
def test_moved_to_a_folder_it_is_accepted_into_that(
        destination, box, folder):
    name = folder.replace("\u00e4", "&AOQ-")
    box.create(f'"{name}"')
    octets = send(destination)
    move(box, stub_of(box, octets), name)
    arrives(box, octets, name)
    vanishes(box, octets)
    vanishes(box, octets, name)
    hold_becomes(destination, octets, "taken", "accept")


# SM-21 SM-34 SM-36
def test_moved_to_trusted_its_sender_is_trusted(destination, box):
    octets = send(destination)
    move(box, stub_of(box, octets), "Waiting/Trusted")
    arrives(box, octets)
    vanishes(box, octets, "Waiting/Trusted")
    hold_becomes(destination, octets, "taken", "authorize")
    again = send(destination)
    arrives(box, again)
    assert not find(box, "Waiting", again, True)


# SM-23
def test_moved_to_junk_it_is_refused_as_spam(destination, box):
    octets = send(destination)
    move(box, stub_of(box, octets), "Junk")
    hold_becomes(destination, octets, "refused", "spam")
    vanishes(box, octets)
    vanishes(box, octets, "Junk")


# SM-24 SM-35
def test_moved_to_blocked_its_sender_is_blocked(destination, box):
    octets = send(destination)
    move(box, stub_of(box, octets), "Waiting/Blocked")
    hold_becomes(destination, octets, "refused", "spammer")
    vanishes(box, octets, "Waiting/Blocked")
    with pytest.raises(AssertionError, match="5.7.1 blocked"):
        send(destination)


def test_in_the_trash_nothing_is_decided(destination, box):
    octets = send(destination)
    move(box, stub_of(box, octets), "Trash")
    assert find(box, "Trash", octets, True)
    assert labs.envelope_of(destination, labs.subject_of(octets))


# for who chose so; also what lies there already, found by a later look
def test_in_the_trash_it_is_refused_if_the_user_chose_so(destination, box):
    before, octets = send(destination), send(destination)
    move(box, stub_of(box, before), "Trash")
    code, _, errors = destination.command("user", "set", BOB, "--trash",
                                          "reject")
    assert code == 0, errors
    try:
        move(box, stub_of(box, octets), "Trash")
        hold_becomes(destination, octets, "refused", "reject")
        vanishes(box, octets, "Trash")
        destination.stop()
        destination.start()
        hold_becomes(destination, before, "refused", "reject")
        vanishes(box, before, "Trash")
    finally:
        destination.command("user", "set", BOB, "--trash", "nothing")
    later = send(destination)
    move(box, stub_of(box, later), "Trash")
    assert find(box, "Trash", later, True)


# programs that copy, and then delete
def test_copied_and_deleted_is_moved(destination, box):
    octets = send(destination)
    uid = stub_of(box, octets)
    assert box.uid("copy", uid, "INBOX")[0] == "OK"
    assert box.uid("store", uid, "+FLAGS", r"(\Deleted)")[0] == "OK"
    box.expunge()
    arrives(box, octets)
    vanishes(box, octets)
    vanishes(box, octets, "INBOX")


# ---- marked

# SM-20 to SM-24
@pytest.mark.parametrize("keyword, state, verdict", [
    ("$Accept", "taken", "accept"), ("$Authorize", "taken", "authorize"),
    ("$Reject", "refused", "reject"), ("$Spam", "refused", "spam"),
    ("$Spammer", "refused", "spammer")])
def test_a_keyword_decides(destination, box, keyword, state, verdict):
    octets = send(destination)
    uid = stub_of(box, octets)
    assert box.uid("store", uid, "+FLAGS", f"({keyword})")[0] == "OK"
    hold_becomes(destination, octets, state, verdict)
    vanishes(box, octets)
    if state == "taken":
        arrives(box, octets)


# ---- afterwards

# SM-25
def test_a_message_that_came_is_called_spam(destination, box):
    octets = send(destination)
    move(box, stub_of(box, octets), "INBOX")
    move(box, arrives(box, octets), "Junk")
    hold_becomes(destination, octets, "taken", "spam")
    arrives(box, octets, "Junk")  # and there it stays


def test_what_is_decided_elsewhere_vanishes_here(destination, box):
    octets = send(destination)
    stub_of(box, octets)
    labs.decide(destination, "reject",
                labs.envelope_of(destination, labs.subject_of(octets)))
    vanishes(box, octets)


# accepted, but its author took it back meanwhile
def test_what_cannot_be_had_vanishes(destination, box):
    octets = send(destination)
    stub_of(box, octets)
    envelope = labs.envelope_of(destination, labs.subject_of(octets))
    destination.lab.server("a.test").ask({
        "do": "held-withdraw", "id": hold_of(destination, octets)["id"]})
    labs.decide(destination, "accept", envelope)
    vanishes(box, octets)
    assert labs.show(destination, envelope["id"])["state"] == "lapsed"


# ---- answered

# DM-24
def test_a_reply_accepts(destination, box):
    octets = send(destination)
    uid = stub_of(box, octets)
    answer = box.uid("fetch", uid, "(BODY.PEEK[HEADER])")[1]
    head = email.message_from_bytes(answer[0][1], policy=email.policy.default)
    address = head["reply-to"].addresses[0].addr_spec
    labs.send(destination, BOB, [address], labs.message(BOB, address))
    arrives(box, octets)
    vanishes(box, octets)


# AT-20
def test_a_reply_of_somebody_else_or_of_a_machine_does_not(destination, box):
    octets = send(destination)
    uid = stub_of(box, octets)
    answer = box.uid("fetch", uid, "(BODY.PEEK[HEADER])")[1]
    head = email.message_from_bytes(answer[0][1], policy=email.policy.default)
    address = head["reply-to"].addresses[0].addr_spec
    with pytest.raises(AssertionError, match="5.1.1"):
        labs.send(destination, "carol@b.test", [address],
                  labs.message("carol@b.test", address))
    with pytest.raises(AssertionError, match="5.1.1"):
        labs.send(destination, BOB, [address], labs.message(
            BOB, address, more="Auto-Submitted: auto-replied\r\n"))
    assert find(box, "Waiting", octets, True)


# AT-20
def test_a_forged_stub_decides_nothing(destination, box):
    octets = send(destination)
    uid = stub_of(box, octets)
    stub = box.uid("fetch", uid, "(BODY.PEEK[])")[1][0][1]
    head = email.message_from_bytes(stub)
    token = head[TOKEN]
    forged = stub.replace(token.encode(), (
        token[:-1] + ("0" if token[-1] != "0" else "1")).encode())
    assert box.append("INBOX", None, None, forged)[0] == "OK"
    assert find(box, "INBOX", octets, True)
    assert labs.show(destination, labs.envelope_of(
        destination, labs.subject_of(octets))["id"])["state"] == "pending"
    # nor the true one in somebody else's mailbox
    with mailprograms.imap(destination, "carol@b.test") as carols:
        assert carols.append("INBOX", None, None, stub)[0] == "OK"
        assert find(carols, "INBOX", octets, True)
    assert labs.show(destination, labs.envelope_of(
        destination, labs.subject_of(octets))["id"])["state"] == "pending"


# ---- while nobody listens

def test_what_was_moved_while_the_server_was_away_is_found(destination, box):
    octets = send(destination)
    uid = stub_of(box, octets)
    destination.stop()
    move(box, uid, "INBOX")
    assert find(box, "INBOX", octets, True)
    destination.start()
    arrives(box, octets)
    vanishes(box, octets, "INBOX")


# ---- with other programs

def test_curl_reads_a_stub_and_moves_it(destination, box):
    if not mailprograms.installed("curl"):
        pytest.skip("curl is not installed")
    octets = send(destination)
    uid = stub_of(box, octets)
    assert labs.subject_of(octets).encode() in mailprograms.curl(
        destination, BOB, "imaps", f"Waiting;UID={uid}")
    mailprograms.curl(destination, BOB, "imaps", "Waiting", "-X",
                      f"UID MOVE {uid} INBOX")
    arrives(box, octets)
    vanishes(box, octets)


# It appends what was moved, and deletes it where it was.
def test_a_stub_moved_while_offline_is_accepted(destination, box, tmp_path):
    if not mailprograms.installed("mbsync"):
        pytest.skip("mbsync is not installed")
    octets = send(destination)
    stub_of(box, octets)
    near = tmp_path / "near"
    mailprograms.mbsync(destination, BOB, near)
    subject = labs.subject_of(octets).encode()
    copy = next(path for path in near.glob("Waiting/*/*")
                if subject in path.read_bytes())
    copy.rename(near / "INBOX" / "new" / copy.name.partition(",U=")[0])
    mailprograms.mbsync(destination, BOB, near)
    arrives(box, octets)
    vanishes(box, octets)
    vanishes(box, octets, "INBOX")

"""The program that reads mailboxes is stopped, killed, or does not answer:
decisions wait, and nothing is lost, doubled, or left in a mailbox for ever
(SM-25, DM-23). What was moved while our server was away: test_stubs.py."""

import os
import re
import signal
import socket

import pytest

from lab import compare, mailreader
from lab.failure import wait_until
from lab.world import User
from tests.lib import labs, mailprograms, stubs
from tests.lib.stubs import BOB

MOVED_AND_KILLED = 4
SILENT_SECONDS = 60


@pytest.fixture(scope="module", name="destination")
def destination_that_is_read(make_reading_lab):
    return make_reading_lab(labs.EVERY_DIALECT).server("b.test")


def stop_reader(server, number=signal.SIGTERM):
    server.lab.processes.stop(mailreader.name_of(server), number)


def start_reader(server):
    mailreader.begin(server)
    mailreader.wait(server)


def stub_files(server, octets, user=BOB):
    """Those of that message that lie in Waiting, on the disk."""
    subject = b"Subject: " + labs.subject_of(octets).encode() + b"\r\n"
    return [path for path in compare.maildir_files(os.path.join(
        server.user(user)["maildir"], ".Waiting"))
        if subject in compare.read_delivered(path)]


def imap_processes(server):
    """Dovecot's process of each session until now."""
    with open(server.reader_log, encoding="utf-8", errors="replace") as file:
        return [int(number) for number in re.findall(
            r" imap-login: Info: Login: .* mpid=(\d+),", file.read())]


def is_settled(server, session, octets):
    """Either it was accepted and is there once, or it waits still."""
    waiting = len(stubs.find(session, "Waiting", octets, True))
    came = len(stubs.find(session, "INBOX", octets, False))
    moved = len(stubs.find(session, "INBOX", octets, True))
    state = stubs.hold_of(server, octets)["state"]
    return moved == 0 and (waiting, came, state) in (
        (1, 0, "noticed"), (0, 1, "taken"))


# One that Dovecot had seen, and one that it had not.
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_stubs_of_what_was_decided_meanwhile_vanish(destination, number):
    seen = stubs.send(destination)
    with mailprograms.imap(destination, BOB) as session:
        stubs.stub_of(session, seen)
    stop_reader(destination, number)
    unseen = stubs.send(destination)
    for octets in (seen, unseen):
        wait_until(lambda: stub_files(destination, octets), labs.SECONDS,
                   "the stub")
        labs.accept(destination, octets)
        labs.received(destination, BOB, octets)
    waiting = stubs.send(destination)
    # It was there once, so nobody but itself takes stubs out.
    for octets in (seen, unseen):
        assert stub_files(destination, octets)
    start_reader(destination)
    with mailprograms.imap(destination, BOB) as session:
        for octets in (seen, unseen):
            stubs.vanishes(session, octets)
            stubs.arrives(session, octets)
            assert labs.count_received(destination, BOB, octets) == 1
        stubs.stub_of(session, waiting)  # and others are left alone


# Moved while our server was away, and then Dovecot was, too.
def test_a_moved_stub_vanishes_when_both_are_back(destination):
    taken, spam = stubs.send(destination), stubs.send(destination)
    with mailprograms.imap(destination, BOB) as session:
        uids = [stubs.stub_of(session, octets) for octets in (taken, spam)]
        destination.stop()
        stubs.move(session, uids[0], "INBOX")
        stubs.move(session, uids[1], "Junk")
    stop_reader(destination)
    destination.start()
    stubs.hold_becomes(destination, taken, "taken", "accept")
    stubs.hold_becomes(destination, spam, "refused", "spam")
    labs.received(destination, BOB, taken)
    start_reader(destination)
    with mailprograms.imap(destination, BOB) as session:
        stubs.vanishes(session, taken, "INBOX")
        stubs.vanishes(session, spam, "Junk")
        stubs.arrives(session, taken)
    assert labs.count_received(destination, BOB, taken) == 1


# Whether the script ran, and how far it came, is left to chance; not so what
# may become of the message.
def test_a_session_that_is_killed_in_a_move_loses_and_doubles_nothing(
        destination):
    moved = []
    for _ in range(MOVED_AND_KILLED):
        moved.append(stubs.send(destination))
        with mailprograms.imap(destination, BOB) as session:
            uid = stubs.stub_of(session, moved[-1])
        before = len(imap_processes(destination))
        session = mailprograms.imap(destination, BOB)
        processes = wait_until(
            lambda: imap_processes(destination)[before:], labs.SECONDS,
            "Dovecot to say which process it is")
        session.select("Waiting")
        session.send(f"k UID MOVE {uid} INBOX\r\n".encode())
        os.kill(processes[0], signal.SIGKILL)
        session.shutdown()
    # A start looks for what was moved and not told of.
    destination.stop()
    destination.start()
    with mailprograms.imap(destination, BOB) as session:
        for octets in moved:
            wait_until(lambda: is_settled(destination, session, octets),
                       labs.SECONDS, "one message, or one stub")


@pytest.mark.skipif("RESTANTE_SLOW" not in os.environ, reason="takes long")
def test_a_stub_whose_mover_heard_no_answer_is_found_soon(destination):
    octets = stubs.send(destination)
    with mailprograms.imap(destination, BOB) as session:
        uid = stubs.stub_of(session, octets)
        (keeper,) = destination.pids()["keeper"]
        os.kill(keeper, signal.SIGSTOP)
        try:
            stubs.move(session, uid, "INBOX")  # the script gives up
        finally:
            os.kill(keeper, signal.SIGCONT)
        stubs.arrives(session, octets)
        stubs.vanishes(session, octets, "INBOX")


# DM-23
def test_a_stub_of_somebody_who_cannot_sign_in_there_vanishes(destination):
    address = labs.unique("per%cent") + "@b.test"
    destination.add_user(User(address, "ask", "both"))
    octets = labs.message(recipient=address)
    labs.send(destination.lab.server("a.test"), stubs.ALICE, [address], octets)
    wait_until(lambda: stub_files(destination, octets, user=address),
               labs.SECONDS, "the stub")
    labs.accept(destination, octets, address)
    labs.received(destination, address, octets)
    wait_until(lambda: not stub_files(destination, octets, user=address),
               labs.SECONDS, "no stub")


@pytest.mark.skipif("RESTANTE_SLOW" not in os.environ, reason="takes a minute")
def test_one_that_never_answers_is_given_up_and_asked_again(destination):
    octets = stubs.send(destination)
    with mailprograms.imap(destination, BOB) as session:
        stubs.stub_of(session, octets)
    stop_reader(destination)
    path = os.path.join(destination.mail_folder, ".restante", "doveadm")
    owner = os.stat(path)
    os.unlink(path)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(path)
        os.chown(path, owner.st_uid, owner.st_gid)
        silent.listen()
        silent.settimeout(SILENT_SECONDS)
        labs.accept(destination, octets)
        for _ in range(2):
            link, _ = silent.accept()
            link.settimeout(SILENT_SECONDS)
            while link.recv(4096):
                pass
            link.close()
    # All else goes on meanwhile, and nothing is lost.
    labs.received(destination, BOB, octets)
    assert stub_files(destination, octets)
    os.unlink(path)
    start_reader(destination)
    with mailprograms.imap(destination, BOB) as session:
        stubs.vanishes(session, octets)

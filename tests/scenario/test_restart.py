"""Servers and roles that die at any moment lose nothing they acknowledged."""

import os
import signal
import threading

import pytest

from lab import compare
from lab.failure import wait_until
from lab.processes import kill_session, send, session_members
from lab.server import LabServer
from tests.lib import labs

SECONDS = 60


def kill_whole(server):
    """The server and all its roles, at once and without a word."""
    kill_session(server.lab.processes.pid(server.name))
    server.stop(signal.SIGKILL)


def send_many(origin, number):
    """The subjects of NUMBER acknowledged messages."""
    subjects = []
    for _ in range(number):
        octets = labs.message(body="line of text\r\n" * 50)
        labs.send(origin, "alice@a.test", ["carol@b.test"], octets)
        subjects.append(labs.subject_of(octets).encode())
    return subjects


def assert_each_arrives_once(destination, subjects):
    for subject in subjects:
        labs.received(destination, "carol@b.test", subject + b"\r\n", SECONDS)
    for subject in subjects:
        assert labs.count_received(destination, "carol@b.test",
                                   subject + b"\r\n") == 1


def settled(origin):
    """Until the sender's server knows that all was taken."""
    wait_until(lambda: not origin.holds(every=False), SECONDS,
               "no open hold at a.test")


# GD-06 GD-08
def test_what_is_held_outlives_the_server_of_the_recipient(make_lab):
    lab = make_lab()
    origin, destination = lab.server("a.test"), lab.server("b.test")
    destination.stop()
    subjects = send_many(origin, 5)
    origin.stop()
    origin.start()
    assert len(origin.holds(every=False)) == 5
    destination.start()
    assert_each_arrives_once(destination, subjects)
    settled(origin)


class Sender(threading.Thread):
    """Submits one message after the other until told to stop, whatever
    happens to the server. ACKNOWLEDGED are the subjects answered with 250;
    of the others nobody knows."""

    def __init__(self, origin):
        super().__init__(daemon=True)
        self.origin = origin
        self.stopped = threading.Event()
        self.acknowledged = []

    def run(self):
        while not self.stopped.is_set():
            try:
                self.acknowledged += send_many(self.origin, 1)
            except (OSError, AssertionError):
                continue  # not taken, or no answer: it is no promise

    def until_delivered(self, destination, number):
        """Waits until NUMBER of its messages have arrived."""
        maildir = destination.user("carol@b.test")["maildir"]
        wait_until(lambda: len(compare.maildir_files(maildir)) >= number,
                   SECONDS, f"{number} messages")

    def stop(self):
        self.stopped.set()
        self.join(SECONDS)
        assert not self.is_alive()


def interrupted(lab, domains, stop):
    """Messages flow; the servers of DOMAINS are ended by STOP and started
    again; messages flow on. The acknowledged subjects."""
    sender = Sender(lab.server("a.test"))
    sender.start()
    try:
        sender.until_delivered(lab.server("b.test"), 10)
        for domain in domains:
            stop(lab.server(domain))
        for domain in domains:
            lab.server(domain).start()
        sender.until_delivered(lab.server("b.test"), 20)
    finally:
        sender.stop()
    return sender.acknowledged


# IM-11 AT-14
@pytest.mark.parametrize("stop", [LabServer.stop, kill_whole],
                         ids=["stopped", "killed"])
@pytest.mark.parametrize("domains", [["a.test"], ["b.test"],
                                     ["b.test", "a.test"]], ids=",".join)
def test_an_end_in_the_middle_of_everything_loses_nothing(
        make_lab, domains, stop):
    lab = make_lab('lease-time = "3s"\n')
    subjects = interrupted(lab, domains, stop)
    assert_each_arrives_once(lab.server("b.test"), subjects)
    settled(lab.server("a.test"))


def test_a_server_stops_in_good_order_with_clients_connected(make_lab):
    server = make_lab().server("b.test")
    pid = server.lab.processes.pid(server.name)
    with labs.connect(server) as idle, labs.connect(server) as busy:
        busy.ask("EHLO client.test")
        busy.ask("MAIL FROM:<x@nowhere.example>")
        busy.ask("RCPT TO:<carol@b.test>")
        assert busy.ask("DATA") == 354
        os.kill(pid, signal.SIGTERM)
        child = server.lab.processes.children[pid]
        assert child.wait(5) == 0
        del idle
    assert not session_members(pid)


@pytest.mark.parametrize("role", ["front", "keeper", "caller", "resolver",
                                  "poster", "auth", "sweeper"])
def test_a_role_that_dies_is_replaced(restart_lab, role):
    origin = restart_lab.server("a.test")
    destination = restart_lab.server("b.test")
    for server in (origin, destination):
        before = set(server.pids()[role])
        for pid in before:
            os.kill(pid, signal.SIGKILL)

        def replaced():
            try:
                now = set(server.pids().get(role, ()))
            except OSError:
                return False  # the keeper answers for all
            return len(now) == len(before) and not now & before

        wait_until(replaced, SECONDS, f"a new {role}")
        wait_until(server.is_ready, SECONDS, "all ports")
    assert_each_arrives_once(destination, send_many(origin, 2))


@pytest.fixture(scope="module")
def restart_lab(tmp_path_factory):
    from tests.conftest import started
    lab = started(tmp_path_factory.mktemp("restart") / "d",
                  'lease-time = "3s"\n')
    yield lab
    lab.down()

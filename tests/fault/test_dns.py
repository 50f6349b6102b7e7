"""A DNS server that answers wrongly or never: nothing is decided on its word,
and all goes on when it is itself again."""

import contextlib
import os
import socket
import threading

import pytest

from lab import nameserver, ports
from lab.failure import wait_until
from lab.lab import Lab
from lab.settings import lay_over
from tests.lib import labs

SECONDS = 120
SERVFAIL, REFUSED = 2, 5


def never(_query):
    return None


def noise(query):
    return os.urandom(len(query) + 40)


def of_another_question(query):
    """The right number on an answer about something else."""
    return query[:2] + b"\x84\0\0\1\0\0\0\0\0\0\5wrong\4test\0\0\1\0\1"


def cut_short(query):
    """An answer that ends in the middle of its first record."""
    return query[:2] + b"\x84\0\0\1\0\1\0\0\0\0" + query[12:] + b"\xc0"


def failing(code):
    def answer(query):
        return query[:2] + bytes([0x80, code]) + query[4:6] + \
            6 * b"\0" + query[12:]
    answer.__name__ = f"code_{code}"
    return answer


ANSWERS = [failing(SERVFAIL), failing(REFUSED), of_another_question,
           cut_short, never]
if os.environ.get("RESTANTE_SLOW") == "1":
    ANSWERS.append(noise)  # takes as long as no answer, and tells no more


class PlayedDns(threading.Thread):
    """In the place of a lab's DNS server, over UDP; nobody answers TCP."""

    def __init__(self, lab, answer):
        super().__init__(daemon=True)
        self.answer = answer
        self.asked = 0
        self.done = threading.Event()
        self.link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.link.bind((lab.dns["address"], lab.dns["port"]))
        self.link.settimeout(0.1)

    def run(self):
        while not self.done.is_set():
            try:
                query, asker = self.link.recvfrom(4096)
            except TimeoutError:
                continue
            self.asked += 1
            self.say(query, asker)

    def say(self, query, asker):
        octets = self.answer(query)
        if octets is not None:
            self.link.sendto(octets, asker)

    def end(self):
        self.done.set()
        self.join()
        self.link.close()


class LateDns(PlayedDns):
    """The truth, as the server at PORT tells it, SECONDS later."""

    def __init__(self, lab, port, seconds):
        super().__init__(lab, None)
        self.truth = (lab.dns["address"], port)
        self.seconds = seconds

    def say(self, query, asker):
        def answer():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
                link.settimeout(SECONDS)
                link.sendto(query, self.truth)
                octets = link.recv(4096)
            with contextlib.suppress(OSError):  # the test may be over
                self.link.sendto(octets, asker)

        late = threading.Timer(self.seconds, answer)
        late.daemon = True
        late.start()


@pytest.fixture(scope="module", name="lab")
def lab_of_its_own(tmp_path_factory):
    lab = Lab(str(tmp_path_factory.mktemp("dns") / "d"))
    lab.up(lay_over(labs.SCENARIO_SETTINGS, labs.EVERY_DIALECT))
    yield lab
    lab.down()


def forget(lab):
    """What the servers remember of DNS goes."""
    for server in lab.servers:
        server.stop()
        server.start()


# GD-03
@pytest.mark.parametrize("answer", ANSWERS,
                         ids=lambda answer: answer.__name__)
def test_a_message_waits_while_dns_does_not_tell_the_truth(lab, answer):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    forget(lab)
    lab.processes.stop(nameserver.NAME)
    played = PlayedDns(lab, answer)
    played.start()
    try:
        octets = labs.message()
        labs.send(origin, "alice@a.test", ["carol@b.test"], octets)
        subject = labs.subject_of(octets)

        def was_tried():
            return [hold for hold in origin.holds()
                    if hold["subject"] == subject and hold["tries"] > 0]

        hold, = wait_until(was_tried, SECONDS, "a notice to be tried")
        assert hold["state"].lower() == "held"
        assert played.asked > 0
    finally:
        played.end()
        nameserver.start(lab.processes, os.path.join(lab.folder, "dns"),
                         lab.dns["port"], "")
    wanted = subject.encode() + b"\r\n"
    labs.received(destination, "carol@b.test", wanted, SECONDS)
    assert labs.count_received(destination, "carol@b.test", wanted) == 1
    assert labs.count_received(origin, "alice@a.test", wanted) == 0


# GD-03
def test_a_message_comes_though_dns_answers_late(lab):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    forget(lab)
    folder = os.path.join(lab.folder, "dns")
    lab.processes.stop(nameserver.NAME)
    with ports.lock():
        other_port, = ports.choose(1)
        nameserver.start(lab.processes, folder, other_port, "")
    played = LateDns(lab, other_port, seconds=1)
    played.start()
    try:
        octets = labs.message()
        labs.send(origin, "alice@a.test", ["carol@b.test"], octets)
        wanted = labs.subject_of(octets).encode() + b"\r\n"
        labs.received(destination, "carol@b.test", wanted, SECONDS)
        assert labs.count_received(destination, "carol@b.test", wanted) == 1
        assert played.asked > 0
    finally:
        played.end()
        lab.processes.stop(nameserver.NAME)
        nameserver.start(lab.processes, folder, lab.dns["port"], "")

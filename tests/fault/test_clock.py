"""The clock of a server is put on or back while a message waits: it is neither
given up for it, nor does it wait until the clock is where it was."""

import pytest

from lab.failure import wait_until
from tests.lib import labs

SECONDS = 30
HOUR, DAY = 3600, 86400
WAY = ("envelope", "accept")


def put_on(rig, domain, seconds):
    faults = rig.faults[domain]
    faults.put_clock(faults.clock + seconds)


def submitted(rig, recipient):
    octets = labs.message(recipient=recipient)
    labs.send(rig.lab.server("a.test"), "alice@a.test", [recipient], octets)
    return labs.subject_of(octets)


def assert_arrives_once(rig, recipient, subject):
    destination = rig.lab.server("b.test")
    wanted = subject.encode() + b"\r\n"
    labs.received(destination, recipient, wanted, SECONDS)
    assert labs.count_received(destination, recipient, wanted) == 1


# GD-03 GD-13
@pytest.mark.parametrize("jump", [HOUR, -HOUR, DAY, -DAY])
def test_a_message_waits_at_its_sender_whose_clock_jumps(rig, jump):
    origin, destination = rig.lab.server("a.test"), rig.lab.server("b.test")
    destination.stop()
    subject = submitted(rig, "carol@b.test")

    def was_tried():
        return [hold for hold in origin.holds()
                if hold["subject"] == subject and hold["tries"] > 0]

    wait_until(was_tried, SECONDS, "a notice to be tried")
    put_on(rig, "a.test", jump)
    destination.start()
    assert_arrives_once(rig, "carol@b.test", subject)


# GD-03
@pytest.mark.parametrize("jump", [HOUR, -HOUR, DAY, -DAY])
def test_a_message_is_fetched_by_a_server_whose_clock_jumps(rig, jump):
    origin, destination = rig.lab.server("a.test"), rig.lab.server("b.test")
    subject = submitted(rig, "bob@b.test")
    envelope = labs.envelope_of(destination, subject)
    origin.stop()
    labs.decide(destination, "accept", envelope)
    wait_until(lambda: any(row["state"] in ("wanted", "pulling")
                           and row["tries"] > 0
                           for row in destination.notices()),
               SECONDS, "a pull to be tried")
    put_on(rig, "b.test", jump)
    origin.start()
    assert_arrives_once(rig, "bob@b.test", subject)

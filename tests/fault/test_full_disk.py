"""Disks that are full: nothing is acknowledged that cannot be kept, nothing
that was acknowledged is lost, and all goes on as soon as there is room."""

import contextlib
import os
import shutil
import subprocess

import pytest

from lab import mail
from lab.failure import wait_until
from lab.lab import Lab
from lab.settings import lay_over
from tests.lib import labs

SECONDS = 60
MEBIBYTE = 1 << 20
LINE = "a line of sixty-four octets, so that its size is easily known.\r\n"
TOO_LARGE = LINE * (3 * MEBIBYTE // len(LINE))
SMALL = LINE * (32 * 1024 // len(LINE))
# What could not even be written down is tried again when its lease ran out.
SETTINGS = labs.EVERY_DIALECT + labs.PATIENCE + 'lease-time = "2s"\n'


class SmallDisk:
    """FOLDER of a stopped server, on a disk that has ROOM octets left."""

    def __init__(self, folder, room):
        self.folder = folder
        copy = folder + ".copy"
        shutil.move(folder, copy)
        os.mkdir(folder)
        self.run("mount", "-t", "tmpfs", "tmpfs", folder)
        self.run("cp", "-aT", copy, folder)
        used = os.statvfs(folder)
        self.give((used.f_blocks - used.f_bfree) * used.f_frsize + room)

    def run(self, *command):
        subprocess.run(command, check=True)

    def give(self, octets):
        self.run("mount", "-o", f"remount,size={octets}", self.folder)

    def end(self):
        self.run("umount", self.folder)


def can_mount(folder):
    """Root may, and yet not everywhere: some containers forbid it."""
    made = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder)],
                          check=False, capture_output=True)
    if made.returncode == 0:
        subprocess.run(["umount", str(folder)], check=True)
    return made.returncode == 0


@pytest.fixture(name="lab")
def lab_of_its_own(tmp_path):
    if not can_mount(tmp_path):
        pytest.skip("mounts a small file system, which is forbidden here")
    lab = Lab(str(tmp_path / "d"))
    lab.up(lay_over(labs.SCENARIO_SETTINGS, SETTINGS))
    yield lab
    lab.down()


@contextlib.contextmanager
def small_disk(server, folder, room):
    server.stop()
    disk = SmallDisk(folder, room)
    server.start()
    try:
        yield disk
    finally:
        server.stop()
        disk.end()


def submitted(server, body):
    """(code, subject): what alice is told about a message to carol."""
    octets = labs.message(body=body)
    session = mail.signed_in(server, server.user("alice@a.test"))
    with contextlib.closing(session):
        code, _ = mail.submit(session, "alice@a.test", ["carol@b.test"],
                              octets)
    return code, labs.subject_of(octets).encode() + b"\r\n"


# GD-03 AT-12
def test_no_message_is_taken_that_the_disk_has_no_room_for(lab):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    destination.stop()  # so that nothing leaves
    with small_disk(origin, origin.state, MEBIBYTE) as disk:
        code, _ = submitted(origin, TOO_LARGE)
        assert code in (451, 452)
        taken = []
        while True:
            code, subject = submitted(origin, SMALL)
            if code != 250:
                break
            taken.append(subject)
            assert len(taken) < 100, "the disk is not small"
        assert code in (451, 452)
        assert taken
        assert len(origin.holds()) == len(taken)
        disk.give(64 * MEBIBYTE)
        wait_until(lambda: submitted(origin, TOO_LARGE)[0] == 250, SECONDS,
                   "a message to be taken again")
        destination.start()
        for subject in taken:
            labs.received(destination, "carol@b.test", subject, SECONDS)
            assert labs.count_received(destination, "carol@b.test",
                                       subject) == 1


# GD-03
def test_a_message_waits_while_the_mailbox_has_no_room(lab):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    with small_disk(destination, destination.mail_folder, MEBIBYTE) as disk:
        code, large = submitted(origin, TOO_LARGE)
        assert code == 250
        wait_until(lambda: "not-delivered" in labs.log_text(destination),
                   SECONDS, "a delivery to fail")
        assert labs.count_received(destination, "carol@b.test", large) == 0
        code, small = submitted(origin, "Hello.\r\n")
        assert code == 250
        labs.received(destination, "carol@b.test", small, SECONDS)
        disk.give(64 * MEBIBYTE)
        labs.received(destination, "carol@b.test", large, SECONDS)
        assert labs.count_received(destination, "carol@b.test", large) == 1


# GD-03
def test_a_message_waits_at_its_sender_while_there_is_no_room_to_fetch_it(
        lab):
    origin, destination = lab.server("a.test"), lab.server("b.test")
    with small_disk(destination, destination.state, MEBIBYTE) as disk:
        code, large = submitted(origin, TOO_LARGE)
        assert code == 250
        wait_until(lambda: "answered 452 4.3.1" in labs.log_text(destination),
                   SECONDS, "a pull to fail")
        assert labs.count_received(destination, "carol@b.test", large) == 0
        assert labs.wait_for_hold(origin, "carol@b.test", "noticed", "leased")
        disk.give(64 * MEBIBYTE)
        labs.received(destination, "carol@b.test", large, SECONDS)
        assert labs.count_received(destination, "carol@b.test", large) == 1

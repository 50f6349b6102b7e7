"""What a thousand messages cost, counted and not timed: instructions of fixed
walks, system calls and syncs of two servers. A change that costs noticeably
more than when the figures were agreed upon fails here, and either loses the
weight or has its reason told in docs/MEASURED.md beside the new figures."""

import contextlib
import os
import re
import shutil
import signal
import subprocess

import pytest

from lab import compare, mail
from lab.failure import wait_until
from lab.lab import ROOT, Lab
from lab.processes import session_members
from lab.settings import lay_over
from tests.lib import labs

MESSAGES = 1000
SECONDS = 120
WALK_SLACK = 1.1  # they are always the same, but for the processor's kind
SLACK = 1.2  # how much comes together is never quite the same
LINE = "a line of sixty-four octets, so that its size is easily known.\r\n"
BODY = LINE * (4096 // len(LINE))

# Instructions for each message (gcc 12, -O2).
WIRE = 207_000  # announced and fetched, by both machines
STORE = 798_000  # put, noticed, leased, taken, in full batches
# Calls for each message, one after the other over one connection, so that no
# commit can be shared: the dearest case.
# 25 more at b.test since lists, votes and stubs are looked at.
SYSTEM_CALLS = {"a.test": 300, "b.test": 300}
SYNCS = {"a.test": 4.1, "b.test": 5.1}


def program(*names):
    path = os.path.join(ROOT, "build", *names)
    if not os.path.exists(path):
        pytest.skip("needs build/, made by make build")
    return path


def tool(name):
    path = shutil.which(name)
    assert path, f"{name} is missing: scripts/setup installs it"
    return path


def instructions(*command):
    """Executed by COMMAND, which must succeed."""
    done = subprocess.run(
        [tool("valgrind"), "--tool=callgrind",
         "--callgrind-out-file=/dev/null", *command],
        capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def assert_within(what, found, agreed, slack=SLACK):
    print(f"{what}: {found:.1f} for each message, {agreed} agreed")
    assert found <= agreed * slack, f"{what}: {found:.1f}, {agreed} agreed"
    # A figure that is far too high guards nothing.
    assert found >= agreed / 2, f"{what}: {found:.1f}: agree upon less"


def test_the_machines_take_no_more_instructions_than_agreed():
    walk = program("tests", "guard", "walk_wire")
    assert_within("instructions of the machines",
                  instructions(walk) / MESSAGES, WIRE, WALK_SLACK)


def test_the_store_takes_no_more_instructions_than_agreed(tmp_path):
    walk = program("bench", "bench-store")
    found = instructions(walk, str(tmp_path / "store"), str(MESSAGES))
    assert_within("instructions of the store", found / MESSAGES, STORE,
                  WALK_SLACK)


def may_trace():
    """Root may trace what has forbidden it, and others may not."""
    return os.getuid() == 0 and shutil.which("strace")


class Counted:
    """System calls of all processes of SERVER, while it is entered."""

    def __init__(self, server):
        self.server = server
        self.table = os.path.join(server.lab.folder, "calls-" + server.domain)
        self.calls = {}

    def __enter__(self):
        pids = session_members(self.server.lab.processes.pid(
            self.server.name))
        self.tracer = subprocess.Popen(
            [tool("strace"), "-f", "-c", "-U", "calls,syscall", "-o",
             self.table, *(f"-p{pid}" for pid in pids)],
            stderr=subprocess.PIPE, text=True)
        attached = 0
        while attached < len(pids):
            line = self.tracer.stderr.readline()
            assert line, "strace could not attach"
            attached += "attached" in line
        return self

    def __exit__(self, *_):
        self.tracer.send_signal(signal.SIGINT)
        self.tracer.communicate(timeout=SECONDS)
        with open(self.table, encoding="ascii") as file:
            rows = re.findall(r"^ *(\d+) (\w+)$", file.read(), re.M)
        self.calls = {name: int(number) for number, name in rows}

    def syncs(self):
        return sum(number for name, number in self.calls.items()
                   if name in ("fsync", "fdatasync"))


def carry(origin, destination):
    """MESSAGES from alice to carol, one after the other."""
    maildir = destination.user("carol@b.test")["maildir"]
    before = len(compare.maildir_files(maildir))
    with contextlib.closing(mail.signed_in(
            origin, origin.user("alice@a.test"))) as session:
        for _ in range(MESSAGES):
            code, reply = mail.submit(session, "alice@a.test",
                                      ["carol@b.test"],
                                      labs.message(body=BODY))
            assert code == 250, reply
    wait_until(lambda: len(compare.maildir_files(maildir)) - before
               == MESSAGES, SECONDS, "all to be delivered")
    wait_until(lambda: destination.status()["counts"]["unconfirmed"] == 0,
               SECONDS, "all to be confirmed")


@pytest.mark.skipif(not may_trace(), reason="traces processes: needs root")
def test_servers_make_no_more_system_calls_and_syncs_than_agreed(tmp_path):
    lab = Lab(str(tmp_path / "d"))
    lab.up(lay_over(labs.SCENARIO_SETTINGS, labs.EVERY_DIALECT))
    try:
        first = labs.message()
        labs.send(lab.server("a.test"), "alice@a.test", ["carol@b.test"],
                  first)
        labs.received(lab.server("b.test"), "carol@b.test",
                      labs.subject_of(first).encode())
        with contextlib.ExitStack() as stack:
            counted = [stack.enter_context(Counted(server))
                       for server in lab.servers]
            carry(lab.server("a.test"), lab.server("b.test"))
        for one in counted:
            domain = one.server.domain
            assert_within(f"system calls of {domain}",
                          one.calls["total"] / MESSAGES, SYSTEM_CALLS[domain])
            assert_within(f"syncs of {domain}", one.syncs() / MESSAGES,
                          SYNCS[domain])
    finally:
        lab.down()

"""What every running process still may do is what docs/TRUST.md says."""

import os
import re
import signal

import pytest

from lab.failure import LabError, wait_until
from lab.lab import ROOT
from lab.settings import MAIL_ID, NETWORK_ID, STORE_ID
from tests.lib import labs

SECONDS = 30
HEADING = "## What each process may still do"
USERS = {"root": 0, "`user`": STORE_ID, "`net-user`": NETWORK_ID,
         "`mail-user`": MAIL_ID}
# Bits of linux/capability.h.
CAPABILITIES = {"DAC_READ_SEARCH": 2, "KILL": 5, "SETGID": 6, "SETUID": 7,
                "SYS_CHROOT": 18}
# What each has besides its own: the text below the table says so.
COMMON = {"nothing", "log", "loop", "channel"}
AF_UNIX_PACKETS = "0005"

needs_root = pytest.mark.skipif(
    os.getuid() != 0, reason="only root starts roles of other users")


def table():
    """{process: {column: text}} of docs/TRUST.md."""
    with open(os.path.join(ROOT, "docs", "TRUST.md"),
              encoding="utf-8") as file:
        section = file.read().split(HEADING + "\n")[1].split("\n## ")[0]
    # The first table of the section.
    lines = re.search(r"(?:^\|.*\n)+", section, re.M).group().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in lines]
    heads = rows[0]
    return {row[0]: dict(zip(heads, row)) for row in rows[2:]}


ROWS = table()


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file)


def core_limit(pid):
    with open(f"/proc/{pid}/limits", encoding="ascii") as file:
        line = next(one for one in file if one.startswith("Max core file"))
    return line.split()[4:6]


def capability_bits(text):
    if text == "none":
        return 0
    return sum(1 << CAPABILITIES[name] for name in text.split())


# ---- descriptors ----

def sockets():
    """{inode: what it is}."""
    found = {}
    for name in ("tcp", "tcp6", "udp", "udp6"):
        with open(f"/proc/net/{name}", encoding="ascii") as file:
            for fields in map(str.split, list(file)[1:]):
                listens = name.startswith("tcp") and fields[3] == "0A"
                found[fields[9]] = "listener" if listens else "connection"
    with open("/proc/net/unix", encoding="ascii",
              errors="replace") as file:
        for fields in map(str.split, list(file)[1:]):
            if fields[4] == AF_UNIX_PACKETS:
                found[fields[6]] = "channel"
            elif len(fields) > 7:
                found[fields[6]] = os.path.basename(fields[7])
    return found


def kind_of(target, known, server):
    """What a descriptor is that links to TARGET."""
    if target.startswith("socket:["):
        return known.get(target[8:-1], "connection")
    if target == "/dev/null":
        return "nothing"
    if target == server.log:
        return "log"
    if target == "anon_inode:[eventpoll]" or target.startswith("pipe:["):
        return "loop"
    if target.startswith("/memfd:"):
        return target[len("/memfd:"):].split()[0]
    if target == server.mail_folder:
        return "mail"
    if target == os.path.join(server.mail_folder, ".restante"):
        return "letters"
    if target == server.state:
        return "state"
    if target.startswith(server.state + "/"):
        return target[len(server.state) + 1:].split("/")[0]
    return target


def descriptors(pid, server):
    known, kinds = sockets(), set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue  # closed meanwhile
        kinds.add(kind_of(target, known, server))
    return kinds


# ---- all of it ----

def root_of(row, server):
    folders = {"`/`": "/", "`state`": server.state,
               "`mail`": server.mail_folder,
               "`empty`": os.path.join(server.state, "empty")}
    return folders[row["root directory"]]


def check_state(pid, row, server):
    status = status_of(pid)
    user = str(USERS[row["user"]])
    bits = capability_bits(row["capabilities"])
    assert status["Uid"].split() == [user] * 4
    assert status["Gid"].split() == [user] * 4
    assert row["process"] == "main" or not status["Groups"].strip()
    for name, right in (("CapPrm", bits), ("CapEff", bits), ("CapInh", 0),
                        ("CapAmb", 0)):
        assert int(status[name], 16) == right, name
    main = capability_bits(ROWS["main"]["capabilities"])
    assert int(status["CapBnd"], 16) & ~main == 0
    assert row["new privileges"] == "no" and status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == {"yes": "2", "no": "0"}[row["filter"]]
    assert status["Threads"] == "1"
    assert core_limit(pid) == ["0", "0"]
    assert os.readlink(f"/proc/{pid}/root") == root_of(row, server)


def check_descriptors(pid, row, server):
    right = set(row["descriptors"].split()) | COMMON
    # A store is opened, a connection ends: soon, and then it stays so.
    try:
        wait_until(lambda: descriptors(pid, server) == right, SECONDS,
                   f"the descriptors of {row['process']}")
    except LabError:
        assert descriptors(pid, server) == right


@pytest.fixture(name="quiet", scope="module")
def quiet_server(tmp_path_factory):
    """A server that nobody sends anything."""
    from tests.conftest import started
    lab = started(tmp_path_factory.mktemp("power") / "d")
    yield lab.server("b.test")
    lab.down()


@needs_root
def test_the_table_has_a_row_for_each_process(quiet):
    assert set(quiet.pids()) == set(ROWS)


@needs_root
@pytest.mark.parametrize("name", ROWS)
def test_a_process_has_what_the_document_says_and_no_more(quiet, name):
    pids = quiet.pids()[name]
    assert pids
    for pid in pids:
        check_state(pid, ROWS[name], quiet)
    # Half of the fronts face peers, half users; both listen.
    for pid in pids:
        check_descriptors(pid, ROWS[name], quiet)


@needs_root
def test_what_the_kernel_can_confine_is_told_at_the_start(quiet):
    confined = re.search(r" confined filters=(\S+) landlock=(\d+)\n",
                         labs.log_text(quiet))
    assert confined and confined.group(1) == "on"


def test_a_role_that_leaves_its_rows_is_told_and_started_again(make_lab):
    server = make_lab().server("b.test")
    pid = server.pids()["auth"][0]
    # As the kernel ends it.
    os.kill(pid, signal.SIGSYS)
    wait_until(lambda: server.pids().get("auth", [pid]) != [pid], SECONDS,
               "another auth")
    assert re.search(r" role-confined role=auth ", labs.log_text(server))
    # No role ever does it by itself: signal 31 is there once.
    assert labs.log_text(server).count(f" signal={signal.SIGSYS:d}") == 1

"""A message of 50 MiB passes through every process of both servers, and none
of them ever holds much of it. Measured on the plain build."""

from lab import compare, mail
from lab.failure import wait_until
from lab.processes import session_members
from tests.lib import labs

MESSAGE_OCTETS = 50 << 20
RESIDENT_MAX_KIB = 40 << 10
SECONDS = 120


def peak_kib(pid):
    """(name, most resident memory in KiB) of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file if ":" in line)
    return fields["Name"].strip(), int(fields["VmHWM"].split()[0])


def large_message():
    head = labs.message(more="Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
                        f"Message-ID: <{labs.unique()}@a.test>\r\n", body="")
    line = b".line " + b"x" * 64 + b"\r\n"
    number, rest = divmod(MESSAGE_OCTETS - len(head), len(line))
    return head + line * number + b"y" * (rest - 2) + b"\r\n"


def test_no_process_holds_a_large_message(make_lab):
    lab = make_lab()
    origin, destination = lab.server("a.test"), lab.server("b.test")
    octets = large_message()
    assert len(octets) == MESSAGE_OCTETS
    session = mail.signed_in(origin, origin.user("alice@a.test"))
    code, reply = mail.submit(session, "alice@a.test", ["carol@b.test"],
                              octets)
    session.quit()
    assert code == 250, reply
    maildir = destination.user("carol@b.test")["maildir"]
    path = wait_until(lambda: compare.maildir_files(maildir), SECONDS,
                      "the message")[0]
    assert compare.read_delivered(path).endswith(octets)
    wait_until(lambda: not origin.holds(every=False), SECONDS, "no hold")
    for server in lab.servers:
        leader = lab.processes.pid(server.name)
        for pid in session_members(leader):
            name, peak = peak_kib(pid)
            role = [role for role, pids in server.row["pids"].items()
                    if pid in pids]
            assert peak < RESIDENT_MAX_KIB, (server.domain, name, role, peak)

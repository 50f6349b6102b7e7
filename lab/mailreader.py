"""IMAP and POP3 over the Maildirs of a lab: one Dovecot for each server, with
the configuration that `restante dovecot-config` makes, an ordinary child.

Without Dovecot, or where it cannot work, a lab does without and says so.
"""

import os
import shutil
import socket
import stat

from lab import world
from lab.failure import LabError, wait_until
from lab.processes import last_lines

NAME = "dovecot "  # and the domain: its process
PORT_NAMES = ("imap", "imaps", "pop3", "pop3s")
# As root Dovecot wants a name, and the lab adds no user to the system. This
# one is there on every Debian; it owns the mailboxes then.
MAIL_USER = "mail"
GREETINGS = {"imap": b"* OK", "pop3": b"+OK"}
SOCKET_PATH_MAX = 107  # octets of sun_path, without its NUL
READY_SECONDS = 15
ANSWER_SECONDS = 2
# What Debian's three packages bring, one file of each.
NEEDED = {"dovecot-imapd": "/usr/lib/dovecot/imap-login",
          "dovecot-pop3d": "/usr/lib/dovecot/pop3-login",
          "dovecot-sieve": "/usr/bin/sievec"}


def program():
    return shutil.which("dovecot",
                        path=os.environ.get("PATH", "") + ":/usr/sbin")


def closed_folder(folder):
    """The first folder on the way to FOLDER, itself included, that others
    than its owner cannot enter; None if there is none."""
    while True:
        if not os.stat(folder).st_mode & stat.S_IXOTH:
            return folder
        if folder == "/":
            return None
        folder = os.path.dirname(folder)


def why_not(folder):
    """Why no Dovecot can serve a lab in FOLDER; "" if one can."""
    lacking = [name for name, path in NEEDED.items()
               if not os.path.exists(path)]
    if program() is None or lacking:
        return ("Dovecot is not installed; scripts/setup does that where"
                " there is none")
    # Our roles are handed descriptors; Dovecot's processes go by path.
    closed = closed_folder(folder) if os.getuid() == 0 else None
    if closed:
        return f"only its owner can enter {closed}"
    if any(len(os.fsencode(path)) > SOCKET_PATH_MAX
           for path in longest_sockets(folder)):
        return f"{folder}: too long a path for sockets"
    return ""


def longest_sockets(folder):
    """By which Dovecot calls a server: from its own folder to the mailboxes."""
    return [os.path.join(os.path.realpath(folder), row.domain,
                         "run/../mail/.restante/restante-verdict")
            for row in world.SERVERS]


def configure(server):
    """Has the files written. The path of the main one."""
    place = os.path.dirname(server.config)
    folder = os.path.join(place, "dovecot")
    ports = ",".join(str(server.ports[name]) for name in PORT_NAMES)
    code, _, errors = server.command(
        "dovecot-config", "--write", folder, "--ports", ports,
        "--listen", server.address, "--base-dir", os.path.join(place, "run"))
    if code != 0:
        raise LabError(f"dovecot-config: exit {code}: {errors}")
    return os.path.join(folder, "dovecot.conf")


def greets(server, name):
    try:
        with socket.create_connection((server.address, server.ports[name]),
                                      ANSWER_SECONDS) as link:
            return link.recv(4).startswith(GREETINGS[name])
    except OSError:
        return False


def name_of(server):
    return NAME + server.domain


def begin(server):
    """Starts the Dovecot of SERVER, which must have begun."""
    accounts = os.path.join(server.mail_folder, ".restante", "passwd")
    wait_until(lambda: os.path.exists(accounts), READY_SECONDS,
               "the file of who may sign in")
    server.lab.processes.start(
        name_of(server), [program(), "-F", "-c", configure(server)],
        server.row["reader_log"])


def wait(server):
    """Returns when the Dovecot of SERVER answers."""
    log = server.row["reader_log"]

    def answers_or_ended():
        if server.lab.processes.pid(name_of(server)) is None:
            raise LabError(f"the Dovecot of {server.domain} ended")
        return all(greets(server, name) for name in GREETINGS)

    try:
        wait_until(answers_or_ended, READY_SECONDS, "Dovecot to answer")
    except LabError as error:
        raise LabError(f"{error}\n{last_lines(log)}") from None

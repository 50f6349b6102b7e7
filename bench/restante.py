"""The server of b.test in a lab, as something that takes mail."""

import os
import re

from bench import processor
from lab.lab import Lab

# smtp-source cannot choose the address from which it calls: it is this one.
LOAD_HOST = "load.c.test"
ZONE = f"""{LOAD_HOST}. A 127.0.0.1
{LOAD_HOST}. TXT "v=spf1 ip4:127.0.0.1 -all"
"""
# One host is many senders here, and its sessions are long.
OVERLAY = """sessions-per-address = "unlimited"
verbs-per-session = 1000000000
"""

# A process that ended in another way than asked, and why.
TROUBLE = re.compile(r"^\S+ \S+ (\S+-failed|role-ended (?!.* status=0$))")
TROUBLE_LINES = 5


def troubles(server, position=0):
    """Lines of its log, from POSITION on, that tell of trouble; the first
    few."""
    with open(server.log, encoding="utf-8", errors="replace") as file:
        file.seek(position)
        lines = [f"{server.domain}: {line.rstrip()}" for line in file
                 if TROUBLE.match(line)]
    return lines[:TROUBLE_LINES]


def store_figures(status):
    """(commits, operations, longest commit in milliseconds since the last
    question) of a server's answer."""
    commits = status["commits"]
    return (commits["count"], commits["operations"],
            commits["longest_us"] / 1000)


class Commits:
    """What a server's store does from now on, or since the server started.
    The longest commit is counted anew with each question, so questions are
    to go through here."""

    def __init__(self, server, since_start=False):
        self.server = server
        before = (0, 0, 0) if since_start else store_figures(server.status())
        self.commits, self.operations, _ = before
        self.longest = 0

    def status(self):
        answer = self.server.status()
        self.longest = max(self.longest, store_figures(answer)[2])
        return answer

    def figures(self):
        commits, operations, _ = store_figures(self.status())
        commits -= self.commits
        operations -= self.operations
        return {
            "operations_a_commit": round(operations / max(commits, 1), 2),
            "commits": commits, "operations": operations,
            "longest_commit_ms": round(self.longest, 3),
        }


class Restante:
    """FOLDER is made, and stays the caller's to remove."""

    name = "restante"

    def __init__(self, folder):
        self.lab = Lab(os.path.join(folder, "restante"))
        self.commits = None

    def start(self):
        self.lab.up(OVERLAY, ZONE)

    def stop(self):
        self.lab.down()

    @property
    def server(self):
        return self.lab.server("b.test")

    @property
    def address(self):
        return self.server.address, self.server.ports["smtp"]

    @property
    def maildir(self):
        return self.server.user("carol@b.test")["maildir"]

    def processor_seconds(self):
        return processor.seconds(self.server.row["pids"]["main"][0])

    def begin_run(self):
        self.commits = Commits(self.server)

    def end_run(self):
        """Figures that only this server has."""
        return self.commits.figures()

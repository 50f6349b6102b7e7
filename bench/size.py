"""Two servers whose stores are full beside two whose stores are empty: how
soon they answer after a start, how long one user's envelopes take, and how
many messages pass."""

import os
import statistics
import time

from bench import (backlog, drain, filling, load, maildir, memory, restante)
from lab import control
from lab.failure import LabError
from lab.lab import Lab

KINDS = ("empty", "full")
STARTS, LISTS = 5, 20
ENVELOPES_EACH = 1000  # as bench-fill has them
PAGE_ROWS = 100  # as the command asks for them
START_SECONDS = 120
POLL_SECONDS = 0.002
CONNECTIONS = 20
OVERLAY = drain.OVERLAY + """sessions-per-address = "unlimited"
"""


def milliseconds(started):
    return round((time.monotonic() - started) * 1000, 3)


def first_answer(server):
    """Milliseconds from exec to the first answer on the control socket."""
    started = time.monotonic()
    server.lab.processes.start(
        server.name, [server.lab.binary, "serve", "-c", server.config],
        server.log)
    while True:
        try:
            server.status()
            return milliseconds(started)
        except OSError:
            if time.monotonic() - started > START_SECONDS:
                raise LabError(f"{server.domain} did not start"
                               f" in {START_SECONDS} s") from None
        time.sleep(POLL_SECONDS)


def spread(values):
    return {"median": round(statistics.median(values), 3),
            "least": min(values), "most": max(values)}


def settled_counts(server):
    """What the filler made and nothing may change."""
    counts = server.status()["counts"]
    return {"held": counts["holds"]["held"],
            "noticed": counts["holds"]["noticed"],
            "pending": counts["notices"]["pending"]}


class Size:
    """FOLDER is the caller's to remove."""

    def __init__(self, folder, options, report):
        self.options, self.report = options, report
        self.labs = {kind: Lab(os.path.join(folder, kind)) for kind in KINDS}
        self.faults = []
        self.filled = []

    def servers(self, kind):
        lab = self.labs[kind]
        return lab.server("a.test"), lab.server("b.test")

    def measure(self):
        try:
            self.prepare()
            starts = self.starts()
            lists = self.lists()
            runs = self.runs()
        finally:
            for lab in self.labs.values():
                lab.down()
        return {"filled": self.filled, "starts_ms": starts, **lists,
                "runs": runs}

    def prepare(self):
        for lab in self.labs.values():
            lab.up(OVERLAY, restante.ZONE)
            for server in lab.servers:
                server.stop()
        rows = self.options.rows
        self.report.say(f"filling two stores with {rows} holds and {rows}"
                        " envelopes each")
        self.filled = filling.fill(self.labs["full"].servers, rows, rows)
        for server, row in zip(self.labs["full"].servers, self.filled):
            self.report.say(
                f"{server.domain}: {row['messages']} messages,"
                f" {row['held']} held, {row['noticed']} noticed,"
                f" {row['pending']} envelopes of {row['users']} users,"
                f" {row['mebibytes']} MiB, in {row['seconds']:.0f} s")

    def starts(self):
        times = {kind: [] for kind in KINDS}
        for _ in range(STARTS):
            for kind in KINDS:
                server = self.servers(kind)[1]
                times[kind].append(first_answer(server))
                server.stop()
        return {kind: spread(times[kind]) for kind in KINDS}

    # ---- one user's envelopes ----

    def lists(self):
        """Another user each time, so that the pages are not those just
        read."""
        server = self.servers("full")[1]
        users = max(1, -(-self.options.rows // ENVELOPES_EACH))
        names = [f"user{n * 37 % users}@b.test" for n in range(LISTS)]
        server.start()
        try:
            return {"list_command_ms": spread(
                        [self.list_by_command(server, user, "--limit",
                                              str(PAGE_ROWS))
                         for user in names]),
                    "list_all_command_ms": spread(
                        [self.list_by_command(server, user)
                         for user in names]),
                    "list_request_ms": spread(
                        [self.list_by_request(server, user)
                         for user in reversed(names)]),
                    "any_command_ms": spread(
                        [self.other_command(server) for _ in names])}
        finally:
            server.stop()

    def list_by_command(self, server, user, *options):
        started = time.monotonic()
        code, _, errors = server.command("envelope", "list", user, "--json",
                                         *options)
        if code != 0:
            raise LabError(f"envelope list: exit {code}: {errors}")
        return milliseconds(started)

    def list_by_request(self, server, user):
        started = time.monotonic()
        answer = control.ask(server.control, {
            "do": "envelope-list", "user": user, "all": False,
            "before": None, "limit": PAGE_ROWS})
        if not answer["envelopes"]:
            self.faults.append(f"{user} has no envelopes")
        return milliseconds(started)

    @staticmethod
    def other_command(server):
        """What a command costs that asks for little: its own start."""
        started = time.monotonic()
        server.command("status", "--json")
        return milliseconds(started)

    # ---- rates ----

    def runs(self):
        """[run], by turns, so that a slower disk slows both."""
        runs = []
        for number in range(1, self.options.runs + 1):
            for kind in KINDS:
                run = {"store": kind, **self.one_run(kind)}
                runs.append(run)
                self.report.say(
                    f"run {number} of {self.options.runs}, {kind} stores:"
                    f" {run.get('delivered_a_second') or 0:.0f} messages a"
                    " second from submission to Maildir,"
                    f" {run.get('accepted_a_second') or 0:.0f} accepted")
        return runs

    def one_run(self, kind):
        origin, destination = self.servers(kind)
        messages = self.options.messages
        positions = [os.path.getsize(server.log)
                     for server in (origin, destination)]
        origin.start()
        try:
            run = self.passing(origin, destination, messages)
            run.update(self.accepting(destination, messages))
            for letter, server in (("a", origin), ("b", destination)):
                run[f"{letter}_keeper_mib"] = memory.of_role(server, "keeper")
            self.compare(kind)
            for server, position in zip((origin, destination), positions):
                self.faults += restante.troubles(server, position)
            return run
        finally:
            destination.stop()
            origin.stop()

    def passing(self, origin, destination, messages):
        """A backlog that waits at ORIGIN, then DESTINATION starts."""
        others = drain.open_holds(origin.status())
        started = time.monotonic()
        self.faults += backlog.submit(origin, messages)
        submitted = messages / (time.monotonic() - started)
        run, faults = drain.drain(origin, destination, messages, others)
        self.faults += faults
        maildir.put_aside(destination.user(backlog.RECIPIENT)["maildir"])
        return {**run, "submitted_a_second": round(submitted, 1)}

    def accepting(self, destination, messages):
        """Pushed mail at port 25, by smtp-source where it is installed."""
        if load.PROGRAM is None:
            return {}
        box = destination.user(load.RECIPIENT)["maildir"]
        commits = restante.Commits(destination)
        seconds = load.send(
            (destination.address, destination.ports["smtp"]), CONNECTIONS,
            messages, load.LEAST_SECONDS_ALLOWED)
        there = maildir.wait_for(box, messages, drain.STALL_SECONDS)
        if there != messages:
            self.faults.append(f"{there} of {messages} pushed messages came")
        maildir.put_aside(box)
        return {"accepted_a_second": round(messages / seconds, 1),
                "accepting_longest_commit_ms":
                    commits.figures()["longest_commit_ms"]}

    def compare(self, kind):
        """Is what was there before still there?"""
        expected = self.filled if kind == "full" else [
            {"held": 0, "noticed": 0, "pending": 0}] * 2
        for server, row in zip(self.labs[kind].servers, expected):
            there = settled_counts(server)
            if any(there[name] != row[name] for name in there):
                self.faults.append(
                    f"{server.domain}, {kind}: {row} became {there}")

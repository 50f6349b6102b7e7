"""Processes in the background, remembered in a file so that another command
can end them: exactly those, never another that got the same number.

A process is known by its number and its start time. Each is started as the
leader of a session of its own, by which its children are found, too.
"""

import json
import os
import signal
import subprocess

from lab.failure import LabError, wait_until

STOP_SECONDS = 8
LAST_LINES = 40


def stat_fields(pid):
    """Fields of /proc/PID/stat from the third on; None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii",
                  errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def start_time(pid):
    """In clock ticks since boot; None if there is none or it is a zombie."""
    fields = stat_fields(pid)
    return int(fields[19]) if fields and fields[0] not in "ZX" else None


def session_members(leader):
    """Living processes of the session that LEADER began, itself included."""
    members = []
    for name in os.listdir("/proc"):
        fields = stat_fields(name) if name.isdigit() else None
        if fields and fields[0] not in "ZX" and int(fields[3]) == leader:
            members.append(int(name))
    return members


def send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def kill_session(leader):
    """LEADER and all its children, at once and without a word."""
    for pid in session_members(leader):
        send(pid, signal.SIGKILL)


def last_lines(path):
    """The end of a log, for messages about what went wrong."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-LAST_LINES:])
    except FileNotFoundError:
        return ""


class Processes:
    """Those of one lab. RECORD is the file that remembers them."""

    def __init__(self, record):
        self.record = record
        self.children = {}

    def read(self):
        """[{name, pid, start}]"""
        try:
            with open(self.record, encoding="ascii") as file:
                return [json.loads(line) for line in file]
        except FileNotFoundError:
            return []

    def write(self, rows):
        text = "".join(json.dumps(row) + "\n" for row in rows)
        with open(self.record + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.replace(self.record + ".new", self.record)

    def start(self, name, command, log, environment=None):
        """Starts COMMAND; all it says goes to the file LOG. ENVIRONMENT is
        what it gets besides ours. Its pid."""
        with open(log, "ab") as output:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True,
                env={**os.environ, **(environment or {})})
        self.children[child.pid] = child
        row = {"name": name, "pid": child.pid,
               "start": start_time(child.pid)}
        others = [old for old in self.read() if old["name"] != name]
        self.write(others + [row])
        return child.pid

    def pid(self, name):
        """Its pid if it lives, else None."""
        for row in self.read():
            if row["name"] == name and self.lives(row):
                return row["pid"]
        return None

    def lives(self, row):
        child = self.children.get(row["pid"])
        if child is not None:
            child.poll()  # a child that ended must not stay as a zombie
        return (row["start"] is not None
                and start_time(row["pid"]) == row["start"])

    def stop(self, name, number=signal.SIGTERM):
        """Sends NUMBER, then kills what is left of it and its session."""
        for row in self.read():
            if row["name"] == name:
                self.stop_row(row, number)
        self.write([row for row in self.read() if row["name"] != name])

    def stop_row(self, row, number):
        if row["start"] is None:
            return
        if self.lives(row):
            send(row["pid"], number)
            self.wait_gone(row)
        # While members live, their session's number is not given again.
        leader = start_time(row["pid"])
        if leader is None or leader == row["start"]:
            kill_session(row["pid"])
            self.wait_gone(row)

    def wait_gone(self, row):
        try:
            wait_until(lambda: not self.lives(row)
                       and not session_members(row["pid"]),
                       STOP_SECONDS, f"{row['name']} to end")
        except LabError:
            pass  # the caller sends a stronger signal, or has sent it

    def stop_all(self, slow=""):
        """In the order opposite to that of starting. Twice is harmless. SLOW
        begins the names of some that take long to end: they do it together."""
        for row in self.read():
            if slow and row["name"].startswith(slow) and self.lives(row):
                send(row["pid"], signal.SIGTERM)
        for row in reversed(self.read()):
            self.stop(row["name"])
        if os.path.exists(self.record):
            os.unlink(self.record)

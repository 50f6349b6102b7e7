"""smtp-sink of Postfix: takes every message and stores nothing. No server that
keeps what it acknowledges can be quicker with this load generator."""

import shutil
import socket
import subprocess

from bench import load
from lab import ports
from lab.failure import wait_until

PROGRAM = shutil.which("smtp-sink") or shutil.which(
    "smtp-sink", path="/usr/sbin:/usr/local/sbin")
ADDRESS = "127.0.1.2"
BACKLOG = 1000
START_SECONDS = 5


class Sink:
    """Lives as long as it is entered."""

    def __enter__(self):
        with ports.lock():
            self.address = ADDRESS, ports.choose(1)[0]
            self.process = subprocess.Popen(
                [PROGRAM, "-u", "postfix", "%s:%d" % self.address,
                 str(BACKLOG)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_until(self.answers, START_SECONDS, "smtp-sink to answer")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def answers(self):
        try:
            with socket.create_connection(self.address, START_SECONDS) as link:
                return link.recv(3) == b"220"
        except OSError:
            return False


def accepted_a_second(connections, seconds):
    """A run that takes about SECONDS."""
    with Sink() as sink:
        rate, _ = load.trial(sink.address, connections)
        messages = load.messages_for(rate, connections, seconds)
        return round(messages / load.send(
            sink.address, connections, messages,
            max(load.LEAST_SECONDS_ALLOWED, seconds * 10)), 1)

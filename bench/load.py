"""smtp-source of Postfix: one process that speaks SMTP on many connections."""

import shutil
import subprocess
import time

from bench.restante import LOAD_HOST
from lab.failure import LabError

PROGRAM = shutil.which("smtp-source") or shutil.which(
    "smtp-source", path="/usr/sbin:/usr/local/sbin")
SENDER, RECIPIENT = f"load@{LOAD_HOST}", "carol@b.test"
MESSAGE_OCTETS = 4096
TRIAL_MESSAGES = 200
TRIAL_SECONDS = 0.7
MESSAGES_MOST = 200000
LEAST_SECONDS_ALLOWED = 60


def need():
    if PROGRAM is None:
        raise LabError("smtp-source is not installed: scripts/setup-bench")


def send(address, connections, messages, seconds_allowed):
    """Seconds until the server had answered 250 to each of MESSAGES. Any
    other answer, and a connection that ends early, ends smtp-source."""
    host, port = address
    command = [
        PROGRAM, "-d", "-s", str(connections), "-m", str(messages),
        "-l", str(MESSAGE_OCTETS), "-f", SENDER, "-t", RECIPIENT,
        "-M", LOAD_HOST, f"inet:{host}:{port}"]
    started = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True,
                              check=False, timeout=seconds_allowed)
    except subprocess.TimeoutExpired:
        raise LabError(f"smtp-source was not done with {messages} messages"
                       f" in {seconds_allowed} s") from None
    if done.returncode != 0:
        raise LabError("smtp-source: " + (done.stderr.strip()
                                          or f"exit {done.returncode}"))
    return time.monotonic() - started


def trial(address, connections):
    """(messages a second roughly, messages sent to find that out)"""
    sent, messages = 0, max(TRIAL_MESSAGES, connections)
    while True:
        seconds = send(address, connections, messages, LEAST_SECONDS_ALLOWED)
        sent += messages
        if seconds >= TRIAL_SECONDS or messages >= MESSAGES_MOST:
            return messages / seconds, sent
        messages *= 4


def messages_for(rate, connections, seconds):
    return max(connections, min(MESSAGES_MOST, int(rate * seconds)))

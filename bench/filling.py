"""Stores that are full before their servers start, by bench-fill."""

import json
import os
import subprocess

from lab.failure import LabError

STORE = os.path.join("store", "restante.db")


def program(lab):
    path = os.path.join(os.path.dirname(lab.binary), "bench", "bench-fill")
    if not os.access(path, os.X_OK):
        raise LabError(f"{path} is not there: make build")
    return path


def fill(servers, holds, envelopes, accounts=0, domains=0):
    """Fills the stores of SERVERS, which are stopped, at the same time. What
    each has then, as bench-fill says it, and the size of its file."""
    running = [
        subprocess.Popen(
            [program(server.lab), os.path.join(server.state, "store"),
             str(holds), str(envelopes), str(accounts), str(domains)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for server in servers]
    try:
        return [result(server, child)
                for server, child in zip(servers, running)]
    finally:
        for child in running:
            child.kill()
            child.wait()


def result(server, child):
    said, errors = child.communicate()
    if child.returncode != 0:
        raise LabError(errors.strip() or f"bench-fill: {child.returncode}")
    return {**json.loads(said), "mebibytes":
            os.path.getsize(os.path.join(server.state, STORE)) >> 20}

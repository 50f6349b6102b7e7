"""Counting what has arrived in a Maildir, cheaply enough not to disturb."""

import os
import time

PAUSE_SECONDS = 0.05


def count(maildir):
    try:
        return len(os.listdir(os.path.join(maildir, "new")))
    except FileNotFoundError:
        return 0


def wait_for(maildir, number, stall_seconds):
    """How many are there once NUMBER are, or once no more have come for
    STALL_SECONDS."""
    before, moved = -1, time.monotonic()
    while True:
        there = count(maildir)
        if there != before:
            before, moved = there, time.monotonic()
        if there >= number or time.monotonic() - moved > stall_seconds:
            return there
        time.sleep(PAUSE_SECONDS)


def empty(maildir):
    """Removes the messages, and waits for the disk: the next run is not to
    pay for it."""
    folder = os.path.join(maildir, "new")
    if os.path.isdir(folder):
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
    os.sync()

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


def put_aside(maildir):
    """Moves the messages out of the way, to a folder beside the mailbox.

    They are not removed: ext4 gives the inodes of removed files to nobody for
    a minute and looks at each of them whenever it makes a file. After 40,000
    removals that took 14 times as long, and the next run would pay for it.
    """
    folder = os.path.join(maildir, "new")
    aside = os.path.join(os.path.dirname(maildir), "aside")
    os.makedirs(aside, exist_ok=True)
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        os.rename(os.path.join(folder, name), os.path.join(aside, name))
    os.sync()

"""Is what lies in a Maildir what was submitted? Byte for byte, in CRLF form,
below the fields that delivery adds.

Allowed and counted: Date and Message-ID added at the top where they were
absent, Bcc removed.
"""

import os
import re
from collections import namedtuple

TRACE = (b"return-path", b"received", b"authentication-results")
COMPLETED = (b"date", b"message-id")

FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*")

Delivered = namedtuple("Delivered", "name added bcc_removed")


def header_fields(octets, position=0):
    """Yields (name in lower case, start, end) of the leading fields."""
    while True:
        match = FIELD.match(octets, position)
        if not match:
            return
        yield match.group(1).lower(), match.start(), match.end()
        position = match.end()


def without_bcc(octets):
    """OCTETS less the Bcc fields of its header."""
    kept, position = [], 0
    for name, start, end in header_fields(octets):
        if name == b"bcc":
            kept.append(octets[position:start])
            position = end
    return b"".join(kept) + octets[position:]


def field_names(octets):
    return {name for name, _, _ in header_fields(octets)}


def maildir_files(maildir):
    """Paths of the messages in MAILDIR, wherever the user has put them."""
    paths = []
    for folder in ("new", "cur"):
        try:
            with os.scandir(os.path.join(maildir, folder)) as entries:
                paths += [entry.path for entry in entries]
        except FileNotFoundError:
            continue
    return sorted(paths)


def read_delivered(path):
    """A file of a Maildir in the form in which it was transferred."""
    with open(path, "rb") as file:
        return file.read().replace(b"\n", b"\r\n")


class Expected:
    """What was submitted, to be recognised when it arrives."""

    def __init__(self, messages):
        self.waiting = {}
        self.fields = {}
        for name, octets in messages:
            bare = without_bcc(octets)
            self.fields[name] = field_names(octets)
            self.waiting.setdefault(bare, []).append((name, bare != octets))

    def recognise(self, delivered):
        """The Delivered for the octets of one file; None if it is nothing
        that is (still) expected: altered, or there twice."""
        start, added = 0, []
        while True:
            rest = delivered[start:]
            found = self.take(rest, added)
            if found:
                return found
            field = next(header_fields(delivered, start), None)
            if field is None or field[0] not in TRACE + COMPLETED:
                return None
            added.append(field[0])
            start = field[2]

    def take(self, rest, added):
        """Trace fields come first, then what completes the message."""
        if b"return-path" not in added or b"received" not in added:
            return None
        for name, bcc_removed in self.waiting.get(rest, ()):
            completed = [field for field in added if field in COMPLETED]
            if (not self.fields[name].intersection(completed)
                    and added[len(added) - len(completed):] == completed
                    and len(set(completed)) == len(completed)):
                self.waiting[rest].remove((name, bcc_removed))
                return Delivered(name, tuple(completed), bcc_removed)
        return None

    def names(self):
        """Those that have not arrived."""
        return sorted(name for rows in self.waiting.values()
                      for name, _ in rows)

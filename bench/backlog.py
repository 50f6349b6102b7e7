"""Messages that wait at a.test for carol@b.test: submitting them, finding
them in the mailbox, and reading off a log when each step happened."""

import concurrent.futures
import datetime
import os
import re

from lab import mail

SENDER, RECIPIENT = "gate@a.test", "carol@b.test"
CONNECTIONS = 8
MESSAGE_OCTETS = 4096
LINE = b"X" * 70 + b"\r\n"
MESSAGE_ID = re.compile(rb"^Message-ID: *<(\d+)@bench\.test>", re.M | re.I)
# What b.test logs for each message: left here, fetched, delivered.
EVENT = re.compile(r"^(\S+Z) \S+ (notice-left|fetched|delivered) (.*)$")


def message(number):
    head = (f"From: <{SENDER}>\r\nTo: <{RECIPIENT}>\r\n"
            f"Date: Sun, 01 Nov 2026 12:00:00 +0000\r\n"
            f"Message-ID: <{number}@bench.test>\r\n"
            f"Subject: {number}\r\n\r\n").encode()
    lines = (MESSAGE_OCTETS - len(head)) // len(LINE)
    rest = MESSAGE_OCTETS - len(head) - lines * len(LINE)
    return head + lines * LINE + b"X" * max(rest - 2, 0) + b"\r\n"


def submit_some(server, numbers):
    """What was not accepted, in words."""
    refused = []
    session = mail.signed_in(server, server.user(SENDER))
    for number in numbers:
        code, reply = mail.submit(session, SENDER, [RECIPIENT],
                                  message(number))
        if code != 250:
            refused.append(f"message {number} refused: {code} {reply}")
    session.quit()
    return refused


def submit(server, messages):
    """Those numbered from 0 on. What was not accepted, in words."""
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        parts = pool.map(lambda first: submit_some(
            server, range(first, messages, CONNECTIONS)), range(CONNECTIONS))
        return [words for part in parts for words in part]


def numbers_in(maildir):
    """The number of each message that lies there; None for a strange one."""
    numbers = []
    folder = os.path.join(maildir, "new")
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        with open(os.path.join(folder, name), "rb") as file:
            match = MESSAGE_ID.search(file.read(MESSAGE_OCTETS))
        numbers.append(int(match.group(1)) if match else None)
    return numbers


def seconds_of(text):
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.timestamp()


def times(log, position):
    """{event: [when]} of what stands in LOG from POSITION on."""
    found = {"notice-left": [], "fetched": [], "delivered": []}
    with open(log, encoding="utf-8", errors="replace") as file:
        file.seek(position)
        for line in file:
            match = EVENT.match(line)
            if match and not refused(match.group(2), match.group(3)):
                found[match.group(2)].append(seconds_of(match.group(1)))
    return {event: sorted(moments) for event, moments in found.items()}


def refused(event, fields):
    return event == "notice-left" and "code=250" not in fields.split()

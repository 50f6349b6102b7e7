"""The messages of the demo: a folder of files, or a set made here."""

import base64
import os
import random
import re

LINE_END = re.compile(rb"\r?\n")
GENERATED = 60
SEED = 1


def as_transferred(octets):
    """A file in the form in which it is submitted.

    A leading mbox line is no part of the message; lines end with CRLF; a
    missing final line end is added. Nothing else is changed.
    """
    if octets.startswith(b"From "):
        octets = octets.partition(b"\n")[2]
    octets = LINE_END.sub(b"\r\n", octets)
    return octets if octets.endswith(b"\r\n") else octets + b"\r\n"


def may_be_refused(octets, size_max):
    """The only reasons for which a server may refuse a message."""
    return (len(octets) > size_max or b"\0" in octets
            or re.search(rb"\r(?!\n)", octets) is not None)


def is_message(name):
    """A folder of mail may tell about itself, too."""
    return not name.startswith((".", "README", "LICENSE", "MANIFEST"))


def read_folder(folder):
    """[(name, octets as transferred)] of every message in FOLDER."""
    messages = []
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if is_message(name))
        for name in sorted(filter(is_message, names)):
            full = os.path.join(path, name)
            with open(full, "rb") as file:
                messages.append((os.path.relpath(full, folder),
                                 as_transferred(file.read())))
    return messages


def text_lines(chance):
    """Lines that a careless server would stumble over."""
    words = ["minutes", "Monday", "lunch", "r\u00e9sum\u00e9", "\u4e2d\u6587", "a" * 90]
    for _ in range(chance.randint(0, 60)):
        yield chance.choice((
            "", ".", "..", ".hidden", "From here on", " leading space",
            "x" * chance.randint(900, 2000),
            " ".join(chance.choices(words, k=chance.randint(1, 12)))))


def generated_message(number, chance):
    head = [f"From: Writer {number} <writer{number}@elsewhere.example>",
            "To: carol@b.test", f"Subject: generated message {number}"]
    if chance.random() < 0.7:
        head.append("Date: Sat, 21 Nov 2026 10:00:00 +0000")
    if chance.random() < 0.7:
        head.append(f"Message-ID: <{number}@elsewhere.example>")
    if chance.random() < 0.2:
        head += ["Bcc: hidden@elsewhere.example,", "\tmore@elsewhere.example"]
    body = list(text_lines(chance))
    if chance.random() < 0.2:
        head += ["Content-Transfer-Encoding: base64"]
        body = base64.encodebytes(chance.randbytes(
            chance.randint(1, 60000))).decode().splitlines()
    return as_transferred("\n".join([*head, "", *body]).encode())


def generate():
    """The same set each time, with what real mail is feared for."""
    chance = random.Random(SEED)
    return [(f"generated-{number:03}", generated_message(number, chance))
            for number in range(GENERATED)]

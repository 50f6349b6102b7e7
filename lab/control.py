"""Questions to a running server, by its control socket: one JSON object on
one line each way. Far quicker than the command line, and asked often."""

import json
import socket

from lab.failure import LabError

ANSWER_SECONDS = 30
ANSWER_MAX = 1 << 20


def ask(path, question):
    """The answer. OSError when nobody answers, LabError when it says no."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(ANSWER_SECONDS)
        link.connect(path)
        link.sendall(json.dumps(question).encode() + b"\n")
        with link.makefile("rb") as answers:
            line = answers.readline(ANSWER_MAX + 1)
    if not line.endswith(b"\n"):
        raise ConnectionError(f"no whole answer from {path}")
    try:
        answer = json.loads(line)
    except ValueError:  # libjansson leaves out what it has no memory for
        raise ConnectionError(f"half an answer from {path}") from None
    if not answer.get("ok"):
        raise LabError(f"{question['do']}: {answer['error']['text']}")
    return answer


def pages(path, question, field):
    """All rows of a list, page by page."""
    rows, after = [], None
    while True:
        page = {**question, **({"after": after} if after else {})}
        answer = ask(path, page)
        rows += answer[field]
        after = answer.get("next")
        if not after:
            return rows

"""What the lab says when something outside it does not do as it should."""

import time


class LabError(Exception):
    """A reason in plain words; it ends the command."""


def wait_until(true_now, seconds, what):
    """The first true answer of TRUE_NOW; LabError when none came in SECONDS.

    WHAT completes the sentence "waited N s for ...".
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = true_now()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise LabError(f"waited {seconds} s for {what}")
        time.sleep(0.02)

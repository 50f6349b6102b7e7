"""A backlog that waits at one server drains into another: how quickly, and is
anything lost?"""

import os
import time

from bench import backlog, machine, maildir, processor, restante

STALL_SECONDS = 30
SETTLE_SECONDS = 20
# One domain has the whole backlog here; and b.test is away for seconds only,
# so a.test asks again sooner than it would.
OVERLAY = """pending-per-source = "unlimited"
verbs-per-session = 1000000000
notice-retry-first = "1s"
notice-retry-max = "1s"
"""


class Side:
    """One of the two servers, from now on or since it started."""

    def __init__(self, server, since_start=False):
        self.server = server
        self.commits = restante.Commits(server, since_start)
        self.processor = 0 if since_start else self.processor_seconds()

    def processor_seconds(self):
        return processor.seconds(self.server.row["pids"]["main"][0])

    def figures(self, letter, messages):
        used = self.processor_seconds() - self.processor
        commits = self.commits.figures()
        return {
            f"{letter}_operations_a_message":
                round(commits["operations"] / messages, 2),
            f"{letter}_operations_a_commit": commits["operations_a_commit"],
            f"{letter}_longest_commit_ms": commits["longest_commit_ms"],
            f"{letter}_processor_ms_a_message":
                round(used * 1000 / messages, 3),
        }


def rate(moments, first):
    """How many a second, from FIRST to the last of MOMENTS."""
    if not moments or moments[-1] <= first:
        return None
    return round(len(moments) / (moments[-1] - first), 1)


def rates(found):
    """Each step is measured from the first notice on: they overlap."""
    if not found["notice-left"]:
        return {}
    first = found["notice-left"][0]
    return {
        "notices_a_second": rate(found["notice-left"], first),
        "pulls_a_second": rate(found["fetched"], first),
        "delivered_a_second": rate(found["delivered"], first),
        "seconds": round(found["delivered"][-1] - first, 3)
        if found["delivered"] else None,
    }


def octets(commits):
    counters = commits.status()["counters"]
    return counters["octets_notices"], counters["octets_pulls"]


def open_holds(status):
    holds = status["counts"]["holds"]
    return holds["held"] + holds["noticed"] + holds["leased"]


def wait_until_settled(commits, others):
    """The sender's side hears of the last ones a moment later. How many are
    left that nobody has taken, beside OTHERS that are none of ours."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        left = open_holds(commits.status()) - others
        if left <= 0 or time.monotonic() > deadline:
            return left
        time.sleep(0.1)


def faults_of(numbers, messages, left):
    lost = set(range(messages)).difference(numbers)
    strange = len(numbers) - len(set(numbers).intersection(range(messages)))
    faults = []
    if lost:
        faults.append(f"{len(lost)} of {messages} messages were lost")
    if strange:
        faults.append(f"{strange} messages came twice or from nowhere")
    if left:
        faults.append(f"{left} messages more than before wait at a.test")
    return faults


def drain(origin, destination, messages, others=0):
    """(figures, what went wrong) of starting the destination of a backlog.
    OTHERS wait at the origin, too, and are to stay."""
    box = destination.user(backlog.RECIPIENT)["maildir"]
    a = Side(origin)
    octets_before = octets(a.commits)
    position = os.path.getsize(destination.log)
    load_average = os.getloadavg()[0]
    sync_ms = machine.sync_milliseconds(destination.lab.folder)
    destination.start()
    b = Side(destination, since_start=True)
    maildir.wait_for(box, messages, STALL_SECONDS)
    left = wait_until_settled(a.commits, others)
    run = {"messages": messages,
           **rates(backlog.times(destination.log, position)),
           **a.figures("a", messages), **b.figures("b", messages),
           "sync_ms_before": sync_ms,
           "load_average_before": round(load_average, 2)}
    for name, before, now in zip(
            ("octets_notices_a_message", "octets_pulls_a_message"),
            octets_before, octets(a.commits)):
        run[name] = round((now - before) / messages, 1)
    return run, faults_of(backlog.numbers_in(box), messages, left)

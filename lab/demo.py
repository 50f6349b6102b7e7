"""The main job on real input: every file of a folder is submitted at a.test,
held, announced, pulled by b.test and compared in carol's Maildir; once for
each dialect, in the same two servers.

Exit 1 if any message is lost, altered, doubled or refused for a reason not
allowed, or if none was sent.
"""

import argparse
import concurrent.futures
import json
import os
import queue
import sys
import tempfile
import time

from lab import compare, corpus, mail
from lab.failure import LabError, wait_until
from lab.lab import ROOT, Lab

STANDARD_FOLDER = os.path.join(ROOT, os.pardir, "shared", "corpus")
DIALECTS = ("gdel", "msid", "envelope")
CONNECTIONS = 8
STALL_SECONDS = 60
FRONTS_MAX = 16  # questions until each process that faces peers was met
SENDER, RECIPIENT = "gate@a.test", "carol@b.test"
SIZE_MAX = 50 << 20


def say(text):
    print(text, flush=True)


class Progress:
    """One line that is rewritten on a terminal, few lines elsewhere."""

    def __init__(self, what, total):
        self.what, self.total, self.shown = what, total, -1

    def show(self, number):
        step = 1 if sys.stdout.isatty() else max(1, self.total // 4)
        if number == self.shown or (number % step and number != self.total):
            return
        self.shown = number
        end = "\r" if sys.stdout.isatty() and number < self.total else "\n"
        print(f"{self.what}: {number} of {self.total}", end=end, flush=True)


class Submitter:
    """A few sessions as one user, used by a few threads."""

    def __init__(self, server):
        self.server = server
        self.free = queue.SimpleQueue()
        user = server.user(SENDER)
        for _ in range(CONNECTIONS):
            self.free.put(mail.signed_in(server, user))

    def submit(self, message):
        """(name, octets, code, reply)"""
        name, octets = message
        session = self.free.get()
        try:
            code, reply = mail.submit(session, SENDER, [RECIPIENT], octets)
        except (OSError, mail.smtplib.SMTPException) as error:
            code, reply = 0, f"connection lost: {error}"
            session = mail.signed_in(self.server, self.server.user(SENDER))
        finally:
            self.free.put(session)
        return name, octets, code, reply

    def close(self):
        while not self.free.empty():
            self.free.get().quit()


def submit_all(server, messages):
    """([(name, octets)] accepted, [{file, reply}] refused, unlawful names)"""
    accepted, refused, unlawful = [], [], []
    progress = Progress("submitted", len(messages))
    submitter = Submitter(server)
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        answers = pool.map(submitter.submit, messages)
        for number, (name, octets, code, reply) in enumerate(answers, 1):
            if code == 250:
                accepted.append((name, octets))
            else:
                refused.append({"file": name, "reply": f"{code} {reply}"})
                if not corpus.may_be_refused(octets, SIZE_MAX):
                    unlawful.append(name)
            progress.show(number)
    submitter.close()
    return accepted, refused, unlawful


def wait_for_delivery(lab, maildir, before, number):
    """Until NUMBER files more than those of BEFORE are there and both ends
    have settled. Returns the new paths; gives up when nothing moves."""
    progress = Progress("delivered", number)
    last = {"count": -1, "at": time.monotonic()}

    def settled():
        count = len(set(compare.maildir_files(maildir)) - before)
        progress.show(min(count, number))
        if count != last["count"]:
            last.update(count=count, at=time.monotonic())
        if time.monotonic() - last["at"] > STALL_SECONDS:
            return True
        return count >= number and not lab.server("a.test").holds(every=False)

    wait_until(settled, STALL_SECONDS + number * 10, "all to be delivered")
    return sorted(set(compare.maildir_files(maildir)) - before)


def compare_all(accepted, paths):
    """Figures about the delivered files, and what is wrong with them."""
    expected = compare.Expected(accepted)
    arrived, strange = [], []
    for path in paths:
        found = expected.recognise(compare.read_delivered(path))
        if found:
            arrived.append(found)
        else:
            strange.append(path)
    return arrived, strange, expected.names()


def octets_carried(lab):
    """(notices, pulls) so far, as the origin counted them."""
    counters = lab.server("a.test").status()["counters"]
    return (counters.get("octets_notices", 0),
            counters.get("octets_pulls", 0))


def switch(lab, dialect):
    """From here on both servers speak and offer nothing but DIALECT."""
    for server in lab.servers:
        server.reload(f'speak = "{dialect}"\noffer = "{dialect}"\n')
    wait_until(lambda: all(lab.server("b.test").offers() == {dialect}
                           for _ in range(FRONTS_MAX)),
               STALL_SECONDS, f"b.test to offer {dialect} alone")


def other_routes(lab, before, dialect):
    """What is wrong with the way of holds that are not among BEFORE."""
    strays = [hold for hold in lab.server("a.test").holds()
              if hold["id"] not in before
              and hold["route"].lower() != dialect]
    return [f"went by {hold['route']}: {hold['subject']}" for hold in strays]


def one_dialect(lab, dialect, messages):
    """(row for the table and the JSON, [what is wrong])"""
    maildir = lab.server("b.test").user(RECIPIENT)["maildir"]
    before = set(compare.maildir_files(maildir))
    holds = {hold["id"] for hold in lab.server("a.test").holds()}
    notices, pulls = octets_carried(lab)
    started = time.monotonic()
    accepted, refused, unlawful = submit_all(lab.server("a.test"), messages)
    paths = wait_for_delivery(lab, maildir, before, len(accepted))
    seconds = time.monotonic() - started
    arrived, strange, lost = compare_all(accepted, paths)
    notices_now, pulls_now = octets_carried(lab)
    faults = [f"refused without a reason: {name}" for name in unlawful]
    faults += [f"neither expected nor missing: {path}" for path in strange]
    faults += [f"lost or altered: {name}" for name in lost]
    faults += other_routes(lab, holds, dialect)
    dates = sum(b"date" in row.added for row in arrived)
    message_ids = sum(b"message-id" in row.added for row in arrived)
    return {
        "dialect": dialect, "sent": len(messages), "identical": len(arrived),
        "added": dates + message_ids, "added_dates": dates,
        "added_message_ids": message_ids,
        "removed_bcc": sum(row.bcc_removed for row in arrived),
        "refused": refused, "seconds": round(seconds, 2),
        "octets_notices": notices_now - notices,
        "octets_pulls": pulls_now - pulls,
    }, faults


COLUMNS = (
    ("dialect", "dialect"), ("messages", "sent"), ("identical", "identical"),
    ("+Date", "added_dates"), ("+Message-ID", "added_message_ids"),
    ("-Bcc", "removed_bcc"), ("refused", "refused"),
    ("notice octets", "octets_notices"), ("pull octets", "octets_pulls"),
    ("seconds", "seconds"),
)


def print_table(rows):
    say("")
    say("  ".join(f"{title:>8}" for title, _ in COLUMNS))
    for row in rows:
        shown = {**row, "refused": len(row["refused"])}
        say("  ".join(f"{shown[key]:>{max(8, len(title))}}"
                      for title, key in COLUMNS))
    for row in rows:
        for refused in row["refused"]:
            say(f"refused: {refused['file']}: {refused['reply']}")


def messages_of(folder):
    """Those of FOLDER, else of the standard folder, else generated ones."""
    if folder is None and os.path.isdir(STANDARD_FOLDER):
        folder = STANDARD_FOLDER
    if folder is not None:
        if not os.path.isdir(folder):
            raise LabError(f"{folder} is no folder")
        say(f"messages: every file of {os.path.relpath(folder)}")
        return corpus.read_folder(folder)
    say("messages: no folder given or found, so a set is generated")
    return corpus.generate()


def parse(arguments):
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--mail", help="folder of messages, a file each")
    parser.add_argument("--json", help="write the result there")
    parser.add_argument("--dialects", default=",".join(DIALECTS),
                        help="in order, of: " + ",".join(DIALECTS))
    options = parser.parse_args(arguments)
    options.dialects = options.dialects.replace(",", " ").split()
    for dialect in options.dialects:
        if dialect not in DIALECTS:
            parser.error(f"unknown dialect {dialect}; there are:"
                         f" {', '.join(DIALECTS)}")
    return options


def run(options):
    messages = messages_of(options.mail)
    rows, faults = [], []
    with tempfile.TemporaryDirectory(prefix="restante-demo-") as folder:
        lab = Lab(folder)
        lab.up()
        try:
            for dialect in options.dialects:
                say(f"dialect {dialect}")
                switch(lab, dialect)
                row, wrong = one_dialect(lab, dialect, messages)
                rows.append(row)
                faults += [f"{dialect}: {fault}" for fault in wrong]
        finally:
            lab.down()
    print_table(rows)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)
            file.write("\n")
    for fault in faults:
        say(f"WRONG: {fault}")
    if not any(row["identical"] for row in rows):
        say("WRONG: no message was sent")
        return 1
    return 1 if faults else 0


def main():
    try:
        return run(parse(sys.argv[1:]))
    except (LabError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

"""make run: a lab, one message on its way, and what to try next.

With a terminal it goes on telling until Ctrl-C; without one it ends after
one message was delivered. Either way nothing is left behind.
"""

import os
import shlex
import sys
import tempfile
import time

from lab import mail, world
from lab.failure import LabError, wait_until
from lab.lab import Lab
from lab.watch import Watch

DELIVERY_SECONDS = 60
PAUSE_SECONDS = 0.2
FROM, TO = "alice@a.test", "carol@b.test"
MESSAGE = (
    "From: Alice <alice@a.test>\r\nTo: Carol <carol@b.test>\r\n"
    "Subject: Minutes of Monday\r\n\r\n"
    "This message waited at a.test until b.test came for it.\r\n")


def say(text=""):
    print(text, flush=True)


def tell(events):
    for sentence in events:
        say("  " + sentence)
    return any(sentence.startswith("delivered") for sentence in events)


def show_servers(lab):
    for server in lab.servers:
        ports = ", ".join(f"{name} {port}"
                          for name, port in server.ports.items())
        say(f"{server.domain}: {server.hostname} at {server.address}: {ports}")
        for user in server.users:
            say(f"  {user['address']:14} password {user['password']}"
                f"   mode {user['mode']}")
    say(f"certificates are signed by {lab.ca}")


def send_one(lab, watch):
    say()
    say(f"{FROM} sends a message to {TO}:")
    server = lab.server("a.test")
    session = mail.signed_in(server, server.user(FROM))
    code, reply = mail.submit(session, FROM, [TO], MESSAGE.encode())
    session.quit()
    if code != 250:
        raise LabError(f"the message was not taken: {code} {reply}")
    wait_until(lambda: tell(watch.events()), DELIVERY_SECONDS,
               f"the message in the mailbox of {TO}")
    tell(watch.events())


def show_message(lab):
    maildir = lab.server("b.test").user(TO)["maildir"]
    folder = os.path.join(maildir, "new")
    with open(os.path.join(folder, os.listdir(folder)[0]),
              encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()
    say()
    say("what Carol reads:")
    for line in lines:
        say("  | " + line)


def things_to_try(lab):
    """Three commands to paste into another terminal."""
    origin = lab.server("a.test")
    alice = origin.user(FROM)
    program, config = shlex.quote(lab.binary), shlex.quote(origin.config)
    maildir = lab.server("b.test").user(TO)["maildir"]
    # The certificate names the address, too, so it can be checked.
    script = (
        "import smtplib,ssl; "
        f"s=smtplib.SMTP_SSL('{origin.address}',"
        f"{origin.ports['submissions']},"
        f"context=ssl.create_default_context(cafile='{lab.ca}')); "
        f"s.login('{FROM}','{alice['password']}'); "
        f"s.sendmail('{FROM}','{TO}','From: {FROM}\\nTo: {TO}\\n"
        "Subject: hello\\n\\nHello.\\n'); s.quit()")
    return (
        ("send a message", f'/usr/bin/python3 -c "{script}"'),
        ("see what waits, and what has waited",
         f"{program} -c {config} held list --all"),
        ("read Carol's mail", f"cat {shlex.quote(maildir)}/new/*"),
    )


def show_things_to_try(lab):
    say()
    say("to try in another terminal:")
    for what, command in things_to_try(lab):
        say(f"# {what}")
        say(command)
    say()
    say("what happens is told here; Ctrl-C stops everything.")


def follow(lab, watch):
    while True:
        for server in lab.servers:
            if lab.processes.pid(server.name) is None:
                raise LabError(f"the server of {server.domain} ended")
        tell(watch.events())
        time.sleep(PAUSE_SECONDS)


def run():
    with tempfile.TemporaryDirectory(prefix="restante-") as folder:
        lab = Lab(folder)
        say(f"starting {len(world.SERVERS)} servers and a DNS server ...")
        lab.up()
        try:
            show_servers(lab)
            send_one(lab, Watch(lab))
            show_message(lab)
            if sys.stdin.isatty() and sys.stdout.isatty():
                show_things_to_try(lab)
                follow(lab, Watch(lab))
        except KeyboardInterrupt:
            say()
        finally:
            lab.down()
        say("stopped; nothing is left.")

"""make run: a lab, two messages on their way, and what to try next.

Carol's server decides for her; Bob is asked, and is shown an envelope. With a
terminal whoever reads this decides for Bob, and the tour goes on telling until
Ctrl-C; without one it decides itself and ends when both have their mail.
Either way nothing is left behind.
"""

import json
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
FROM, TO, ASKED = "alice@a.test", "carol@b.test", "bob@b.test"
# The second one is told by an envelope: Bob can see what it is about.
SETTINGS = ('speak = {"envelope", "msid", "gdel"}\n'
            'offer = {"envelope", "msid", "gdel"}\n')
MESSAGE = (
    "From: Alice <alice@a.test>\r\nTo: Carol <carol@b.test>\r\n"
    "Subject: Minutes of Monday\r\n\r\n"
    "This message waited at a.test until b.test came for it.\r\n")
QUESTION = (
    "From: Alice <alice@a.test>\r\nTo: Bob <bob@b.test>\r\n"
    "Subject: Lunch on Friday?\r\n\r\n"
    "This message waits at a.test until Bob has decided.\r\n")


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


def show_mailbox(lab):
    """What a mail program must be told to read Bob's mail."""
    server = lab.server("b.test")
    if "imap" not in server.ports:
        return
    user, ports = server.user(ASKED), server.ports
    say()
    say("to open Bob's mailbox in a mail program of this machine:")
    say(f"  IMAP at {server.address}, port {ports['imap']} with STARTTLS, or"
        f" {ports['imaps']} with TLS")
    say(f"  (POP3: {ports['pop3']}, {ports['pop3s']})")
    say(f"  user {user['address']}   password {user['password']}")
    say(f"  to send: port {ports['submission']} with STARTTLS, or"
        f" {ports['submissions']} with TLS, the same user and password")


def send(lab, recipient, message):
    say()
    say(f"{FROM} sends a message to {recipient}:")
    server = lab.server("a.test")
    session = mail.signed_in(server, server.user(FROM))
    code, reply = mail.submit(session, FROM, [recipient], message.encode())
    session.quit()
    if code != 250:
        raise LabError(f"the message was not taken: {code} {reply}")


def wait_for_mail(watch, recipient):
    wait_until(lambda: tell(watch.events()), DELIVERY_SECONDS,
               f"the message in the mailbox of {recipient}")
    tell(watch.events())


def show_message(lab, recipient, name):
    maildir = lab.server("b.test").user(recipient)["maildir"]
    folder = os.path.join(maildir, "new")
    with open(os.path.join(folder, os.listdir(folder)[0]),
              encoding="utf-8", errors="replace") as file:
        show_lines(f"what {name} reads:", file.read())


def show_lines(title, text):
    say()
    say(title)
    for line in text.splitlines():
        say("  | " + line)


def wait_for_envelope(server, watch):
    """The identifier of the envelope that Bob is shown."""
    def look():
        tell(watch.events())
        code, output, errors = server.command(
            "envelope", "list", ASKED, "--json")
        if code != 0:
            raise LabError(f"envelope list: exit {code}: {errors}")
        rows = json.loads(output)["envelopes"]
        return rows[0]["id"] if rows else None

    return wait_until(look, DELIVERY_SECONDS, f"an envelope for {ASKED}")


def envelope_command(lab, *words):
    server = lab.server("b.test")
    return shlex.join([lab.binary, "-c", server.config, "envelope", *words])


def ask_bob(lab, watch):
    """Shows what Bob is asked about; its identifier."""
    server = lab.server("b.test")
    identifier = wait_for_envelope(server, watch)
    tell(watch.events())
    code, output, errors = server.command("envelope", "show", identifier)
    if code != 0:
        raise LabError(f"envelope show: exit {code}: {errors}")
    show_lines("what Bob is shown; nobody has fetched the message:", output)
    return identifier


def decide(lab, identifier):
    """Nobody is there to do it, so the tour accepts."""
    say()
    say("Bob accepts:")
    say("$ " + envelope_command(lab, "accept", identifier))
    code, output, errors = lab.server("b.test").command(
        "envelope", "accept", identifier)
    if code != 0:
        raise LabError(f"envelope accept: exit {code}: {errors}")
    say(output.strip())


def things_to_try(lab, identifier):
    """Commands to paste into another terminal."""
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
        ("decide for Bob: accept, or reject, and Alice is told",
         envelope_command(lab, "accept", identifier)),
        ("see what Bob is asked about", envelope_command(lab, "list")),
        ("send a message", f'/usr/bin/python3 -c "{script}"'),
        ("see what waits, and what has waited",
         f"{program} -c {config} held list --all"),
        ("read Carol's mail", f"cat {shlex.quote(maildir)}/new/*"),
        *prove(lab),
    )


def prove(lab):
    """The command that tries all that Bob could do, by IMAP."""
    server = lab.server("b.test")
    if "imap" not in server.ports:
        return ()
    return (("have all ways to decide in a mail program tried, by another user",
             f"{shlex.quote(lab.binary)} -c {shlex.quote(server.config)}"
             f" selftest --imap {server.address}:{server.ports['imap']}"),)


def show_things_to_try(lab, identifier):
    say()
    say("to try in another terminal:")
    for what, command in things_to_try(lab, identifier):
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
        if os.getuid() == 0:
            # Dovecot's processes are other users and go by path. What is
            # secret in there has a mode of its own.
            os.chmod(folder, 0o711)
        lab.up(SETTINGS, readers=True)
        try:
            show_servers(lab)
            show_mailbox(lab)
            walk(lab, Watch(lab))
        except KeyboardInterrupt:
            say()
        finally:
            lab.down()
        say("stopped; nothing is left.")


def walk(lab, watch):
    send(lab, TO, MESSAGE)
    wait_for_mail(watch, TO)
    show_message(lab, TO, "Carol")
    send(lab, ASKED, QUESTION)
    identifier = ask_bob(lab, watch)
    if sys.stdin.isatty() and sys.stdout.isatty():
        show_things_to_try(lab, identifier)
        follow(lab, watch)
    decide(lab, identifier)
    wait_for_mail(watch, ASKED)
    show_message(lab, ASKED, "Bob")

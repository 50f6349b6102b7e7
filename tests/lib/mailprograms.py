"""Programs that read mail, as its owner uses them: imaplib, poplib, mbsync
and curl, each with a name and a password and nothing else."""

import imaplib
import os
import poplib
import re
import shutil
import socket
import subprocess
import threading

from lab.failure import wait_until

SECONDS = 30

MBSYNC = """\
IMAPAccount far
Host {address}
Port {port}
User {user}
Pass {password}
SSLType IMAPS
CertificateFile {certificate}
SystemCertificates no

IMAPStore far
Account far

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Near
Expunge Both
SyncState {folder}/
"""


def wait_for_account(server, address):
    """Dovecot is told of an account a moment after it was made."""
    path = os.path.join(server.mail_folder, ".restante", "passwd")

    def is_told():
        with open(path, encoding="ascii") as file:
            return any(line.startswith(address + ":") for line in file)

    wait_until(is_told, SECONDS, f"{address} to be told to Dovecot")


def imap(server, address, tls=True):
    """A session of the user, signed in. It ends with `with`."""
    user = server.user(address)
    wait_for_account(server, address)
    if tls:
        session = imaplib.IMAP4_SSL(
            server.address, server.ports["imaps"], timeout=SECONDS,
            ssl_context=server.lab.tls_context())
    else:
        session = imaplib.IMAP4(server.address, server.ports["imap"],
                                timeout=SECONDS)
        session.starttls(server.lab.tls_context())
    session.login(user["address"], user["password"])
    return session


def pop(server, address, tls=True):
    user, context = server.user(address), server.lab.tls_context()
    wait_for_account(server, address)
    if tls:
        session = poplib.POP3_SSL(server.address, server.ports["pop3s"],
                                  timeout=SECONDS, context=context)
    else:
        session = poplib.POP3(server.address, server.ports["pop3"],
                              timeout=SECONDS)
        session.stls(context)
    session.user(user["address"])
    session.pass_(user["password"])
    return session


def run(*command):
    """What COMMAND prints, which must succeed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done
    return done.stdout


def curl(server, address, port, path, *more):
    """What is at PATH of the port named PORT: "imaps", "pop3s"."""
    user = server.user(address)
    return run("curl", "-sS", "--cacert", server.lab.ca, "-u",
               f"{user['address']}:{user['password']}", *more,
               f"{port}://{server.address}:{server.ports[port]}/{path}")


def mbsync(server, address, folder):
    """Makes FOLDER and the user's mailboxes alike."""
    user = server.user(address)
    folder.mkdir(exist_ok=True)
    configuration = folder / "mbsyncrc"
    # mbsync does not look for addresses in certificates; one that it is given
    # itself it believes.
    certificate = os.path.join(os.path.dirname(server.lab.ca),
                               server.hostname + ".pem")
    configuration.write_text(MBSYNC.format(
        address=server.address, port=server.ports["imaps"],
        user=user["address"], password=user["password"],
        certificate=certificate, folder=folder))
    run("mbsync", "-c", str(configuration), "all")


def uids(session, folder, *search):
    """Of the messages in FOLDER, which is selected."""
    assert session.select(f'"{folder}"')[0] == "OK"
    return session.uid("search", *(search or ("ALL",)))[1][0].decode().split()


def folders(session):
    return {re.search(rb'"/" "?([^"]*)"?$', line).group(1).decode()
            for line in session.list()[1]}


# ---- the server's end of what Dovecot asks

class Verdicts:
    """Plays the server at the socket that Sieve scripts ask: says yes to
    everything, and keeps what it heard."""

    def __init__(self, server):
        self.path = os.path.join(server.mail_folder, ".restante",
                                 "restante-verdict")
        self.heard = []
        self.listener = socket.socket(socket.AF_UNIX)

    def __enter__(self):
        owner = os.stat(os.path.dirname(self.path))
        self.listener.bind(self.path)
        os.chown(self.path, owner.st_uid, owner.st_gid)
        os.chmod(self.path, 0o600)
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        os.unlink(self.path)

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                asked = b""
                while octets := peer.recv(4096):
                    asked += octets
                # settings, a line "-", the arguments, an empty line, input
                lines = asked.decode().split("\n")
                self.heard.append(lines[lines.index("-") + 1:-2])
                peer.sendall(b"+\n")


def put_stub(server, address, token):
    """What the server leaves in Waiting for something to decide."""
    maildir = server.user(address)["maildir"]
    path = os.path.join(maildir, ".Waiting", "new", token + ".stub")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"X-Restante-Envelope: {token}\nFrom: <alice@a.test>\n"
                   f"Subject: {token}\n\nHello.\n")
    owner = os.stat(maildir)
    os.chown(path, owner.st_uid, owner.st_gid)


def installed(*programs):
    return all(map(shutil.which, programs))

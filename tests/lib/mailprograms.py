"""Programs that read mail, as its owner uses them: imaplib, poplib, mbsync
and curl, each with a name and a password and nothing else."""

import ctypes
import ctypes.util
import imaplib
import os
import poplib
import re
import shutil
import socket
import subprocess
import threading

SECONDS = 30
# As src/daemon/password_hash.c.
ARGON2ID, PASSES, OCTETS, HASH_OCTETS = 2, 2, 19 << 20, 128

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


def imap(server, address, tls=True):
    """A session of the user, signed in. It ends with `with`."""
    user = server.user(address)
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


# ---- who may sign in

def hash_of(password):
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))
    assert sodium.sodium_init() >= 0
    text, octets = ctypes.create_string_buffer(HASH_OCTETS), password.encode()
    assert sodium.crypto_pwhash_str_alg(
        text, octets, ctypes.c_ulonglong(len(octets)),
        ctypes.c_ulonglong(PASSES), ctypes.c_size_t(OCTETS), ARGON2ID) == 0
    return text.value.decode()


def let_users_in(server):
    """Stands in for a server that does not tell Dovecot of its users."""
    folder = os.path.join(server.mail_folder, ".restante")
    path = os.path.join(folder, "passwd")
    if os.path.exists(path):
        return
    with open(path + ".new", "w", encoding="ascii") as file:
        for user in server.users:
            home = os.path.dirname(user["maildir"])
            file.write(f"{user['address']}:{{ARGON2ID}}"
                       f"{hash_of(user['password'])}::::{home}::"
                       f"userdb_mail=maildir:{user['maildir']}\n")
    owner = os.stat(folder)
    os.chown(path + ".new", owner.st_uid, owner.st_gid)
    os.chmod(path + ".new", 0o600)
    os.rename(path + ".new", path)


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

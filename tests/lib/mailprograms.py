"""Programs that read mail, as its owner uses them: imaplib, poplib, mbsync
and curl, each with a name and a password and nothing else."""

import imaplib
import os
import poplib
import re
import shutil
import subprocess

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
SyncState *
"""


def wait_for_account(server, address):
    """Dovecot is told of an account a moment after it was made."""
    path = os.path.join(server.mail_folder, ".restante", "passwd")

    def is_told():
        with open(path, encoding="ascii") as file:
            return any(line.startswith(address + ":") for line in file)

    wait_until(is_told, SECONDS, f"{address} to be told to Dovecot")


def imap_unnamed(server, tls):
    if tls:
        return imaplib.IMAP4_SSL(
            server.address, server.ports["imaps"], timeout=SECONDS,
            ssl_context=server.lab.tls_context())
    session = imaplib.IMAP4(server.address, server.ports["imap"],
                            timeout=SECONDS)
    session.starttls(server.lab.tls_context())
    return session


def imap(server, address, tls=True):
    """A session of the user, signed in. It ends with `with`."""
    user = server.user(address)
    wait_for_account(server, address)

    def sign_in():
        # Dovecot looks at its file of users once a second, and does not know
        # until then whom it was told of.
        session = imap_unnamed(server, tls)
        try:
            session.login(user["address"], user["password"])
        except imaplib.IMAP4.error as error:
            session.shutdown()
            if b"AUTHENTICATIONFAILED" in error.args[0]:
                return None
            raise
        return session

    return wait_until(sign_in, SECONDS, f"{address} to be let in by IMAP")


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


def installed(*names):
    return all(shutil.which(name) for name in names)


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

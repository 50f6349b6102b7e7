"""Users read their mail by IMAP and POP3: Dovecot, set up by dovecot-config,
over the Maildirs that we deliver into."""

import os
import re

import pytest

from lab import mailreader
from lab.failure import LabError
from tests.lib import labs, mailprograms

BOB = "bob@b.test"


@pytest.fixture(scope="module")
def destination(make_reading_lab):
    server = make_reading_lab(labs.EVERY_DIALECT).server("b.test")
    return server


@pytest.fixture(scope="module")
def delivered(destination):
    """A message in Bob's mailbox, as it was sent."""
    octets = labs.message(recipient=BOB, body="gr\u00fc\u00dfe\r\n.\r\n")
    labs.send(destination.lab.server("a.test"), "alice@a.test", [BOB], octets)
    labs.accept(destination, octets, BOB)
    labs.received(destination, BOB, labs.subject_of(octets).encode())
    return octets


def faults(server):
    with open(server.reader_log, encoding="utf-8", errors="replace") as file:
        return [line for line in file
                if re.search("Warning|Error|Fatal|Panic", line)]


# SM-05 SM-07
@pytest.mark.parametrize("tls", [True, False])
def test_bob_reads_his_mail_by_imap(destination, delivered, tls):
    with mailprograms.imap(destination, BOB, tls) as session:
        found = mailprograms.uids(
            session, "INBOX", "SUBJECT", labs.subject_of(delivered))
        assert len(found) == 1
        _, answer = session.uid("fetch", found[0], "(BODY.PEEK[])")
        assert answer[0][1].endswith(delivered)
    assert faults(destination) == []


# SM-05 SM-07
@pytest.mark.parametrize("tls", [True, False])
def test_bob_reads_his_mail_by_pop3(destination, delivered, tls):
    session = mailprograms.pop(destination, BOB, tls)
    texts = [b"\r\n".join(session.retr(number + 1)[1]) + b"\r\n"
             for number in range(session.stat()[0])]
    session.quit()
    assert any(text.endswith(delivered) for text in texts)
    assert faults(destination) == []


def test_other_programs_read_it_too(destination, delivered, tmp_path):
    if not mailprograms.installed("mbsync", "curl"):
        pytest.skip("mbsync or curl is not installed")
    subject = labs.subject_of(delivered).encode()
    for port, path in (("imaps", "INBOX;MAILINDEX=1"), ("pop3s", "1")):
        assert subject in mailprograms.curl(destination, BOB, port, path)
    mailprograms.mbsync(destination, BOB, tmp_path / "near")
    copies = [path.read_bytes() for path in tmp_path.glob("near/INBOX/*/*")]
    assert any(subject in copy for copy in copies)
    assert faults(destination) == []


def test_the_folders_of_a_user_are_there_from_the_start(destination):
    with mailprograms.imap(destination, "carol@b.test") as session:
        assert mailprograms.folders(session) >= {
            "INBOX", "Waiting", "Waiting/Trusted", "Waiting/Blocked", "Junk",
            "Trash", "Sent", "Drafts"}


def test_nobody_puts_messages_into_waiting_or_renames_it(destination):
    with mailprograms.imap(destination, "carol@b.test") as session:
        assert session.append("Waiting", None, None, b"A: b\r\n\r\n")[0] == "NO"
        assert session.rename("Waiting", "Gone")[0] == "NO"
        assert session.delete("Waiting")[0] == "NO"
        assert session.append("Drafts", None, None, b"A: b\r\n\r\n")[0] == "OK"


def test_dovecot_is_the_mailbox_owner_and_no_more(destination):
    """Its socket for our server is as it must be to be believed."""
    folder = os.path.join(destination.mail_folder, ".restante")
    owner = os.stat(destination.mail_folder).st_uid
    for name, mode in (("", 0o700), ("doveadm", 0o600), ("passwd", 0o600)):
        found = os.stat(os.path.join(folder, name))
        assert (found.st_uid, found.st_mode & 0o777) == (owner, mode)


def test_files_of_somebody_else_are_not_replaced(destination, tmp_path):
    tmp_path.joinpath("acl").write_text("mine\n")
    code, _, errors = destination.command(
        "dovecot-config", "--write", str(tmp_path))
    assert code == 65 and "acl is there" in errors
    assert os.listdir(tmp_path) == ["acl"]


def test_a_lab_does_without_dovecot_and_says_so(
        make_module_lab, monkeypatch, capfd):
    monkeypatch.setitem(mailreader.NEEDED, "dovecot-sieve", "/no/such/file")
    lab = make_module_lab(readers=True)
    assert "neither IMAP nor POP3" in capfd.readouterr().err
    assert "imap" not in lab.server("b.test").ports


def test_a_dovecot_that_does_not_begin_is_told(
        make_reading_lab, monkeypatch):
    monkeypatch.setattr(mailreader, "program", lambda: "/bin/false")
    with pytest.raises(LabError, match="Dovecot of .*ended"):
        make_reading_lab()

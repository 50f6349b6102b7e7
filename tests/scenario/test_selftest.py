"""`restante selftest` proves on a running server with Dovecot that a person can
decide; and where something is broken it says what, and leaves nothing."""

import contextlib
import glob
import json
import os
import re
import signal
import socket
import subprocess

import pytest

from lab import mailreader
from tests.lib import labs

PREFIX = "restante-selftest-"
STEPS = ["server", "user", "submit", "imap", "arrival", "waiting", "accept",
         "refuse", "keyword", "trust", "reply", "clean-up"]
OK = dict.fromkeys(STEPS, "ok")
SECONDS = 120  # for a whole one, on a busy machine
SHORT = ("--timeout", "10s")  # where a wait is known to be in vain


@pytest.fixture(scope="module", name="server")
def server_that_is_read(make_reading_lab):
    return make_reading_lab(labs.EVERY_DIALECT).server("b.test")


@pytest.fixture(autouse=True)
def nothing_remains(server):
    """Whatever was tried: neither users nor mailboxes, and nothing waits."""
    yield
    assert left_users(server) == []
    assert glob.glob(f"{server.mail_folder}/*/{PREFIX}*") == []
    assert server.holds(every=False) == []
    assert not [notice for notice in server.notices()
                if notice["state"] == "pending"]
    code, text, _ = server.command("check", "--store")
    assert code == 0, text


def left_users(server):
    code, text, _ = server.command("user", "list", "--json")
    assert code == 0
    return [user["address"] for user in json.loads(text)["users"]
            if user["address"].startswith(PREFIX)]


def command(server, *more, config=None, imap=None):
    place = imap or f"{server.address}:{server.ports['imap']}"
    return [server.lab.binary, "-c", config or server.config, "selftest",
            "--imap", place, *more]


def selftest(server, *more, **which):
    """(exit status, output)"""
    done = subprocess.run(
        command(server, *more, **which), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True, timeout=SECONDS, check=False)
    return done.returncode, done.stdout


def told(server, *more, **which):
    """The document of --json, and {step: result} of it."""
    code, text = selftest(server, "--json", *more, **which)
    document = json.loads(text)
    assert code == (0 if document["ok"] else 1)
    return document, {step["step"]: step["result"]
                      for step in document["steps"]}


def step_of(document, name):
    return next(step for step in document["steps"] if step["step"] == name)


# ---- all is well

def test_a_line_for_each_step_says_that_all_is_well(server):
    code, text = selftest(server)
    lines = text.splitlines()
    assert code == 0, text
    assert [line.split()[:2] for line in lines[:-1]] == [
        ["ok", name] for name in STEPS]
    assert lines[-1] == "All 12 steps are ok."


def test_the_document_has_every_step(server):
    document, results = told(server)
    assert document["ok"] is True, document
    assert list(results) == STEPS
    assert results == OK
    assert document["hostname"] == server.hostname
    assert document["user"].startswith(PREFIX)
    assert document["warnings"] == document["remains"] == []


def test_dovecot_with_tls_from_the_first_octet_serves_as_well(server):
    place = f"{server.address}:{server.ports['imaps']}"
    code, text = selftest_by(server, "--imaps", place)
    assert code == 0, text


def selftest_by(server, option, place):
    done = subprocess.run(
        [server.lab.binary, "-c", server.config, "selftest", option, place],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        timeout=SECONDS, check=False)
    return done.returncode, done.stdout


@contextlib.contextmanager
def at_all_addresses(server):
    """The server with the configuration that most have, but for its port."""
    with open(server.config, encoding="utf-8") as file:
        before = file.read(), server.ports["smtp"]
    with socket.create_server(("0.0.0.0", 0)) as free:
        port = free.getsockname()[1]
    server.stop()
    server.lay_over(f'listen-smtp = {{"0.0.0.0:{port}"}}\n'
                    f'smtp-port = "{port}"\n'
                    "source-addresses = {}\ncallable-networks = {}\n")
    server.ports["smtp"] = port
    try:
        server.start()
        yield
    finally:
        server.stop()
        with open(server.config, "w", encoding="utf-8") as file:
            file.write(before[0])
        server.ports["smtp"] = before[1]
        server.start()


# And nobody need believe that 127.0.0.1 speaks for b.test.
def test_a_server_that_listens_everywhere_calls_itself_on_loopback(server):
    with at_all_addresses(server):
        document, results = told(server)
    assert results == OK
    assert "127.0.0.1" in step_of(document, "accept")["detail"]


# A mail program would complain, and that is what is told.
def test_a_certificate_that_nobody_vouches_for_is_a_warning(
        server, tmp_path):
    config = tmp_path / "restante.conf"
    other = os.path.join(os.path.dirname(server.lab.ca), "mx.a.test.pem")
    with open(server.config, encoding="utf-8") as file:
        text = re.sub("(?m)^ca = .*$", f'ca = "{other}"', file.read())
    config.write_text(text)
    document, results = told(server, config=str(config))
    assert results == OK
    assert ["verified" in warning for warning in document["warnings"]] == [
        True, True]


# ---- something is broken

@contextlib.contextmanager
def dovecot_with(server, change):
    """Dovecot with its main file changed, or (None) no Dovecot."""
    name = mailreader.name_of(server)
    server.lab.processes.stop(name)
    main = os.path.join(os.path.dirname(server.config), "dovecot",
                        "dovecot.conf")
    if change is not None:
        with open(main, encoding="utf-8") as file:
            text = file.read()
        with open(main, "w", encoding="utf-8") as file:
            file.write(re.sub(*change, text))
        server.lab.processes.start(
            name, [mailreader.program(), "-F", "-c", main],
            server.row["reader_log"])
        mailreader.wait(server)
    try:
        yield
    finally:
        if change is not None:
            server.lab.processes.stop(name)
        mailreader.begin(server)
        mailreader.wait(server)


def test_without_dovecot_nobody_reads(server):
    with dovecot_with(server, None):
        document, results = told(server)
    assert results == {
        **dict.fromkeys(STEPS, "skipped"), "server": "ok", "user": "ok",
        "submit": "ok", "imap": "failed", "clean-up": "ok"}
    assert "does Dovecot run?" in step_of(document, "imap")["hint"]
    assert step_of(document, "accept")["detail"] == "needs waiting"


def test_a_dovecot_that_runs_no_script_on_a_move_is_found_out(server):
    with dovecot_with(server, ("imap_sieve ", "")):
        document, results = told(server)
    # a reply needs no script
    assert results == {
        **OK, "accept": "failed", "refuse": "skipped", "keyword": "skipped",
        "trust": "skipped"}
    failed = step_of(document, "accept")
    assert "did not run the Sieve script" in failed["detail"]
    assert "mail_plugins = imap_sieve" in failed["hint"]
    assert "restante dovecot-config" in failed["hint"]


def test_a_missing_socket_of_the_scripts_is_found_out(server):
    path = os.path.join(server.mail_folder, ".restante", "restante-verdict")
    os.rename(path, path + ".away")
    try:
        document, results = told(server)
    finally:
        os.rename(path + ".away", path)
    assert results["waiting"] == "ok"
    assert results["accept"] == "failed"
    assert f"{path}, the socket" in step_of(document, "accept")["hint"]


def test_a_password_that_dovecot_does_not_take_is_found_out(server):
    with dovecot_with(server, ("/passwd\n", "/passwd-of-others\n")):
        document, results = told(server, *SHORT)
    assert results["submit"] == "ok"
    assert results["imap"] == "failed"
    assert "passdb" in step_of(document, "imap")["hint"]


# Where we cannot call ourselves, nothing that waits can be fetched. What was
# accepted is tried again for a while, after the test.
def test_a_server_that_turns_itself_away_is_found_out(server):
    server.reload('pull-retries = {"5m"}\n')
    code, _, errors = server.command("peer", "deny", server.address)
    assert code == 0, errors
    try:
        document, results = told(server, *SHORT)
    finally:
        server.command("peer", "forget", server.address)
        server.reload('pull-retries = {"1s", "1s", "2s", "2s"}\n')
    assert results["waiting"] == "ok"
    assert results["accept"] == "failed"
    assert server.address in step_of(document, "accept")["detail"]
    assert "could not be fetched" in document["remains"][0]


def test_a_server_that_does_not_run_is_told_plainly(server):
    server.stop()
    try:
        code, text = selftest(server)
        document, results = told(server)
    finally:
        server.start()
    assert code == 1
    assert "FAILED   server" in text and "is not running" in text
    assert results == {**dict.fromkeys(STEPS, "skipped"), "server": "failed"}
    assert "restante serve" in step_of(document, "server")["hint"]


# ---- interrupted

@contextlib.contextmanager
def at_the_door(server, *more):
    """A self-test that waits for a mail server which says nothing."""
    with socket.create_server((server.address, 0)) as listener:
        listener.settimeout(SECONDS)
        place = f"{server.address}:{listener.getsockname()[1]}"
        process = subprocess.Popen(
            command(server, "--json", *more, imap=place), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        try:
            link, _ = listener.accept()
            with link:
                yield process
        finally:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_one_cleans_up(server, number):
    with at_the_door(server) as process:
        assert len(left_users(server)) == 1
        process.send_signal(number)
        text, _ = process.communicate(timeout=SECONDS)
        document = json.loads(text)
        assert process.returncode == 1
        assert step_of(document, "imap")["result"] == "failed"
        assert step_of(document, "arrival")["result"] == "skipped"
        assert step_of(document, "clean-up")["result"] == "ok"


def test_a_mail_server_that_says_nothing_is_not_waited_for(server):
    with at_the_door(server, *SHORT) as process:
        text, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 1
        assert step_of(json.loads(text), "imap")["result"] == "failed"


def test_the_next_one_removes_what_a_killed_one_has_left(server):
    with at_the_door(server) as process:
        process.kill()
        process.wait()
    assert len(left_users(server)) == 1
    box = f"{server.mail_folder}/b.test/{PREFIX}gone"  # of one who is no user
    os.mkdir(box)
    owner = os.stat(os.path.dirname(box))
    os.chown(box, owner.st_uid, owner.st_gid)
    _, results = told(server)
    assert results == OK  # and nothing_remains


def test_one_runs_at_a_time(server):
    with at_the_door(server) as process:
        code, text = selftest(server, "--json")
        assert code == 75
        assert json.loads(text)["error"]["code"] == "later"
        process.terminate()
        process.communicate(timeout=SECONDS)


def test_no_secret_is_on_a_command_line(server):
    with at_the_door(server) as process:
        with open(f"/proc/{process.pid}/cmdline", "rb") as file:
            words = file.read().split(b"\0")
        assert words[0] == b"restante-selftest"
        assert not [word for word in words
                    if re.fullmatch(b"[0-9a-f]{32}", word)]
        process.terminate()
        text, _ = process.communicate(timeout=SECONDS)
        assert not re.search(r"\b[0-9a-f]{32}\b", text)

"""A fault in the configuration is told with file, line and key, and nothing
starts; a running server keeps the configuration it has."""

import os
import re
import signal
import subprocess

import pytest

from lab.failure import wait_until
from tests.lib import labs

SECONDS = 30


def refusal_of(origin, path, text):
    """What `serve` says to the configuration TEXT."""
    path.write_bytes(text)
    done = subprocess.run([origin.lab.binary, "serve", "-c", str(path)],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=SECONDS, check=False)
    assert done.returncode > 0, done
    return done.stderr.decode("utf-8", "replace")


def good_lines(origin):
    with open(origin.config, encoding="utf-8") as file:
        return [line for line in file.read().splitlines() if line]


@pytest.mark.parametrize("line, key", [
    ('no-such-key = "x"', "no-such-key"),
    ('hostname = "mx.a.test"', "hostname"),  # given twice
    ('submit-rate = "many"', "submit-rate"),
    ("recipients-max = -1", "recipients-max"),
    ('message-size = "5 parsecs"', "message-size"),
    ('hold-time-server = "soon"', "hold-time-server"),
    ('hold-time-user = "99999d"', "hold-time-user"),
    ('deny-hosts = {"300.1.2.3"}', "deny-hosts"),
    ('allow-hosts = {"10.0.0.0/33"}', "allow-hosts"),
    ('fronts = "${HOME}"', "fronts"),
    ('spf-mx-fallback = perhaps', "spf-mx-fallback"),
])
def test_a_fault_is_told_with_file_line_and_key(
        origin, tmp_path, line, key):
    lines = [one for one in good_lines(origin)
             if key == "hostname" or not one.startswith(key + " ")]
    path = tmp_path / "faulty.conf"
    said = refusal_of(origin, path, "\n".join([*lines, line, ""]).encode())
    assert f"{path}:{len(lines) + 1}: " in said
    assert key in said


@pytest.mark.parametrize("octets", [
    b"", b"\0", b"{{{{", b'hostname = "mx.a.test', b"= = =\n",
    b"\xff\xfe\x00", b"hostname\n", b'a{b{c{d{' * 100])
def test_no_configuration_at_all_is_told_too(origin, tmp_path, octets):
    path = tmp_path / "nonsense.conf"
    assert str(path) in refusal_of(origin, path, octets)


def test_a_missing_file_is_told(origin, tmp_path):
    path = tmp_path / "missing.conf"
    done = subprocess.run([origin.lab.binary, "serve", "-c", str(path)],
                          capture_output=True, timeout=SECONDS, check=False)
    assert done.returncode > 0
    assert str(path).encode() in done.stderr


def keywords(server):
    with labs.connect(server) as wire:
        return wire.ask("EHLO client.test").keywords()


def reload(server):
    os.kill(server.lab.processes.pid(server.name), signal.SIGHUP)


def test_a_reload_changes_what_is_offered(make_lab):
    server = make_lab().server("b.test")
    assert "GDEL" in keywords(server)
    server.lay_over("offer = {}\n")
    reload(server)
    wait_until(lambda: "GDEL" not in keywords(server), SECONDS,
               "EHLO without GDEL")
    server.lay_over('offer = "gdel"\n')
    reload(server)
    wait_until(lambda: "GDEL" in keywords(server), SECONDS, "EHLO with GDEL")


def test_a_faulty_reload_changes_nothing(make_lab):
    server = make_lab().server("b.test")
    server.lay_over("offer = {}\nno-such-key = 1\n")
    reload(server)
    wait_until(lambda: re.search(r"no-such-key", labs.log_text(server)),
               SECONDS, "the fault in the log")
    assert "GDEL" in keywords(server)

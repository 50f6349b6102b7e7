"""The lab as a newcomer and as a test program use it: from the outside."""

import json
import os
import signal
import socket
import subprocess
import sys

from lab.lab import ROOT, Lab
from lab.processes import start_time
from tests.lib import labs

SECONDS = 120


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "lab", *map(str, arguments)], cwd=ROOT,
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=SECONDS, check=False, env={**os.environ, **environment})


def started_pids(folder):
    with open(folder / "lab.pid", encoding="ascii") as file:
        return [json.loads(line)["pid"] for line in file]


def gone(pids):
    return all(start_time(pid) is None for pid in pids)


def test_up_tells_where_everything_is_and_down_leaves_nothing(tmp_path):
    folder = tmp_path / "d"
    done = run("up", folder)
    try:
        assert done.returncode == 0, done.stderr
        told = json.loads((folder / "lab.json").read_text())
        pids = started_pids(folder)
        assert os.access(told["binary"], os.X_OK)
        assert os.path.isabs(told["ca"])
        assert set(told["dns"]) == {"address", "port"}
        for server in told["servers"]:
            for name in ("config", "state", "control", "log"):
                assert os.path.isabs(server[name])
                assert os.path.exists(server[name])
            assert {"main", "keeper", "front"} <= set(server["pids"])
            for port in server["ports"].values():
                assert 20000 <= port <= 30000
                socket.create_connection((server["address"], port), 5).close()
        modes = {user["address"]: user["mode"] for server in told["servers"]
                 for user in server["users"]}
        assert modes == {"alice@a.test": "server", "gate@a.test": "server",
                         "bob@b.test": "ask", "carol@b.test": "server"}
    finally:
        down = run("down", folder)
    assert down.returncode == 0, down.stderr
    assert gone(pids)
    assert run("down", folder).returncode == 0


def test_two_labs_run_at_once_with_what_was_laid_over_them(tmp_path):
    conf, zone = tmp_path / "conf", tmp_path / "zone"
    conf.write_text('message-size = "1 MiB"\n')
    zone.write_text("one.more.example. A 127.0.99.1\n")
    folders = [tmp_path / "one", tmp_path / "two"]
    starting = [subprocess.Popen(
        [sys.executable, "-m", "lab", "up", str(folder), "--conf", str(conf),
         "--zone", str(zone)], cwd=ROOT, stdin=subprocess.DEVNULL)
        for folder in folders]
    try:
        assert [one.wait(SECONDS) for one in starting] == [0, 0]
        ports = [Lab(folder).read().server("a.test").ports["smtp"]
                 for folder in folders]
        assert ports[0] != ports[1]
        with labs.connect(Lab(folders[0]).read().server("b.test")) as wire:
            told = wire.ask("EHLO client.test").keywords()
        assert told["SIZE"] == str(1 << 20)
        text = (folders[0] / "b.test" / "restante.conf").read_text()
        assert text.count("message-size") == 1
    finally:
        for folder in folders:
            run("down", folder)


def test_a_lab_that_cannot_start_says_why_and_leaves_nothing(tmp_path):
    conf, zone = tmp_path / "conf", tmp_path / "zone"
    conf.write_text("no-such-key = 1\n")
    zone.write_text("one.more.example. A 127.0.99.999\n")
    for option, path, reason in (("--conf", conf, "no-such-key"),
                                 ("--zone", zone, "zone is faulty")):
        folder = tmp_path / "d"
        done = run("up", folder, option, path)
        assert done.returncode == 1
        assert reason in done.stderr
        assert not folder.exists()


def test_a_second_start_in_the_same_place_is_refused(tmp_path):
    folder = tmp_path / "d"
    try:
        assert run("up", folder).returncode == 0
        done = run("up", folder)
        assert done.returncode == 1
        assert "lab-down" in done.stderr
    finally:
        run("down", folder)
    try:
        assert run("up", folder).returncode == 0, "after down it may"
    finally:
        run("down", folder)


def test_a_folder_for_its_owner_alone_will_do(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir(mode=0o700)
    try:
        done = run("up", folder)
        assert done.returncode == 0, done.stderr
    finally:
        run("down", folder)
    assert folder.exists()


def test_the_tour_goes_on_telling_until_it_is_interrupted(tmp_path):
    leader, terminal = os.openpty()
    tour = subprocess.Popen(
        [sys.executable, "-m", "lab", "run"], cwd=ROOT, stdin=terminal,
        stdout=terminal, stderr=terminal, start_new_session=True,
        env={**os.environ, "TMPDIR": str(tmp_path)})
    os.close(terminal)
    said = b""
    with open(leader, "rb", buffering=0) as screen:
        while b"Ctrl-C" not in said:
            said += screen.read(4096)
        tour.send_signal(signal.SIGINT)
        assert tour.wait(SECONDS) == 0
    assert b"held list" in said and b"smtplib" in said
    assert b"envelope accept " in said and b"envelope list" in said
    assert os.listdir(tmp_path) == []


def test_the_tour_ends_without_a_terminal_and_leaves_nothing(tmp_path):
    done = run("run", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    for word in ("held", "noticed", "pulled", "delivered"):
        assert f"  {word}: " in done.stdout
    assert done.stdout.count("  delivered: ") == 2
    assert "what Bob is shown" in done.stdout
    assert "envelope accept " in done.stdout
    assert os.listdir(tmp_path) == []

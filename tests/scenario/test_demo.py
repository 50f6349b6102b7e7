"""The main job on real input, as `make demo` does it."""

import json
import os
import subprocess
import sys

import pytest

from lab import demo
from lab.lab import ROOT

SECONDS = 300


def run_demo(result, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "lab.demo", "--json", str(result), *arguments],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(result.read_text())
    for row in rows:
        assert row["sent"] == row["identical"] + len(row["refused"]) > 0
        assert row["octets_notices"] > 0 and row["octets_pulls"] > 0
    return rows, done.stdout


# DM-03 SM-12 GD-02 GD-09 GD-10 GD-42 GD-59 IM-06
def test_every_message_of_the_corpus_arrives_byte_for_byte(tmp_path):
    if not os.path.isdir(demo.STANDARD_FOLDER):
        pytest.skip("no folder of real messages beside this checkout")
    rows, _ = run_demo(tmp_path / "result.json")
    assert [row["dialect"] for row in rows] == list(demo.DIALECTS)
    for row in rows:
        assert row["sent"] == rows[0]["sent"] > 400
        assert row["identical"] == rows[0]["identical"]


def test_messages_of_any_folder_arrive_byte_for_byte(tmp_path):
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "one").write_bytes(b"From mbox line\nSubject: one\n\n.dot")
    (folder / "two").write_bytes(b"Subject: two\r\nBcc: x@y.example\r\n\r\n")
    (folder / "three").write_bytes(b"Subject: bare\r\n\r\nbare \r is not\n")
    (row,), said = run_demo(tmp_path / "result.json", "--mail", str(folder),
                            "--dialects", "gdel")
    assert row["sent"] == 3 and row["identical"] == 2
    assert [refused["file"] for refused in row["refused"]] == ["three"]
    assert row["refused"][0]["reply"].startswith("554 5.6.0")
    assert "identical" in said


def test_dialects_can_be_chosen_and_others_are_refused(tmp_path):
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "one").write_bytes(b"Subject: one\n\nHello.\n")
    rows, _ = run_demo(tmp_path / "result.json", "--mail", str(folder),
                       "--dialects", "envelope,gdel")
    assert [row["dialect"] for row in rows] == ["envelope", "gdel"]
    done = subprocess.run(
        [sys.executable, "-m", "lab.demo", "--dialects", "esperanto"],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=SECONDS, check=False)
    assert done.returncode == 2
    assert "unknown dialect esperanto" in done.stderr


def test_an_empty_folder_is_no_success(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "lab.demo", "--mail", str(tmp_path)],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=SECONDS, check=False)
    assert done.returncode == 1
    assert "no message was sent" in done.stdout

"""A supervisor hears when the server is ready, reloads and stops."""

import socket

import pytest

SECONDS = 30


@pytest.fixture(name="supervisor")
def listening(tmp_path, monkeypatch):
    """A socket as systemd has one; what is started from now on knows it."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.bind(path)
        wire.settimeout(SECONDS)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        yield wire


def test_a_supervisor_hears_how_far_the_server_is(make_lab, monkeypatch,
                                                  supervisor):
    socket_path = supervisor.getsockname()
    monkeypatch.delenv("NOTIFY_SOCKET")
    server = make_lab().server("b.test")
    server.stop()
    monkeypatch.setenv("NOTIFY_SOCKET", socket_path)
    server.start()
    assert supervisor.recv(200) == b"READY=1"
    server.reload("pull-delay-max = \"2s\"\n")
    assert supervisor.recv(200).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
    assert supervisor.recv(200) == b"READY=1"
    server.stop()
    assert supervisor.recv(200) == b"STOPPING=1"
    supervisor.setblocking(False)
    with pytest.raises(BlockingIOError):
        supervisor.recv(200)

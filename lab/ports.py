"""Ports that are free on every address of the lab.

Several labs may start at once: whoever chooses holds a lock until its
servers listen. A port counts as free only if it can be bound everywhere.
"""

import contextlib
import fcntl
import os
import random
import socket
import tempfile

from lab import world
from lab.failure import LabError

FIRST, LAST = 20000, 30000
TRIES = 200


def take_lock(path):
    """A descriptor that holds the lock PATH. Who had it before has removed
    the file, so what was waited for may be no longer the one at PATH."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    while True:
        descriptor = os.open(path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


@contextlib.contextmanager
def lock():
    """Held by one lab of this user at a time; leaves no file behind."""
    folder = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    path = os.path.join(folder, f"restante-lab-{os.getuid()}.lock")
    descriptor = take_lock(path)
    try:
        yield
    finally:
        os.unlink(path)
        os.close(descriptor)


def can_bind(address, port, kind):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, kind) as probe:
            probe.bind((address, port))
    except OSError:
        # Without IPv6 on this machine nobody can take the port there.
        return family == socket.AF_INET6 and not address_exists(address)
    return True


def address_exists(address):
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def is_free(port):
    return all(can_bind(address, port, kind)
               for address in world.addresses()
               for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM))


def choose(number):
    """NUMBER different free ports. Call it under lock()."""
    chosen = set()
    for _ in range(TRIES):
        port = random.randint(FIRST, LAST)
        if port not in chosen and is_free(port):
            chosen.add(port)
        if len(chosen) == number:
            return sorted(chosen)
    raise LabError(f"no {number} free ports from {FIRST} to {LAST}")

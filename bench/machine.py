"""On what was measured: figures mean nothing without it."""

import os
import statistics
import subprocess
import tempfile
import time

from lab.lab import ROOT

SYNC_TRIES = 200
SYNC_OCTETS = 4096


def commit():
    """The commit of the tree, with "+" when it was changed since."""
    name = git("rev-parse", "--short", "HEAD")
    changed = git("status", "--porcelain", "--", "src", "meson.build")
    return (name or "unknown") + ("+" if changed else "")


def git(*arguments):
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, text=True,
                              capture_output=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def file_system(folder):
    """Kind and device of where FOLDER lies, such as "ext4 on /dev/vda"."""
    best = ("", "unknown")
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            device, point, kind = line.split()[:3]
            inside = (os.path.realpath(folder) + "/").startswith(
                point.rstrip("/") + "/")
            if inside and len(point) >= len(best[0]):
                best = (point, f"{kind} on {device}")
    return best[1]


def sync_milliseconds(folder):
    """The median time of appending 4 KiB and waiting for the disk: whatever
    promises to have stored a message can do it no quicker, one by one. When
    others use the disk, this tells."""
    seconds = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNC_TRIES):
            started = time.perf_counter()
            os.write(file.fileno(), bytes(SYNC_OCTETS))
            os.fdatasync(file.fileno())
            seconds.append(time.perf_counter() - started)
    return round(statistics.median(seconds) * 1000, 3)


def describe(folder):
    """FOLDER is where the servers keep what they store."""
    return {
        "commit": commit(),
        "cores": os.cpu_count(),
        "memory_mib": os.sysconf("SC_PAGE_SIZE")
        * os.sysconf("SC_PHYS_PAGES") >> 20,
        "kernel": os.uname().release,
        "disk": file_system(folder),
        "sync_milliseconds": sync_milliseconds(folder),
        "load_average": round(os.getloadavg()[0], 2),
    }


def sentence(machine):
    return ("commit {commit}; {cores} cores, {memory_mib} MiB, Linux {kernel},"
            " {disk}, one synced write of 4 KiB takes {sync_milliseconds} ms;"
            " load average before: {load_average}".format(**machine))

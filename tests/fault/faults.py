"""Calls of a server's processes that fail on demand: the page it shares with
the library of faulty.c, whose shape stands in faulty.h."""

import collections
import ctypes
import errno
import mmap
import os

from lab.lab import ROOT

LIBRARY = os.path.join(ROOT, "build", "tests", "fault", "libfaulty.so")
ROLES = ("", "main", "keeper", "front", "caller", "resolver", "poster",
         "clerk", "auth", "sweeper")
# What each call may fail with: it is another case for each.
CALLS = {"alloc": (errno.ENOMEM,),
         "write": (errno.ENOSPC, errno.EIO),
         "short": (0,),
         "sync": (errno.EIO,),
         "make": (errno.ENOSPC, errno.EMFILE),
         "link": (errno.ENOSPC,),
         "unlink": (errno.EIO,),
         "send": (errno.ENOBUFS, errno.EPIPE),
         "accept": (errno.EMFILE,),
         "fork": (errno.EAGAIN,),
         "pair": (errno.EMFILE,),
         "step": (7, 10, 13)}  # SQLITE_NOMEM, SQLITE_IOERR, SQLITE_FULL
NAMES = tuple(CALLS)
STEPS_MAX = 1 << 18  # FAULTY_STEPS_MAX


class Step(ctypes.Structure):
    """struct faulty_step."""
    _fields_ = (("role", ctypes.c_uint32), ("call", ctypes.c_uint32),
                ("path", ctypes.c_uint64))


class Page(ctypes.Structure):
    """struct faulty_page."""
    _fields_ = (("role", ctypes.c_uint32), ("call", ctypes.c_uint32),
                ("error", ctypes.c_int32), ("hits", ctypes.c_uint32),
                ("left", ctypes.c_int64), ("times", ctypes.c_int64),
                ("path", ctypes.c_uint64), ("clock", ctypes.c_int64),
                ("counts", ctypes.c_uint64 * len(NAMES) * len(ROLES)),
                ("where", ctypes.c_char * 512),
                ("recording", ctypes.c_uint32),
                ("step_count", ctypes.c_uint32),
                ("steps", Step * STEPS_MAX))


class Faults:
    """Those of one server, from its next start on."""

    def __init__(self, server, path):
        with open(path, "wb+") as file:
            file.truncate(ctypes.sizeof(Page))
            self.memory = mmap.mmap(file.fileno(), ctypes.sizeof(Page))
        self.page = Page.from_buffer(self.memory)
        server.environment = {"LD_PRELOAD": LIBRARY, "RESTANTE_FAULTY": path}

    def arm(self, role, call, number, error, times=1, path=0):
        """The NUMBER-th CALL of ROLE from now on fails with ERROR, and as
        many after it as make TIMES; of those alone that come by PATH, if it
        is not 0."""
        self.disarm()
        self.page.role = ROLES.index(role)
        self.page.call = NAMES.index(call)
        self.page.error = error
        self.page.times = times
        self.page.path = path
        self.page.hits = 0
        self.page.left = number

    def disarm(self):
        self.page.left = 0

    @property
    def hits(self):
        return self.page.hits

    @property
    def where(self):
        """What made the call that failed last."""
        return self.page.where.decode(errors="replace")

    @property
    def clock(self):
        """Seconds by which the clock on the wall is ahead of the true one."""
        return self.page.clock

    def put_clock(self, seconds):
        self.page.clock = seconds

    def count(self, role, call):
        return self.page.counts[ROLES.index(role)][NAMES.index(call)]

    def counts(self):
        """{(role, call): calls so far}."""
        return {(role, call): self.count(role, call)
                for role in ROLES[1:] for call in NAMES}

    def record(self):
        """From now on each call is kept, until paths() is asked."""
        self.page.step_count = 0
        self.page.recording = 1

    def paths(self):
        """{(role, call): {path: how many came by it}}, since record()."""
        self.page.recording = 0
        count = self.page.step_count
        assert count <= STEPS_MAX, f"{count} calls: no room for all"
        found = {}
        for step in self.page.steps[:count]:
            if step.path != 0:
                found.setdefault((ROLES[step.role], NAMES[step.call]),
                                 collections.Counter())[step.path] += 1
        return found

"""How much time on a processor a server has used: all processes of the
session that its first one began, and those that have ended."""

import os

from lab.processes import session_members, stat_fields

# In /proc/PID/stat counted from the third field: own time in user and in
# system mode, then the same of children that were waited for.
OWN = (11, 12)
CHILDREN = (13, 14)


def seconds(leader):
    ticks = 0
    for pid in session_members(leader):
        fields = stat_fields(pid)
        if fields is not None:
            ticks += sum(int(fields[n]) for n in OWN + CHILDREN)
    return ticks / os.sysconf("SC_CLK_TCK")

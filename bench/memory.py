"""The most memory that processes of a server have had."""


def peak(pid):
    """VmHWM in MiB; None when it has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii",
                  errors="replace") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return round(int(line.split()[1]) / 1024, 1)
    except (FileNotFoundError, ProcessLookupError):
        pass
    return None


def of_role(server, role):
    """That of the largest of the processes of ROLE, or None."""
    found = [peak(pid) for pid in server.pids().get(role, ())]
    return max((size for size in found if size is not None), default=None)

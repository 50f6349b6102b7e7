"""The lab's DNS: nsd in the foreground, one zone, the root.

It needs no privilege, no control socket and no files outside its folder.
"""

import os
import shutil
import socket
import struct
import subprocess

from lab import world
from lab.failure import LabError, wait_until
from lab.processes import last_lines

NAME = "nsd"
READY_SECONDS = 10

CONFIGURATION = """\
server:
	ip-address: {address}@{port}
	username: ""
	chroot: ""
	database: ""
	zonesdir: "{folder}"
	zonelistfile: "{folder}/zone.list"
	xfrdfile: "{folder}/xfrd.state"
	xfrdir: "{folder}"
	pidfile: ""
	server-count: 1
	tcp-count: 50
	rrl-ratelimit: 0
	rrl-whitelist-ratelimit: 0
remote-control:
	control-enable: no
zone:
	name: "."
	zonefile: "{folder}/root.zone"
"""


def program(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if path is None:
        raise LabError(f"{name} is not installed; scripts/setup installs it")
    return path


def write_files(folder, port, extra_zone):
    """The zone and the configuration; a fault in the zone is said here."""
    os.makedirs(folder, exist_ok=True)
    zone = os.path.join(folder, "root.zone")
    with open(zone, "w", encoding="utf-8") as file:
        file.write(world.zone(extra_zone))
    checked = subprocess.run([program("nsd-checkzone"), ".", zone],
                             capture_output=True, text=True, check=False)
    if checked.returncode != 0:
        raise LabError("the zone is faulty:\n" + checked.stdout
                       + checked.stderr)
    configuration = os.path.join(folder, "nsd.conf")
    with open(configuration, "w", encoding="utf-8") as file:
        file.write(CONFIGURATION.format(
            address=world.DNS_ADDRESS, port=port, folder=folder))
    return configuration


def answers(port):
    """True if the server answers for the root's SOA record."""
    query = struct.pack(">HHHHHH", 1, 0, 1, 0, 0, 0) + b"\0\0\x06\0\x01"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(0.2)
        try:
            asker.sendto(query, (world.DNS_ADDRESS, port))
            reply = asker.recv(512)
        except OSError:
            return False
    return len(reply) > 8 and reply[3] & 15 == 0 and reply[7] > 0


def start(processes, folder, port, extra_zone):
    """Returns when it answers."""
    configuration = write_files(folder, port, extra_zone)
    log = os.path.join(folder, "nsd.log")
    processes.start(NAME, [program("nsd"), "-d", "-c", configuration], log)

    def answers_or_ended():
        if processes.pid(NAME) is None:
            raise LabError("nsd ended:\n" + last_lines(log))
        return answers(port)

    try:
        wait_until(answers_or_ended, READY_SECONDS, "nsd to answer")
    except LabError as error:
        raise LabError(f"{error}\n{last_lines(log)}") from None

"""A whole lab in a folder: up, down, and what others may ask of it."""

import json
import os
import shutil
import ssl
import sys

from lab import (authority, mailreader, nameserver, ports, server,
                 world)
from lab.failure import LabError
from lab.processes import Processes

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PORT_NAMES = ("smtp", "submission", "submissions", "smdp")
CONTROL_PATH_MAX = 107  # of sun_path, without its NUL
# All that a lab makes in its folder.
MADE = ("lab.json", "lab.pid", "lab.pid.new", "dns", "tls",
        *(row.domain for row in world.SERVERS))


def binary_path():
    return os.environ.get("RESTANTE_BINARY",
                          os.path.join(ROOT, "build", "restante"))


class Lab:
    """FOLDER is a path; everything the lab makes is in there."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.processes = Processes(os.path.join(self.folder, "lab.pid"))
        self.binary = binary_path()
        self.ca = os.path.join(self.folder, "tls", "ca.pem")
        self.dns = {}
        self.servers = []

    def server(self, domain):
        for candidate in self.servers:
            if candidate.domain == domain:
                return candidate
        raise LabError(f"no server for {domain}")

    def tls_context(self):
        return ssl.create_default_context(cafile=self.ca)

    def up(self, overlay="", extra_zone="", readers=False):
        """Starts everything; on failure nothing is left and LabError tells.

        OVERLAY is laid over both configurations. READERS: with IMAP and POP3,
        where Dovecot is installed.
        """
        existed = os.path.isdir(self.folder)
        self.check_folder()
        os.makedirs(self.folder, exist_ok=True)
        self.remove_files()
        readers = readers and self.may_have_readers()
        try:
            with ports.lock():
                self.start_all(overlay, extra_zone, readers)
            for candidate in self.servers:
                self.add_users(candidate)
            self.write()
        except BaseException:
            self.down()
            self.remove_files()
            if not existed:
                shutil.rmtree(self.folder)
            raise

    def check_folder(self):
        if any(self.processes.lives(row) for row in self.processes.read()):
            raise LabError(f"a lab is running in {self.folder}:"
                           f" make lab-down DIR={self.folder}")
        if not os.access(self.binary, os.X_OK):
            raise LabError(f"{self.binary} is not there: make build")
        for row in world.SERVERS:
            path = os.path.join(self.folder, row.domain, "control")
            if len(os.fsencode(path)) > CONTROL_PATH_MAX:
                raise LabError(f"{self.folder}: too long a path for a socket")

    def may_have_readers(self):
        reason = mailreader.why_not(self.folder)
        if reason:
            print(f"lab: neither IMAP nor POP3: {reason}", file=sys.stderr)
        return not reason

    def port_names(self, readers):
        """Of one server, those of its Dovecot included."""
        return PORT_NAMES + (mailreader.PORT_NAMES if readers else ())

    def start_all(self, overlay, extra_zone, readers):
        names = self.port_names(readers)
        *chosen, dns_port = ports.choose(len(names) + 1)
        server_ports = dict(zip(names, chosen))
        self.dns = {"address": world.DNS_ADDRESS, "port": dns_port}
        nameserver.start(self.processes, os.path.join(self.folder, "dns"),
                         dns_port, extra_zone)
        tls_folder = os.path.join(self.folder, "tls")
        self.ca = authority.make_authority(tls_folder)
        for row in world.SERVERS:
            certificate = authority.make_certificate(
                tls_folder, row.hostname, row.address)
            self.servers.append(server.LabServer(self, server.prepare(
                self, row, server_ports, dns_port, certificate, overlay)))
        for candidate in self.servers:
            candidate.start()
        # All at once: each takes a moment of its own.
        for start_step in (mailreader.begin, mailreader.wait) * readers:
            for candidate in self.servers:
                start_step(candidate)

    def add_users(self, candidate):
        for row in world.SERVERS:
            if row.domain == candidate.domain:
                for user in row.users:
                    candidate.add_user(user)

    def description(self):
        return {"binary": self.binary, "ca": self.ca, "dns": self.dns,
                "servers": [candidate.row for candidate in self.servers]}

    def write(self):
        path = os.path.join(self.folder, "lab.json")
        # It holds passwords.
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with open(os.open(path, flags, 0o600), "w",
                  encoding="utf-8") as file:
            json.dump(self.description(), file, indent=1)
            file.write("\n")

    def read(self):
        """Takes up a lab that another command started."""
        with open(os.path.join(self.folder, "lab.json"),
                  encoding="utf-8") as file:
            content = json.load(file)
        self.binary, self.ca = content["binary"], content["ca"]
        self.dns = content["dns"]
        self.servers = [server.LabServer(self, row)
                        for row in content["servers"]]
        return self

    def down(self):
        """Stops what up() started; logs, mail and stores stay."""
        self.processes.stop_all(slow=mailreader.NAME)

    def remove_files(self):
        """Removes what a lab that has ended left, and nothing else."""
        for name in MADE:
            path = os.path.join(self.folder, name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.lexists(path):
                os.unlink(path)

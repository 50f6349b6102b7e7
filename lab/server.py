"""One whole server of a lab: its folder, its start, its users."""

import os
import secrets
import signal
import smtplib
import socket
import ssl
import subprocess

from lab import control, mailreader, settings
from lab.failure import LabError, wait_until
from lab.processes import last_lines

READY_SECONDS = 15
ANSWER_SECONDS = 2
NOTICE_KEYWORDS = ("gdel", "msid", "envelope")


class LabServer:
    """A row of lab.json under "servers", and what can be done with it."""

    def __init__(self, lab, row):
        self.lab = lab
        self.row = row
        self.environment = {}  # what its processes get besides ours
        self.log_mark = 0  # where its log stood at its last start

    def __getattr__(self, name):
        try:
            return self.row[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def name(self):
        return "restante " + self.row["domain"]

    def user(self, address):
        for user in self.row["users"]:
            if user["address"] == address:
                return user
        raise LabError(f"no user {address}")

    def start(self):
        """Returns when all its processes are there, every port answers and
        the control socket does."""
        self.begin()
        try:
            wait_until(self.is_ready, READY_SECONDS,
                       f"{self.domain} to answer")
        except LabError as error:
            raise LabError(f"{error}\n{last_lines(self.log)}") from None
        self.row["pids"] = self.pids()

    def begin(self):
        """Starts it and waits for nothing. The pid of its main process."""
        self.log_mark = os.path.getsize(self.log) \
            if os.path.exists(self.log) else 0
        return self.lab.processes.start(
            self.name, [self.lab.binary, "serve", "-c", self.config],
            self.log, self.environment)

    def lay_over(self, overlay):
        """Changes the configuration file; the server is told by SIGHUP or
        by a new start."""
        with open(self.config, encoding="utf-8") as file:
            text = file.read()
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(settings.lay_over(text, overlay))

    def reload(self, overlay):
        """Lays OVERLAY over the configuration of the running server; returns
        when it has been read, and handed to all processes."""
        before = self.reloads()
        self.lay_over(overlay)
        os.kill(self.lab.processes.pid(self.name), signal.SIGHUP)
        wait_until(lambda: self.reloads() > before, READY_SECONDS,
                   f"{self.domain} to read its configuration")

    def reloads(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return sum(" reloaded " in line for line in file)

    def offers(self):
        """The notice keywords that a stranger is shown, by one process."""
        with smtplib.SMTP(self.address, self.ports["smtp"],
                          local_hostname="client.test",
                          timeout=READY_SECONDS) as session:
            session.ehlo()
            return {word for word in NOTICE_KEYWORDS
                    if session.has_extn(word)}

    def stop(self, number=signal.SIGTERM):
        self.lab.processes.stop(self.name, number)

    def is_ready(self):
        if self.lab.processes.pid(self.name) is None:
            raise LabError(f"the server of {self.domain} ended")
        return self.has_said(" ready ") and self.answers()

    def answers(self):
        """True if every port does, and the control socket."""
        try:
            control.ask(self.control, {"do": "status"})
        except OSError:
            return False
        return all(self.greets(name, port)
                   for name, port in self.ports.items()
                   if name not in mailreader.PORT_NAMES)

    def has_said(self, words):
        """True if its log has WORDS since its last start."""
        return words in self.said()

    def said(self):
        """What its log has since its last start."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            file.seek(self.log_mark)
            return file.read()

    def greets(self, name, port):
        """True if a client is greeted at PORT. A server may well say 554 to
        this one by its lists; an answer is an answer."""
        try:
            link = socket.create_connection((self.address, port),
                                            ANSWER_SECONDS)
            with link:
                if name in ("submissions", "smdp"):
                    link = self.lab.tls_context().wrap_socket(
                        link, server_hostname=self.hostname)
                return link.recv(3) in (b"220", b"554")
        except (OSError, ssl.SSLError):
            return False

    def ask(self, question):
        return control.ask(self.control, question)

    def status(self):
        return self.ask({"do": "status"})

    def holds(self, every=True):
        return control.pages(self.control, {"do": "held-list", "all": every},
                             "held")

    def notices(self):
        return control.pages(self.control, {"do": "notice-list"}, "notices")

    def pids(self):
        """{role: [pid]}, that of the main process included."""
        roles = {"main": [self.lab.processes.pid(self.name)]}
        for process in self.status()["roles"]:
            if process["pid"] not in (None, *roles["main"]):
                roles.setdefault(process["name"], []).append(process["pid"])
        return roles

    def command(self, *arguments, password=None):
        """Runs the command line. (exit code, output, errors)."""
        done = subprocess.run(
            [self.lab.binary, "-c", self.config, *arguments],
            input=None if password is None else password + "\n",
            stdin=subprocess.DEVNULL if password is None else None,
            capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def add_user(self, user):
        """Adds USER of lab.world, with a new password, to lab.json's row."""
        password = secrets.token_urlsafe(12)
        code, _, errors = self.command(
            "user", "add", user.address, "--mode", user.mode,
            "--from-check", user.from_check, password=password)
        if code != 0:
            raise LabError(f"user add {user.address}: exit {code}: {errors}")
        local_part, _, domain = user.address.rpartition("@")
        self.row["users"].append({
            "address": user.address, "password": password, "mode": user.mode,
            "maildir": os.path.join(self.mail_folder, domain, local_part,
                                    "Maildir")})

    @property
    def mail_folder(self):
        return os.path.join(os.path.dirname(self.config), "mail")


def prepare(lab, world_server, ports, dns_port, certificate, overlay):
    """Writes the folder and configuration of a server. Its lab.json row."""
    folder = os.path.join(lab.folder, world_server.domain)
    os.makedirs(folder)
    values = settings.standard(world_server, folder, ports, dns_port, lab.ca,
                               certificate)
    config = os.path.join(folder, "restante.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(settings.lay_over(settings.render(values), overlay))
    row = {
        "domain": world_server.domain, "hostname": world_server.hostname,
        "address": world_server.address, "ports": dict(ports),
        "config": config, "state": values["state"],
        "control": values["control"], "log": os.path.join(folder, "log"),
        "pids": {}, "users": [],
    }
    if "imap" in ports:
        row["reader_log"] = os.path.join(folder, "dovecot.log")
    return row

"""Postfix as something that takes mail, or passes it on: private instances of
the Debian package, with their own configuration, queue and port, that end with
the run.

It is given its best case: no DNS, no chroot, and no pause when mail comes in
quicker than it goes out (in_flow_delay). All else is as Postfix has it.
"""

import os
import pwd
import shutil
import signal
import subprocess

from bench import processor
from lab import ports, settings
from lab.failure import LabError, wait_until
from lab.processes import last_lines

ADDRESS, ORIGIN_ADDRESS = "127.0.1.2", "127.0.1.1"
DOMAIN, LOCAL_PART = "b.test", "carol"
START_SECONDS = 20
COMMAND_SECONDS = 60
# Packages put it there, and PATH of a plain user lacks it.
PROGRAM = shutil.which("postfix") or shutil.which(
    "postfix", path="/usr/sbin:/usr/local/sbin")

MAIN = """compatibility_level = 3.6
myhostname = {hostname}
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
alias_maps =
alias_database =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
default_process_limit = 200
in_flow_delay = 0
"""
MAILBOX = """virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ {local_part}@{domain}={local_part}/ }}
virtual_minimum_uid = 1
virtual_uid_maps = static:{mail_id}
virtual_gid_maps = static:{mail_id}
"""
PASSED_ON = """relay_domains = {domain}
transport_maps = inline:{{ {domain}=smtp:[{host}]:{host_port} }}
smtp_tls_security_level = none
"""
# Name, kind, private, unprivileged, chroot, wakeup, at most, command.
MASTER = """{address}:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
smtp unix - - n - - smtp
"""
QUEUE_MANAGER = "qmgr unix n - n 300 1 qmgr\n"


def why_not():
    """Why there can be no Postfix here, or None."""
    if PROGRAM is None:
        return "it is not installed (scripts/setup-bench does that)"
    if os.getuid() != 0:
        return "only root can start it"
    return None


class Instance:
    """FOLDER is made, and stays the caller's to remove. It listens at HOST."""

    def __init__(self, folder, host):
        self.folder = folder
        self.host = host
        self.config = os.path.join(self.folder, "config")
        self.port = None

    def start(self):
        self.make_folders()
        try:
            with ports.lock():
                self.port = ports.choose(1)[0]
                self.write_config()
                self.run("start")
                wait_until(self.master_pid, START_SECONDS, "Postfix to start")
        except LabError as error:
            self.stop()
            raise LabError(f"{error}\n{last_lines(self.log)}") from None

    def make_folders(self):
        for name in ("config", "queue", "data", "mail"):
            os.makedirs(os.path.join(self.folder, name))
        os.chown(os.path.join(self.folder, "data"),
                 pwd.getpwnam("postfix").pw_uid, -1)
        os.chown(os.path.join(self.folder, "mail"), settings.MAIL_ID,
                 settings.MAIL_ID)

    def write_config(self):
        main = MAIN.format(hostname=self.hostname, folder=self.folder)
        self.write("main.cf", main + self.settings())
        master = MASTER.format(address=self.host, port=self.port)
        self.write("master.cf", master + self.services())

    def write(self, name, text):
        path = os.path.join(self.config, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)

    def services(self):
        return QUEUE_MANAGER

    @property
    def log(self):
        return os.path.join(self.folder, "log")

    def run(self, verb):
        done = subprocess.run(
            [PROGRAM, "-c", self.config, verb], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
            timeout=COMMAND_SECONDS)
        if done.returncode != 0:
            raise LabError(f"postfix {verb}: exit {done.returncode}:"
                           f" {done.stdout}{done.stderr}")

    def master_pid(self):
        """That of the running instance, which leads a session; else None."""
        path = os.path.join(self.folder, "queue", "pid", "master.pid")
        try:
            with open(path, encoding="ascii") as file:
                pid = int(file.read())
            os.kill(pid, 0)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return None
        return pid

    def stop(self):
        pid = self.master_pid()
        if pid is None:
            return
        try:
            self.run("stop")
            wait_until(lambda: self.master_pid() is None, START_SECONDS,
                       "Postfix to end")
        except (LabError, subprocess.TimeoutExpired):
            os.killpg(pid, signal.SIGKILL)

    @property
    def address(self):
        return self.host, self.port

    def processor_seconds(self):
        return processor.seconds(self.master_pid())


class Postfix(Instance):
    """Has a mailbox."""

    name = "postfix"
    hostname = "mx." + DOMAIN

    def __init__(self, folder):
        super().__init__(os.path.join(folder, "postfix"), ADDRESS)

    def settings(self):
        return MAILBOX.format(folder=self.folder, domain=DOMAIN,
                              local_part=LOCAL_PART,
                              mail_id=settings.MAIL_ID)

    @property
    def maildir(self):
        return os.path.join(self.folder, "mail", LOCAL_PART)

    def begin_run(self):
        """Nothing to remember: Postfix has no commits."""

    def end_run(self):
        return {}


class Origin(Instance):
    """Passes on to DESTINATION what it is given, as soon as it is told to:
    until then everything waits where new mail lies, as if it had just come."""

    hostname = "mx.a.test"

    def __init__(self, folder, destination):
        super().__init__(os.path.join(folder, "postfix-origin"),
                         ORIGIN_ADDRESS)
        self.destination = destination
        self.passes_on = False

    def settings(self):
        host, port = self.destination.address
        return PASSED_ON.format(domain=DOMAIN, host=host, host_port=port)

    def services(self):
        return QUEUE_MANAGER if self.passes_on else ""

    def pass_on(self, yes):
        self.passes_on = yes
        self.write_config()
        self.run("reload")

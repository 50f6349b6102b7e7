"""Postfix as something that takes mail: a private instance of the Debian
package, with its own configuration, queue and port, that ends with the run.

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

ADDRESS = "127.0.1.2"
DOMAIN, LOCAL_PART = "b.test", "carol"
START_SECONDS = 20
COMMAND_SECONDS = 60
# Packages put it there, and PATH of a plain user lacks it.
PROGRAM = shutil.which("postfix") or shutil.which(
    "postfix", path="/usr/sbin:/usr/local/sbin")

MAIN = """compatibility_level = 3.6
myhostname = mx.{domain}
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
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ {local_part}@{domain}={local_part}/ }}
virtual_minimum_uid = 1
virtual_uid_maps = static:{mail_id}
virtual_gid_maps = static:{mail_id}
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
default_process_limit = 200
in_flow_delay = 0
"""
# Name, kind, private, unprivileged, chroot, wakeup, at most, command.
MASTER = """{address}:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
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
"""


def why_not():
    """Why there can be no Postfix here, or None."""
    if PROGRAM is None:
        return "it is not installed (scripts/setup-bench does that)"
    if os.getuid() != 0:
        return "only root can start it"
    return None


class Postfix:
    """FOLDER is made, and stays the caller's to remove."""

    name = "postfix"

    def __init__(self, folder):
        self.folder = os.path.join(folder, "postfix")
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
        for name, text in (("main.cf", MAIN), ("master.cf", MASTER)):
            path = os.path.join(self.config, name)
            with open(path, "w", encoding="ascii") as file:
                file.write(text.format(
                    folder=self.folder, address=ADDRESS, port=self.port,
                    domain=DOMAIN, local_part=LOCAL_PART,
                    mail_id=settings.MAIL_ID))

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
        return ADDRESS, self.port

    @property
    def maildir(self):
        return os.path.join(self.folder, "mail", LOCAL_PART)

    def processor_seconds(self):
        return processor.seconds(self.master_pid())

    def begin_run(self):
        """Nothing to remember: Postfix has no commits."""

    def end_run(self):
        return {}

"""The configuration of a lab's server, and what a caller lays over it."""

import os
import re

from lab import mailreader, world

# Numbers only: the lab adds no user to the system.
STORE_ID, NETWORK_ID, MAIL_ID = 64010, 64011, 64012

KEY = re.compile(r"^\s*([a-z][a-z0-9-]*)\s*\+?=", re.M)


def text(value):
    """VALUE as libconfuse writes it."""
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(text(item) for item in value) + "}"
    if isinstance(value, int):
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def standard(server, folder, ports, dns_port, ca, certificate):
    """{key: value} of the lab's own configuration for SERVER."""
    certificate_path, key_path = certificate
    values = {
        "hostname": server.hostname,
        "domains": [server.domain],
        "state": os.path.join(folder, "state"),
        "mail": os.path.join(folder, "mail"),
        "control": os.path.join(folder, "control"),
        "source-addresses": [server.address],
        "smtp-port": ports["smtp"],
        "certificate": certificate_path,
        "private-key": key_path,
        "ca": ca,
        "resolver": f"{world.DNS_ADDRESS}@{dns_port}",
        "strangers": "accept",
        "callable-networks": ["127.0.0.0/8", "::1/128"],
        "pull-delay-max": "1s",
        # All of a lab comes from few addresses, in one go.
        "notice-rate": "unlimited",
        "pending-per-source": "unlimited",
        "pending-per-domain": "unlimited",
        "notice-rate-new": "unlimited",
        # The played hosts change what they offer from one test to the next,
        # and do without TLS; whoever tests that memory switches it on.
        "remember-offers": "0s",
        "submit-rate": "unlimited",
    }
    for name, port in ports.items():
        if name not in mailreader.PORT_NAMES:
            values["listen-" + name] = [f"{server.address}:{port}"]
    if os.getuid() == 0:
        values["user"] = f"{STORE_ID}:{STORE_ID}"
        values["net-user"] = f"{NETWORK_ID}:{NETWORK_ID}"
        values["mail-user"] = f"{MAIL_ID}:{MAIL_ID}"
        if "imap" in ports:
            values["mail-user"] = mailreader.MAIL_USER
    return values


def render(values):
    return "".join(f"{key} = {text(value)}\n" for key, value in values.items())


def lay_over(configuration, overlay):
    """CONFIGURATION, a key a line, with the keys in OVERLAY replaced."""
    replaced = set(KEY.findall(overlay))
    kept = [line for line in configuration.splitlines(keepends=True)
            if not replaced.intersection(KEY.findall(line))]
    return "".join(kept) + overlay.rstrip("\n") + "\n"

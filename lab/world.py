"""Who is where in the lab: domains, hosts, addresses, users, and the zone.

The one place that knows these names; nothing here runs anything.
"""

import ipaddress
from collections import namedtuple

DNS_ADDRESS = "127.0.0.53"

User = namedtuple("User", "address mode from_check")
Server = namedtuple("Server", "domain hostname address users")

# The servers that are really run.
SERVERS = (
    Server("a.test", "mx.a.test", "127.0.1.1", (
        User("alice@a.test", "server", "both"),
        # Submits the messages of others: the demo's sender.
        User("gate@a.test", "server", "envelope"))),
    Server("b.test", "mx.b.test", "127.0.2.1", (
        User("bob@b.test", "ask", "both"),
        User("carol@b.test", "server", "both"))),
)

# Hosts without a server, so that a test program can play them.
PLAYED_HOSTS = {
    "mx.c.test": "127.0.3.1",
    "mx.d.test": "127.0.4.1",
    "mx.victim.test": "127.0.9.1",
    "mx.softfail.test": "127.0.10.1",
    "mx.bigspf.test": "127.0.11.1",
    "mx.example.test": "127.0.12.1",
    "pullmail.example.test": "127.0.12.2",
}

DOMAIN_SPF = {
    "c.test": "v=spf1 mx -all",
    "d.test": None,
    "victim.test": "v=spf1 mx -all",
    "softfail.test": "v=spf1 ~all",
    # One look-up more than RFC 7208 4.6.4 allows; each name exists, so that
    # it is this limit that ends it and not the one of void look-ups.
    "bigspf.test": "v=spf1 " + " ".join(
        f"a:h{n}.bigspf.test" for n in range(1, 12)) + " mx -all",
    "example.test": "v=spf1 mx a:pullmail.example.test -all",
}
BIG_HOSTS = {f"h{n}.bigspf.test": f"127.0.11.{100 + n}" for n in range(1, 12)}

# A host speaks for itself when it says EHLO. d.test knows no SPF anywhere.
HOST_SPF = "v=spf1 a -all"
HOSTS_WITHOUT_SPF = ("mx.d.test",)

# IPv6 has one loopback address only.
IPV6_ADDRESS = "::1"


def hosts():
    """Every host's name and address."""
    return {**{server.hostname: server.address for server in SERVERS},
            **PLAYED_HOSTS}


def addresses():
    """Every address at which somebody may want the lab's ports."""
    return [DNS_ADDRESS, *hosts().values(), "127.0.0.1", IPV6_ADDRESS]


def zone(extra_lines=""):
    """The root zone, so that EXTRA_LINES may have any name."""
    lines = [
        "$ORIGIN .", "$TTL 60",
        ". SOA ns.test. hostmaster.test. 1 3600 600 86400 1",
        ". NS ns.test.", f"ns.test. A {DNS_ADDRESS}",
    ]
    spf = {server.domain: "v=spf1 mx -all" for server in SERVERS}
    for domain, record in {**spf, **DOMAIN_SPF}.items():
        lines.append(f"{domain}. MX 10 mx.{domain}.")
        lines.append(f"{domain}. A {hosts()['mx.' + domain]}")
        if record is not None:
            lines.append(f'{domain}. TXT "{record}"')
    for name, address in hosts().items():
        lines.append(f"{name}. A {address}")
        reverse = ipaddress.ip_address(address).reverse_pointer
        lines.append(f"{reverse}. PTR {name}.")
        if name not in HOSTS_WITHOUT_SPF:
            lines.append(f'{name}. TXT "{HOST_SPF}"')
    lines += [f"{name}. A {address}" for name, address in BIG_HOSTS.items()]
    return "\n".join(lines) + "\n" + extra_lines.rstrip("\n") + "\n"

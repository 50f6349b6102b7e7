"""One connection, line by line, with a deadline on every wait.

Nothing but sockets: it sends exactly what it is told and says exactly what
came. Both a client's and a server's side can be played with it.
"""

import select
import socket
import ssl

SECONDS = 20
LINE_MAX = 1 << 16


class Closed(Exception):
    """The other side closed the connection."""


class Reply:
    """A reply of one or more lines."""

    def __init__(self, lines):
        self.lines = lines
        self.code = int(lines[-1][:3])
        self.text = lines[-1][4:].decode("utf-8", "replace")

    def keywords(self):
        """Of an answer to EHLO: {keyword: parameters}, in order."""
        told = {}
        for line in self.lines[1:]:
            word, _, rest = line[4:].decode().partition(" ")
            told[word.upper()] = rest
        return told

    def __eq__(self, other):
        """Against a code (250) or a code and enhanced code ("550 5.7.1")."""
        if isinstance(other, int):
            return self.code == other
        return f"{self.code} {self.text}".startswith(other)

    def __repr__(self):
        return b" / ".join(self.lines).decode("utf-8", "replace")


class Wire:
    """LINK is a connected socket; it is owned from here on."""

    def __init__(self, link, seconds=SECONDS):
        self.link = link
        self.link.settimeout(seconds)
        self.unread = b""

    def close(self):
        self.link.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, octets):
        self.link.sendall(octets)

    def send_line(self, line):
        self.send(line.encode() + b"\r\n")

    def receive_some(self):
        try:
            octets = self.link.recv(1 << 16)
        except (ConnectionResetError, BrokenPipeError):
            octets = b""
        if not octets:
            raise Closed()
        self.unread += octets

    def line(self):
        """The next line without its CRLF."""
        while b"\r\n" not in self.unread:
            assert len(self.unread) < LINE_MAX, "an endless line"
            self.receive_some()
        line, _, self.unread = self.unread.partition(b"\r\n")
        return line

    def line_is(self, expected):
        """Takes the next line if it is EXPECTED; else it stays."""
        line = self.line()
        if line == expected:
            return True
        self.unread = line + b"\r\n" + self.unread
        return False

    def reply(self):
        lines = [self.line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.line())
        return Reply(lines)

    def ask(self, line):
        """Sends a command; its reply."""
        self.send_line(line)
        return self.reply()

    def content(self):
        """Octets up to the lone dot, dots removed, with line ends."""
        lines = []
        while True:
            line = self.line()
            if line == b".":
                return b"".join(lines)
            lines.append((line[1:] if line.startswith(b".") else line)
                         + b"\r\n")

    def send_content(self, octets):
        """OCTETS with dots doubled and the lone dot behind."""
        stuffed = octets.replace(b"\r\n.", b"\r\n..")
        if stuffed.startswith(b"."):
            stuffed = b"." + stuffed
        self.send(stuffed + b".\r\n")

    def is_closed(self):
        """Waits for the end; False if anything comes instead."""
        if self.unread:
            return False
        try:
            self.receive_some()
        except Closed:
            return True
        return False

    def has_octets(self):
        """Has anything come that was not taken yet, the end included?"""
        return bool(self.unread or
                    select.select([self.link], [], [], 0)[0])

    def begin_tls(self, context, hostname):
        """The client's side of a handshake."""
        self.link = context.wrap_socket(self.link, server_hostname=hostname)

    def begin_tls_as_server(self, context):
        self.link = context.wrap_socket(self.link, server_side=True)


def dial(address, port, source=None, seconds=SECONDS):
    """A connection from SOURCE, one of this machine's addresses."""
    origin = (source, 0) if source else None
    return Wire(socket.create_connection((address, port), seconds, origin),
                seconds)


class Door:
    """A listening socket at which one peer after the other is met."""

    def __init__(self, address, port, seconds=SECONDS):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen(16)
        self.listener.settimeout(seconds)
        self.caller = None

    def meet(self):
        """The next connection that comes in."""
        link, address = self.listener.accept()
        self.caller = address[0]
        return Wire(link)

    def has_caller(self):
        """Is somebody at the door now, or was since the last meeting?"""
        return bool(select.select([self.listener], [], [], 0)[0])

    def close(self):
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def trusting(ca):
    """A TLS context that believes the lab's authority."""
    return ssl.create_default_context(cafile=ca)

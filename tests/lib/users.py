"""Somebody at the user service of SMDP, played with nothing but a socket."""

import shlex

from tests.lib import labs
from tests.lib.wire import Reply, dial, trusting


class Item:
    """A line of the list."""

    def __init__(self, line):
        words = line.split(" ", 7)
        self.number = int(words[0])
        self.kind, self.state, self.time = words[1:4]
        self.size, self.attachments = int(words[4]), int(words[6])
        self.sender = words[5]
        self.subject = shlex.split(words[7])[0]


class Visitor:
    """A session; what is told besides replies is in `news`."""

    def __init__(self, server, tls=True, source="127.0.0.1"):
        self.news = []
        self.wire = dial(server.address, server.ports["smdp"], source)
        if tls:
            self.wire.begin_tls(trusting(server.lab.ca), server.hostname)
        self.greeting = self.wire.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()

    def reply(self):
        while True:
            line = self.wire.line()
            if not line.startswith(b"104 "):
                return Reply([line])
            self.news.append(int(line.rsplit(b" ", 1)[1]))

    def ask(self, line):
        self.wire.send_line(line)
        return self.reply()

    def items(self):
        """What stands behind 230 or 213."""
        lines = self.wire.content().decode().splitlines()
        return [Item(line) for line in lines]

    def sign_in(self, address, password):
        """The list; or the reply, if that is no 230."""
        assert self.ask("user " + address) == 331
        reply = self.ask("pwd " + password)
        return self.items() if reply == 230 else reply

    def list(self):
        assert self.ask("list") == 213
        return self.items()

    def find(self, subject, kind=None):
        """The item with that subject; waits for it."""
        def look():
            for item in self.list():
                if item.subject == subject and kind in (None, item.kind):
                    return item
            return None

        return labs.wait_until(look, labs.SECONDS, f"{subject} in the list")

    def read(self, item):
        assert self.ask(f"retr {item.number}") == 222
        return self.wire.content()

    def write(self, recipients, octets, sender=""):
        """The reply to the end of the content."""
        assert self.ask("mail" + sender) == 250
        for recipient in recipients:
            assert self.ask(f"rcpt to <{recipient}>") == 250
        assert self.ask("data") == 354
        self.wire.send_content(octets)
        return self.reply()


def signed_in(server, address, **more):
    visitor = Visitor(server, **more)
    assert visitor.greeting == 220
    listed = visitor.sign_in(address, server.user(address)["password"])
    assert isinstance(listed, list), listed
    return visitor

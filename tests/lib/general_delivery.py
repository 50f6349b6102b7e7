"""General Delivery as the paper prints it, played by hand.

An independent second implementation of both ends, small and with nothing but
sockets: what the real servers say to it they would say to a stranger's
program. It knows no parameter of ours: GDEL and RETR carry an identifier and
nothing else.

    notice   connect, 220, EHLO, 250 with GDEL, GDEL id, 250, QUIT
    pull     connect, 220, EHLO, 250 with RETR, RETR id, 250, and then the
             one that was asked speaks as client: MAIL FROM, RCPT TO, DATA;
             after its message the one that asked may say RETR or QUIT again
"""

from tests.lib.wire import Door, dial


class Peer:
    """One mail host that speaks General Delivery: its name and address."""

    def __init__(self, hostname, address, port):
        self.hostname = hostname
        self.address = address
        self.port = port

    # As the sender's host: leave a notice, then serve the pull.

    def dial(self, server_address, greet=True):
        """A connection from here, greeted and with EHLO said."""
        wire = dial(server_address, self.port, self.address)
        assert wire.reply() == 220
        if greet:
            assert wire.ask("EHLO " + self.hostname) == 250
        return wire

    def leave_notices(self, server_address, identifiers):
        """Leaves a notice for each; the replies."""
        wire = dial(server_address, self.port, self.address)
        with wire:
            assert wire.reply() == 220
            answer = wire.ask("EHLO " + self.hostname)
            assert "GDEL" in answer.keywords()
            replies = [wire.ask("GDEL " + one) for one in identifiers]
            assert wire.ask("QUIT") == 221
        return replies

    def leave_notice(self, server_address, identifier):
        return self.leave_notices(server_address, [identifier])[0]

    def door(self):
        return Door(self.address, self.port)

    def greet_as_server(self, wire, keywords=("RETR",)):
        """Says 220 and answers EHLO; the name the caller gave."""
        wire.send_line(f"220 {self.hostname} at your service")
        verb, _, name = wire.line().decode().partition(" ")
        assert verb.upper() == "EHLO"
        lines = [self.hostname, *keywords]
        for line in lines[:-1]:
            wire.send_line("250-" + line)
        wire.send_line("250 " + lines[-1])
        return name

    def serve_until_pulled(self, door, messages):
        """Meets callers until each of MESSAGES was pulled and taken; what
        serve_pull() told of them. Others' identifiers get their 550."""
        served = []
        while not set(messages) <= {one for one, reply in served
                                    if reply == 250}:
            with door.meet() as wire:
                self.greet_as_server(wire)
                served += self.serve_pull(wire, messages)
        return served

    def serve_pull(self, wire, messages):
        """Serves RETR on WIRE until QUIT: MESSAGES is {id: (sender,
        recipient, octets)}. [(id, reply to the content)] in order."""
        served = []
        while True:
            verb, _, identifier = wire.line().decode().partition(" ")
            if verb.upper() == "QUIT":
                wire.send_line("221 goodbye")
                return served
            if verb.upper() == "NOOP" or verb.upper() == "RSET":
                wire.send_line("250 ok")
                continue
            if identifier.partition(" ")[0] not in messages:
                wire.send_line("550 Requested action not taken")
                continue
            assert verb.upper() == "RETR", verb
            wire.send_line("250 OK")
            served.append((identifier,
                           self.send_turned(wire, *messages[identifier])))

    @staticmethod
    def send_turned(wire, sender, recipient, octets):
        """The message, by the side that was asked; the last reply."""
        reply = wire.ask(f"MAIL FROM:<{sender}>")
        if reply == 250:
            reply = wire.ask(f"RCPT TO:<{recipient}>")
        if reply == 250:
            reply = wire.ask("DATA")
        if reply == 354:
            wire.send_content(octets)
            reply = wire.reply()
        return reply

    # As the recipient's host: take a notice, then pull.

    def take_notices(self, wire, keywords=("GDEL",)):
        """Takes what a caller leaves until it says QUIT; the identifiers."""
        self.greet_as_server(wire, keywords)
        identifiers = []
        while True:
            verb, _, rest = wire.line().decode().partition(" ")
            if verb.upper() == "QUIT":
                wire.send_line("221 goodbye")
                return identifiers
            assert verb.upper() == "GDEL", verb
            identifiers.append(rest)
            wire.send_line("250 OK")

    def take_notice_of(self, door, identifier):
        """Meets callers until one leaves IDENTIFIER; the caller's address."""
        while True:
            with door.meet() as wire:
                if identifier in self.take_notices(wire):
                    return door.caller

    def pull(self, server_address, identifier):
        """Pulls one message: (sender line, recipient line, octets), or the
        reply that refused it."""
        with self.dial(server_address) as wire:
            answer = self.pull_on(wire, identifier)
            assert wire.ask("QUIT") == 221
        return answer

    @staticmethod
    def pull_on(wire, identifier):
        reply = wire.ask("RETR " + identifier)
        if reply.code != 250:
            return reply
        return receive_turned(wire)


def receive_turned(wire):
    """The server's side after the turn: one message, answered 250."""
    said = []
    for verb, code in (("MAIL FROM:", 250), ("RCPT TO:", 250), ("DATA", 354)):
        line = wire.line().decode()
        assert line.upper().startswith(verb), line
        said.append(line)
        wire.send_line(f"{code} OK")
    octets = wire.content()
    wire.send_line("250 OK")
    return said[0], said[1], octets

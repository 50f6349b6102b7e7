"""DMTP (Duan, draft -03) and SMDP between servers as the papers print them,
played by hand in both directions, with nothing but sockets.

    DMTP   notice  MAIL FROM:<a> DMTP, RCPT TO:<b>, MSID id subject
           pull    GTML id mailbox; the answer is DATA, and whoever was asked
                   sends the message and closes after the reply to it
    SMDP   notice  ENVELOPE From:<a> ENVID=id SIZE=n, RCPT To:<b>, DATA, text
           verdict ACCEPT, AUTHORIZE: 250, and the roles turn as after RETR
                   REJECT, SPAM, SPAMMER: 250

It knows no other parameter than those, and never says PULL.
"""

from collections import namedtuple

from tests.lib.general_delivery import Peer, receive_turned
from tests.lib.wire import Closed

Intent = namedtuple("Intent", "mail recipients identifier subject")
Envelope = namedtuple("Envelope", "command recipients identifier text")
# What was asked for: verb, identifier, the rest of the line, and the reply
# that ended it (to the content; to a refusal there is none: 0).
Asked = namedtuple("Asked", "verb identifier rest code")

Pushed = namedtuple("Pushed", "mail recipient octets")

TURNS = ("RETR", "ACCEPT", "AUTHORIZE")
REFUSALS = ("REJECT", "SPAM", "SPAMMER")
# What comes to us about a notice of ours, maybe one of an earlier test.
NOTICES = ("GDEL", "MSID", "ENVELOPE")
ASKS = (*TURNS, *REFUSALS, "GTML", "NOOP", "RSET")


def envelope_text(sender, recipients, identifier, subject, more="",
                  body="The first line.\r\n"):
    """The small message that is shown of a large one, as octets."""
    to = ", ".join(f"<{one}>" for one in recipients)
    return (f"From: <{sender}>\r\nTo: {to}\r\nSubject: {subject}\r\n"
            "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
            f"Envelope-Id: {identifier}\r\nAttachment-Status: none\r\n"
            f"{more}\r\n{body}").encode()


class Player(Peer):
    """A mail host that speaks whatever KEYWORDS it is told to announce."""

    # As the sender's host.

    @staticmethod
    def say_intent(wire, sender, recipients, identifier, subject):
        """One MSID notice on WIRE; its last reply."""
        assert wire.ask(f"MAIL FROM:<{sender}> DMTP") == 250
        for recipient in recipients:
            assert wire.ask(f"RCPT TO:<{recipient}>") == 250
        return wire.ask(f"MSID {identifier} {subject}")

    def leave_intent(self, address, *said):
        with self.dial(address) as wire:
            reply = self.say_intent(wire, *said)
            assert wire.ask("QUIT") == 221
        return reply

    @staticmethod
    def say_envelope(wire, sender, recipients, identifier, text, size=1000):
        """One envelope on WIRE; its last reply."""
        assert wire.ask(f"ENVELOPE From:<{sender}> ENVID={identifier}"
                        f" SIZE={size}") == 250
        for recipient in recipients:
            assert wire.ask(f"RCPT To:<{recipient}>") == 250
        assert wire.ask("DATA") == 354
        wire.send_content(text)
        return wire.reply()

    def leave_envelope(self, address, *said, **more):
        with self.dial(address) as wire:
            reply = self.say_envelope(wire, *said, **more)
            assert wire.ask("QUIT") == 221
        return reply

    def serve(self, door, messages, done):
        """Meets callers and answers what they ask for until DONE(asked).
        MESSAGES: {id: (sender, {recipient: octets} or octets)}. [Asked]"""
        asked = []
        while not done(asked):
            with self.meet_greeted(door) as wire:
                asked += self.serve_session(wire, messages)
        return asked

    def meet_greeted(self, door):
        """The next caller, who has said EHLO. Who had waited at the door for
        longer than he would is not met."""
        while True:
            wire = door.meet()
            try:
                self.greet_as_server(
                    wire, ("MSID", "GTML", "ENVELOPE", "RETR"))
                return wire
            except (Closed, ConnectionError):
                wire.close()

    def meet_with(self, door, identifier):
        """Meets callers until one asks for IDENTIFIER; the connection, on
        which nothing has been answered to that."""
        while True:
            wire = self.meet_greeted(door)
            if identifier in wire.line().decode():
                return wire
            wire.send_line("421 not now")
            wire.close()

    def serve_until_asked(self, door, identifier):
        """Meets callers until one asks for IDENTIFIER, who gets its 550."""
        with self.meet_with(door, identifier) as wire:
            wire.send_line("550 Requested action not taken")
            if wire.line().upper() == b"QUIT":
                wire.send_line("221 goodbye")

    def serve_session(self, wire, messages):
        asked = []
        while True:
            verb, _, rest = wire.line().decode().partition(" ")
            identifier, _, rest = rest.partition(" ")
            verb = verb.upper()
            if verb == "QUIT":
                wire.send_line("221 goodbye")
                return asked
            if verb in ("NOOP", "RSET"):
                wire.send_line("250 ok")
            elif identifier not in messages:
                wire.send_line("550 Requested action not taken")
            elif verb in REFUSALS:
                wire.send_line("250 noted")
                asked.append(Asked(verb, identifier, rest, 0))
            else:
                reply = self.give(wire, verb, rest, messages[identifier])
                asked.append(Asked(verb, identifier, rest, reply.code))
                if verb == "GTML":
                    return asked

    def give(self, wire, verb, rest, message):
        sender, recipient, octets = message
        if verb == "GTML":
            assert wire.ask("DATA") == 354
            wire.send_content(octets)
            return wire.reply()
        assert verb in TURNS, verb
        wire.send_line("250 OK")
        if rest.upper().startswith("TO:"):
            recipient = rest[3:].split()[0].strip("<>")
        return self.send_turned(wire, sender, recipient, octets)

    # As the recipient's host.

    def take_intents(self, wire, keywords=("MSID", "GTML")):
        """What a caller leaves by MSID until QUIT: [Intent]."""
        self.greet_as_server(wire, keywords)
        intents, mail, recipients = [], None, []
        while True:
            verb, _, rest = wire.line().decode().partition(" ")
            verb = verb.upper()
            if verb == "QUIT":
                wire.send_line("221 goodbye")
                return intents
            if verb in ASKS:
                wire.send_line("550 Requested action not taken")
                continue
            if verb == "MAIL":
                mail, recipients = rest, []
            elif verb == "RCPT":
                recipients.append(rest[3:].split()[0].strip("<>"))
            else:
                assert verb == "MSID", verb
                identifier, _, subject = rest.partition(" ")
                intents.append(Intent(mail, recipients, identifier, subject))
            wire.send_line("250 OK")

    def take_envelopes(self, wire, keywords=("ENVELOPE", "RETR")):
        """What a caller leaves by ENVELOPE until QUIT: [Envelope]."""
        self.greet_as_server(wire, keywords)
        envelopes, command, recipients = [], "", []
        while True:
            verb, _, rest = wire.line().decode().partition(" ")
            verb = verb.upper()
            if verb == "QUIT":
                wire.send_line("221 goodbye")
                return envelopes
            if verb in ASKS:
                wire.send_line("550 Requested action not taken")
                continue
            if verb == "ENVELOPE":
                command, recipients = rest, []
            elif verb == "RCPT":
                recipients.append(rest[3:].split()[0].strip("<>"))
            elif verb == "DATA":
                wire.send_line("354 go on")
                identifier = command.partition("ENVID=")[2].split()[0]
                envelopes.append(Envelope(command, recipients, identifier,
                                          wire.content()))
            else:
                assert verb.startswith("SIZE="), verb
            wire.send_line("250 OK")

    @staticmethod
    def meet_for(door, recipients, take):
        """Meets callers until TAKE has seen all of RECIPIENTS; what it
        took of notices for any of them."""
        found, missing = [], set(recipients)
        while missing:
            with door.meet() as wire:
                found += [one for one in take(wire)
                          if set(recipients) & set(one.recipients)]
            missing -= {to for one in found for to in one.recipients}
        return found

    def take_pushes(self, wire, keywords=("PIPELINING",), answers=None):
        """What a caller pushes until QUIT: [Pushed]. ANSWERS: what is said
        to a command, or to the content ("."), instead of yes; to content
        None hangs up."""
        self.greet_as_server(wire, keywords)
        answers, pushed, mail, recipient = answers or {}, [], None, None
        while True:
            verb, _, rest = wire.line().decode().partition(" ")
            verb = verb.upper()
            if verb == "QUIT":
                wire.send_line("221 goodbye")
                return pushed
            if verb in answers:
                wire.send_line(answers[verb])
                continue
            if verb != "RSET" and (verb in ASKS or verb in NOTICES):
                wire.send_line("502 Command not implemented")
                continue
            if verb == "MAIL":
                mail = rest
            elif verb == "RCPT":
                recipient = rest[3:].split()[0].strip("<>")
            elif verb == "DATA":
                wire.send_line("354 go on")
                pushed.append(Pushed(mail, recipient, wire.content()))
                if "." in answers:
                    if answers["."] is None:
                        return pushed
                    wire.send_line(answers["."])
                    continue
            else:
                assert verb == "RSET", verb
            wire.send_line("250 OK")

    def fetch(self, address, identifier, mailbox):
        """GTML: the octets, or the reply that refused."""
        with self.dial(address) as wire:
            wire.send_line(f"GTML {identifier} {mailbox}")
            if wire.line_is(b"DATA"):
                wire.send_line("354 go on")
                octets = wire.content()
                wire.send_line("250 OK")
                assert wire.is_closed()
                return octets
            return wire.reply()

    def say(self, address, command):
        """One command in a session of its own; its reply."""
        with self.dial(address) as wire:
            return wire.ask(command)

    def accept(self, address, identifier, recipient, verb="ACCEPT"):
        """(MAIL line, RCPT line, octets), or the reply that refused."""
        with self.dial(address) as wire:
            reply = wire.ask(f"{verb} {identifier} To:<{recipient}>")
            if reply.code != 250:
                return reply
            got = receive_turned(wire)
            assert wire.ask("QUIT") == 221
            return got

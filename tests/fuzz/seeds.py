"""What fuzzing begins with: inputs that are made, not kept. Dialogues from
tests/transcripts/, and small examples of everything else.

    for name, octets in seeds(target): ...
"""

import base64
import glob
import itertools
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
TRANSCRIPTS = os.path.join(HERE, os.pardir, "transcripts", "*.txt")

# Decisions are single octets, 'a' for the first; see fuzz.h. The orders of a
# client stand in this order in session_orders.c.
ORDERS = ("QUIT", "GDEL", "RETR", "GTML", "ACCEPT", "AUTHORIZE", "REJECT",
          "SPAM", "SPAMMER", "MSID", "ENVELOPE", "ENVELOPE-PLAIN", "NOOP",
          "SEND", "SEND-BDAT", "GIVE-UP", "BREAK")

# What is drawn besides the order itself: its words, and the answers of the
# server it turns to. The set-up of both ends comes before; see session.c.
DRAWN = {"RETR": 8, "ACCEPT": 8, "AUTHORIZE": 8, "GTML": 4, "ENVELOPE": 2,
         "ENVELOPE-PLAIN": 2, "SEND": 2, "SEND-BDAT": 2}
SET_UP = {"S": "a" * 8, "C": "a" * 6}

ADDRESSES = (
    "<bob@b.test>", "bob@b.test", "<>", "<@x.test,@y.test:bob@b.test>",
    '<"bob smith"@b.test>', '<"bob"@b.test>', '<"a\\"b"@b.test>',
    "<bob@[192.0.2.1]>", "<bob@[IPv6:2001:db8::1]>", "<Postmaster>",
    "<böb@bücher.test>", "<bob@xn--bcher-kva.test>", "<bob@b.test> SIZE=5",
    "b.test", "B-1.test", "bücher.test")

PARAMETERS = (
    ("a", "SIZE=1000 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ314159"),
    ("a", "DMTP DIGEST=sha256:" + "ab" * 32 + " EXPIRES=7200"),
    ("a", "AUTH=<> BODY=7BIT RET=FULL"),
    ("b", "NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;bob+40b.test"),
    ("b", "NOTIFY=NEVER ORCPT=utf-8;b\\x{F6}b@b.test"),
    ("c", "DIGEST=sha256:" + "A0" * 32 + " EXPIRES=99999999 FROM=a.test"),
    ("d", "ENVID=id-1 SIZE=5 EXPIRES=7200"))

USER_SIGNS_IN = "user bob@b.test\r\npwd correct horse\r\n"
USER_SAYS = (
    "list\r\nretr 1\r\nnoop\r\nquit\r\n",
    "accept 1\r\naccept&auth 2\r\nreject 3\r\nreject&spam 1\r\n"
    "reject&spammer 2\r\ndel 1\r\ndel 2\r\nlist\r\ndel 9\r\n",
    "mail\r\nrcpt to dave@d.test\r\nrcpt to:<e@e.test>\r\ndata\r\n"
    "Subject: x\r\n\r\n..text\r\n.\r\nhelp\r\nhelp list\r\nnoop\r\n",
    "mail From:<robert@b.test>\r\nrset\r\nmail\r\nrcpt to x@x.test\r\n"
    "data\r\na\n.\r\n.\r\nquit\r\n",
    "pass x\r\npwd_ y\r\nuser\r\nstat\r\nretr x\r\nmail x\r\n")

PDF = base64.encodebytes(b"%PDF-1.4 not really").decode()
MESSAGES = (
    "Subject: hello\r\nFrom: a@a.test\r\n\r\ntext\r\n",
    "Subject: =?utf-8?Q?caf=C3=A9?= =?iso-8859-1?B?6Q==?=\r\n"
    "From: \"A\" <a@a.test>, G: b@b.test;\r\nBcc: c@c.test\r\n"
    "Received: by x\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
    "Message-ID: <1@a.test>\r\nContent-Type: text/html; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    "<p>caf=C3=A9 &amp; <script>x</script><!-- y --> tea=\r\n</p>\r\n",
    "Subject: parts\r\nFrom: a@a.test\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed;\r\n boundary=\"b\"\r\n\r\nintro\r\n"
    "--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n"
    "--c\r\n\r\nplain\r\n--c\r\nContent-Type: text/html\r\n\r\n<b>x</b>\r\n"
    "--c--\r\n--b\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\n"
    "Content-Disposition: attachment;\r\n filename*0*=utf-8''r%C3%A9s;"
    " filename*1=ume.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + PDF.replace("\n", "\r\n") + "--b--\r\n",
    "no header\r\n", "\r\nbody\r\n",
    "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n"
    "\x1b$B$3$s\x1b(B\r\n",
    "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx\r\n")
CHARSETS = ("utf-8", "windows-1252", "iso-2022-jp", "gb18030", "utf-16", "x")

ENVELOPES = (
    "Envelope-Id: id-1\r\nFrom: a@a.test\r\nTo: b@b.test\r\nCc: c@c.test\r\n"
    "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nSubject: x\r\n"
    "Message-ID: <1@a.test>\r\nMessage-Size: 100\r\n"
    "Attachment-Status: 1; a.pdf (application/pdf, 12)\r\n"
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    "first lines\r\n",
    "From: a@a.test\r\nSubject: x\r\n\r\n")

STUBS = (
    ("alice@a.test", "a.test", "Minutes"), ("", "[192.0.2.1]", "=?utf-8?Q?x?="),
    ('"a b"@a.test', "mx.a.test", "https://a.test www.a.test <b>"),
    ("b\xf6b@a.test", "", "\u202e\x1b[2J"))

SPF = (
    "192.0.2.1\tbob@e.test\tmx.e.test\nv=spf1 ip4:192.0.2.0/24 -all\n",
    "2001:db8::1\tbob@e.test\tmx\nv=spf1 a mx ptr include:%{d} ?all\n"
    "2001:db8::1\n10 m.test|20 n.test\n192.0.2.1\n=\nh.test\n!\n",
    "192.0.2.1\t\tmx.e.test\nv=spf1 exists:%{ir}.%{l1r+-}.%{v}.e.test"
    " redirect=_spf.%{d2} exp=x.%{o} a=b\n127.0.0.2\n-\nv=spf1 ~all\n",
    "192.0.2.1\t\tx\nv=spf1 ip6:2001:db8::/32 a:x.test/24//64"
    " mx/0 +include:y.test\n=\n=\nv=spf1 -all|other\n",
    "192.0.2.1\t\tx\n" + 150 * "v=spf1 include:e.test -all\n")

NEEDED = 'hostname = "mx.a.test"\ndomains = {"a.test"}\n'
SETTINGS = (
    NEEDED,
    NEEDED + 'peer "b.test" { speak = {"gdel"} offer = {"msid"} }\n',
    NEEDED + 'deny-hosts = {"192.0.2.0/24", ".c.test"} # x\n',
    NEEDED + "message-size = 10M\nretention = 7d\n/* x */\n")

REQUESTS = (
    '{"do": "status"}', '{"do": "check"}',
    '{"do": "user-add", "address": "bob@b.test", "password": "x",'
    ' "mode": "ask", "from_check": "both"}',
    '{"do": "user-set", "address": "bob@b.test", "mode": "server"}',
    '{"do": "user-list", "after": "a", "limit": 2}',
    '{"do": "held-list", "user": "bob@b.test", "all": true}',
    '{"do": "held-show", "id": "00112233445566778899aabbccddeeff"}',
    '{"do": "envelope-list", "user": "bob@b.test", "before": "x"}',
    '{"do": "envelope-decide", "id": "x", "verdict": "accept"}',
    '{"do": "list-put", "user": "bob@b.test", "side": "incoming", "entries":'
    ' [{"list": "deny", "address": "*@c.test", "server": "192.0.2.1"}]}',
    '{"do": "list-show", "user": "bob@b.test", "side": "incoming",'
    ' "after": "@c.test "}',
    '{"do": "list-forget", "user": "bob@b.test", "side": "outgoing",'
    ' "address": "x@c.test"}',
    '{"do": "peer-deny", "peer": "192.0.2.0/24", "for": 60}',
    '{"do": "peer-list", "after": "", "all": true}',
    '{"do": "peer-forget", "peer": "b.test"}', '{"do": "guessing-list"}',
    '{"do": "identity-add", "user": "bob@b.test", "address": "x@b.test"}',
    '{"do": "identity-remove", "address": "x@b.test"}',
    '{"do": "identity-list", "user": "bob@b.test", "after": "x@b.test"}',
    '{"do": "notice-list", "limit": 1}',
    '{"do": "user-add", "address": "restante-selftest-1@b.test",'
    ' "password": "correct horse"}\n'
    '{"do": "selftest-put", "user": "restante-selftest-1@b.test"}',
    "[]", "null", "{")


def letter(number):
    return chr(ord("a") + number)


def name_octets(name):
    return b"".join(bytes([len(word)]) + word
                    for word in name.encode().split(b".")) + b"\0"


def dns_packet(kind, *answers):
    """A packet that answers a question for e.test."""
    packet = struct.pack("!6H", 1, 0x8180, 1, len(answers), 0, 0)
    packet += name_octets("e.test") + struct.pack("!2H", kind, 1)
    for number, octets in answers:
        packet += b"\xc0\x0c" + struct.pack("!2HIH", number, 1, 60,
                                            len(octets)) + octets
    return packet


def dns():
    yield b"a\n" + dns_packet(1, (1, bytes(4)))
    yield b"a\n" + dns_packet(1, (5, name_octets("e.test")), (1, bytes(4)))
    yield b"b\n" + dns_packet(28, (28, bytes(16)))
    yield b"c\n" + dns_packet(15, (15, b"\0\x0a" + name_octets("mx.e.test")),
                              (15, b"\0\x0a\1m\xc0\x0c"))
    yield b"d\n" + dns_packet(16, (16, b"\6v=spf1\5 -all"))
    yield b"e\n" + dns_packet(12, (12, name_octets("h.e.test")))
    yield b"e\n" + dns_packet(12, (12, b"\3a b\0"), (12, b"\1\n\1b\0"))
    yield b"e\n" + dns_packet(12, (12, b"\2a.\0"), (12, b"\0"))


def messages_between_processes():
    """One of each of the first types: fields of zero length are legal."""
    for kind in range(80):
        yield struct.pack("=I", kind) + bytes(16)
        yield struct.pack("=I", kind) + bytes(8) + b"\4\0\0\0text"


def dialogue(path):
    """(end that is ours, orders, what the other end says) of a transcript."""
    ours, orders, said = "S", "", ""
    with open(path, encoding="utf-8") as file:
        for line in file.read().split("\n"):
            word, _, text = line.partition(" ")
            if line.startswith("we are: "):
                ours = text.split()[-1]
            elif word == "order:":
                verb = text.split()[0]
                if verb in ORDERS:
                    orders += "a" + letter(ORDERS.index(verb))
                    orders += "a" * DRAWN.get(verb, 1)
            elif word[:1] in "SC" and word[1:] in (":", "+"):
                if word[0] != ours:
                    said += text.replace("\\r", "\r").replace(
                        "\\n", "\n").replace("\\0", "\0")
                    said += "\r\n" if word[1] == ":" else ""
    return ours, orders, said


def dialogues(end):
    for path in sorted(glob.glob(TRANSCRIPTS)):
        ours, orders, said = dialogue(path)
        if ours == end:
            # Nothing unusual in the set-up, and every answer is yes.
            yield (SET_UP[end] + orders + "\n" + said).encode()


def user_sessions():
    """The second is of a small server, whose list has seven of each."""
    for front in ("", "baa" + "a" * 2 + "aha" * 9):
        for rest in USER_SAYS:
            yield (front + "\n" + USER_SIGNS_IN + rest).encode()
    for answers in ("l", "m", "n", "o", "p"):
        yield ("aaaa" + answers + "\n" + 4 * USER_SIGNS_IN).encode()


def seeds_of(target):
    if target == "smtp_server":
        yield from dialogues("S")
        yield (b"baaaaaaa\nEHLO c\r\nAUTH PLAIN AGJvYkBiLnRlc3QAcmlnaHQ=\r\n"
               b"AUTH LOGIN\r\nYm9i\r\ncmlnaHQ=\r\nMAIL FROM:<a@a.test>\r\n"
               b"RCPT TO:<b@b.test>\r\nBDAT 3\r\nabcBDAT 2 LAST\r\n\r\n")
        yield (b"caaaaaaa\nMAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\n"
               b"DATA\r\nx\r\n.\r\n")
    elif target == "smtp_client":
        yield from dialogues("C")
        yield b"ba\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n"
    elif target == "smdp_user":
        yield from user_sessions()
    elif target == "address":
        yield from (f"a\n{text}".encode() for text in ADDRESSES)
    elif target == "params":
        yield from (f"{kind}\n{text}".encode() for kind, text in PARAMETERS)
    elif target == "preview":
        yield from (f"{CHARSETS[i % len(CHARSETS)]}\n{text}".encode()
                    for i, text in enumerate(MESSAGES))
    elif target == "envelope":
        yield from (f"a\n{text}".encode() for text in ENVELOPES + MESSAGES)
    elif target == "dsn":
        yield from (f"aab{letter(i)}\nbob@b.test\n550 5.7.1 no\nQQ\n{text}"
                    .encode() for i, text in enumerate(MESSAGES))
    elif target == "stub":
        yield from (f"abbfbb\n{sender}\n{server}\n{subject}\n{text}".encode()
                    for (sender, server, subject), text
                    in zip(itertools.cycle(STUBS), ENVELOPES + MESSAGES))
    elif target == "spf":
        yield from (text.encode() for text in SPF)
    elif target == "dns":
        yield from dns()
    elif target == "message":
        yield from messages_between_processes()
    elif target == "settings":
        yield from (text.encode() for text in SETTINGS)
    elif target == "control":
        yield from (text.encode() + b"\n" for text in REQUESTS)


def seeds(target):
    for number, octets in enumerate(seeds_of(target)):
        yield f"made-{number}", octets


# How a real message becomes an input.
MAIL_FRONT = {"preview": b"utf-8\n", "envelope": b"a\n",
              "dsn": b"aab\nbob@b.test\n550 no\nQQ\n",
              "stub": b"abbfbb\nalice@a.test\na.test\nx\n"}
MAIL_OCTETS = 8192


def mail_seeds(target, folder):
    """Real messages below FOLDER, the beginning of each."""
    if target not in MAIL_FRONT:
        return
    for place, folders, names in sorted(os.walk(folder)):
        folders.sort()
        for name in sorted(names):
            with open(os.path.join(place, name), "rb") as file:
                octets = file.read(MAIL_OCTETS)
            octets = octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            yield name, MAIL_FRONT[target] + octets

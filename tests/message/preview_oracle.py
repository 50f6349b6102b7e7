#!/usr/bin/python3
"""What preview_table tells of messages, and Python's email module.

    preview_oracle.py PREVIEW_TABLE [FOLDER]

Made messages: trees of parts at random, each with what is known of it; names,
types, sizes, subject and first lines must come out as they were put in.

Real messages: every file of FOLDER in the form that it has on the wire (the
separator of an mbox taken off, lines with CRLF). Compared are the attachments,
their types and sizes, in order. Python is bent to what preview.h says counts:
  - an attached message is one part, whatever is in it;
  - a part without name and disposition in multipart/alternative is none;
  - a multipart without boundary is text;
  - base64 that Python gives up has no size to compare.
"""
import base64
import email
import email.errors
import email.header
import email.policy
import os
import quopri
import random
import re
import subprocess
import sys
import tempfile
import urllib.parse

LISTED = 20

def wire_form(octets):
    if octets.startswith(b'From '):
        octets = octets[octets.find(b'\n') + 1:]
    return re.sub(rb'\r?\n', b'\r\n', octets)


def leaves(part, around=None):
    """(part, type of the multipart around it) of each part that counts."""
    kind = part.get_content_type()
    if part.is_multipart() and kind.startswith('multipart/'):
        for one in part.get_payload():
            yield from leaves(one, part)
    else:
        yield part, around.get_content_type() if around else None


def value(part, field, name):
    try:
        return part.get_param(name, None, field)
    except (ValueError, UnicodeError, LookupError):
        return 'unreadable'


def described(part, around):
    """(type, attachment?)"""
    kind = part.get_content_type()
    if kind.startswith('multipart/'):
        kind = 'text/plain'
    said = (part.get('Content-Disposition') or '').strip().lower()
    attached = re.match(r'attachment(?![^\s;(])', said) is not None
    named = bool(value(part, 'Content-Type', 'name')
                 or value(part, 'Content-Disposition', 'filename'))
    is_text = kind.startswith('text/')
    if attached:
        counts = True
    elif around is None and is_text:
        counts = False
    else:
        counts = named or (not is_text
                           and around != 'multipart/alternative')
    return kind, counts


def size(part):
    """Of the decoded octets; None where Python cannot say."""
    payload = part.get_payload(decode=True)
    given_up = any(isinstance(defect, email.errors.InvalidBase64LengthDefect)
                   for defect in part.defects)
    return None if payload is None or given_up else len(payload)


def expected(octets):
    message = email.message_from_bytes(octets, policy=email.policy.compat32)
    rows = []
    for part, around in leaves(message):
        kind, counts = described(part, around)
        if counts:
            rows.append((kind, size(part)))
    return rows


class Table:
    """The program, fed with one message at a time."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, path):
        self.process.stdin.write(os.fsencode(path) + b'\n')
        self.process.stdin.flush()
        count, rows, texts = None, [], {}
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f'the program ended at {path}')
            # Whatever a stranger wrote, this is UTF-8 and one line.
            name, *fields = line.decode('utf-8').rstrip('\n').split('\t')
            if name == 'end':
                return count, rows, texts
            if name == 'attachments':
                count = int(fields[0])
            elif name == 'attachment':
                rows.append((fields[1], int(fields[0]), fields[2]))
            else:
                texts[name] = fields[0]

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def differs(wanted, count, rows):
    if count != len(wanted):
        return f'{count} attachments, expected {len(wanted)}: {wanted}'
    for (kind, octets, _), (their_kind, their_octets) in zip(rows, wanted):
        if kind != their_kind:
            return f'type {kind}, expected {their_kind}'
        if their_octets is not None and octets != their_octets:
            return f'{kind} of {octets} octets, expected {their_octets}'
    return None


def files(folder):
    for place, folders, names in os.walk(folder):
        folders.sort()
        if place == folder or place.endswith('LICENSES'):
            continue
        yield from (os.path.join(place, name) for name in sorted(names))


def compare(program, folder):
    """(faults, messages, attachments)"""
    faults, messages, attachments = [], 0, 0
    table = Table(program)
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, 'message')
        for name in files(folder):
            with open(name, 'rb') as file:
                octets = wire_form(file.read())
            with open(path, 'wb') as file:
                file.write(octets)
            count, rows, _ = table.ask(path)
            wanted = expected(octets)
            messages += 1
            attachments += count
            wrong = differs(wanted, count, rows[:LISTED])
            if wrong:
                faults.append(f'{os.path.relpath(name, folder)}: {wrong}')
    if table.close() != 0:
        faults.append('the program failed')
    return faults, messages, attachments


WORDS = ['one', 'two', 'caf\u00e9', 'na\u00efve', '\u043c\u0438\u0440',
         '\u65e5\u672c', 'a-b', '--', '=', '.', 'From', '\U0001f600']
TYPES = ['application/pdf', 'image/png', 'application/x-thing', 'text/csv',
         'message/rfc822']
CHARSETS = ['utf-8', 'iso-8859-1', 'koi8-r', 'iso-2022-jp', 'windows-1251']


class Maker:
    """Messages at random, and what is to be told of them."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.rows, self.text, self.boundaries = [], None, 0

    def words(self, charset='utf-8'):
        """A text that CHARSET has."""
        while True:
            text = ' '.join(self.random.choices(
                WORDS, k=self.random.randint(1, 6)))
            try:
                text.encode(charset)
                return text
            except UnicodeEncodeError:
                continue

    def encoded(self, octets, kinds):
        """(octets, name) in a transfer encoding."""
        kind = self.random.choice(kinds)
        if kind == 'base64':
            octets = base64.encodebytes(octets).replace(b'\n', b'\r\n')
        elif kind == 'quoted-printable':
            octets = b'\r\n'.join(
                quopri.encodestring(line, quotetabs=True)
                .replace(b'\n', b'\r\n') for line in octets.split(b'\r\n'))
        return octets, kind

    def named(self, parameter, name):
        """NAME in one of the ways to write it."""
        way = self.random.randrange(4)
        if way == 0:
            return f'{parameter}="{name}"'
        if way == 1:
            word = email.header.Header(name, 'utf-8', 1000).encode()
            return f'{parameter}="{word}"'
        quoted = urllib.parse.quote(name)
        if way == 2:
            return f"{parameter}*=utf-8''{quoted}"
        cut = self.random.randint(0, len(quoted) // 3)
        cut = next((at for at in range(cut, cut + 3)
                    if '%' not in quoted[max(0, at - 2):at]), cut)
        return (f"{parameter}*0*=utf-8''{quoted[:cut]};\r\n "
                f'{parameter}*1*={quoted[cut:]}')

    def text_part(self):
        charset = self.random.choice(CHARSETS)
        lines = [self.words(charset)
                 for _ in range(self.random.randint(1, 5))]
        body, kind = self.encoded(
            '\r\n'.join(lines).encode(charset),
            ['base64'] if charset == 'iso-2022-jp'
            else ['8bit', 'base64', 'quoted-printable'])
        if self.text is None:
            self.text = lines[:3]
        return (f'Content-Type: text/plain; charset="{charset}"\r\n'
                f'Content-Transfer-Encoding: {kind}\r\n').encode(), body

    def attachment(self):
        name, kind = self.words(), self.random.choice(TYPES)
        content = self.random.choice((
            self.random.randbytes(self.random.randint(0, 300)),
            self.words().encode() * 3))
        body, transfer = self.encoded(content, ['base64'])
        where, parameter = self.random.choice((
            ('Content-Disposition: attachment', 'filename'),
            ('Content-Disposition: inline', 'filename'),
            (f'Content-Type: {kind}', 'name')))
        head = f'{where};\r\n {self.named(parameter, name)}\r\n'
        if parameter == 'filename':
            head += f'Content-Type: {kind}\r\n'
        self.rows.append((kind, len(content), name))
        return (head + f'Content-Transfer-Encoding: {transfer}\r\n').encode(), \
            body

    def multipart(self, depth):
        self.boundaries += 1
        boundary = f'=_{self.boundaries}:b'.encode()
        parts = [self.part(depth + 1)
                 for _ in range(self.random.randint(1, 4))]
        body = b'a preamble\r\n' if self.random.random() < 0.5 else b''
        for head, content in parts:
            body += b'--' + boundary + b'\r\n' + head + b'\r\n' + content
            body += b'\r\n'
        # Some never end.
        if self.random.random() < 0.8:
            body += b'--' + boundary + b'--\r\nan epilogue'
        return (b'Content-Type: multipart/mixed; boundary="' + boundary
                + b'"\r\n'), body

    def part(self, depth):
        chance = self.random.random()
        if depth == 0 or (chance < 0.25 and depth < 6):
            return self.multipart(depth)
        return self.text_part() if chance < 0.5 else self.attachment()

    def message(self):
        subject = self.words()
        head, body = self.part(0)
        word = email.header.Header(subject, 'utf-8').encode()
        head = b'Subject: ' + word.replace('\n', '\r\n').encode() + b'\r\n' \
            + head
        return head + b'\r\n' + body, subject


def shown(text):
    return ' '.join(text.split())


def wrong_in_made(maker, subject, count, rows, texts):
    """What is told of a made message and was not put into it, or None."""
    wanted = [(kind, octets, shown(name)) for kind, octets, name in maker.rows]
    if count != len(wanted) or rows != wanted[:LISTED]:
        return f'{rows}, expected {wanted}'
    if texts['subject'] != shown(subject):
        return f'subject {texts["subject"]}, expected {subject}'
    lines = '|'.join(shown(line) for line in maker.text or [])
    return None if texts['text'] == lines else (
        f'text {texts["text"]}, expected {lines}')


def compare_made(program, seeds=range(1500)):
    """(faults, messages)"""
    faults, count = [], 0
    table = Table(program)
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, 'message')
        for seed in seeds:
            maker = Maker(seed)
            octets, subject = maker.message()
            with open(path, 'wb') as file:
                file.write(octets)
            wrong = wrong_in_made(maker, subject, *table.ask(path))
            count += 1
            if wrong:
                faults.append(f'seed {seed}: {wrong}')
    if table.close() != 0:
        faults.append('the program failed')
    return faults, count


def main():
    faults, count = compare_made(sys.argv[1])
    print(f'{count} made messages, {len(faults)} faults')
    if len(sys.argv) > 2:
        more, messages, attachments = compare(*sys.argv[1:3])
        faults += more
        print(f'{messages} real messages, {attachments} attachments,'
              f' {len(more)} faults')
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())

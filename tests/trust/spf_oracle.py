#!/usr/bin/python3
"""Random SPF zones, evaluated by spf_table and by Debian's python3-spf.

    spf_oracle.py SPF_TABLE [ZONES [SEED]]

Where that module differs from RFC 7208, the standard wins. Oracle below bends
it back:
  - void look-ups are counted by term, not by query (4.6.4);
  - mx stops at the first host that matches, by preference (5.4);
  - errors in the client's reverse zone match nothing instead of being
    temporary errors (5.5), and give "unknown" for %{p} (7.3);
  - %{p} looks at the domain now evaluated, and costs no void look-up;
  - redirect counts when it is followed, not when it is read (4.6.4);
  - macro parts are joined by dots whatever split them (7.3).
The generator keeps away from the rest:
  - repeated unknown modifiers (an error there, ignored by section 6);
  - modifier names and the r transformer in upper case;
  - %{X0} (no syntax error there), more than one '@' in a sender;
  - single-label domains (looked up there, "none" by 4.3);
  - a record that includes itself (an error there even if a term before it
    matches) and names that macros make longer than 253 octets.
"""
import random
import subprocess
import sys

import spf

TYPES = ('A', 'AAAA', 'MX', 'TXT', 'PTR')
TIMEOUT = '!timeout'
DOMAINS = ['a.test', 'b.test', 'c.test', 'd.test', 'e.test', 'sub.a.test']
HOSTS = ['mx.a.test', 'mx.b.test', 'h1.c.test', 'h2.c.test', 'six.test',
         'empty.test', 'gone.test', 'slow.test']
CLIENTS = ['192.0.2.1', '192.0.2.2', '198.51.100.7', '2001:db8::1',
           '2001:db8:0:1::7']
SENDERS = ['alice@{}', 'bob-jones+x@{}', '@{}', 'a.b.c@{}', '~j&k=l@{}']
HELOS = ['mx.a.test', 'h1.c.test', 'OEM', '[192.0.2.1]', 'bad name.test']


class Table:
    """The zone now used, in the form DNSLookup returns."""
    records = []

    @classmethod
    def lookup(cls, name, qtype, strict=True, timeout=20):
        found = []
        for owner, kind, value in cls.records:
            if owner.lower() != name.lower() or kind != qtype:
                continue
            if value == TIMEOUT:
                raise spf.TempError('DNS timeout')
            found.append(((owner, kind), cls.value(kind, value)))
        return found

    @staticmethod
    def value(kind, value):
        if kind == 'TXT':
            return [value.encode()]
        if kind == 'MX':
            preference, host = value.split(' ')
            return (int(preference), host)
        return value


class Oracle(spf.query):
    quiet = False
    void_in_term = False
    counted_by_include = False

    def dns(self, name, qtype, cnames=None, ignore_void=False):
        result = super().dns(name, qtype, cnames, ignore_void=True)
        labels = str(name).rstrip('.').split('.')
        asked = all(0 < len(label) < 64 for label in labels)
        if result or ignore_void or not asked or qtype == 'TXT':
            return result
        self.saw_void()
        return result

    def saw_void(self):
        if self.quiet or self.void_in_term:
            return
        self.void_in_term = True
        self.void_lookups += 1
        if self.void_lookups > spf.MAX_VOID_LOOKUPS:
            raise spf.PermError('void look-ups')

    def check_lookups(self):
        frame = sys._getframe(1)
        term = frame.f_locals.get('m')
        if isinstance(term, list):
            return  # a redirect being read
        self.void_in_term = False
        self.counted_by_include = term == 'include'
        super().check_lookups()

    def dns_spf(self, domain):
        if sys._getframe(1).f_code.co_name == 'check0':
            if not self.counted_by_include:
                super().check_lookups()
            self.counted_by_include = False
        return super().dns_spf(domain)

    def dns_mx(self, domainname):
        hosts = self.dns(domainname, 'MX')
        if len(hosts) > spf.MAX_MX:
            raise spf.PermError('too many MX')
        bits = sys._getframe(1).f_locals['cidrlength']
        for _, host in sorted(hosts, key=lambda mx: mx[0]):
            addresses = self.dns_a(host, self.A)
            if self.cidrmatch(addresses, bits):
                return addresses
        return []

    def validated_ptrs(self):
        valid = []
        void = False
        quiet, self.quiet = self.quiet, True
        try:
            try:
                names = self.dns_ptr(self.i)
                void = not names
            except spf.TempError:
                names = []
            for name in names[:spf.MAX_PTR]:
                try:
                    addresses = self.dns_a(name, self.A)
                except spf.TempError:
                    continue
                void = void or not addresses
                if self.cidrmatch(addresses, self.cidrmax):
                    valid.append(name)
        finally:
            self.quiet = quiet
        if void:
            self.saw_void()
        return valid

    def getp(self):
        self.p = None
        quiet, self.quiet = self.quiet, True
        try:
            return super().getp()
        finally:
            self.quiet = quiet


def oracle(client, sender, helo):
    query = Oracle(client, sender, helo, receiver='mx.test')
    if sender.startswith('@'):
        query.s = 'postmaster' + sender
    return query.check()[0]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def macro(self):
        letter = self.random.choice('slodipvhSLODH')
        keep = self.random.choice(['', '', '1', '2', '3', '12'])
        reverse = self.random.choice(['', '', 'r'])
        split = self.random.choice(['', '', '', '-', '.', '+-', '.-+,/_='])
        return '%{' + letter + keep + reverse + split + '}'

    def target(self, names):
        kind = self.random.random()
        if kind < 0.85:
            return self.random.choice(names)
        if kind < 0.96:
            return self.macro() + '.' + self.random.choice(DOMAINS)
        return self.random.choice([
            'm%%x.a.test', '%{i}.%{l2r-}.user.a.test', '%{ir}.%{v}.a.test',
            'a..test', 'a' * 64 + '.test', 'nodot', 'a.123', 'x.-test',
            'a.test.', '%{d}', '%{h}', '%{q}.test', '%(d).test', 'a%.test'])

    def lengths(self):
        choices = ['', '', '', '', '/24', '/31', '//64', '/24//48', '/0',
                   '//0', '/33', '//129', '/08', '/24/24']
        if self.random.random() < 0.97:
            choices = choices[:10]
        return self.random.choice(choices)

    def mechanism(self, domain):
        kind = self.random.choice(['a', 'a', 'mx', 'mx', 'ip4', 'ip4', 'ip6',
                                   'exists', 'include', 'include', 'ptr'])
        if kind in ('a', 'mx'):
            text = kind
            if self.random.random() < 0.6:
                text += ':' + self.target(DOMAINS + HOSTS)
            return text + self.lengths()
        if kind == 'ip4':
            return 'ip4:' + self.random.choice([
                '192.0.2.1', '192.0.2.0/30', '198.51.100.0/24', '0.0.0.0/0',
                '192.0.2.2/32', '203.0.113.9', '203.0.113.8', '10.0.0.0/8'])
        if kind == 'ip6':
            return 'ip6:' + self.random.choice([
                '2001:db8::1', '2001:db8::/48', '2001:db8:0:1::/64', '::/0',
                '2001:db8::/129', '::ffff:192.0.2.1', '2001:db8::2',
                '2001:db8::/64', '2001:db8::3/127', '2001:db8:2::/47'])
        if kind == 'ptr':
            if self.random.random() < 0.5:
                return 'ptr'
            return 'ptr:' + self.target(DOMAINS + HOSTS)
        names = HOSTS if kind == 'exists' else DOMAINS
        while True:
            target = self.target(names)
            itself = (domain, domain + '.', '%{d}')
            if kind == 'exists' or target not in itself:
                return kind + ':' + target

    def record(self, domain):
        terms = []
        for _ in range(self.random.choice([0, 1, 2, 2, 3, 4, 6, 11])):
            qualifier = self.random.choice(['', '', '', '', '+', '-', '~',
                                            '?'])
            terms.append(qualifier + self.mechanism(domain))
        end = self.random.random()
        if end < 0.5:
            terms.append(self.random.choice(['-all', '~all', '?all', 'all']))
        elif end < 0.75:
            others = [name for name in DOMAINS if name != domain]
            terms.append('redirect=' + self.target(others))
        if self.random.random() < 0.08:
            terms.insert(self.random.randrange(len(terms) + 1),
                         self.random.choice(['moo=%{d}x', 'exp=exp.a.test',
                                             'x-y.z_1=a:b/c', 'moo', 'moo=%a',
                                             'exp=', 'all:x', 'ip4:1.2.3']))
        return ' '.join(['v=spf1'] + terms)

    def addresses(self, name):
        records = []
        for _ in range(self.random.choice([0, 1, 1, 1, 2])):
            address = self.random.choice(CLIENTS + ['192.0.2.99',
                                                    '2001:db8::99'])
            kind = 'AAAA' if ':' in address else 'A'
            records.append((name, kind, address))
        return records

    def zone(self):
        records = [('slow.test', kind, TIMEOUT) for kind in TYPES]
        records += [('empty.test', 'TXT', 'nothing here')]
        records += [('six.test', 'AAAA', '2001:db8::1')]
        records += [('4.3.2.1.user.a.test', 'A', '127.0.0.2')]
        for name in DOMAINS + HOSTS[:4]:
            records += self.addresses(name)
        for name in DOMAINS:
            if self.random.random() < 0.95:
                records.append((name, 'TXT', self.record(name)))
            if self.random.random() < 0.05:
                records.append((name, 'TXT', 'v=spf1 -all'))
            if self.random.random() < 0.2:
                records.append((name, 'TXT', 'v=spf10 +all'))
            hosts = self.random.choice([0, 1, 1, 1, 2, 2, 3, 3, 10, 11])
            for preference in range(hosts):
                host = self.random.choice(HOSTS[:7])
                records.append((name, 'MX', '%d %s' % (preference, host)))
        for client in CLIENTS:
            records += self.reverse(client)
        return records

    def reverse(self, client):
        query = Oracle(client, 'x@a.test', 'a.test')
        name = '%s.%s.arpa' % (spf.reverse_dots(query.i), query.v)
        if self.random.random() < 0.1:
            return [(name, 'PTR', TIMEOUT)]
        return [(name, 'PTR', self.random.choice(DOMAINS + HOSTS))
                for _ in range(self.random.choice([0, 1, 2, 12]))]

    def visits(self):
        for domain in DOMAINS:
            for client in CLIENTS:
                sender = self.random.choice(SENDERS).format(domain)
                yield client, sender, self.random.choice(HELOS)
        yield self.random.choice(CLIENTS), '', self.random.choice(HELOS[:2])


def compare(program, zones=500, seed=7208):
    """Returns what differs (texts), and how often each result came out."""
    generator = Generator(seed)
    spf.DNSLookup = Table.lookup
    spf.JOINERS = dict.fromkeys('slodipvh', '.')
    lines, expected, where = [], [], []
    for _ in range(zones):
        Table.records = generator.zone()
        lines.append('zone')
        lines += ['\t'.join(('record',) + record) for record in Table.records]
        for visit in generator.visits():
            lines.append('\t'.join(('check',) + visit))
            expected.append(oracle(*visit))
            where.append((visit, Table.records))
    run = subprocess.run([program], input='\n'.join(lines) + '\n', text=True,
                         stdout=subprocess.PIPE, check=True)
    results = run.stdout.split()
    assert len(results) == len(expected)
    faults = []
    for ours, theirs, (visit, records) in zip(results, expected, where):
        if ours != theirs:
            faults.append('%s: %s, oracle %s\n%s' % (
                visit, ours, theirs,
                '\n'.join('  ' + '\t'.join(record) for record in records)))
    counts = {word: results.count(word) for word in set(results)}
    return faults, counts


def main():
    zones = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 7208
    faults, counts = compare(sys.argv[1], zones, seed)
    print(counts)
    for fault in faults[:1]:
        print(fault)
    print('%d differ' % len(faults))
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())

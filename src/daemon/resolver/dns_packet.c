/*
 * Parser for DNS answers. Every read is checked against the end of the packet;
 * compression pointers must point backwards, so that following them ends.
 * Names are compared in wire form and lower case. Not here: asking (lookup.c),
 * and validation, which the resolver library does.
 *
 *	header: id, flags, four counts	(12 octets)
 *	question: name, type, class
 *	record: name, type, class, lifetime, length, data
 */
#include "daemon/resolver/dns_packet.h"

#include "base/arena.h"
#include "base/err.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_OCTETS 12
#define WIRE_NAME_MAX 255
#define LABEL_MAX     63
#define CHAIN_MAX     12  /* CNAMEs followed; resolvers stop near there too */
#define ANSWERS_MAX   512 /* records of a packet that are read at all */
#define OWNED_MAX     (DNS_RECORDS_MAX * DNS_TEXT_MAX + 65536)

#define FLAG_CUT   0x0200
#define RCODE_MASK 0x000f
#define RCODE_OK   0
#define RCODE_NAME 3
#define CLASS_IN   1

enum wire_type {
	WIRE_A = 1,
	WIRE_CNAME = 5,
	WIRE_PTR = 12,
	WIRE_MX = 15,
	WIRE_TXT = 16,
	WIRE_AAAA = 28,
};

/* A name as it travels, without compression: labels and the root. */
struct wire_name {
	uint8_t b[WIRE_NAME_MAX];
	size_t n;
};

/* A record as it lies in the packet. */
struct wire_record {
	struct wire_name owner;
	uint16_t type, class;
	size_t data, length; /* where its data is */
};

struct dns_packet {
	struct dns_answer answer;
	struct dns_record records[DNS_RECORDS_MAX];
	struct arena owned; /* names and texts */
};

/* What is being read. */
struct reader {
	const uint8_t *p;
	size_t n;
	size_t at;
};

static int
read_number(struct reader *r, uint16_t *number_r)
{
	if (r->n - r->at < 2)
		return -E_SYNTAX;
	*number_r = (uint16_t)(r->p[r->at] << 8 | r->p[r->at + 1]);
	r->at += 2;
	return 0;
}

static int
skip(struct reader *r, size_t n)
{
	if (r->n - r->at < n)
		return -E_SYNTAX;
	r->at += n;
	return 0;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Appends one label with its length in front; empty is the root. */
static int
add_label(struct wire_name *name, const uint8_t *label, size_t n)
{
	if (n > LABEL_MAX || WIRE_NAME_MAX - name->n < n + 1)
		return -E_SYNTAX;
	name->b[name->n++] = (uint8_t)n;
	for (size_t i = 0; i < n; i++)
		name->b[name->n++] = lower(label[i]);
	return 0;
}

/*
 * Takes the pointer at AT. It must lead before LIMIT, the beginning of what
 * was read so far: then each jump goes further back, and jumps come to an end.
 */
static int
follow_pointer(
    const struct reader *r, size_t at, size_t limit, size_t *target_r)
{
	if (r->n - at < 2)
		return -E_SYNTAX;
	*target_r = (size_t)(r->p[at] & 0x3f) << 8 | r->p[at + 1];
	return *target_r < limit ? 0 : -E_SYNTAX;
}

static int
read_name(struct reader *r, struct wire_name *name_r)
{
	size_t at = r->at;
	size_t limit = at;
	bool jumped = false;

	name_r->n = 0;
	for (;;) {
		size_t n;

		if (at >= r->n)
			return -E_SYNTAX;
		n = r->p[at];
		if (n >= 0xc0) {
			if (!jumped)
				r->at = at + 2;
			jumped = true;
			if (follow_pointer(r, at, limit, &at) != 0)
				return -E_SYNTAX;
			limit = at;
			continue;
		}
		if (n > LABEL_MAX || r->n - at - 1 < n ||
		    add_label(name_r, r->p + at + 1, n) != 0)
			return -E_SYNTAX;
		at += n + 1;
		if (n == 0)
			break;
	}
	if (!jumped)
		r->at = at;
	return 0;
}

static int
read_record(struct reader *r, struct wire_record *record_r)
{
	uint16_t length;

	if (read_name(r, &record_r->owner) != 0 ||
	    read_number(r, &record_r->type) != 0 ||
	    read_number(r, &record_r->class) != 0 || skip(r, 4) != 0 ||
	    read_number(r, &length) != 0)
		return -E_SYNTAX;
	record_r->data = r->at;
	record_r->length = length;
	return skip(r, length);
}

/* The name of a question, which dns_name() has let pass, in wire form. */
static int
name_from_text(const char *text, struct wire_name *name_r)
{
	struct span rest = span_of(text);
	struct span label;

	name_r->n = 0;
	while (span_cut(&rest, '.', &label)) {
		if (label.n == 0 ||
		    add_label(name_r, (const uint8_t *)label.p, label.n) != 0)
			return -E_SYNTAX;
	}
	return add_label(name_r, NULL, 0);
}

static bool
same_name(const struct wire_name *a, const struct wire_name *b)
{
	return a->n == b->n && memcmp(a->b, b->b, a->n) == 0;
}

/* The text of a name, without trailing dot; -E_SYNTAX when it has none. */
static int
name_to_text(const struct wire_name *name, char text_r[WIRE_NAME_MAX])
{
	size_t at = 0;
	char *to = text_r;

	while (name->b[at] != 0) {
		size_t end = at + 1 + name->b[at];

		if (at > 0)
			*to++ = '.';
		for (at++; at < end; at++) {
			uint8_t c = name->b[at];

			if (c <= ' ' || c > '~' || c == '.' || c == '\\')
				return -E_SYNTAX;
			*to++ = (char)c;
		}
	}
	*to = '\0';
	return 0;
}

static enum wire_type
wire_type(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return WIRE_A;
	case DNS_AAAA:
		return WIRE_AAAA;
	case DNS_MX:
		return WIRE_MX;
	case DNS_TXT:
		return WIRE_TXT;
	case DNS_PTR:
		break;
	}
	return WIRE_PTR;
}

/* Data that is one address. A mapped one enters as IPv4, as everywhere. */
static int
take_address(const struct reader *data, struct dns_record *record_r)
{
	struct ip ip = {.family = data->n == 4 ? 4 : 6};
	struct sockaddr_storage address;
	uint16_t port;

	if (data->n != 4 && data->n != sizeof(ip.b))
		return -E_SYNTAX;
	memcpy(ip.b, data->p, data->n);
	ip_to_sockaddr(ip, 0, &address);
	return ip_from_sockaddr(
	    (const struct sockaddr *)&address, &record_r->ip, &port);
}

/* Data that is texts, each with its length in front: joined. */
static int
take_text(
    struct dns_packet *p, struct reader *data, struct dns_record *record_r)
{
	char text[DNS_TEXT_MAX];
	size_t used = 0;
	bool fits = true;

	while (data->at < data->n) {
		size_t n = data->p[data->at++];
		const uint8_t *from = data->p + data->at;

		if (skip(data, n) != 0)
			return -E_SYNTAX;
		fits = fits && n <= sizeof(text) - used;
		if (!fits)
			continue;
		memcpy(text + used, from, n);
		used += n;
	}
	record_r->text = span_of("");
	if (!fits || used == 0)
		return 0;
	record_r->text = arena_copy(&p->owned, span_make(text, used));
	return record_r->text.p != NULL ? 0 : -E_NOMEM;
}

/* The name at the reader, which the record's data must end with. */
static int
take_name(struct dns_packet *p, struct reader *r, size_t end,
    struct dns_record *record_r)
{
	struct wire_name name;
	char text[WIRE_NAME_MAX];

	if (read_name(r, &name) != 0 || r->at != end)
		return -E_SYNTAX;
	if (name_to_text(&name, text) != 0)
		record_r->name = span_of("..");
	else if (text[0] == '\0')
		record_r->name = span_of("");
	else
		record_r->name = arena_copy(&p->owned, span_of(text));
	return record_r->name.p != NULL ? 0 : -E_NOMEM;
}

static int
take_data(struct dns_packet *p, const struct reader *packet,
    const struct wire_record *wire, struct dns_record *record_r)
{
	struct reader data = {
	    .p = packet->p + wire->data,
	    .n = wire->length,
	};
	/* Names may point anywhere in front of them. */
	struct reader whole = {
	    .p = packet->p,
	    .n = wire->data + wire->length,
	    .at = wire->data,
	};

	switch ((enum wire_type)wire->type) {
	case WIRE_A:
	case WIRE_AAAA:
		if (wire->length != (wire->type == WIRE_A ? 4 : 16))
			return -E_SYNTAX;
		return take_address(&data, record_r);
	case WIRE_TXT:
		return take_text(p, &data, record_r);
	case WIRE_MX:
		if (read_number(&whole, &record_r->preference) != 0)
			return -E_SYNTAX;
		return take_name(p, &whole, whole.n, record_r);
	case WIRE_PTR:
	case WIRE_CNAME:
		break;
	}
	return take_name(p, &whole, whole.n, record_r);
}

/*
 * Replaces *NAME by the name its CNAME leads to. 1 moved, 0 it has none,
 * -E_SYNTAX broken.
 */
static int
follow_alias(
    const struct reader *answers, unsigned count, struct wire_name *name)
{
	struct reader r = *answers;
	struct wire_record wire;

	for (unsigned i = 0; i < count; i++) {
		if (read_record(&r, &wire) != 0)
			return -E_SYNTAX;
		if (wire.type != WIRE_CNAME || wire.class != CLASS_IN ||
		    !same_name(&wire.owner, name))
			continue;
		r.at = wire.data;
		return read_name(&r, name) == 0 ? 1 : -E_SYNTAX;
	}
	return 0;
}

/* The records of NAME and TYPE. */
static int
take_records(struct dns_packet *p, const struct reader *answers, unsigned count,
    const struct wire_name *name, enum wire_type type)
{
	struct reader r = *answers;
	struct wire_record wire;

	for (unsigned i = 0; i < count; i++) {
		int code;

		if (read_record(&r, &wire) != 0)
			return -E_SYNTAX;
		if (wire.type != (uint16_t)type || wire.class != CLASS_IN ||
		    !same_name(&wire.owner, name) ||
		    p->answer.count == DNS_RECORDS_MAX)
			continue;
		code = take_data(p, &r, &wire, &p->records[p->answer.count]);
		if (code != 0)
			return code;
		p->answer.count++;
	}
	return 0;
}

/* Reads the header; leaves R behind the question. */
static int
read_header(struct reader *r, unsigned *rcode_r, unsigned *count_r)
{
	struct wire_name ignored;
	uint16_t flags, questions, answers;

	if (r->n < HEADER_OCTETS)
		return -E_SYNTAX;
	r->at = 2;
	if (read_number(r, &flags) != 0 || read_number(r, &questions) != 0 ||
	    read_number(r, &answers) != 0 || (flags & FLAG_CUT) != 0 ||
	    questions > 1)
		return -E_SYNTAX;
	*rcode_r = flags & RCODE_MASK;
	*count_r = answers < ANSWERS_MAX ? answers : ANSWERS_MAX;
	r->at = HEADER_OCTETS;
	if (questions == 0)
		return 0;
	return read_name(r, &ignored) == 0 ? skip(r, 4) : -E_SYNTAX;
}

static int
parse(
    struct dns_packet *p, struct reader *r, const struct dns_question *question)
{
	struct wire_name name;
	unsigned rcode, count;
	unsigned hops = 0;
	int code;

	if (read_header(r, &rcode, &count) != 0 ||
	    name_from_text(question->name, &name) != 0)
		return -E_SYNTAX;
	if (rcode == RCODE_NAME) {
		p->answer.status = DNS_NO_NAME;
		return 0;
	}
	if (rcode != RCODE_OK)
		return -E_AGAIN;
	while ((code = follow_alias(r, count, &name)) > 0) {
		if (++hops > CHAIN_MAX)
			return -E_RANGE;
	}
	if (code == 0)
		code =
		    take_records(p, r, count, &name, wire_type(question->type));
	if (code != 0)
		return code;
	p->answer.status = p->answer.count > 0 ? DNS_FOUND : DNS_EMPTY;
	return 0;
}

struct dns_packet *
dns_packet_new(
    struct span packet, const struct dns_question *question, bool secure)
{
	struct dns_packet *p = calloc(1, sizeof(*p));
	struct reader r = {.p = (const uint8_t *)packet.p, .n = packet.n};

	if (p == NULL)
		return NULL;
	arena_init(&p->owned, OWNED_MAX);
	p->answer.records = p->records;
	p->answer.secure = secure;
	if (parse(p, &r, question) != 0) {
		p->answer.status = DNS_TEMPORARY;
		p->answer.count = 0;
	}
	return p;
}

void
dns_packet_free(struct dns_packet **p)
{
	if (*p == NULL)
		return;
	arena_fini(&(*p)->owned);
	free(*p);
	*p = NULL;
}

const struct dns_answer *
dns_packet_answer(const struct dns_packet *p)
{
	return &p->answer;
}

/*
 * The codec for messages.def. Numbers are in the machine's own order: both
 * ends are the same program on the same machine. Not for anything that comes
 * from a network or lies on a disk.
 */
#include "daemon/channel/message.h"

#include "base/err.h"

#include <string.h>

enum field_kind {
	FIELD_U64,
	FIELD_TEXT,
	FIELD_CONTENT,
	FIELD_IP,
	FIELD_KEY,
	FIELD_SUM
};

struct field {
	enum field_kind kind;
	size_t at; /* offset in struct message */
};

#define FIELDS_MAX 24

struct shape {
	const char *name;
	unsigned from, to; /* sets of roles */
	bool file;
	unsigned count;
	struct field fields[FIELDS_MAX];
};

/* The table is filled once from the rows; C has no reflection to spare it. */
static struct shape shapes[MESSAGE_TYPES];

static void
shape_add(struct shape *s, enum field_kind kind, size_t at)
{
	s->fields[s->count].kind = kind;
	s->fields[s->count].at = at;
	s->count++;
}

#define MAIN     (1u << ROLE_MAIN)
#define KEEPER   (1u << ROLE_KEEPER)
#define FRONT    (1u << ROLE_FRONT)
#define CALLER   (1u << ROLE_CALLER)
#define RESOLVER (1u << ROLE_RESOLVER)
#define POSTER   (1u << ROLE_POSTER)
#define CLERK    (1u << ROLE_CLERK)
#define AUTH     (1u << ROLE_AUTH)
#define SWEEPER  (1u << ROLE_SWEEPER)
#define ANY      (~0u)

#define U64(field) \
	shape_add(s, FIELD_U64, (size_t)((char *)&row->field - base));
#define TEXT(field) \
	shape_add(s, FIELD_TEXT, (size_t)((char *)&row->field - base));
#define CONTENT(field) \
	shape_add(s, FIELD_CONTENT, (size_t)((char *)&row->field - base));
#define IP(field) shape_add(s, FIELD_IP, (size_t)((char *)&row->field - base));
#define KEY(field) \
	shape_add(s, FIELD_KEY, (size_t)((char *)&row->field - base));
#define SUM(field) \
	shape_add(s, FIELD_SUM, (size_t)((char *)&row->field - base));
#define FILE s->file = true;
#define MESSAGE(NAME, type, sender, receiver, members)     \
	static void shape_##type(struct message *m)        \
	{                                                  \
		struct shape *s = &shapes[MESSAGE_##NAME]; \
		struct message_##type *row = &m->type;     \
		char *base = (char *)m;                    \
                                                           \
		s->name = #type;                           \
		s->from = sender;                          \
		s->to = receiver;                          \
		(void)row;                                 \
		(void)base;                                \
		members                                    \
	}
#include "daemon/channel/messages.def"
#undef MESSAGE
#undef FILE

static const struct shape *
shape_of(enum message_type type)
{
	if (shapes[0].name == NULL) {
		struct message m;

#define MESSAGE(NAME, type_name, from, to, fields) shape_##type_name(&m);
#include "daemon/channel/messages.def"
#undef MESSAGE
	}
	return &shapes[type];
}

const char *
message_name(enum message_type type)
{
	return type < MESSAGE_TYPES ? shape_of(type)->name : "unknown";
}

bool
message_is_legal(enum message_type type, enum role_kind from, enum role_kind to)
{
	const struct shape *s = shape_of(type);

	return (s->from & (1u << from)) != 0 && (s->to & (1u << to)) != 0;
}

void
message_init(struct message *m, enum message_type type)
{
	memset(m, 0, sizeof *m);
	m->type = type;
	m->file = -1;
}

static size_t
field_size(enum field_kind kind)
{
	switch (kind) {
	case FIELD_U64:
		return sizeof(uint64_t);
	case FIELD_IP:
		return sizeof(struct ip);
	case FIELD_KEY:
		return sizeof(struct key);
	case FIELD_SUM:
		return sizeof(struct message_sum);
	case FIELD_TEXT:
	case FIELD_CONTENT:
		break;
	}
	return 0; /* told by a length in front */
}

static int
put_span(struct buf *to, struct span s)
{
	uint32_t n = (uint32_t)s.n;

	buf_put(to, span_make(&n, sizeof n));
	return buf_put(to, s);
}

int
message_encode(const struct message *m, struct buf *to)
{
	const struct shape *shape = shape_of(m->type);
	const char *base = (const char *)m;
	uint32_t type = m->type;
	size_t text = 0;

	buf_put(to, span_make(&type, sizeof type));
	for (unsigned i = 0; i < shape->count; i++) {
		const struct field *f = &shape->fields[i];
		size_t size = field_size(f->kind);
		struct span s;

		if (size != 0) {
			buf_put(to, span_make(base + f->at, size));
			continue;
		}
		memcpy(&s, base + f->at, sizeof s);
		if (f->kind == FIELD_TEXT)
			text += s.n;
		else if (s.n > MESSAGE_CONTENT_MAX)
			return -E_RANGE;
		if (text > MESSAGE_TEXT_MAX)
			return -E_RANGE;
		put_span(to, s);
	}
	return buf_bad(to) ? -E_NOMEM : 0;
}

/* Takes N octets off the front of *REST into TO. */
static int
take(struct span *rest, void *to, size_t n)
{
	if (rest->n < n)
		return -E_SYNTAX;
	memcpy(to, rest->p, n);
	*rest = span_skip(*rest, n);
	return 0;
}

static int
take_span(struct span *rest, size_t max, struct span *s_r)
{
	uint32_t n;

	if (take(rest, &n, sizeof n) < 0 || n > max || n > rest->n)
		return -E_SYNTAX;
	*s_r = span_part(*rest, 0, n);
	*rest = span_skip(*rest, n);
	return 0;
}

int
message_decode(struct span octets, int file, struct message *m_r)
{
	const struct shape *shape;
	char *base = (char *)m_r;
	struct span rest = octets;
	size_t texts = MESSAGE_TEXT_MAX; /* left for all of them */
	uint32_t type;

	if (take(&rest, &type, sizeof type) < 0 || type >= MESSAGE_TYPES)
		return -E_SYNTAX;
	shape = shape_of((enum message_type)type);
	if (file >= 0 && !shape->file)
		return -E_SYNTAX;
	message_init(m_r, (enum message_type)type);
	for (unsigned i = 0; i < shape->count; i++) {
		const struct field *f = &shape->fields[i];
		size_t size = field_size(f->kind);
		size_t max =
		    f->kind == FIELD_TEXT ? texts : MESSAGE_CONTENT_MAX;
		struct span s;

		if (size != 0) {
			if (take(&rest, base + f->at, size) < 0)
				return -E_SYNTAX;
			continue;
		}
		if (take_span(&rest, max, &s) < 0)
			return -E_SYNTAX;
		texts -= f->kind == FIELD_TEXT ? s.n : 0;
		memcpy(base + f->at, &s, sizeof s);
	}
	m_r->file = file;
	return rest.n == 0 ? 0 : -E_SYNTAX;
}

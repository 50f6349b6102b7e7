/*
 * Typed messages between our own processes, made from messages.def: a struct
 * for each, and one codec. What comes from another process is hostile until it
 * is parsed: wrong lengths, unknown types, a descriptor too many or too few
 * are -E_SYNTAX, and the channel is closed.
 */
#ifndef DAEMON_MESSAGE_H
#define DAEMON_MESSAGE_H

#include "base/buf.h"
#include "base/ip.h"
#include "base/key.h"
#include "daemon/channel/role_kind.h"

#define MESSAGE_TEXT_MAX    8192
#define MESSAGE_CONTENT_MAX 65536
#define MESSAGE_MAX         (MESSAGE_TEXT_MAX + MESSAGE_CONTENT_MAX)

enum message_type {
#define MESSAGE(NAME, name, from, to, fields) MESSAGE_##NAME,
#include "daemon/channel/messages.def"
#undef MESSAGE
	MESSAGE_TYPES
};

struct message_sum {
	uint8_t b[32];
};

#define U64(name)     uint64_t name;
#define TEXT(name)    struct span name;
#define CONTENT(name) struct span name;
#define IP(name)      struct ip name;
#define KEY(name)     struct key name;
#define SUM(name)     struct message_sum name;
#define FILE
#define MESSAGE(NAME, name, from, to, fields) \
	struct message_##name {               \
		fields                        \
	};
#include "daemon/channel/messages.def"
#undef MESSAGE
#undef U64
#undef TEXT
#undef CONTENT
#undef IP
#undef KEY
#undef SUM
#undef FILE

struct message {
	enum message_type type;
	int file; /* the descriptor that came or goes with it, or -1 */
	union {
#define MESSAGE(NAME, name, from, to, fields) struct message_##name name;
#include "daemon/channel/messages.def"
#undef MESSAGE
	};
};

/* A message of this type with all fields zero and no descriptor. */
void message_init(struct message *m, enum message_type type);

/* Appends the octets of M. 0; -E_RANGE too much text; -E_NOMEM. */
int message_encode(const struct message *m, struct buf *to);

/*
 * Reads one message; spans point into OCTETS. FILE (or -1) is what came with
 * it and stays the caller's to close when this fails, or when nobody takes it
 * out of m->file. A type that says FILE may come without one (-1) only where
 * its documentation says so: the receiver checks.
 */
int message_decode(struct span octets, int file, struct message *m_r);

/* May FROM send this type to TO? */
bool message_is_legal(
    enum message_type type, enum role_kind from, enum role_kind to);

const char *message_name(enum message_type type);

#endif

/*
 * The table of verbs (verbs.def) as code. Each verb has two functions:
 *
 *   check    is it well formed, and may it be said now? Puts what it read
 *            into the session; changes nothing else.
 *   proceed  does it, or asks whoever owns the machine.
 *
 * That it is legal in this state and kind has been looked at before check.
 */
#ifndef PROTO_VERB_H
#define PROTO_VERB_H

#include "base/span.h"
#include "proto/address.h"
#include "proto/params.h"
#include "proto/reply.h"

struct smtp_server;

enum verb {
#define VERB(NAME, name, states, kinds, help) VERB_##NAME,
#include "proto/server/verbs.def"
#undef VERB
	VERB_COUNT
};

/* Why a command is not done; TEXT fills the reply's %s, static. */
struct verb_refusal {
	enum reply_name reply;
	const char *text;
};

struct verb_row {
	const char *word;
	unsigned states; /* enum smtp_state bits */
	unsigned kinds;  /* 1 << enum smtp_server_kind */
	const char *help;
	/* True, or false and *REFUSAL_R. ARGUMENT: behind the verb, trimmed. */
	bool (*check)(struct smtp_server *x, struct span argument,
	    struct verb_refusal *refusal_r);
	void (*proceed)(struct smtp_server *x);
};

const struct verb_row *verb_row(enum verb verb);

/* The verb of this word in any case; VERB_COUNT when there is none. */
enum verb verb_find(struct span word);

/* Fills *REFUSAL_R and is false, so that a check can return it. */
bool verb_refuse(
    struct verb_refusal *refusal_r, enum reply_name reply, const char *text);

/* The check of a verb that takes no argument. */
bool verb_check_bare(struct span argument, struct verb_refusal *refusal_r);

/* Parses parameters; true, or false and *REFUSAL_R. */
bool verb_params(struct span text, struct params_rules rules,
    struct params *params_r, struct verb_refusal *refusal_r);

/* Parses a path into the session; true, or false and *REFUSAL_R: BAD. */
bool verb_address(struct smtp_server *x, struct span path,
    struct address_rules rules, struct verb_refusal bad,
    struct verb_refusal *refusal_r);

#define VERB(NAME, name, states, kinds, help)                                 \
	bool verb_##name##_check(struct smtp_server *x, struct span argument, \
	    struct verb_refusal *refusal_r);                                  \
	void verb_##name##_proceed(struct smtp_server *x);
#include "proto/server/verbs.def"
#undef VERB

/*
 * What the owner answered to the question that a verb opened; see
 * smtp_server_tell() for which replies are possible.
 */
void verb_auth_answer(
    struct smtp_server *x, enum reply_name reply, struct span text);
void verb_mail_answer(
    struct smtp_server *x, enum reply_name reply, struct span text);
void verb_rcpt_answer(
    struct smtp_server *x, enum reply_name reply, struct span text);
void verb_data_answer(
    struct smtp_server *x, enum reply_name reply, struct span text);
void verb_bdat_answer(
    struct smtp_server *x, enum reply_name reply, struct span text);
void verb_retr_answer(
    struct smtp_server *x, enum reply_name reply, struct span text);
void verb_gtml_answer(
    struct smtp_server *x, enum reply_name reply, struct span text);
void verb_envelope_answer(
    struct smtp_server *x, enum reply_name reply, struct span text);
void verb_verdict_answer(
    struct smtp_server *x, enum reply_name reply, struct span text);

/* The side that said GTML: 354, and the content is next (WIRE 5). */
void verb_gtml_receive(struct smtp_server *x);

/* Is the transaction one whose content is not wanted (WIRE 5, DM-13)? */
bool verb_msid_is_awaited(const struct smtp_server *x);

/* A line within AUTH. */
void verb_auth_line(struct smtp_server *x, struct span line);

/* Wipes and gives back what AUTH collected. */
void verb_auth_forget(struct smtp_server *x);

/* The name behind EHLO or HELO: into the session, or a refusal. */
bool verb_ehlo_take_name(struct smtp_server *x, struct span argument,
    struct verb_refusal *refusal_r);

/* The session begins anew, as EHLO and HELO do (RFC 5321 4.1.4); tells EHLO. */
void verb_ehlo_begin(struct smtp_server *x, bool is_extended);

/*
 * Octets of a chunk: how many were taken, at least one. Refused chunks are
 * read to their end all the same (RFC 3030 2), else they would be commands.
 */
size_t verb_bdat_take(struct smtp_server *x, struct span in);
void verb_bdat_discard(struct smtp_server *x, struct span argument,
    struct verb_refusal refusal, bool ends);

#endif

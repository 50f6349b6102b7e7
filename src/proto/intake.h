/*
 * Content as it comes in, whichever machine takes it: read (content.h), counted
 * against a limit, looked at, and kept in runs until its owner takes them. What
 * is spoiled is read to its end, so that the reply stands where the peer
 * expects it, but not endlessly.
 */
#ifndef PROTO_INTAKE_H
#define PROTO_INTAKE_H

#include "proto/content.h"
#include "proto/reply.h"

/* Content is handed on in runs of about this size, one event each. */
#define INTAKE_RUN 16384
/* What is too large is read so far beyond the limit, for the reply's sake. */
#define INTAKE_OVERRUN_MAX (64u << 20)

struct intake {
	struct content_reader reader;
	uint64_t limit; /* octets that are wanted; for more: */
	enum reply_name too_large;
	uint64_t octets; /* that came so far, without dots */
	struct buf run;  /* not yet handed on */
	bool is_due;     /* the run is the next event */
	bool is_lent;    /* RUN was borrowed by the last event */
	bool is_spoiled; /* its end will be answered with a refusal */
	enum reply_name spoiled_by;
};

void intake_init(struct intake *i);
void intake_fini(struct intake *i);

/* The first octet is next. More than LIMIT of them get TOO_LARGE. */
void intake_begin(struct intake *i, uint64_t limit, enum reply_name too_large);

/* Octets that are read of what may have LIMIT, wanted or not; below 2^63. */
uint64_t intake_most(uint64_t limit);

/* Is there more than that? Then the peer is not to be heard any more. */
bool intake_is_endless(const struct intake *i);

/* Can more be taken before the owner has taken a run? */
bool intake_has_room(const struct intake *i);

/* Octets with dots (DATA). *USED_R of them were taken; 1: the end was read. */
int intake_read(struct intake *i, struct span in, size_t *used_r);
/* Octets without (BDAT): how many were taken. */
size_t intake_take(struct intake *i, struct span in);

/* Whatever was kept is the next event. */
void intake_offer(struct intake *i);
/* That event: a run, until drop_lent(). */
struct span intake_lend(struct intake *i);
void intake_drop_lent(struct intake *i);

/* The content is refused with REPLY, unless intake_refusal() has a reason that
   comes before. Nothing of it is kept any more. */
void intake_spoil(struct intake *i, enum reply_name reply);

/*
 * What spoiled content is refused with. Where there are several reasons, the
 * one that was found first depends on the pieces in which it came; this does
 * not: malformed, then too large, then what was said first.
 */
enum reply_name intake_refusal(const struct intake *i);

/* Nothing of it is kept, or due, any more. */
void intake_forget(struct intake *i);

#endif

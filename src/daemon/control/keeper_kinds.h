/*
 * The kinds of requests of the operator. Shared by keeper_request.c, which
 * leads each request through its steps, and keeper_kinds.c, which knows them.
 */
#ifndef DAEMON_KEEPER_KINDS_H
#define DAEMON_KEEPER_KINDS_H

#include "daemon/keeper/keeper.h"

#include <jansson.h>

struct keeper_requests;

/* One question on its way. */
struct keeper_request {
	struct keeper *keeper;
	struct keeper_requests *all;
	const struct keeper_kind *kind;
	uint64_t client;
	bool retried;        /* of held-retry: the retry is done */
	bool after_none;     /* NEXT is asked even when there was none */
	struct store_op *op; /* not submitted yet */
};

struct keeper_kind {
	const char *word;
	enum store_verb verb; /* of the first operation */
	/* Arguments of r->op from Q. 0; -E_SYNTAX, -E_NONE, -E_RANGE, -E_NOMEM
	   with words for a person. 1: no operation is needed, the request is
	   under way and ends, or has ended, with keeper_request_end(). */
	int (*fill)(struct keeper_request *r, const json_t *q, struct err *err);
	/* After DONE, which was OK (or NONE, with r->after_none): the next
	   operation, or NULL: the answer is made, or NONE is told. May be
	   NULL. */
	struct store_op *(*next)(
	    struct keeper_request *r, const struct store_op *done);
	/* Of the last operation. NULL: FILL never answers 0. */
	json_t *(*answer)(const struct keeper *k, const struct store_op *op);
	/* What is said when there is no such thing: code and words. */
	const char *missing, *missing_text;
	/* What is said when it is there, or there are too many of it; NULL: as
	   of everything. */
	const char *exists_text, *full_text;
};

/* NULL: there is no such request. */
const struct keeper_kind *keeper_kinds_find(struct span word);

/* A look at that account, folded; NULL: no memory. */
struct store_op *keeper_kinds_get_user(struct span address);

/*
 * Answers R with DOCUMENT, whose reference is taken over, or, when OUTCOME is
 * not OK, with what that means. R is gone then.
 */
void keeper_request_end(
    struct keeper_request *r, enum store_outcome outcome, json_t *document);

#endif

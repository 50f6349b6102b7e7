/*
 * The way of a request of the operator: its kind fills the arguments of one
 * operation of the store, may go on with another one when that is done, and
 * makes an answer of the last. A new password visits auth first, since hashing
 * takes long. Meanwhile the client may close; the answer is dropped then.
 *
 * Not for: the wire (keeper_control.c), the single kinds (keeper_kinds.c).
 */
#include "daemon/control/keeper_request.h"

#include "daemon/control/control_words.h"
#include "daemon/control/keeper_control.h"
#include "daemon/control/keeper_kinds.h"

#include <stdlib.h>

struct keeper_requests {
	struct keeper *keeper;
	struct keeper_control *control;
	struct table questions; /* number -> struct keeper_request, for auth */
};

/* ---- the end of a request ---- */

static void
request_free(struct keeper_request *r)
{
	store_op_free(&r->op);
	free(r);
}

static void
answer(struct keeper_request *r, json_t *document)
{
	keeper_control_answer(r->all->control, r->client, document);
}

static void
refuse(struct keeper_request *r, const char *code, const char *text)
{
	answer(r, control_words_refusal(code, text));
}

static void
refuse_outcome(struct keeper_request *r, enum store_outcome outcome)
{
	switch (outcome) {
	case STORE_NONE:
		refuse(r, r->kind->missing, r->kind->missing_text);
		return;
	case STORE_EXISTS:
		refuse(r, "exists",
		    r->kind->exists_text != NULL ? r->kind->exists_text
						 : "it exists already");
		return;
	case STORE_CONFLICT:
		refuse(r, "conflict", "it is not in a state for that");
		return;
	case STORE_BUSY:
		refuse(r, "later", "somebody is at it just now");
		return;
	case STORE_FULL:
		if (r->kind->full_text != NULL)
			refuse(r, "full", r->kind->full_text);
		else
			refuse(r, "later", "the store is full");
		return;
	case STORE_OK:
	case STORE_UNSURE:
	case STORE_BROKEN:
		refuse(r, "later", "the store failed");
		return;
	}
}

void
keeper_request_end(
    struct keeper_request *r, enum store_outcome outcome, json_t *document)
{
	if (outcome == STORE_OK)
		answer(r, document);
	else
		refuse_outcome(r, outcome);
	request_free(r);
}

/* ---- operations ---- */

static void done(struct store_op *op, void *arg);

static void
submit(struct keeper_request *r)
{
	struct store_op *op = r->op;

	r->op = NULL;
	op->done = done;
	op->arg = r;
	store_submit(r->keeper->store, op);
}

static bool
changes_accounts(enum store_verb verb)
{
	return verb == STORE_USER_PUT || verb == STORE_USER_DROP ||
	       verb == STORE_IDENTITY_PUT || verb == STORE_IDENTITY_DROP;
}

static void
done(struct store_op *op, void *arg)
{
	struct keeper_request *r = arg;

	if (op->outcome == STORE_OK && changes_accounts(op->verb))
		keeper_account_changed(r->keeper);
	if (r->kind->next != NULL &&
	    (op->outcome == STORE_OK ||
		(op->outcome == STORE_NONE && r->after_none)))
		r->op = r->kind->next(r, op);
	if (r->op != NULL) {
		submit(r);
		keeper_stir(r->keeper);
	} else {
		keeper_request_end(r, op->outcome,
		    op->outcome == STORE_OK ? r->kind->answer(r->keeper, op)
					    : NULL);
	}
	store_op_free(&op);
}

/* ---- passwords ---- */

static void
ask_for_hash(struct keeper_request *r, struct span password)
{
	struct keeper_requests *all = r->all;
	struct message m;

	message_init(&m, MESSAGE_HASH_ASK);
	m.hash_ask.question = table_add(&all->questions, r);
	m.hash_ask.password = password;
	if (m.hash_ask.question != 0 &&
	    peer_ask(role_peer(all->keeper->role, ROLE_AUTH, 0), &m))
		return;
	table_take(&all->questions, m.hash_ask.question);
	refuse(r, "later", "passwords cannot be hashed just now");
	request_free(r);
}

void
keeper_request_hashed(struct keeper_requests *all, const struct message *m)
{
	struct keeper_request *r =
	    table_take(&all->questions, m->hash_answer.question);

	if (r == NULL)
		return;
	if (m->hash_answer.password.n == 0) {
		refuse(r, "later", "passwords cannot be hashed just now");
		request_free(r);
		return;
	}
	r->op->user_put.user.password =
	    arena_copy(&r->op->arena, m->hash_answer.password);
	submit(r);
}

void
keeper_request_auth_lost(struct keeper_requests *all)
{
	struct keeper_request *r;
	uint64_t number;
	size_t at = 0;

	while ((r = table_next(&all->questions, &at, &number)) != NULL) {
		table_take(&all->questions, number);
		refuse(r, "later", "passwords cannot be hashed just now");
		request_free(r);
	}
}

/* ---- in ---- */

static void
begin(struct keeper_request *r, const json_t *q)
{
	struct err err = {0};
	struct span password = control_words_text(q, "password");
	int error = r->kind->fill(r, q, &err);

	if (error == 1)
		return;
	if (error == 0 && r->op->verb == STORE_USER_PUT && password.n > 0) {
		ask_for_hash(r, password);
		return;
	}
	if (error == 0) {
		submit(r);
		return;
	}
	refuse(r,
	    error == -E_NONE     ? r->kind->missing
	    : error == -E_SYNTAX ? "bad"
				 : "later",
	    err.text);
	request_free(r);
}

void
keeper_request(struct keeper_requests *all, uint64_t client, const json_t *q)
{
	const struct keeper_kind *kind =
	    keeper_kinds_find(control_words_text(q, "do"));
	struct keeper_request *r = calloc(1, sizeof *r);

	if (kind == NULL) {
		keeper_control_answer(all->control, client,
		    control_words_refusal("bad",
			"a request is one JSON object on one line, with a "
			"known \"do\""));
		free(r);
		return;
	}
	if (r == NULL ||
	    (r->op = store_op_new(kind->verb, role_now())) == NULL) {
		free(r);
		keeper_control_answer(all->control, client, NULL);
		return;
	}
	r->all = all;
	r->keeper = all->keeper;
	r->kind = kind;
	r->client = client;
	begin(r, q);
}

/* ---- life ---- */

int
keeper_request_new(struct keeper *k, struct keeper_control *control,
    struct keeper_requests **requests_r)
{
	struct keeper_requests *all = calloc(1, sizeof *all);

	*requests_r = all;
	if (all == NULL)
		return -E_NOMEM;
	all->keeper = k;
	all->control = control;
	table_init(&all->questions);
	return 0;
}

void
keeper_request_free(struct keeper_requests **requests)
{
	struct keeper_requests *all = *requests;
	struct keeper_request *r;
	uint64_t number;
	size_t at = 0;

	if (all == NULL)
		return;
	while ((r = table_next(&all->questions, &at, &number)) != NULL) {
		table_take(&all->questions, number);
		request_free(r);
	}
	table_fini(&all->questions);
	free(all);
	*requests = NULL;
}

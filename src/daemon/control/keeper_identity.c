/*
 * Other addresses of users, for the operator: added, removed, listed.
 *
 * Not for: what an address means to mail (the store files what comes for it
 * under its user); as whom somebody may write (own_addresses.h).
 */
#include "daemon/control/keeper_identity.h"

#include "daemon/control/control_words.h"
#include "daemon/control/keeper_show.h"

#include <stdio.h>

/* ---- added ---- */

int
keeper_identity_fill_add(
    struct keeper_request *r, const json_t *q, struct err *err)
{
	struct store_identity *identity = &r->op->identity_put.identity;
	int error = control_words_address(
	    r->op, control_words_text(q, "user"), &identity->user, err);

	if (error == 0)
		error = control_words_local_address(r->op,
		    control_words_text(q, "address"), r->keeper->local,
		    &identity->address, err);
	identity->created = r->op->now;
	r->op->identity_put.user_max = STORE_IDENTITIES_MAX;
	return error;
}

json_t *
keeper_identity_answer(const struct keeper *k, const struct store_op *op)
{
	(void)k;
	return json_pack("{s:b, s:o}", "ok", 1, "identity",
	    keeper_show_identity(&op->identity_put.identity));
}

/* ---- removed ---- */

int
keeper_identity_fill_remove(
    struct keeper_request *r, const json_t *q, struct err *err)
{
	return control_words_address(r->op, control_words_text(q, "address"),
	    &r->op->identity_drop.address, err);
}

json_t *
keeper_identity_answer_removed(
    const struct keeper *k, const struct store_op *op)
{
	(void)k;
	return json_pack("{s:b, s:o}", "ok", 1, "removed",
	    keeper_show_text(op->identity_drop.address));
}

/* ---- listed ---- */

int
keeper_identity_fill_list(
    struct keeper_request *r, const json_t *q, struct err *err)
{
	struct store_identity_list *list = &r->op->identity_list;
	struct span user = control_words_text(q, "user");

	list->after = arena_copy(&r->op->arena, control_words_text(q, "after"));
	list->limit = control_words_limit(q);
	return user.n == 0
		   ? 0
		   : control_words_address(r->op, user, &list->user, err);
}

struct store_op *
keeper_identity_next(struct keeper_request *r, const struct store_op *done)
{
	const struct store_identity_list *list = &done->identity_list;

	(void)r;
	if (done->verb != STORE_IDENTITY_LIST || list->count > 0 ||
	    list->user.n == 0 || list->after.n > 0)
		return NULL;
	return keeper_kinds_get_user(list->user);
}

json_t *
keeper_identity_answer_list(const struct keeper *k, const struct store_op *op)
{
	const struct store_identity_list *l = &op->identity_list;
	unsigned n = op->verb == STORE_IDENTITY_LIST ? l->count : 0;
	json_t *other = keeper_identity_of_another(op);
	json_t *rows;

	(void)k;
	if (other != NULL)
		return other;
	rows = json_array();
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(
		    rows, keeper_show_identity(&l->identities[i]));
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "identities", rows, "next",
	    n > 0 && n == l->limit
		? keeper_show_text(l->identities[n - 1].address)
		: json_null());
}

/* ---- taken for an account ---- */

json_t *
keeper_identity_of_another(const struct store_op *done)
{
	const struct store_user_get *get = &done->user_get;
	char text[2 * ADDRESS_TEXT + 64];

	if (done->verb != STORE_USER_GET || done->outcome != STORE_OK ||
	    span_equals(get->address, get->user.address))
		return NULL;
	snprintf(text, sizeof text, "%.*s is another address of %.*s",
	    (int)get->address.n, get->address.p, (int)get->user.address.n,
	    get->user.address.p);
	return control_words_refusal("no-user", text);
}

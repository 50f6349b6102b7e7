/*
 * Users' lists for the operator: shown, put, forgotten. Many entries come in
 * one request: all of them are looked at before the first is put, so that a
 * slip in one changes nothing.
 *
 * Not for: what a list does to mail (receiver/admit.h, origin/accept.c); what
 * an entry may name (control_words.h).
 */
#include "daemon/control/keeper_list.h"

#include "daemon/control/control_words.h"
#include "daemon/control/keeper_identity.h"
#include "daemon/control/keeper_show.h"

#include <stdlib.h>

/* ---- words of a request ---- */

static int
take_side(const json_t *q, enum store_side *side_r, struct err *err)
{
	struct span side = control_words_text(q, "side");

	if (span_equals(side, span_of(store_side_name(SIDE_INCOMING))))
		*side_r = SIDE_INCOMING;
	else if (span_equals(side, span_of(store_side_name(SIDE_OUTGOING))))
		*side_r = SIDE_OUTGOING;
	else
		return err_set(
		    err, -E_SYNTAX, "`side` is incoming or outgoing");
	return 0;
}

static int
take_list(const json_t *q, enum store_listed *list_r, struct err *err)
{
	struct span list = control_words_text(q, "list");

	if (span_equals(list, span_of(store_listed_name(LISTED_ALLOW))))
		*list_r = LISTED_ALLOW;
	else if (span_equals(list, span_of(store_listed_name(LISTED_DENY))))
		*list_r = LISTED_DENY;
	else
		return err_set(err, -E_SYNTAX, "an entry is allow or deny");
	return 0;
}

/* Only of what comes it is told who speaks for it. */
static int
take_server(struct store_op *op, const json_t *q, enum store_side side,
    struct span *server_r, struct err *err)
{
	struct span server = control_words_text(q, "server");

	if (side == SIDE_OUTGOING && server.n > 0)
		return err_set(err, -E_SYNTAX,
		    "an entry of the outgoing list has no server");
	return control_words_server(op, server, server_r, err);
}

/* ---- a page ---- */

/* `next` is address and server of a row, with a space between them. */
static void
take_after(struct store_entry_list *list, struct span after, struct arena *a)
{
	struct span kept = arena_copy(a, after);
	struct span server = span_from_last(kept, ' ');

	if (server.n == 0)
		return;
	list->after_side = list->side;
	list->after_address = span_part(kept, 0, kept.n - server.n);
	list->after_server = span_skip(server, 1);
}

int
keeper_list_fill(struct keeper_request *r, const json_t *q, struct err *err)
{
	struct store_entry_list *list = &r->op->entry_list;
	struct span address = control_words_text(q, "address");
	int error = control_words_address(
	    r->op, control_words_text(q, "user"), &list->user, err);

	if (error == 0)
		error = take_side(q, &list->side, err);
	if (error == 0 && address.n > 0)
		error = control_words_listed_address(
		    r->op, address, &list->address, err);
	take_after(list, control_words_text(q, "after"), &r->op->arena);
	list->limit = control_words_limit(q);
	return error;
}

static json_t *
show_next(const struct store_entry *last)
{
	json_t *next;
	struct buf b;

	buf_init(&b, STORE_OP_ARENA);
	buf_put(&b, last->address);
	buf_char(&b, ' ');
	buf_put(&b, last->server);
	next = keeper_show_text(buf_span(&b));
	buf_fini(&b);
	return next;
}

json_t *
keeper_list_answer(const struct keeper *k, const struct store_op *op)
{
	const struct store_entry_list *l = &op->entry_list;
	unsigned n = op->verb == STORE_ENTRY_LIST ? l->count : 0;
	json_t *other = keeper_identity_of_another(op), *rows;

	(void)k;
	if (other != NULL)
		return other;
	rows = json_array();
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(rows, keeper_show_entry(&l->entries[i]));
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "entries", rows, "next",
	    n > 0 && n == l->limit ? show_next(&l->entries[n - 1])
				   : json_null());
}

/* ---- forgotten ---- */

int
keeper_list_fill_forget(
    struct keeper_request *r, const json_t *q, struct err *err)
{
	struct store_entry_drop *drop = &r->op->entry_drop;
	int error = control_words_address(
	    r->op, control_words_text(q, "user"), &drop->user, err);

	r->after_none = true;
	drop->any_server = json_object_get(q, "server") == NULL;
	if (error == 0)
		error = take_side(q, &drop->side, err);
	if (error == 0)
		error = control_words_listed_address(r->op,
		    control_words_text(q, "address"), &drop->address, err);
	if (error == 0)
		error = take_server(r->op, q, drop->side, &drop->server, err);
	return error;
}

json_t *
keeper_list_answer_forgotten(const struct keeper *k, const struct store_op *op)
{
	json_t *other = keeper_identity_of_another(op);

	(void)k;
	if (other != NULL)
		return other;
	if (op->verb == STORE_USER_GET)
		return control_words_refusal(
		    "no-id", "there is no such entry on the list");
	return json_pack("{s:b, s:o}", "ok", 1, "forgotten",
	    keeper_show_text(op->entry_drop.address));
}

struct store_op *
keeper_list_next(struct keeper_request *r, const struct store_op *op)
{
	const struct store_entry_list *list = &op->entry_list;

	(void)r;
	if (op->verb == STORE_ENTRY_LIST && list->count == 0 &&
	    list->after_side == 0)
		return keeper_kinds_get_user(list->user);
	if (op->verb == STORE_ENTRY_DROP && op->outcome == STORE_NONE)
		return keeper_kinds_get_user(op->entry_drop.user);
	return NULL;
}

/* ---- put ---- */

/* The entries of one request, as operations until they are submitted. */
struct putting {
	struct keeper_request *request;
	bool check_only;
	unsigned count, left, put;
	enum store_outcome outcome; /* of the first that failed, or OK */
	json_t *entry;              /* as it was put, where it is just one */
	json_t *other;              /* what is said: it is no account */
	struct store_op *ops[KEEPER_LIST_PUT];
};

static void
putting_free(struct putting *p)
{
	for (unsigned i = 0; i < p->count; i++)
		store_op_free(&p->ops[i]);
	json_decref(p->entry);
	json_decref(p->other);
	free(p);
}

static json_t *
answer_put(const struct putting *p)
{
	json_t *answer;

	if (p->other != NULL)
		return json_incref(p->other);
	if (p->outcome == STORE_FULL) {
		answer = control_words_refusal("full",
		    "the list has as many entries as the key `list-entries` "
		    "allows");
		json_object_set_new(json_object_get(answer, "error"), "put",
		    json_integer(p->put));
		return answer;
	}
	answer = json_pack("{s:b, s:i}", "ok", 1, "put", (int)p->put);
	if (p->entry != NULL)
		json_object_set(answer, "entry", p->entry);
	return answer;
}

static void
end(struct putting *p)
{
	bool is_told = p->outcome == STORE_OK || p->outcome == STORE_FULL;

	keeper_request_end(p->request, is_told ? STORE_OK : p->outcome,
	    is_told ? answer_put(p) : NULL);
	putting_free(p);
}

static void
entry_put(struct store_op *op, void *arg)
{
	struct putting *p = arg;

	if (op->outcome == STORE_OK)
		p->put++;
	else if (p->outcome == STORE_OK)
		p->outcome = op->outcome;
	if (op->outcome == STORE_OK && p->count == 1)
		p->entry = keeper_show_entry(&op->entry_put.entry);
	store_op_free(&op);
	if (--p->left == 0)
		end(p);
}

static void
submit_entries(struct putting *p)
{
	struct keeper *k = p->request->keeper;

	p->left = p->count;
	for (unsigned i = 0; i < p->count; i++) {
		struct store_op *op = p->ops[i];

		p->ops[i] = NULL;
		op->done = entry_put;
		op->arg = p;
		store_submit(k->store, op);
	}
	keeper_stir(k);
}

static void
user_found(struct store_op *op, void *arg)
{
	struct putting *p = arg;

	p->outcome = op->outcome;
	p->other = keeper_identity_of_another(op);
	store_op_free(&op);
	if (p->outcome == STORE_OK && p->other == NULL && !p->check_only)
		submit_entries(p);
	else
		end(p);
}

/* One more entry of the list that R speaks of. */
static int
add_entry(
    struct putting *p, const json_t *q, enum store_side side, struct err *err)
{
	const struct keeper_request *r = p->request;
	struct store_op *op = store_op_new(STORE_ENTRY_PUT, r->op->now);
	struct store_entry_put *put = &op->entry_put;
	int error;

	if (op == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	p->ops[p->count++] = op;
	put->user_max = r->keeper->role->settings->list_entries;
	put->entry.user = arena_copy(&op->arena, r->op->user_get.address);
	put->entry.side = side;
	put->entry.by = ENTRY_BY_HAND;
	put->entry.created = op->now;
	error = take_list(q, &put->entry.list, err);
	if (error == 0)
		error = control_words_listed_address(op,
		    control_words_text(q, "address"), &put->entry.address, err);
	if (error == 0)
		error = take_server(op, q, side, &put->entry.server, err);
	if (error == 0 && arena_has_failed(&op->arena))
		error = err_set(err, -E_NOMEM, "no memory");
	return error;
}

/* 0; negative, and *AT_R is the entry that is wrong. */
static int
add_entries(struct putting *p, const json_t *q, enum store_side side,
    size_t *at_r, struct err *err)
{
	const json_t *entries = json_object_get(q, "entries");
	int error = 0;

	for (size_t i = 0; error == 0 && i < json_array_size(entries); i++) {
		*at_r = i;
		error = add_entry(p, json_array_get(entries, i), side, err);
	}
	return error;
}

static json_t *
refuse_entry(size_t at, const struct err *err)
{
	json_t *answer = control_words_refusal(
	    err->code == -E_SYNTAX ? "bad" : "later", err->text);

	json_object_set_new(json_object_get(answer, "error"), "entry",
	    json_integer((json_int_t)at));
	return answer;
}

static int
check_number(const json_t *q, struct err *err)
{
	size_t n = json_array_size(json_object_get(q, "entries"));

	if (n > 0 && n <= KEEPER_LIST_PUT)
		return 0;
	return err_set(err, -E_SYNTAX, "`entries` are 1 to %d in one request",
	    KEEPER_LIST_PUT);
}

int
keeper_list_put(struct keeper_request *r, const json_t *q, struct err *err)
{
	struct store_op *op = r->op;
	enum store_side side;
	struct putting *p;
	size_t at = 0;
	int error = control_words_address(
	    op, control_words_text(q, "user"), &op->user_get.address, err);

	if (error == 0)
		error = take_side(q, &side, err);
	if (error == 0)
		error = check_number(q, err);
	if (error != 0)
		return error;
	p = calloc(1, sizeof *p);
	if (p == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	p->request = r;
	p->check_only = control_words_flag(q, "check");
	if (add_entries(p, q, side, &at, err) != 0) {
		putting_free(p);
		keeper_request_end(r, STORE_OK, refuse_entry(at, err));
		return 1;
	}
	r->op = NULL;
	op->done = user_found;
	op->arg = p;
	store_submit(r->keeper->store, op);
	return 1;
}

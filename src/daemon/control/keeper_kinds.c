/*
 * What the operator can ask, one row of `kinds` each: which arguments it takes,
 * whether another operation follows, what it answers.
 *
 * Not for: the way of a request (keeper_request.c), the words of requests
 * (control_words.c), rows as JSON (keeper_show.c).
 */
#include "daemon/control/keeper_kinds.h"

#include "daemon/control/control_words.h"
#include "daemon/control/keeper_envelope.h"
#include "daemon/control/keeper_identity.h"
#include "daemon/control/keeper_list.h"
#include "daemon/control/keeper_peer.h"
#include "daemon/control/keeper_selftest.h"
#include "daemon/control/keeper_show.h"
#include "daemon/control/keeper_show_standing.h"
#include "proto/identifier.h"

#define COMPLAINTS_SHOWN 5

/* ---- users ---- */

static int
fill_user_add(struct keeper_request *r, const json_t *q, struct err *err)
{
	return control_words_user(r->op, q, r->keeper->local, err);
}

static int
fill_user_set(struct keeper_request *r, const json_t *q, struct err *err)
{
	return control_words_user(r->op, q, NULL, err);
}

static void
ask_for_all(struct store_user_get *get)
{
	get->identity_limit = STORE_IDENTITIES_MAX;
	get->with_standing = true;
	get->complaint_limit = COMPLAINTS_SHOWN;
}

struct store_op *
keeper_kinds_get_user(struct span address)
{
	struct store_op *op = store_op_new(STORE_USER_GET, role_now());

	if (op != NULL) {
		op->user_get.address = arena_copy(&op->arena, address);
		ask_for_all(&op->user_get);
	}
	return op;
}

/* What was put may be a part of the account; all of it is shown. */
static struct store_op *
show_user(struct keeper_request *r, const struct store_op *op)
{
	(void)r;
	return op->verb == STORE_USER_PUT
		   ? keeper_kinds_get_user(op->user_put.user.address)
		   : NULL;
}

static json_t *
answer_user(const struct keeper *k, const struct store_op *op)
{
	bool is_got = op->verb == STORE_USER_GET;
	json_t *user =
	    keeper_show_user(is_got ? &op->user_get.user : &op->user_put.user);

	if (is_got) {
		keeper_show_identities(user, &op->user_get);
		keeper_show_standing(user, &op->user_get, k->role->settings);
	}
	return json_pack("{s:b, s:o}", "ok", 1, "user", user);
}

static int
fill_user_show(struct keeper_request *r, const json_t *q, struct err *err)
{
	ask_for_all(&r->op->user_get);
	return control_words_address(r->op, control_words_text(q, "address"),
	    &r->op->user_get.address, err);
}

static int
fill_user_remove(struct keeper_request *r, const json_t *q, struct err *err)
{
	return control_words_address(r->op, control_words_text(q, "address"),
	    &r->op->user_drop.address, err);
}

static json_t *
answer_user_removed(const struct keeper *k, const struct store_op *op)
{
	(void)k;
	return json_pack("{s:b, s:o}", "ok", 1, "removed",
	    keeper_show_text(op->user_drop.address));
}

static int
fill_user_list(struct keeper_request *r, const json_t *q, struct err *err)
{
	struct store_user_list *list = &r->op->user_list;

	(void)err;
	list->after = arena_copy(&r->op->arena, control_words_text(q, "after"));
	list->limit = control_words_limit(q);
	return 0;
}

static json_t *
answer_user_list(const struct keeper *k, const struct store_op *op)
{
	const struct store_user_list *l = &op->user_list;
	json_t *rows = json_array();

	(void)k;
	for (unsigned i = 0; i < l->count; i++)
		json_array_append_new(rows, keeper_show_user(&l->users[i]));
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "users", rows, "next",
	    l->count == l->limit
		? keeper_show_text(l->users[l->count - 1].address)
		: json_null());
}

/* ---- holds ---- */

/* Both names of a hold are taken: its key, and what other servers see. */
static int
hold_key(const struct keeper_request *r, struct span id, struct key *key_r,
    struct err *err)
{
	if (id.n == KEY_TEXT - 1 && key_parse(id, key_r) == 0)
		return 0;
	if (identifier_check(id, r->keeper->accept.server_secret, key_r) == 0)
		return 0;
	return err_set(
	    err, -E_NONE, "no message of this server has that identifier");
}

static int
fill_held_list(struct keeper_request *r, const json_t *q, struct err *err)
{
	struct span after = control_words_text(q, "after");
	struct span user = control_words_text(q, "user");
	struct store_hold_list *list = &r->op->hold_list;
	int error = 0;

	if (after.n > 0)
		error = hold_key(r, after, &list->after, err);
	if (error == 0 && user.n > 0)
		error = control_words_address(r->op, user, &list->user, err);
	list->limit = control_words_limit(q);
	list->open_only = !control_words_flag(q, "all");
	return error;
}

/* A list of nothing may be that of a user who does not exist. */
static struct store_op *
check_listed_user(struct keeper_request *r, const struct store_op *op)
{
	const struct store_hold_list *holds = &op->hold_list;
	const struct store_envelope_list *envelopes = &op->envelope_list;

	(void)r;
	if (op->verb == STORE_HOLD_LIST && holds->count == 0 &&
	    holds->user.n > 0 && key_is_zero(holds->after))
		return keeper_kinds_get_user(holds->user);
	if (op->verb == STORE_ENVELOPE_LIST && envelopes->count == 0 &&
	    envelopes->user.n > 0 && key_is_zero(envelopes->before))
		return keeper_kinds_get_user(envelopes->user);
	return NULL;
}

static json_t *
answer_held_list(const struct keeper *k, const struct store_op *op)
{
	const struct store_hold_list *l = &op->hold_list;
	json_t *other = keeper_identity_of_another(op), *rows;
	char next[KEY_TEXT] = "";
	unsigned n = op->verb == STORE_HOLD_LIST ? l->count : 0;

	(void)k;
	if (other != NULL)
		return other;
	rows = json_array();
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(
		    rows, keeper_show_hold(&l->rows[i], false));
	if (n > 0 && n == l->limit)
		key_text(l->rows[n - 1].hold.key, next);
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "held", rows, "next",
	    next[0] != '\0' ? json_string(next) : json_null());
}

static int
fill_held_show(struct keeper_request *r, const json_t *q, struct err *err)
{
	return hold_key(
	    r, control_words_text(q, "id"), &r->op->hold_get.key, err);
}

static json_t *
answer_held(const struct keeper *k, const struct store_op *op)
{
	(void)k;
	return json_pack("{s:b, s:o}", "ok", 1, "hold",
	    keeper_show_hold(&op->hold_get.row, true));
}

static struct store_op *
get_hold(struct key key)
{
	struct store_op *op = store_op_new(STORE_HOLD_GET, role_now());

	if (op != NULL)
		op->hold_get.key = key;
	return op;
}

static int
fill_held_withdraw(struct keeper_request *r, const json_t *q, struct err *err)
{
	struct store_hold_end *end = &r->op->hold_end;

	end->state = HOLD_WITHDRAWN;
	end->reply = span_of("withdrawn by the operator");
	return hold_key(r, control_words_text(q, "id"), &end->key, err);
}

static struct store_op *
show_withdrawn(struct keeper_request *r, const struct store_op *op)
{
	if (op->verb != STORE_HOLD_END)
		return NULL;
	if (op->hold_end.body_free)
		keeper_free_body(r->keeper, op->hold_end.message);
	return get_hold(op->hold_end.key);
}

/* The next try is due now, by whatever route. */
static struct store_op *
retry_hold(const struct store_hold *hold)
{
	struct store_op *op = store_op_new(STORE_HOLD_RETRY, role_now());

	if (op == NULL)
		return NULL;
	op->hold_retry.key = hold->key;
	op->hold_retry.next_at = op->now;
	op->hold_retry.route = ROUTE_UNKNOWN;
	return op;
}

/* Look, try again, look. */
static struct store_op *
retry_then_show(struct keeper_request *r, const struct store_op *op)
{
	if (op->verb == STORE_HOLD_RETRY) {
		r->retried = true;
		notify_look(r->keeper->notify, role_now());
		return get_hold(op->hold_retry.key);
	}
	return r->retried ? NULL : retry_hold(&op->hold_get.row.hold);
}

/* ---- notices ---- */

static int
fill_notice_list(struct keeper_request *r, const json_t *q, struct err *err)
{
	struct store_notice_list *list = &r->op->notice_list;
	struct span after = control_words_text(q, "after");

	list->limit = control_words_limit(q);
	if (after.n == 0 || key_parse(after, &list->after) == 0)
		return 0;
	return err_set(
	    err, -E_SYNTAX, "`after` must be a `next` of an earlier answer");
}

static json_t *
answer_notice_list(const struct keeper *k, const struct store_op *op)
{
	const struct store_notice_list *l = &op->notice_list;
	json_t *rows = json_array();
	char next[KEY_TEXT] = "";

	(void)k;
	for (unsigned i = 0; i < l->count; i++)
		json_array_append_new(rows, keeper_show_notice(&l->notices[i]));
	if (l->count > 0)
		key_text(l->notices[l->count - 1].key, next);
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "notices", rows, "next",
	    l->count == l->limit ? json_string(next) : json_null());
}

/* ---- all of it ---- */

static int
fill_nothing(struct keeper_request *r, const json_t *q, struct err *err)
{
	(void)r;
	(void)q;
	(void)err;
	return 0;
}

static json_t *
answer_status(const struct keeper *k, const struct store_op *op)
{
	return keeper_show_status(k, &op->count);
}

static json_t *
answer_check(const struct keeper *k, const struct store_op *op)
{
	(void)k;
	return keeper_show_check(&op->check);
}

#define NO_USER     "no-user", "there is no such user", NULL, NULL
#define NO_HOLD     "no-id", "there is no such message", NULL, NULL
#define NO_PEER     "no-id", "there is no such peer", NULL, NULL
#define NO_ENVELOPE "no-id", "there is no such envelope", NULL, NULL
#define NO_IDENTITY "no-id", "that is no other address of anybody", NULL, NULL

static const struct keeper_kind kinds[] = {
    {"status", STORE_COUNT, fill_nothing, NULL, answer_status, NO_USER},
    {"check", STORE_CHECK, fill_nothing, NULL, answer_check, NO_USER},
    {"user-add", STORE_USER_PUT, fill_user_add, show_user, answer_user,
	NO_USER},
    {"user-set", STORE_USER_PUT, fill_user_set, show_user, answer_user,
	NO_USER},
    {"user-show", STORE_USER_GET, fill_user_show, NULL, answer_user, NO_USER},
    {"user-remove", STORE_USER_DROP, fill_user_remove, NULL,
	answer_user_removed, NO_USER},
    {"user-list", STORE_USER_LIST, fill_user_list, NULL, answer_user_list,
	NO_USER},
    {"identity-add", STORE_IDENTITY_PUT, keeper_identity_fill_add, NULL,
	keeper_identity_answer, "no-user", "there is no such user",
	"that address is an account, or somebody else's",
	"the user has as many other addresses as there may be"},
    {"identity-remove", STORE_IDENTITY_DROP, keeper_identity_fill_remove, NULL,
	keeper_identity_answer_removed, NO_IDENTITY},
    {"identity-list", STORE_IDENTITY_LIST, keeper_identity_fill_list,
	keeper_identity_next, keeper_identity_answer_list, NO_USER},
    {"held-list", STORE_HOLD_LIST, fill_held_list, check_listed_user,
	answer_held_list, NO_USER},
    {"held-show", STORE_HOLD_GET, fill_held_show, NULL, answer_held, NO_HOLD},
    {"held-withdraw", STORE_HOLD_END, fill_held_withdraw, show_withdrawn,
	answer_held, NO_HOLD},
    {"held-retry", STORE_HOLD_GET, fill_held_show, retry_then_show, answer_held,
	NO_HOLD},
    {"envelope-list", STORE_ENVELOPE_LIST, keeper_envelope_fill_list,
	check_listed_user, keeper_envelope_answer_list, NO_USER},
    {"envelope-show", STORE_NOTICE_GET, keeper_envelope_fill_show, NULL,
	keeper_envelope_answer, NO_ENVELOPE},
    {"envelope-decide", STORE_NOTICE_DECIDE, keeper_envelope_decide, NULL, NULL,
	NO_ENVELOPE},
    {"list-show", STORE_ENTRY_LIST, keeper_list_fill, keeper_list_next,
	keeper_list_answer, NO_USER},
    {"list-put", STORE_USER_GET, keeper_list_put, NULL, NULL, NO_USER},
    {"list-forget", STORE_ENTRY_DROP, keeper_list_fill_forget, keeper_list_next,
	keeper_list_answer_forgotten, NO_USER},
    {"notice-list", STORE_NOTICE_LIST, fill_notice_list, NULL,
	answer_notice_list, NO_HOLD},
    {"peer-list", STORE_PEER_LIST, keeper_peer_fill_list, NULL,
	keeper_peer_answer_list, NO_PEER},
    {"peer-show", STORE_PEER_GET, keeper_peer_fill_show, NULL,
	keeper_peer_answer, NO_PEER},
    {"peer-allow", STORE_PEER_PUT, keeper_peer_fill_allow, keeper_peer_listed,
	keeper_peer_answer, NO_PEER},
    {"peer-deny", STORE_PEER_PUT, keeper_peer_fill_deny, keeper_peer_listed,
	keeper_peer_answer, NO_PEER},
    {"peer-forget", STORE_PEER_DROP, keeper_peer_fill_forget,
	keeper_peer_unlisted, keeper_peer_answer_forgotten, NO_PEER},
    {"guessing-list", STORE_DENIED_LIST, keeper_peer_fill_guessing, NULL,
	keeper_peer_answer_guessing, NO_PEER},
    {"selftest-put", STORE_USER_GET, keeper_selftest_put, NULL, NULL, NO_USER},
};

const struct keeper_kind *
keeper_kinds_find(struct span word)
{
	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (span_equals(word, span_of(kinds[i].word)))
			return &kinds[i];
	return NULL;
}

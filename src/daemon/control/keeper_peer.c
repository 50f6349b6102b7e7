/*
 * Peers for the operator: listed, shown, allowed, denied, forgotten; and who is
 * guessing.
 *
 * Not for: what lists do to hosts (keeper_peers.c), nor what is remembered of
 * them (keeper_history.c).
 */
#include "daemon/control/keeper_peer.h"

#include "daemon/control/control_words.h"
#include "daemon/control/keeper_show.h"
#include "daemon/control/keeper_show_quality.h"
#include "daemon/keeper/keeper_guess.h"
#include "daemon/keeper/keeper_history.h"
#include "daemon/keeper/keeper_peers.h"
#include "daemon/keeper/keeper_quality.h"

#define DAYS_SHOWN 14 /* of the figures of a domain */

int
keeper_peer_fill_list(
    struct keeper_request *r, const json_t *q, struct err *err)
{
	struct store_peer_list *list = &r->op->peer_list;

	(void)err;
	list->after = arena_copy(&r->op->arena, control_words_text(q, "after"));
	list->limit = control_words_limit(q);
	list->which = control_words_flag(q, "all") ? PEERS_ALL : PEERS_MARKED;
	return 0;
}

static json_t *
show_peer(const struct keeper *k, const struct store_peer *peer)
{
	const struct quality_limits limits =
	    keeper_quality_limits(k->role->settings);
	json_t *to = keeper_show_peer(peer);

	if (to != NULL)
		json_object_set_new(
		    to, "quality", keeper_show_quality(peer, &limits));
	return to;
}

/* On a list, or of a quality that a threshold speaks of. */
static bool
is_marked(const struct keeper *k, const struct store_peer *peer)
{
	const struct quality_limits limits =
	    keeper_quality_limits(k->role->settings);
	const struct quality q = {
	    peer->messages, peer->accepts, peer->refusals};

	return peer->list != LISTED_NOT ||
	       quality_judge(&q, &limits) >= QUALITY_ALERT;
}

json_t *
keeper_peer_answer_list(const struct keeper *k, const struct store_op *op)
{
	const struct store_peer_list *l = &op->peer_list;
	json_t *rows = json_array();

	for (unsigned i = 0; i < l->count; i++)
		if (l->which == PEERS_ALL || is_marked(k, &l->peers[i]))
			json_array_append_new(rows, show_peer(k, &l->peers[i]));
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "peers", rows, "next",
	    l->count == l->limit ? keeper_show_text(l->peers[l->count - 1].name)
				 : json_null());
}

int
keeper_peer_fill_show(
    struct keeper_request *r, const json_t *q, struct err *err)
{
	r->op->peer_get.day_limit = DAYS_SHOWN;
	return control_words_peer(
	    r->op, control_words_text(q, "peer"), &r->op->peer_get.name, err);
}

json_t *
keeper_peer_answer(const struct keeper *k, const struct store_op *op)
{
	bool is_got = op->verb == STORE_PEER_GET;
	json_t *peer =
	    show_peer(k, is_got ? &op->peer_get.peer : &op->peer_put.peer);

	if (is_got)
		keeper_show_days(
		    json_object_get(peer, "quality"), &op->peer_get);
	return json_pack("{s:b, s:o}", "ok", 1, "peer", peer);
}

static int
fill_put(struct keeper_request *r, const json_t *q, enum store_listed list,
    struct err *err)
{
	const json_t *time = json_object_get(q, "for");
	json_int_t seconds = json_integer_value(time);
	struct store_peer_put *put = &r->op->peer_put;
	int error = control_words_listed(
	    r->op, control_words_text(q, "peer"), &put->name, err);

	if (error != 0)
		return error;
	if (time != NULL && (seconds <= 0 || seconds > INT32_MAX))
		return err_set(err, -E_SYNTAX,
		    "`for` is a number of seconds, at most 68 years");
	if (!keeper_peers_have_room(r->keeper->peers, put->name))
		return err_set(err, -E_RANGE, "too many peers are listed");
	put->list = list;
	put->until = time != NULL ? r->op->now + seconds : 0;
	return 0;
}

int
keeper_peer_fill_allow(
    struct keeper_request *r, const json_t *q, struct err *err)
{
	return fill_put(r, q, LISTED_ALLOW, err);
}

int
keeper_peer_fill_deny(
    struct keeper_request *r, const json_t *q, struct err *err)
{
	return fill_put(r, q, LISTED_DENY, err);
}

/* It counts before the operator hears of it. */
struct store_op *
keeper_peer_listed(struct keeper_request *r, const struct store_op *op)
{
	keeper_peers_put(r->keeper->peers, &op->peer_put.peer);
	return NULL;
}

int
keeper_peer_fill_forget(
    struct keeper_request *r, const json_t *q, struct err *err)
{
	r->after_none = true;
	return control_words_peer(
	    r->op, control_words_text(q, "peer"), &r->op->peer_drop.name, err);
}

/* It may be on no list, and denied for guessing all the same. */
static struct store_op *
forgive_peer(const struct keeper *k, struct span name)
{
	char row[IP_NET_TEXT];
	struct store_op *op;

	if (!keeper_guess_find(k->guess, name, row))
		return NULL;
	op = store_op_new(STORE_DENIED_PUT, role_now());
	if (op == NULL)
		return NULL;
	op->denied_put.until = 0; /* a time that is over takes it off */
	op->denied_put.address = arena_copy(&op->arena, span_of(row));
	if (op->denied_put.address.p == NULL)
		store_op_free(&op);
	return op;
}

struct store_op *
keeper_peer_unlisted(struct keeper_request *r, const struct store_op *op)
{
	struct span name = op->peer_drop.name;
	struct ip address;

	if (op->verb == STORE_DENIED_PUT) {
		keeper_guess_forgive(r->keeper->guess, op->denied_put.address);
		return NULL;
	}
	if (op->outcome == STORE_OK)
		keeper_peers_drop(r->keeper->peers, name);
	keeper_history_forget(r->keeper->history, name);
	keeper_quality_forget(r->keeper->quality, name);
	if (ip_parse(name, &address) == 0)
		pull_distrust(r->keeper->pull, address);
	return forgive_peer(r->keeper, name);
}

json_t *
keeper_peer_answer_forgotten(const struct keeper *k, const struct store_op *op)
{
	(void)k;
	return json_pack("{s:b, s:o, s:b}", "ok", 1, "forgotten",
	    keeper_show_text(op->verb == STORE_DENIED_PUT
				 ? op->denied_put.address
				 : op->peer_drop.name),
	    "guessing", op->verb == STORE_DENIED_PUT);
}

int
keeper_peer_fill_guessing(
    struct keeper_request *r, const json_t *q, struct err *err)
{
	struct store_denied_list *list = &r->op->denied_list;

	(void)err;
	list->after = arena_copy(&r->op->arena, control_words_text(q, "after"));
	list->limit = control_words_limit(q);
	return 0;
}

json_t *
keeper_peer_answer_guessing(const struct keeper *k, const struct store_op *op)
{
	const struct store_denied_list *l = &op->denied_list;
	json_t *rows = json_array();

	(void)k;
	for (unsigned i = 0; i < l->count; i++)
		json_array_append_new(
		    rows, json_pack("{s:o, s:o}", "address",
			      keeper_show_text(l->denied[i].address), "until",
			      keeper_show_time(l->denied[i].until)));
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "guessing", rows, "next",
	    l->count == l->limit
		? keeper_show_text(l->denied[l->count - 1].address)
		: json_null());
}

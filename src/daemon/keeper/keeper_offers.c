/*
 * One operation of the store for each call: it remembers what the peer offers
 * now and answers what it offered before, so there is no moment between the
 * two. A store that cannot remember serves nobody worse: the peer is served and
 * that is logged.
 */
#include "daemon/keeper/keeper_offers.h"

#include "base/log.h"
#include "daemon/keeper/keeper_history.h"
#include "daemon/keeper/keeper_peers.h"

#include <stdlib.h>

static bool
is_within(int64_t at, int64_t time, int64_t now)
{
	return at > 0 && time > 0 && now - at < time;
}

static void
answer(struct asker *a, bool lacks_tls, bool lacks_keyword)
{
	struct message m;

	message_init(&m, MESSAGE_PEER_JUDGED);
	m.peer_judged.question = a->session;
	m.peer_judged.judged = true;
	m.peer_judged.lacks_tls = lacks_tls;
	m.peer_judged.lacks_keyword = lacks_keyword;
	keeper_answer(a, &m);
}

/* The call waits for an answer, so even this is one. */
static void
answer_nothing(struct keeper *k, const struct message_peer_offers *offers)
{
	struct message m;

	log_no_memory("offers");
	message_init(&m, MESSAGE_PEER_JUDGED);
	m.peer_judged.question = offers->question;
	peer_send(role_peer(k->role, ROLE_CALLER, 0), &m);
}

static void
judge(struct asker *a, const struct store_op *op)
{
	const struct store_peer_seen *seen = &op->peer_seen;
	int64_t time = a->keeper->role->settings->remember_offers;
	bool lacks_tls =
	    !seen->tls && is_within(seen->before.tls_at, time, op->now);
	bool lacks_keyword = !a->pulls && !seen->keyword &&
			     is_within(seen->before.keyword_at, time, op->now);

	if (lacks_tls || lacks_keyword)
		log_event("peer-weaker", "address=%s lacks=%s%s%s",
		    log_quote(seen->name), lacks_tls ? "starttls" : "",
		    lacks_tls && lacks_keyword ? "," : "",
		    lacks_keyword ? "keyword" : "");
	else if (a->pulls && is_within(seen->before.pulled_at,
				 KEEPER_HISTORY_TIME, op->now))
		pull_trust(a->keeper->pull, a->address);
	answer(a, lacks_tls, lacks_keyword);
}

static void
remembered(struct store_op *op, void *arg)
{
	struct asker *a = arg;

	if (op->outcome == STORE_OK) {
		judge(a, op);
	} else {
		log_event("offers-not-remembered", "address=%s outcome=%s",
		    log_quote(op->peer_seen.name),
		    store_outcome_name(op->outcome));
		answer(a, false, false);
	}
	store_op_free(&op);
}

void
keeper_offers_asked(struct keeper *k, const struct peer *from,
    const struct message_peer_offers *offers)
{
	struct store_op *op = store_op_new(STORE_PEER_SEEN, role_now());
	struct asker *a = keeper_asker(k, from, offers->question);
	char text[IP_TEXT];

	if (op == NULL || a == NULL) {
		store_op_free(&op);
		free(a);
		answer_nothing(k, offers);
		return;
	}
	a->address = offers->address;
	a->pulls = offers->pulls != 0;
	ip_text(offers->address, text);
	op->peer_seen.name = arena_copy(&op->arena, span_of(text));
	op->peer_seen.tls = offers->tls != 0;
	op->peer_seen.keyword = offers->keyword != 0;
	op->peer_seen.total_max = KEEPER_PEERS_ROWS;
	op->done = remembered;
	op->arg = a;
	store_submit(k->store, op);
}

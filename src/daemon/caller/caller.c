/*
 * The caller: makes the calls that the keeper wants made, many at once. It
 * never chooses whom to call.
 */
#include "base/log.h"
#include "daemon/caller/call.h"
#include "daemon/role/programs.h"
#include "message/charset.h"
#include "message/digest.h"
#include "net/tls.h"

#include <stdlib.h>

static void
from_keeper(struct caller *k, struct message *m)
{
	/* these begin with the number of their call */
	struct call *c = table_get(&k->calls, m->call_go.call);

	if (m->type == MESSAGE_CALL && c == NULL)
		call_new(k, &m->call);
	else if (m->type == MESSAGE_CALL_ENVELOPE && c != NULL)
		call_add_text(c, &m->call_envelope);
	else if (m->type == MESSAGE_CALL_NOTICE && c != NULL && !c->pulls)
		call_add_notice(c, &m->call_notice);
	else if (m->type == MESSAGE_CALL_PULL && c != NULL && c->pulls)
		call_add_pull(c, &m->call_pull);
	else if (m->type == MESSAGE_CALL_GO && c != NULL)
		call_go(c);
}

static void
message(struct role *role, struct peer *from, struct message *m)
{
	struct caller *k = role->state;
	struct call *c;

	if (m->type == MESSAGE_CALL || m->type == MESSAGE_CALL_ENVELOPE ||
	    m->type == MESSAGE_CALL_NOTICE || m->type == MESSAGE_CALL_PULL ||
	    m->type == MESSAGE_CALL_GO) {
		from_keeper(k, m);
		return;
	}
	(void)from;
	/* every answer begins with the number of whoever asked */
	c = table_get(&k->questions, m->recipient_answer.session);
	if (c != NULL && m->type == MESSAGE_PEER_JUDGED)
		call_peer_judged(c, &m->peer_judged);
	else if (c != NULL && c->pulls)
		call_pull_answer(c, m);
	else if (c != NULL)
		call_push_answer(c, m);
}

/* Without the keeper nothing of a call can be kept: all end. */
static void
peer_gone(struct role *role, struct peer *peer)
{
	struct caller *k = role->state;
	uint64_t number;
	struct call *c;
	size_t at = 0;

	while ((c = table_next(&k->calls, &at, &number)) != NULL)
		if (peer->kind == ROLE_KEEPER)
			call_free(c);
		else
			call_pull_lost(c, peer->kind);
}

static int
make_tls(struct caller *k, struct err *err)
{
	SSL_CTX *fresh;

	if (tls_client(k->role->secrets[SECRET_CA], false, &fresh, err) < 0)
		return err->code;
	SSL_CTX_free(k->tls);
	k->tls = fresh;
	return 0;
}

static void
reloaded(struct role *role, const struct settings *old)
{
	struct err err = {0};

	(void)old;
	if (make_tls(role->state, &err) < 0)
		log_event("caller-reload-refused", "why=%s",
		    log_quote(span_of(err.text)));
}

static int
prepare(struct role *role, struct err *err)
{
	struct caller *k = calloc(1, sizeof *k);

	if (k == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	k->role = role;
	role->state = k;
	table_init(&k->calls);
	table_init(&k->questions);
	(void)charset_prepare(); /* what is not there is shown as U+FFFD */
	if (digest_prepare() < 0)
		return err_set(err, -E_NOMEM, "no memory for digests");
	return tls_prepare(err) < 0 ? err->code : make_tls(k, err);
}

const struct role_program caller_program = {
    .kind = ROLE_CALLER,
    .prepare = prepare,
    .message = message,
    .peer_gone = peer_gone,
    .reloaded = reloaded,
};

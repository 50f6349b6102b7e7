/*
 * Requests of the operator, one JSON text a line, put to a store in memory: the
 * keeper without processes and sockets. Whatever is asked is answered, once,
 * with an object that says whether it is done, and if not, why.
 */
#include "fuzz.h"

#include "base/rand.h"
#include "daemon/control/keeper_control.h"
#include "daemon/control/keeper_request.h"

#include <stdlib.h>
#include <string.h>

#define CLIENT        3
#define NOW           1800000000
#define NODE          7
#define CONFIGURATION "hostname = \"mx.b.test\"\ndomains = {\"b.test\"}\n"

struct played {
	struct role role;
	struct keeper keeper;
	struct keeper_requests *requests;
	unsigned asked, answers;
	uint64_t hashing; /* the question that auth has, 0: none */
};

static struct played *played;

/* ---- what the requests call ---- */

static void
check_refusal(const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");

	assert(json_is_string(json_object_get(error, "code")));
	assert(json_is_string(json_object_get(error, "text")));
}

void
keeper_control_answer(
    struct keeper_control *control, uint64_t client, json_t *answer)
{
	const json_t *ok = json_object_get(answer, "ok");
	char *text = json_dumps(answer, JSON_COMPACT);

	assert(control == NULL && client == CLIENT && text != NULL);
	assert(json_is_boolean(ok));
	/* One line, or the next answer would be taken for its rest. */
	assert(strchr(text, '\n') == NULL);
	if (!json_is_true(ok))
		check_refusal(answer);
	free(text);
	json_decref(answer);
	played->answers++;
}

void
keeper_free_body(void *keeper, struct key message)
{
	(void)keeper;
	(void)message;
}

int64_t
role_now(void)
{
	return NOW;
}

struct peer *
role_peer(struct role *role, enum role_kind kind, unsigned index)
{
	(void)role;
	(void)kind;
	(void)index;
	return (struct peer *)played;
}

/* auth takes what is to be hashed, and answers as soon as it is asked. */
bool
peer_ask(struct peer *peer, struct message *m)
{
	assert(peer == (struct peer *)played);
	assert(m->type == MESSAGE_HASH_ASK && played->hashing == 0);
	assert(m->hash_ask.password.n > 0);
	played->hashing = m->hash_ask.question;
	return true;
}

/* ---- its world ---- */

static int
call(void *owner, const struct pull_call *c)
{
	(void)owner;
	(void)c;
	return 0;
}

static int
deliver(void *owner, const struct put_delivery *delivery)
{
	(void)owner;
	(void)delivery;
	return 0;
}

static int
put_stub(void *owner, const struct show_stub *stub)
{
	(void)owner;
	(void)stub;
	return 0;
}

static void
open_keeper(struct played *d)
{
	const struct pull_world pulls = {.owner = d, .call = call};
	const struct put_world puts = {
	    .owner = d, .deliver = deliver, .free_body = keeper_free_body};
	const struct show_world shows = {.owner = d, .put = put_stub};
	static const uint8_t secret[IDENTIFIER_SECRET];
	static const char *const local[] = {"b.test"};
	struct keeper *k = &d->keeper;
	struct err err;

	played = d;
	k->role = &d->role;
	k->accept.server_secret = secret;
	assert(settings_parse(
		   span_of(CONFIGURATION), "t", &d->role.settings, &err) == 0);
	assert(store_open("memory:", &k->store, &err) == 0);
	k->local = hosts_new(local, 1, &err);
	assert(k->local != NULL);
	k->accept.server_secret = secret;
	assert(
	    pull_new(k->store, d->role.settings, NODE, &pulls, &k->pull) == 0);
	assert(put_new(k->store, d->role.settings, NODE, &puts, &k->put) == 0);
	assert(show_new(k->store, d->role.settings, NODE, secret, &shows,
		   &k->show) == 0);
	assert(keeper_request_new(k, NULL, &d->requests) == 0);
}

static void
close_keeper(struct played *d)
{
	struct keeper *k = &d->keeper;

	keeper_request_free(&d->requests);
	pull_free(&k->pull);
	put_free(&k->put);
	show_free(&k->show);
	store_close(&k->store);
	hosts_free(&k->local);
	settings_free(&d->role.settings);
	played = NULL;
}

static void
turn(struct played *d)
{
	struct message m;

	while (store_pending(d->keeper.store) || d->hashing != 0) {
		if (store_pending(d->keeper.store))
			assert(store_turn(d->keeper.store, NULL) >= 0);
		if (d->hashing == 0)
			continue;
		message_init(&m, MESSAGE_HASH_ANSWER);
		m.hash_answer.question = d->hashing;
		m.hash_answer.password = span_of("hash");
		d->hashing = 0;
		keeper_request_hashed(d->requests, &m);
	}
}

/* As the control socket does it. */
static void
ask(struct played *d, struct span line)
{
	char *exact = fuzz_exact(line);
	json_t *q = json_loadb(exact, line.n, JSON_REJECT_DUPLICATES, NULL);

	d->asked++;
	keeper_request(d->requests, CLIENT, q);
	json_decref(q);
	free(exact);
	turn(d);
	assert(d->answers == d->asked);
}

void
fuzz_one(struct span input)
{
	struct played d = {.asked = 0};
	struct span line;

	open_keeper(&d);
	while (span_cut(&input, '\n', &line))
		ask(&d, line);
	close_keeper(&d);
}

/*
 * auth: checks passwords, and makes hashes of new ones (argon2id by libsodium).
 * A check takes tens of milliseconds of a whole core on purpose, so it has a
 * process of its own and a short queue: when that is full, users are told to
 * come back (454). An unknown address costs the same time as a wrong password.
 */
#include "base/log.h"
#include "base/rand.h"
#include "base/table.h"
#include "daemon/auth/password_hash.h"
#include "daemon/role/programs.h"
#include "proto/address.h"
#include "proto/reply.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#define WAITING_MAX 64 /* checks that wait; more get 454 4.7.0 */

struct auth {
	struct role *role;
	struct table checks;
	char nobody[PASSWORD_HASH_TEXT]; /* a hash no password has */
};

struct check {
	struct auth *auth;
	unsigned front;
	uint64_t session;
	bool visits; /* the user service: the keeper is told who comes */
	char address[ADDRESS_TEXT];
	char password[PASSWORD_HASH_OCTETS];
	size_t password_n;
};

/* The front hears of it from the keeper. False: the keeper cannot be told. */
static bool
tell_keeper(const struct check *c, const struct message_account_answer *account)
{
	struct message m;

	message_init(&m, MESSAGE_USER_PROVEN);
	m.user_proven.front = c->front;
	m.user_proven.session = c->session;
	m.user_proven.address = account->address;
	m.user_proven.from_check = account->from_check;
	m.user_proven.others = account->others;
	return peer_ask(role_peer(c->auth->role, ROLE_KEEPER, 0), &m);
}

static void
tell_front(const struct check *c, enum reply_name reply,
    const struct message_account_answer *account)
{
	struct message m;

	message_init(&m, MESSAGE_PASSWORD_ANSWER);
	m.password_answer.session = c->session;
	m.password_answer.reply = reply;
	if (reply == REPLY_AUTHENTICATED) {
		m.password_answer.address = account->address;
		m.password_answer.from_check = account->from_check;
		m.password_answer.others = account->others;
	}
	peer_send(role_peer(c->auth->role, ROLE_FRONT, c->front), &m);
}

/* ACCOUNT: whose password it was; NULL: nobody's. Signed in is the user, also
   with another address of theirs (SM-09). */
static void
answer(struct check *c, const struct message_account_answer *account,
    enum reply_name reply)
{
	log_event(reply == REPLY_AUTHENTICATED ? "signed-in" : "not-signed-in",
	    "address=%s code=%d", log_quote(span_of(c->address)),
	    reply_code(reply));
	if (reply != REPLY_AUTHENTICATED || !c->visits)
		tell_front(c, reply, account);
	else if (!tell_keeper(c, account))
		tell_front(c, REPLY_AUTH_LATER, NULL);
	explicit_bzero(c, sizeof *c);
	free(c);
}

static void
ask_keeper(struct check *c)
{
	struct message m;
	uint64_t question = table_add(&c->auth->checks, c);

	message_init(&m, MESSAGE_ACCOUNT_ASK);
	m.account_ask.question = question;
	m.account_ask.address = span_of(c->address);
	if (question == 0 ||
	    !peer_ask(role_peer(c->auth->role, ROLE_KEEPER, 0), &m)) {
		table_take(&c->auth->checks, question);
		answer(c, NULL, REPLY_AUTH_LATER);
	}
}

static void
password_asked(struct auth *a, struct peer *from, const struct message *m)
{
	const struct address_rules rules = {.utf8 = true};
	struct check *c = calloc(1, sizeof *c);
	struct address address;
	int result;

	if (c == NULL)
		return;
	c->auth = a;
	c->front = from->index;
	c->session = m->password_ask.session;
	c->visits = m->password_ask.visits != 0;
	result = address_parse(m->password_ask.identity, rules, &address);
	if (a->checks.used >= WAITING_MAX || result == -E_NOMEM) {
		answer(c, NULL, REPLY_AUTH_LATER);
		return;
	}
	/* What is no address is looked up as the empty one: nobody's. */
	if (result == 0)
		address_fold(&address, c->address);
	if (m->password_ask.password.n <= sizeof c->password) {
		c->password_n = m->password_ask.password.n;
		memcpy(c->password, m->password_ask.password.p, c->password_n);
	}
	ask_keeper(c);
}

static void
account_found(struct auth *a, const struct message *m)
{
	struct check *c = table_take(&a->checks, m->account_answer.question);
	char hash[PASSWORD_HASH_TEXT];
	bool known, right;

	if (c == NULL)
		return;
	if (m->account_answer.outcome != STORE_OK &&
	    m->account_answer.outcome != STORE_NONE) {
		answer(c, NULL, REPLY_AUTH_LATER);
		return;
	}
	known = m->account_answer.outcome == STORE_OK &&
		span_copy(m->account_answer.password, hash, sizeof hash) == 0;
	right = password_hash_fits(
	    known ? hash : a->nobody, span_make(c->password, c->password_n));
	explicit_bzero(hash, sizeof hash);
	if (known && right && c->password_n > 0)
		answer(c, &m->account_answer, REPLY_AUTHENTICATED);
	else
		answer(c, NULL, REPLY_AUTH_FAILED);
}

static void
hash_asked(struct auth *a, const struct message *m)
{
	char hash[PASSWORD_HASH_TEXT];
	struct message back;

	/* No hash tells the keeper that there is none. */
	password_hash_make(m->hash_ask.password, hash);
	message_init(&back, MESSAGE_HASH_ANSWER);
	back.hash_answer.question = m->hash_ask.question;
	back.hash_answer.password = span_of(hash);
	peer_send(role_peer(a->role, ROLE_KEEPER, 0), &back);
	explicit_bzero(hash, sizeof hash);
}

static void
message(struct role *role, struct peer *from, struct message *m)
{
	struct auth *a = role->state;

	if (m->type == MESSAGE_PASSWORD_ASK)
		password_asked(a, from, m);
	else if (m->type == MESSAGE_ACCOUNT_ANSWER)
		account_found(a, m);
	else if (m->type == MESSAGE_HASH_ASK)
		hash_asked(a, m);
}

/* Without the keeper nobody can be looked up: those who wait are told. */
static void
peer_gone(struct role *role, struct peer *peer)
{
	struct auth *a = role->state;
	struct check *c;
	uint64_t number;
	size_t at = 0;

	if (peer->kind != ROLE_KEEPER)
		return;
	while ((c = table_next(&a->checks, &at, &number)) != NULL) {
		table_take(&a->checks, number);
		answer(c, NULL, REPLY_AUTH_LATER);
	}
}

static int
prepare(struct role *role, struct err *err)
{
	struct auth *a = calloc(1, sizeof *a);
	uint8_t secret[32];

	if (a == NULL || password_hash_begin() < 0)
		return err_set(err, -E_SYSTEM, "libsodium cannot start");
	a->role = role;
	role->state = a;
	table_init(&a->checks);
	rand_fill(secret, sizeof secret);
	if (password_hash_make(span_make(secret, sizeof secret), a->nobody) < 0)
		return err_set(err, -E_NOMEM, "no memory to hash passwords");
	explicit_bzero(secret, sizeof secret);
	return 0;
}

const struct role_program auth_program = {
    .kind = ROLE_AUTH,
    .prepare = prepare,
    .message = message,
    .peer_gone = peer_gone,
};

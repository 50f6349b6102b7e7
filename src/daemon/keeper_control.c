/*
 * Requests of the operator. Each is checked, becomes one operation of the
 * store (or, for a new password, one question to auth first), and is answered
 * when that is answered; meanwhile the client may close, and the answer is
 * dropped. What clients send is hostile until it is parsed, root or not.
 */
#include "daemon/keeper_control.h"

#include "base/log.h"
#include "base/rand.h"
#include "daemon/keeper_show.h"
#include "proto/address.h"
#include "proto/identifier.h"
#include "receiver/put.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAGE_DEFAULT 100
#define PASSWORD_MAX 1024 /* octets */

struct keeper_control {
	struct keeper *keeper;
	struct event *listener;
	int fd;
	struct table clients;   /* number -> struct client */
	struct table questions; /* number -> struct request, for auth */
};

struct client {
	struct keeper_control *control;
	uint64_t number;
	struct bufferevent *wire;
};

/* One question on its way. */
struct request {
	struct keeper_control *control;
	uint64_t client;
	uint64_t question;   /* that auth was asked under */
	struct store_op *op; /* a user_put that waits for its hash */
};

/* ---- answers ---- */

static void
client_free(struct client *c)
{
	table_take(&c->control->clients, c->number);
	bufferevent_free(c->wire);
	free(c);
}

/* Takes over ANSWER. */
static void
send_answer(struct keeper_control *control, uint64_t number, json_t *answer)
{
	struct client *c = table_get(&control->clients, number);
	char *text = answer != NULL ? json_dumps(answer, JSON_COMPACT) : NULL;

	if (c != NULL && text != NULL) {
		bufferevent_write(c->wire, text, strlen(text));
		bufferevent_write(c->wire, "\n", 1);
		bufferevent_enable(c->wire, EV_READ);
	} else if (c != NULL) {
		client_free(c);
	}
	free(text);
	json_decref(answer);
}

static void
send_error(struct keeper_control *control, uint64_t number, const char *code,
    const char *why)
{
	send_answer(control, number,
	    json_pack("{s:b, s:s, s:s}", "ok", 0, "error", why, "code", code));
}

static void
send_outcome(
    struct keeper_control *control, uint64_t number, enum store_outcome outcome)
{
	switch (outcome) {
	case STORE_OK:
		send_answer(control, number, json_pack("{s:b}", "ok", 1));
		return;
	case STORE_NONE:
		send_error(control, number, "none", "there is no such thing");
		return;
	case STORE_EXISTS:
		send_error(control, number, "exists", "it exists already");
		return;
	case STORE_CONFLICT:
	case STORE_BUSY:
		send_error(control, number, "busy", "not possible just now");
		return;
	case STORE_FULL:
		send_error(control, number, "broken", "the store is full");
		return;
	case STORE_UNSURE:
	case STORE_BROKEN:
		send_error(control, number, "broken", "the store failed");
		return;
	}
}

/* ---- operations that end in an answer ---- */

static json_t *
users_answer(const struct store_op *op)
{
	const struct store_user_list *l = &op->user_list;
	json_t *list = json_array();

	for (unsigned i = 0; i < l->count; i++)
		json_array_append_new(list, keeper_show_user(&l->users[i]));
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "users", list, "next",
	    l->count == l->limit
		? keeper_show_text(l->users[l->count - 1].address)
		: json_null());
}

static json_t *
holds_answer(const struct store_op *op)
{
	const struct store_hold_list *l = &op->hold_list;
	json_t *list = json_array();

	for (unsigned i = 0; i < l->count; i++)
		json_array_append_new(
		    list, keeper_show_hold(&l->rows[i], false));
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "holds", list, "next",
	    l->count == l->limit
		? keeper_show_text(l->rows[l->count - 1].hold.id)
		: json_null());
}

static json_t *
notices_answer(const struct store_op *op)
{
	const struct store_notice_list *l = &op->notice_list;
	json_t *list = json_array();
	char key[KEY_TEXT] = "";

	for (unsigned i = 0; i < l->count; i++)
		json_array_append_new(list, keeper_show_notice(&l->notices[i]));
	if (l->count > 0)
		key_text(l->notices[l->count - 1].key, key);
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "notices", list, "next",
	    l->count == l->limit ? json_string(key) : json_null());
}

static json_t *
check_answer(const struct store_op *op)
{
	return json_pack("{s:b, s:i, s:o}", "ok", 1, "problems",
	    (int)op->check.problems, "text", keeper_show_text(op->check.text));
}

static json_t *
answer_of(const struct keeper *k, const struct store_op *op)
{
	switch ((int)op->verb) {
	case STORE_USER_PUT:
		return json_pack("{s:b, s:o}", "ok", 1, "user",
		    keeper_show_user(&op->user_put.user));
	case STORE_USER_LIST:
		return users_answer(op);
	case STORE_HOLD_LIST:
		return holds_answer(op);
	case STORE_HOLD_GET:
		return json_pack("{s:b, s:o}", "ok", 1, "hold",
		    keeper_show_hold(&op->hold_get.row, true));
	case STORE_NOTICE_LIST:
		return notices_answer(op);
	case STORE_COUNT:
		return keeper_show_status(k, &op->count);
	case STORE_CHECK:
		return check_answer(op);
	default:
		return json_pack("{s:b}", "ok", 1);
	}
}

static void
request_free(struct request *r)
{
	store_op_free(&r->op);
	free(r);
}

static void
done(struct store_op *op, void *arg)
{
	struct request *r = arg;
	enum store_outcome outcome = op->outcome;

	if (outcome == STORE_OK)
		send_answer(
		    r->control, r->client, answer_of(r->control->keeper, op));
	else
		send_outcome(r->control, r->client, outcome);
	store_op_free(&op);
	r->op = NULL;
	request_free(r);
}

static void
submit(struct request *r)
{
	struct store_op *op = r->op;

	r->op = NULL;
	op->done = done;
	op->arg = r;
	store_submit(r->control->keeper->store, op);
}

static struct request *
request_new(struct client *c, enum store_verb verb)
{
	struct request *r = calloc(1, sizeof *r);

	if (r == NULL || (r->op = store_op_new(verb, role_now())) == NULL) {
		free(r);
		send_error(c->control, c->number, "broken", "no memory");
		return NULL;
	}
	r->control = c->control;
	r->client = c->number;
	return r;
}

/* ---- arguments ---- */

static struct span
text_of(const json_t *q, const char *name)
{
	const json_t *v = json_object_get(q, name);

	return json_is_string(v)
		   ? span_make(json_string_value(v), json_string_length(v))
		   : span_of("");
}

static unsigned
limit_of(const json_t *q)
{
	const json_t *v = json_object_get(q, "limit");
	json_int_t n = json_is_integer(v) ? json_integer_value(v) : 0;

	return n > 0 && n <= STORE_PAGE_MAX ? (unsigned)n : PAGE_DEFAULT;
}

/* A local user's address, folded; false when an answer was sent. */
static bool
user_address(struct client *c, struct span text, bool must_be_local,
    struct request *r, struct span *address_r)
{
	const struct address_rules rules = {.utf8 = true};
	struct keeper *k = c->control->keeper;
	struct address a;
	char folded[ADDRESS_TEXT], folder[PUT_PATH_MAX];

	if (address_parse(text, rules, &a) < 0 || a.domain.n == 0) {
		send_error(
		    c->control, c->number, "bad", "that is no mail address");
		return false;
	}
	address_fold(&a, folded);
	if (must_be_local && !hosts_has_name(k->local, a.domain)) {
		send_error(c->control, c->number, "bad",
		    "its domain is none of ours (key `domains`)");
		return false;
	}
	if (must_be_local && put_folder(span_of(folded), folder) < 0) {
		send_error(c->control, c->number, "bad",
		    "no mailbox can have that name");
		return false;
	}
	*address_r = arena_copy(&r->op->arena, span_of(folded));
	return true;
}

/* ---- users ---- */

static bool
user_words(struct client *c, const json_t *q, struct store_user *u)
{
	struct span mode = text_of(q, "mode");
	struct span check = text_of(q, "from_check");

	if (span_equals(mode, span_of("ask")))
		u->mode = MODE_ASK;
	else if (span_equals(mode, span_of("server")))
		u->mode = MODE_SERVER;
	else if (mode.n > 0) {
		send_error(c->control, c->number, "bad",
		    "mode is \"server\" or \"ask\"");
		return false;
	}
	if (span_equals(check, span_of("envelope")))
		u->from_check = FROM_CHECK_ENVELOPE;
	else if (span_equals(check, span_of("both")))
		u->from_check = FROM_CHECK_BOTH;
	else if (check.n > 0) {
		send_error(c->control, c->number, "bad",
		    "from-check is \"both\" or \"envelope\"");
		return false;
	}
	return true;
}

/* Hashing takes tens of milliseconds: auth does it. */
static void
ask_for_hash(struct request *r, struct span password)
{
	struct keeper *k = r->control->keeper;
	struct message m;

	r->question = table_add(&r->control->questions, r);
	message_init(&m, MESSAGE_HASH_ASK);
	m.hash_ask.question = r->question;
	m.hash_ask.password = password;
	if (r->question != 0 &&
	    peer_send(role_peer(k->role, ROLE_AUTH, 0), &m) != -E_CLOSED)
		return;
	table_take(&r->control->questions, r->question);
	send_error(r->control, r->client, "busy",
	    "passwords cannot be hashed just now, try again");
	request_free(r);
}

static void
put_user(struct client *c, const json_t *q, bool is_new)
{
	struct request *r = request_new(c, STORE_USER_PUT);
	struct span password = text_of(q, "password");
	struct store_user *u;

	if (r == NULL)
		return;
	u = &r->op->user_put.user;
	if (!user_address(c, text_of(q, "address"), is_new, r, &u->address) ||
	    !user_words(c, q, u)) {
		request_free(r);
		return;
	}
	if (password.n > PASSWORD_MAX || (is_new && password.n == 0)) {
		send_error(c->control, c->number, "bad",
		    is_new ? "a password is needed"
			   : "the password is too long");
		request_free(r);
		return;
	}
	r->op->user_put.only_new = is_new;
	r->op->user_put.only_old = !is_new;
	if (is_new) {
		u->created = r->op->now;
		u->mode = u->mode != 0 ? u->mode : MODE_SERVER;
		u->from_check =
		    u->from_check != 0 ? u->from_check : FROM_CHECK_BOTH;
		rand_fill(u->secret, sizeof u->secret);
	}
	if (password.n > 0)
		ask_for_hash(r, password);
	else
		submit(r);
}

static void
user_add(struct client *c, const json_t *q)
{
	put_user(c, q, true);
}

static void
user_change(struct client *c, const json_t *q)
{
	put_user(c, q, false);
}

static void
user_remove(struct client *c, const json_t *q)
{
	struct request *r = request_new(c, STORE_USER_DROP);

	if (r == NULL)
		return;
	if (user_address(
		c, text_of(q, "address"), false, r, &r->op->user_drop.address))
		submit(r);
	else
		request_free(r);
}

static void
user_list(struct client *c, const json_t *q)
{
	struct request *r = request_new(c, STORE_USER_LIST);

	if (r == NULL)
		return;
	r->op->user_list.after = arena_copy(&r->op->arena, text_of(q, "after"));
	r->op->user_list.limit = limit_of(q);
	submit(r);
}

/* ---- holds and notices ---- */

static bool
hold_key(struct client *c, struct span id, struct key *key_r)
{
	if (identifier_check(
		id, c->control->keeper->accept.server_secret, key_r) == 0)
		return true;
	send_error(c->control, c->number, "none",
	    "no hold of this server has that identifier");
	return false;
}

static void
held_list(struct client *c, const json_t *q)
{
	struct request *r = request_new(c, STORE_HOLD_LIST);
	struct span after = text_of(q, "after"), user = text_of(q, "user");

	if (r == NULL)
		return;
	if ((after.n > 0 && !hold_key(c, after, &r->op->hold_list.after)) ||
	    (user.n > 0 &&
		!user_address(c, user, false, r, &r->op->hold_list.user))) {
		request_free(r);
		return;
	}
	r->op->hold_list.limit = limit_of(q);
	r->op->hold_list.open_only = !json_is_true(json_object_get(q, "all"));
	submit(r);
}

static void
held_show(struct client *c, const json_t *q)
{
	struct request *r = request_new(c, STORE_HOLD_GET);

	if (r == NULL)
		return;
	if (hold_key(c, text_of(q, "id"), &r->op->hold_get.key))
		submit(r);
	else
		request_free(r);
}

static void
notice_list(struct client *c, const json_t *q)
{
	struct request *r = request_new(c, STORE_NOTICE_LIST);
	struct span after = text_of(q, "after");

	if (r == NULL)
		return;
	if (after.n > 0 && key_parse(after, &r->op->notice_list.after) < 0) {
		send_error(c->control, c->number, "bad",
		    "`after` must be a `next` of an earlier answer");
		request_free(r);
		return;
	}
	r->op->notice_list.limit = limit_of(q);
	submit(r);
}

static void
status(struct client *c, const json_t *q)
{
	struct request *r = request_new(c, STORE_COUNT);

	(void)q;
	if (r != NULL)
		submit(r);
}

static void
check(struct client *c, const json_t *q)
{
	struct request *r = request_new(c, STORE_CHECK);

	(void)q;
	if (r != NULL)
		submit(r);
}

/* ---- the wire ---- */

static const struct {
	const char *word;
	void (*run)(struct client *c, const json_t *q);
} requests[] = {
    {"status", status},
    {"check", check},
    {"user-add", user_add},
    {"user-change", user_change},
    {"user-remove", user_remove},
    {"user-list", user_list},
    {"held-list", held_list},
    {"held-show", held_show},
    {"notice-list", notice_list},
};

static void
take_line(struct client *c, const char *line, size_t n)
{
	json_t *q = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	struct span word = text_of(q, "do");

	for (unsigned i = 0; i < sizeof requests / sizeof requests[0]; i++)
		if (span_equals(word, span_of(requests[i].word))) {
			requests[i].run(c, q);
			json_decref(q);
			keeper_stir(c->control->keeper);
			return;
		}
	json_decref(q);
	send_error(c->control, c->number, "bad",
	    "a request is one JSON object on one line, with a known \"do\"");
}

static void
readable(struct bufferevent *wire, void *arg)
{
	struct client *c = arg;
	struct evbuffer *in = bufferevent_get_input(wire);
	size_t n;
	char *line = evbuffer_readln(in, &n, EVBUFFER_EOL_LF);

	if (line == NULL) {
		if (evbuffer_get_length(in) > CONTROL_LINE_MAX)
			client_free(c);
		return;
	}
	bufferevent_disable(wire, EV_READ); /* one question at a time */
	take_line(c, line, n);
	explicit_bzero(line, n); /* it may hold a password */
	free(line);
}

/* An answer is out: a next question may be waiting in the buffer. */
static void
written(struct bufferevent *wire, void *arg)
{
	if (evbuffer_get_length(bufferevent_get_input(wire)) > 0)
		readable(wire, arg);
}

static void
ended(struct bufferevent *wire, short what, void *arg)
{
	(void)wire;
	(void)what;
	client_free(arg);
}

static bool
may_speak(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
	       (who.uid == 0 || who.uid == geteuid());
}

static void
accepted(evutil_socket_t fd, short what, void *arg)
{
	struct keeper_control *control = arg;
	int client_fd =
	    accept4((int)fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *c;

	(void)what;
	if (client_fd < 0)
		return;
	c = calloc(1, sizeof *c);
	if (c == NULL || !may_speak(client_fd) ||
	    control->clients.used >= CONTROL_CLIENTS_MAX) {
		close(client_fd);
		free(c);
		return;
	}
	c->control = control;
	c->wire = bufferevent_socket_new(control->keeper->role->base, client_fd,
	    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	c->number = c->wire != NULL ? table_add(&control->clients, c) : 0;
	if (c->number == 0) {
		if (c->wire != NULL)
			bufferevent_free(c->wire);
		else
			close(client_fd);
		free(c);
		return;
	}
	bufferevent_setcb(c->wire, readable, written, ended, c);
	bufferevent_enable(c->wire, EV_READ | EV_WRITE);
}

/* ---- auth ---- */

static void
hashed(struct keeper_control *control, const struct message *m)
{
	struct request *r =
	    table_take(&control->questions, m->hash_answer.question);

	if (r == NULL)
		return;
	if (m->hash_answer.password.n == 0) {
		send_error(control, r->client, "busy",
		    "passwords cannot be hashed just now, try again");
		request_free(r);
		return;
	}
	r->op->user_put.user.password =
	    arena_copy(&r->op->arena, m->hash_answer.password);
	submit(r);
}

static void
account_found(struct store_op *op, void *arg)
{
	struct asker *a = arg;
	struct message m;

	message_init(&m, MESSAGE_ACCOUNT_ANSWER);
	m.account_answer.question = a->session;
	m.account_answer.outcome = op->outcome;
	if (op->outcome == STORE_OK) {
		m.account_answer.password = op->user_get.user.password;
		m.account_answer.from_check = op->user_get.user.from_check;
	}
	keeper_answer(a, &m);
	store_op_free(&op);
}

static void
find_account(struct keeper *k, struct peer *from, const struct message *m)
{
	struct asker *a = keeper_asker(k, from, m->account_ask.question);
	struct store_op *op = store_op_new(STORE_USER_GET, role_now());

	if (a == NULL || op == NULL) {
		free(a);
		store_op_free(&op);
		return;
	}
	op->user_get.address = arena_copy(&op->arena, m->account_ask.address);
	op->done = account_found;
	op->arg = a;
	store_submit(k->store, op);
}

void
keeper_control_message(
    struct keeper_control *control, struct peer *from, struct message *m)
{
	if (m->type == MESSAGE_HASH_ANSWER)
		hashed(control, m);
	else if (m->type == MESSAGE_ACCOUNT_ASK)
		find_account(control->keeper, from, m);
}

/* ---- life ---- */

int
keeper_control_new(struct keeper *k, struct keeper_control **control_r)
{
	struct keeper_control *c = calloc(1, sizeof *c);

	if (c == NULL)
		return -E_NOMEM;
	c->keeper = k;
	c->fd = -1;
	table_init(&c->clients);
	table_init(&c->questions);
	*control_r = c;
	return 0;
}

void
keeper_control_listen(struct keeper_control *c, int fd)
{
	c->fd = fd;
	c->listener = event_new(
	    c->keeper->role->base, fd, EV_READ | EV_PERSIST, accepted, c);
	if (c->listener != NULL)
		event_add(c->listener, NULL);
}

void
keeper_control_free(struct keeper_control **control)
{
	struct keeper_control *c = *control;
	struct client *client;
	struct request *r;
	uint64_t number;
	size_t at = 0;

	if (c == NULL)
		return;
	while ((client = table_next(&c->clients, &at, &number)) != NULL)
		client_free(client);
	at = 0;
	while ((r = table_next(&c->questions, &at, &number)) != NULL)
		request_free(r);
	table_fini(&c->clients);
	table_fini(&c->questions);
	if (c->listener != NULL)
		event_free(c->listener);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
	*control = NULL;
}

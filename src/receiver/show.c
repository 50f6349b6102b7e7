/* Claimed stubs lie in a small list until they are put, or taken away. */
#include "receiver/show.h"

#include "base/list.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct under_way {
	struct list node;
	struct key notice;
	unsigned tries;
	bool puts;
	int where; /* the process that has it */
};

struct show {
	struct store *store;
	const struct settings *settings;
	uint64_t node;
	const uint8_t *secret;
	struct show_world world;
	struct list under_way;
	unsigned count;
	bool looking, again;
	bool blocked; /* the last was not taken */
	int64_t looked_at;
	int64_t failed_until; /* by then all that failed is due again */
};

int
show_new(struct store *store, const struct settings *settings, uint64_t node,
    const uint8_t *secret, const struct show_world *world, struct show **show_r)
{
	struct show *s = calloc(1, sizeof *s);

	if (s == NULL)
		return -E_NOMEM;
	s->store = store;
	s->settings = settings;
	s->node = node;
	s->secret = secret;
	s->world = *world;
	list_init(&s->under_way);
	*show_r = s;
	return 0;
}

void
show_free(struct show **show)
{
	struct show *s = *show;
	struct list *node;

	if (s == NULL)
		return;
	while ((node = list_shift(&s->under_way)) != NULL)
		free(LIST_OF(node, struct under_way, node));
	free(s);
	*show = NULL;
}

void
show_settings(struct show *s, const struct settings *settings)
{
	s->settings = settings;
}

/* ---- how one ended ---- */

static void
settled(struct store_op *op, void *arg)
{
	(void)arg;
	if (op->outcome != STORE_OK)
		log_event("stub-unsettled", "outcome=%s",
		    store_outcome_name(op->outcome));
	store_op_free(&op);
}

static int64_t
pause_after(unsigned tries)
{
	int64_t pause = SHOW_RETRY_FIRST;

	while (tries-- > 1 && pause < SHOW_RETRY_MAX)
		pause *= 2;
	return pause;
}

static void
settle(
    struct show *s, struct under_way *u, bool done, int64_t pause, int64_t now)
{
	struct store_op *op = store_op_new(STORE_STUB_SETTLE, now);

	if (op != NULL) { /* else its lease runs out */
		op->stub_settle.key = u->notice;
		op->stub_settle.done = done;
		op->stub_settle.shown = u->puts;
		op->stub_settle.next_at = now + pause;
		op->done = settled;
		store_submit(s->store, op);
	}
	if (!done && s->failed_until < now + pause)
		s->failed_until = now + pause;
	list_remove(&u->node);
	s->count--;
	free(u);
}

bool
show_ended(struct show *s, struct key notice, bool done, int64_t now)
{
	for (struct list *l = s->under_way.next; l != &s->under_way;
	     l = l->next) {
		struct under_way *u = LIST_OF(l, struct under_way, node);
		char key[KEY_TEXT];

		if (!key_equals(u->notice, notice))
			continue;
		key_text(notice, key);
		log_event(u->puts ? "stub-put" : "stub-taken-away",
		    "notice=%s done=%d", key, done);
		settle(s, u, done, pause_after(u->tries), now);
		if (s->again)
			show_look(s, now);
		return true;
	}
	return false;
}

void
show_lost(struct show *s, bool puts, int where, int64_t now)
{
	struct list *next;

	for (struct list *l = s->under_way.next; l != &s->under_way; l = next) {
		struct under_way *u = LIST_OF(l, struct under_way, node);

		next = l->next;
		if (u->puts != puts || u->where != where)
			continue;
		settle(s, u, false, 1, now);
		s->again = true;
	}
}

/* ---- the names of one ---- */

struct texts {
	char folder[PUT_PATH_MAX], name[PUT_PATH_MAX];
	char token[IDENTIFIER_STUB_TEXT];
	char reply_to[SHOW_ADDRESS_MAX];
};

static int
name_all(const struct show *s, const struct store_notice *n, struct texts *t)
{
	struct span domain = span_from_last(n->recipient, '@');
	char key[KEY_TEXT];
	size_t at;

	if (put_folder(n->recipient, t->folder) < 0)
		return -E_SYNTAX;
	identifier_stub(n->key, n->recipient, s->secret, t->token);
	at = strlen(t->folder);
	if (at + sizeof SHOW_FOLDER > sizeof t->folder)
		return -E_SYNTAX;
	memcpy(t->folder + at, SHOW_FOLDER, sizeof SHOW_FOLDER);
	key_text(n->key, key);
	snprintf(t->name, sizeof t->name, "%lld.S%s.restante",
	    (long long)n->created, key);
	snprintf(t->reply_to, sizeof t->reply_to, SHOW_PREFIX "%s%.*s",
	    t->token, (int)domain.n, domain.p);
	return 0;
}

static int
hand_over(
    const struct show *s, const struct store_notice *n, const struct texts *t)
{
	const struct show_stub stub = {
	    .notice = n->key,
	    .user = n->recipient,
	    .folder = t->folder,
	    .name = t->name,
	    .token = t->token,
	    .repeated = n->stub_tries > 1,
	    .about = n,
	    .reply_to = t->reply_to,
	};

	return n->shown ? s->world.take_away(s->world.owner, &stub)
			: s->world.put(s->world.owner, &stub);
}

static int
begin(const struct show *s, const struct store_notice *n)
{
	struct texts t;
	int result = name_all(s, n, &t);

	return result < 0 ? result : hand_over(s, n, &t);
}

/* ---- claiming ---- */

static void
hand_on(struct show *s, const struct store_notice *n, int64_t now)
{
	struct under_way *u = calloc(1, sizeof *u);

	if (u == NULL)
		return; /* its lease runs out */
	u->notice = n->key;
	u->tries = n->stub_tries;
	u->puts = !n->shown;
	list_append(&s->under_way, &u->node);
	s->count++;
	u->where = begin(s, n);
	if (u->where >= 0)
		return;
	/* nobody takes any now: no more is claimed until somebody may */
	s->blocked = u->where == -E_AGAIN;
	settle(s, u, false, s->blocked ? 1 : pause_after(u->tries), now);
}

static void
claimed(struct store_op *op, void *arg)
{
	struct show *s = arg;
	const struct store_stub_claim *page = &op->stub_claim;
	bool ok = op->outcome == STORE_OK;
	int64_t now = op->now;

	s->looking = false;
	s->again = s->again || (ok && page->count == SHOW_PAGE);
	for (unsigned i = 0; ok && i < page->count; i++)
		hand_on(s, &page->notices[i], now);
	store_op_free(&op);
	if (s->again && !s->blocked)
		show_look(s, now);
}

void
show_look(struct show *s, int64_t now)
{
	struct store_op *op;

	s->again = true;
	s->blocked = false;
	if (!s->settings->stubs || s->looking ||
	    s->count > SHOW_UNDER_WAY - SHOW_PAGE)
		return;
	op = store_op_new(STORE_STUB_CLAIM, now);
	if (op == NULL)
		return;
	s->again = false;
	s->looking = true;
	s->looked_at = now;
	op->stub_claim.claim.node = s->node;
	op->stub_claim.claim.lease_until = now + s->settings->lease_time;
	op->stub_claim.claim.limit = SHOW_PAGE;
	op->done = claimed;
	op->arg = s;
	store_submit(s->store, op);
}

void
show_tick(struct show *s, int64_t now)
{
	if (s->again || s->blocked || s->looked_at <= s->failed_until ||
	    now - s->looked_at >= SHOW_EVERY)
		show_look(s, now);
}

bool
show_names(const struct address *address, struct span user,
    const uint8_t *secret, struct key *notice_r)
{
	const struct span prefix = span_of(SHOW_PREFIX);

	return span_starts_nocase(address->local, prefix) &&
	       identifier_stub_check(span_skip(address->local, prefix.n), user,
		   secret, notice_r) == 0;
}

/*
 * Tells the clerk all accounts, from the first to the last, whenever one has
 * changed: a page of the store at a time, and no more than the clerk reads.
 */
#include "daemon/keeper.h"

#include <stdlib.h>

#define PAGE 100

struct keeper_account {
	bool wanted;  /* something changed since the walk began */
	bool running; /* a page is asked for */
	bool walking;
	uint64_t count; /* told so far */
	char after[ADDRESS_TEXT];
};

static void look(struct keeper *k);

static struct peer *
clerk_of(const struct keeper *k)
{
	return role_peer(k->role, ROLE_CLERK, 0);
}

static void
finish(struct keeper *k)
{
	struct keeper_account *a = k->account;
	struct message m;

	message_init(&m, MESSAGE_ACCOUNTS_END);
	m.accounts_end.count = a->count;
	peer_send(clerk_of(k), &m);
	a->walking = false;
}

static void
tell(struct keeper *k, const struct store_user *user)
{
	struct message m;

	message_init(&m, MESSAGE_ACCOUNT_LINE);
	m.account_line.address = user->address;
	m.account_line.password = user->password;
	peer_send(clerk_of(k), &m);
	k->account->count++;
}

static void
page_came(struct store_op *op, void *arg)
{
	struct keeper *k = arg;
	struct keeper_account *a = k->account;
	const struct store_user_list *page = &op->user_list;
	bool ok = op->outcome == STORE_OK;

	a->running = false;
	for (unsigned i = 0; ok && a->walking && i < page->count; i++)
		tell(k, &page->users[i]);
	if (ok && page->count > 0)
		span_copy(page->users[page->count - 1].address, a->after,
		    sizeof a->after);
	if (ok && a->walking && page->count < PAGE)
		finish(k);
	store_op_free(&op);
	look(k);
}

static void
look(struct keeper *k)
{
	struct keeper_account *a = k->account;
	struct peer *clerk = clerk_of(k);
	struct store_op *op;

	if (a->running || clerk == NULL || peer_is_full(clerk))
		return;
	if (!a->walking && !a->wanted)
		return;
	op = store_op_new(STORE_USER_LIST, role_now());
	if (op == NULL)
		return; /* the next tick */
	if (!a->walking) {
		a->walking = true;
		a->wanted = false;
		a->after[0] = '\0';
		a->count = 0;
	}
	op->user_list.after = arena_copy(&op->arena, span_of(a->after));
	op->user_list.limit = PAGE;
	op->done = page_came;
	op->arg = k;
	a->running = true;
	store_submit(k->store, op);
}

void
keeper_account_changed(struct keeper *k)
{
	k->account->wanted = true;
	look(k);
	keeper_stir(k);
}

void
keeper_account_lost(struct keeper *k)
{
	k->account->walking = false;
	k->account->wanted = true;
}

void
keeper_account_tick(struct keeper *k)
{
	look(k);
}

int
keeper_account_begin(struct keeper *k, struct err *err)
{
	k->account = calloc(1, sizeof *k->account);
	if (k->account == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	k->account->wanted = true;
	return 0;
}

void
keeper_account_end(struct keeper *k)
{
	free(k->account);
	k->account = NULL;
}

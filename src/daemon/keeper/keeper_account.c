/*
 * Tells the clerk all accounts and then all other addresses of users, from the
 * first to the last, whenever one has changed: a page of the store at a time,
 * and no more than the clerk reads.
 */
#include "daemon/keeper/keeper.h"

#include <stdlib.h>

#define PAGE 100

struct keeper_account {
	bool wanted;  /* something changed since the walk began */
	bool running; /* a page is asked for */
	bool walking;
	bool others;    /* all accounts are told: now their other addresses */
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

/* MAIN: of another address, the account behind it; or "". */
static void
tell(struct keeper *k, struct span address, struct span main,
    struct span password)
{
	struct keeper_account *a = k->account;
	struct message m;

	message_init(&m, MESSAGE_ACCOUNT_LINE);
	m.account_line.address = address;
	m.account_line.main = main;
	m.account_line.password = password;
	peer_send(clerk_of(k), &m);
	a->count++;
	span_copy(address, a->after, sizeof a->after);
}

/* COUNT rows were told. */
static void
page_told(struct keeper *k, unsigned count)
{
	struct keeper_account *a = k->account;

	if (count == PAGE)
		return;
	if (a->others) {
		finish(k);
	} else {
		a->others = true;
		a->after[0] = '\0';
	}
}

static void
users_came(struct keeper *k, const struct store_user_list *page)
{
	for (unsigned i = 0; i < page->count; i++)
		tell(k, page->users[i].address, span_of(""),
		    page->users[i].password);
	page_told(k, page->count);
}

static void
others_came(struct keeper *k, const struct store_identity_list *page)
{
	for (unsigned i = 0; i < page->count; i++)
		tell(k, page->identities[i].address, page->identities[i].user,
		    page->identities[i].password);
	page_told(k, page->count);
}

static void
page_came(struct store_op *op, void *arg)
{
	struct keeper *k = arg;
	struct keeper_account *a = k->account;

	a->running = false;
	if (op->outcome != STORE_OK || !a->walking)
		; /* it is asked for again, or nobody listens any more */
	else if (op->verb == STORE_USER_LIST)
		users_came(k, &op->user_list);
	else
		others_came(k, &op->identity_list);
	store_op_free(&op);
	look(k);
}

static struct store_op *
next_page(const struct keeper_account *a)
{
	struct store_op *op = store_op_new(
	    a->others ? STORE_IDENTITY_LIST : STORE_USER_LIST, role_now());
	struct span after;

	if (op == NULL)
		return NULL;
	after = arena_copy(&op->arena, span_of(a->after));
	if (a->others) {
		op->identity_list.after = after;
		op->identity_list.limit = PAGE;
	} else {
		op->user_list.after = after;
		op->user_list.limit = PAGE;
	}
	if (arena_has_failed(&op->arena))
		store_op_free(&op);
	return op;
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
	if (!a->walking) {
		a->walking = true;
		a->wanted = a->others = false;
		a->after[0] = '\0';
		a->count = 0;
	}
	op = next_page(a);
	if (op == NULL)
		return; /* the next tick */
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

/*
 * Stubs: put into mailboxes by the posters, taken away by the clerk; and what
 * people do with them there, which is a decision like any other (DM-24, SM-25,
 * WIRE 10).
 */
#include "daemon/keeper/keeper.h"

#include "base/log.h"
#include "daemon/keeper/keeper_quality.h"
#include "receiver/decide.h"

#include <stdlib.h>
#include <string.h>

/* ---- putting and taking away ---- */

static int
put_stub(void *owner, const struct show_stub *stub)
{
	struct keeper *k = owner;
	const struct store_notice *about = stub->about;
	struct peer *poster = keeper_poster(k, stub->folder);
	struct message m;

	if (poster == NULL)
		return -E_AGAIN;
	message_init(&m, MESSAGE_POST_STUB);
	m.post_stub.notice = stub->notice;
	m.post_stub.folder = span_of(stub->folder);
	m.post_stub.name = span_of(stub->name);
	m.post_stub.repeated = stub->repeated;
	m.post_stub.token = span_of(stub->token);
	m.post_stub.reply_to = span_of(stub->reply_to);
	m.post_stub.user = about->recipient;
	m.post_stub.sender = about->sender;
	m.post_stub.server =
	    about->server.n > 0 ? about->server : about->domain;
	m.post_stub.subject = about->subject;
	m.post_stub.attachments = about->attachments;
	m.post_stub.has_size = about->has_size;
	m.post_stub.size = about->size;
	m.post_stub.created = (uint64_t)about->created;
	m.post_stub.expires_at = (uint64_t)about->expires_at;
	m.post_stub.envelope = about->envelope;
	return peer_ask(poster, &m) ? (int)poster->index : -E_AGAIN;
}

static int
take_stub(void *owner, const struct show_stub *stub)
{
	struct keeper *k = owner;
	struct peer *clerk = role_peer(k->role, ROLE_CLERK, 0);
	struct message m;

	if (clerk == NULL || peer_is_full(clerk))
		return -E_AGAIN;
	message_init(&m, MESSAGE_STUB_TAKE);
	m.stub_take.notice = stub->notice;
	m.stub_take.user = stub->user;
	m.stub_take.folder = span_of(stub->folder);
	m.stub_take.name = span_of(stub->name);
	m.stub_take.token = span_of(stub->token);
	return peer_ask(clerk, &m) ? 0 : -E_AGAIN;
}

/* ---- what a person did ---- */

/* What it means where a stub lies now, as the folder is on the disk. */
static const struct meaning {
	const char *folder;
	enum store_verdict verdict; /* NONE: nothing was decided */
	bool if_chosen;             /* only for users who want it so */
} meanings[] = {
    {".Waiting", VERDICT_NONE, false},
    {".Waiting.Trusted", VERDICT_AUTHORIZE, false},
    {".Waiting.Blocked", VERDICT_SPAMMER, false},
    {".Junk", VERDICT_SPAM, false},
    {".Trash", VERDICT_REJECT, true},
};

/* In all other folders it is accepted, into that folder. */
static struct meaning
meaning_of_folder(struct span folder)
{
	for (unsigned i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
		if (span_equals(folder, span_of(meanings[i].folder)))
			return meanings[i];
	return (struct meaning){.verdict = VERDICT_ACCEPT};
}

static struct meaning
meaning_of_word(struct span word)
{
	struct meaning meaning = {.verdict = VERDICT_NONE};

	for (unsigned v = VERDICT_ACCEPT; v <= VERDICT_SPAMMER; v++)
		if (span_equals(word,
			span_of(store_verdict_name((enum store_verdict)v))))
			meaning.verdict = (enum store_verdict)v;
	return meaning;
}

static void
answer(struct asker *a, bool noted)
{
	struct message m;

	message_init(&m, MESSAGE_MOVE_ANSWER);
	m.move_answer.question = a->session;
	m.move_answer.outcome = !noted;
	keeper_answer(a, &m);
}

/* The stub has done its work when it is noted, and also when it was decided
   otherwise, or is over: it stands for nothing any more. */
static void
decided(
    void *owner, enum store_outcome outcome, const struct store_notice *notice)
{
	struct asker *a = owner;
	struct keeper *k = a->keeper;

	(void)notice;
	answer(a, outcome == STORE_OK || outcome == STORE_CONFLICT);
	keeper_decided(k);
}

/* The user is known, and with that what Trash means. */
static void
chosen(struct store_op *op, void *arg)
{
	struct asker *a = arg;
	bool rejects =
	    op->outcome == STORE_OK && op->user_get.user.trash == TRASH_REJECT;
	const struct decide_ask ask = {
	    .notice = a->notice,
	    .user = span_of(a->user),
	    .folder = span_of(""),
	    .verdict = VERDICT_REJECT,
	};

	store_op_free(&op);
	if (rejects)
		keeper_decide(a->keeper, &ask, decided, a);
	else
		answer(a, false);
}

static void
decide_if_chosen(struct asker *a, const struct decide_ask *ask)
{
	struct store_op *op = store_op_new(STORE_USER_GET, role_now());

	if (op == NULL || span_copy(ask->user, a->user, sizeof a->user) < 0) {
		store_op_free(&op);
		answer(a, false);
		return;
	}
	a->notice = ask->notice;
	op->user_get.address = span_of(a->user);
	op->done = chosen;
	op->arg = a;
	store_submit(a->keeper->store, op);
}

static void
moved(struct keeper *k, struct peer *from, const struct message_stub_moved *m)
{
	const struct meaning meaning = m->word.n > 0
					   ? meaning_of_word(m->word)
					   : meaning_of_folder(m->folder);
	struct decide_ask ask = {
	    .user = m->user,
	    .folder = span_of(""),
	    .verdict = meaning.verdict,
	};
	struct asker *a = keeper_asker(k, from, m->question);
	bool ours = identifier_stub_check(m->token, m->user,
			k->accept.server_secret, &ask.notice) == 0;

	log_event("stub-moved",
	    "user=%s folder=%s word=%s ours=%d verdict=%s if-chosen=%d",
	    log_quote(m->user), log_quote(m->folder), log_quote(m->word), ours,
	    store_verdict_name(ask.verdict), meaning.if_chosen);
	if (a == NULL)
		return;
	if (!ours || ask.verdict == VERDICT_NONE ||
	    !folder_is_on_disk(m->folder)) {
		answer(a, false);
		return;
	}
	if (ask.verdict == VERDICT_ACCEPT)
		ask.folder = m->folder;
	if (meaning.if_chosen)
		decide_if_chosen(a, &ask);
	else
		keeper_decide(a->keeper, &ask, decided, a);
}

/* A message that we delivered was called spam (SM-25). */
static void
junked(struct keeper *k, struct peer *from, const struct message_junked *m)
{
	const struct decide_ask ask = {
	    .message = m->message,
	    .user = m->user,
	    .folder = span_of(""),
	    .verdict = VERDICT_SPAM,
	};
	struct asker *a = keeper_asker(k, from, m->question);

	if (a == NULL)
		return;
	if (m->user.n == 0 || key_is_zero(m->message))
		answer(a, false);
	else
		keeper_decide(a->keeper, &ask, decided, a);
}

bool
keeper_stub_answers(const struct keeper *k, struct span recipient,
    struct span user, struct key *notice_r)
{
	const struct address_rules rules = {.utf8 = true};
	struct address address;

	return address_parse(recipient, rules, &address) == 0 &&
	       hosts_has_name(k->local, address.domain) &&
	       show_names(&address, user, k->accept.server_secret, notice_r);
}

void
keeper_stub_over(void *keeper)
{
	const struct keeper *k = keeper;

	show_look(k->show, role_now());
}

void
keeper_stub_message(struct keeper *k, struct peer *from, struct message *m)
{
	if (m->type == MESSAGE_STUB_MOVED)
		moved(k, from, &m->stub_moved);
	else if (m->type == MESSAGE_JUNKED)
		junked(k, from, &m->junked);
	else if (m->type == MESSAGE_STUB_TAKEN)
		show_ended(k->show, m->stub_taken.notice,
		    m->stub_taken.outcome == 0, role_now());
}

int
keeper_stub_begin(struct keeper *k, struct err *err)
{
	const struct show_world world = {k, put_stub, take_stub};

	if (show_new(k->store, k->role->settings, k->node,
		k->accept.server_secret, &world, &k->show) < 0)
		return err_set(err, -E_NOMEM, "no memory");
	return 0;
}

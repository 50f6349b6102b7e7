/*
 * Puts both ends of a hold that needs no journey: at the origin a message of a
 * self-test's user to itself, noticed and aimed at ourselves; at the
 * destination the notice of it, about which that user is asked. The operations
 * are those of any message, in the same order: durable at the origin first.
 *
 * The notice is of the dialect MSID: its sender was judged when it was left,
 * here by us, and the turn asks nobody whether we may speak for ourselves. So
 * no rule about strangers is bent: that none is believed who speaks for a
 * domain of ours, and that we call no address of ours, is decided where notices
 * come in (receiver/admit.c), and nothing comes in here.
 *
 * Not for: what the self-test does then (src/selftest/).
 */
#include "daemon/control/keeper_selftest.h"

#include "base/log.h"
#include "ctl/selftest.h"
#include "daemon/caller/source.h"
#include "daemon/control/control_words.h"
#include "message/date.h"
#include "message/digest.h"
#include "message/envelope.h"
#include "store/target.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 4096 /* octets of the message's head, and of its body */

static const char body_text[] =
    "This message was made by restante selftest, and waited at this server\r\n"
    "until its recipient accepted it.\r\n";

/* One message on its way into the store. */
struct making {
	struct keeper_request *request;
	struct keeper *keeper;
	struct ip address; /* ours: where it waits, and who may fetch it */
	char user[ADDRESS_TEXT];
	struct span domain; /* of user */
	uint8_t user_secret[STORE_SECRET];
	struct key message, notice;
	char subject[64];
	struct buf head, text; /* text: that of the envelope */
	uint8_t digest[STORE_DIGEST];
	struct key hold;
	char id[IDENTIFIER_TEXT];
};

static void
making_free(struct making *x)
{
	explicit_bzero(x->user_secret, sizeof x->user_secret);
	buf_fini(&x->head);
	buf_fini(&x->text);
	free(x);
}

static void
end(struct making *x, enum store_outcome outcome, json_t *document)
{
	keeper_request_end(x->request, outcome, document);
	making_free(x);
}

/* ---- the message ---- */

static int
write_envelope(struct making *x)
{
	struct preview *preview = preview_new();
	struct head head;
	int result = -E_NOMEM;

	if (preview == NULL)
		return result;
	head_init(&head);
	head_feed(&head, buf_span(&x->head));
	preview_feed(preview, buf_span(&x->head));
	preview_feed(preview, span_of(body_text));
	preview_end(preview);
	const struct envelope_source source = {
	    .head = &head,
	    .facts = preview_facts(preview),
	    .size = x->head.n + strlen(body_text),
	    .id = span_of(x->id),
	};

	result = envelope_print(&source, &x->text);
	head_fini(&head);
	preview_free(&preview);
	return result;
}

static int
write_message(struct making *x, int64_t now)
{
	struct digest *digest = digest_new();
	char date[DATE_TEXT], key[KEY_TEXT];
	int result;

	if (digest == NULL)
		return -E_NOMEM;
	key_text(x->notice, key);
	date_message(now, date);
	snprintf(x->subject, sizeof x->subject, "Self-test %s", key);
	buf_print(&x->head,
	    "From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: %s\r\n"
	    "Message-ID: <%s@%s>\r\nAuto-Submitted: auto-generated\r\n\r\n",
	    x->user, x->user, x->subject, date, key,
	    x->keeper->role->settings->hostname);
	digest_add(digest, buf_span(&x->head));
	digest_add(digest, span_of(body_text));
	result = digest_end(digest, x->digest);
	digest_free(&digest);
	return buf_bad(&x->head) ? -E_NOMEM : result;
}

/* ---- the origin ---- */

/* No user's, so that no report is owed and no complaint counts. */
static struct arrival
arrival_of(const struct making *x)
{
	struct arrival a = {
	    .way = ARRIVAL_SUBMITTED,
	    .message = x->message,
	    .sender = span_of(x->user),
	    .subject = span_of(x->subject),
	    .size = x->head.n + strlen(body_text),
	    .head = buf_span(&x->head),
	    .body = span_of(body_text),
	    .envelope = buf_span(&x->text),
	};

	memcpy(a.digest, x->digest, sizeof a.digest);
	return a;
}

/* Never due: it is noticed by us, and by nobody else. */
static int
make_hold(struct making *x, struct store_op *op)
{
	const struct arrival_recipient recipient = {
	    .recipient = span_of(x->user), .visible = true};
	struct arrival arrival = arrival_of(x);
	const struct hold_making making = {
	    .settings = x->keeper->role->settings,
	    .arrival = &arrival,
	    .recipient = &recipient,
	    .domain = x->domain,
	    .server_secret = x->keeper->accept.server_secret,
	    .user_secret = x->user_secret,
	    .now = op->now,
	};
	struct store_hold *hold = arena_take(&op->arena, sizeof *hold);

	if (hold == NULL || hold_make(&making, &op->arena, hold) < 0 ||
	    span_copy(hold->id, x->id, sizeof x->id) < 0)
		return -E_NOMEM;
	x->hold = hold->key;
	hold->next_at = INT64_MAX;
	hold->envelope = hold->key;
	op->message_put.holds = hold;
	op->message_put.hold_count = 1;
	if (write_envelope(x) < 0)
		return -E_NOMEM;
	arrival = arrival_of(x);
	decide_message(&arrival, op->now, &op->message_put.message);
	return 0;
}

static int
make_message(struct making *x, struct store_op *op)
{
	int result = write_message(x, op->now);

	return result < 0 ? result : make_hold(x, op);
}

static int
make_aim(struct making *x, struct store_op *op)
{
	char target[STORE_TARGET];

	target_write(x->address, target);
	op->hold_aim.count = 1;
	op->hold_aim.keys = &x->hold;
	op->hold_aim.targets =
	    arena_copy(&op->arena, span_make(target, sizeof target));
	return op->hold_aim.targets.p != NULL ? 0 : -E_NOMEM;
}

static int
make_noticed(struct making *x, struct store_op *op)
{
	op->hold_noticed.key = x->hold;
	op->hold_noticed.route = ROUTE_MSID;
	op->hold_noticed.expires_at = op->now + SELFTEST_LIFE;
	op->hold_noticed.report_at = INT64_MAX;
	op->hold_noticed.reply = span_of("250 self-test");
	return 0;
}

/* ---- the destination ---- */

static int
make_notice(struct making *x, struct store_op *op)
{
	struct store_notice *row = arena_take(&op->arena, sizeof *row);

	if (row == NULL)
		return -E_NOMEM;
	*row = (struct store_notice){
	    .key = x->notice,
	    .id = span_of(x->id),
	    .domain = x->domain,
	    .server = x->domain,
	    .named = span_of(x->user),
	    .to = span_of(x->user),
	    .sender = span_of(x->user),
	    .subject = span_of(x->subject),
	    .envelope = buf_span(&x->text),
	    .address = x->address,
	    .dialect = ROUTE_MSID,
	    .state = NOTICE_PENDING,
	    .has_digest = true,
	    .has_size = true,
	    .size = x->head.n + strlen(body_text),
	    .created = op->now,
	    .next_at = op->now,
	    .expires_at = op->now + SELFTEST_LIFE,
	};
	memcpy(row->digest, x->digest, sizeof row->digest);
	op->notice_put.count = 1;
	op->notice_put.notices = row;
	op->notice_put.pending_max = SELFTEST_PENDING;
	op->notice_put.user_max = SELFTEST_PENDING;
	return 0;
}

static void
answer(struct making *x, enum store_outcome row)
{
	char notice[KEY_TEXT], hold[KEY_TEXT], ip[IP_TEXT];

	if (row != STORE_OK) {
		end(x, STORE_OK,
		    control_words_refusal("full",
			"too many self-test messages wait for that user"));
		return;
	}
	key_text(x->notice, notice);
	key_text(x->hold, hold);
	ip_text(x->address, ip);
	log_event("selftest-left", "id=%s user=%s address=%s", x->id,
	    log_quote(span_of(x->user)), ip);
	show_look(x->keeper->show, role_now());
	keeper_stir(x->keeper);
	end(x, STORE_OK,
	    json_pack("{s:b, s:s, s:s, s:s, s:s}", "ok", 1, "id", notice,
		"hold", hold, "subject", x->subject, "address", ip));
}

/* ---- one after the other ---- */

static const struct step {
	enum store_verb verb;
	int (*make)(struct making *x, struct store_op *op);
} steps[] = {
    {STORE_MESSAGE_PUT, make_message},
    {STORE_HOLD_AIM, make_aim},
    {STORE_HOLD_NOTICED, make_noticed},
    {STORE_NOTICE_PUT, make_notice},
};

enum { STEPS = sizeof steps / sizeof *steps };

static void done(struct store_op *op, void *arg);

static void
take_step(struct making *x, const struct step *step)
{
	struct store_op *op = store_op_new(step->verb, role_now());

	if (op == NULL || step->make(x, op) < 0) {
		store_op_free(&op);
		end(x, STORE_BROKEN, NULL);
		return;
	}
	op->done = done;
	op->arg = x;
	store_submit(x->keeper->store, op);
	keeper_stir(x->keeper);
}

static void
done(struct store_op *op, void *arg)
{
	struct making *x = arg;
	enum store_outcome outcome = op->outcome;
	const struct step *step = steps;

	while (step->verb != op->verb)
		step++;
	if (outcome != STORE_OK)
		end(x, outcome, NULL);
	else if (step + 1 < steps + STEPS)
		take_step(x, step + 1);
	else
		answer(x, op->notice_put.outcomes[0]);
	store_op_free(&op);
}

static void
user_found(struct store_op *op, void *arg)
{
	struct making *x = arg;
	enum store_outcome outcome = op->outcome;

	/* another address of somebody is no user of a self-test */
	if (outcome == STORE_OK &&
	    !span_equals(op->user_get.user.address, span_of(x->user)))
		outcome = STORE_NONE;
	if (outcome == STORE_OK)
		memcpy(x->user_secret, op->user_get.user.secret, STORE_SECRET);
	store_op_free(&op);
	if (outcome == STORE_OK)
		take_step(x, steps);
	else
		end(x, outcome, NULL);
}

/* ---- in ---- */

static int
take_user(struct keeper_request *r, const json_t *q, struct err *err)
{
	int error = control_words_address(r->op, control_words_text(q, "user"),
	    &r->op->user_get.address, err);

	if (error == 0 && !span_starts_nocase(r->op->user_get.address,
			      span_of(SELFTEST_PREFIX)))
		return err_set(err, -E_SYNTAX,
		    "`user` must be one of a self-test: its name begins with "
		    "%s",
		    SELFTEST_PREFIX);
	return error;
}

int
keeper_selftest_put(struct keeper_request *r, const json_t *q, struct err *err)
{
	struct store_op *op = r->op;
	struct making *x;
	struct ip address;
	int error = take_user(r, q, err);

	if (error == 0)
		error =
		    source_ourselves(r->keeper->role->settings, &address, err);
	if (error != 0)
		return error == -E_NONE ? -E_SYNTAX : error;
	x = calloc(1, sizeof *x);
	if (x == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	x->request = r;
	x->keeper = r->keeper;
	x->address = address;
	x->message = key_new(op->now);
	x->notice = key_new(op->now);
	buf_init(&x->head, TEXT_MAX);
	buf_init(&x->text, ENVELOPE_TEXT_MAX);
	if (span_copy(op->user_get.address, x->user, sizeof x->user) < 0) {
		making_free(x);
		return err_set(err, -E_NOMEM, "no memory");
	}
	x->domain = span_skip(span_from_last(span_of(x->user), '@'), 1);
	r->op = NULL;
	op->done = user_found;
	op->arg = x;
	store_submit(r->keeper->store, op);
	return 1;
}

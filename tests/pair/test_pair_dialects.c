/*
 * The three dialects between the two machines (WIRE 3, 5, 6): however the
 * octets are split and wherever the connection is cut, both sides agree in the
 * end, and nothing is lost or taken twice.
 */
#include "wire.h"

#include <string.h>

#define TEXT "From: alice@a.test\r\nSubject: x\r\n\r\n..first line\r\n.\r\n"
#define ALL_KEYWORDS                                                 \
	(SMTP_KEYWORD_PULL | SMTP_KEYWORD_GDEL | SMTP_KEYWORD_MSID | \
	    SMTP_KEYWORD_ENVELOPE)

static struct end_hold
hold(const char *id, const char *recipient, const char *content)
{
	return (struct end_hold){.id = id,
	    .sender = "alice@a.test",
	    .recipient = recipient,
	    .subject = "gr\xc3\xbcn",
	    .content = span_of(content)};
}

static void
add(struct end *e, struct end_hold h)
{
	end_hold_add(e, &h);
}

/* --- notices --- */

static const char *const notice_orders[] = {"GDEL gdel-1", "MSID msid-1",
    "ENVELOPE env-1", "ENVELOPE-PLAIN env-2", "SEND mail-1", "MSID msid-2",
    "REJECT his-1 carol@a.test", "SPAMMER his-1", "ENVELOPE env-3", "QUIT",
    NULL};

/* Everything that can be left in one session (SM-42). */
static void
notice_wire(struct wire *w)
{
	wire_init(w, notice_orders, ALL_KEYWORDS);
	add(&w->asker, hold("msid-1", "bob@b.test", "12345"));
	add(&w->asker, hold("msid-2", "carol@b.test", "123"));
	add(&w->asker, hold("env-1", "bob@b.test,carol@b.test", TEXT));
	add(&w->asker, hold("env-2", "bob@b.test", TEXT));
	add(&w->asker, hold("env-3", "carol@b.test,dave@b.test", TEXT));
	add(&w->asker, hold("mail-1", "bob@b.test", "a\r\n"));
	add(&w->origin, hold("his-1", "carol@a.test", "not asked for"));
	w->asker.notice.has_digest = w->asker.notice.has_expires = true;
	w->asker.notice.expires = 7200;
}

/* SM-42 */
static void
all_kinds_of_notices_share_one_session(void **state)
{
	struct wire w;

	(void)state;
	notice_wire(&w);
	wire_run(&w);
	wire_events_are(&w.asker,
	    "READY\nREPLY 250\nREPLY 250 final\n"
	    "RECIPIENT 0 250\nRECIPIENT 1 250\nREPLY 250 final\n"
	    "RECIPIENT 0 250\nREPLY 250 final\n"
	    "CONTENT\nSENT 250 final\nREPLY 250 final\nREPLY 250\nREPLY 250\n"
	    "RECIPIENT 0 250\nRECIPIENT 1 250\nREPLY 250 final\nCLOSED\n");
	wire_events_are(&w.origin,
	    "EHLO\nGDEL gdel-1 DIGEST EXPIRES=7200\n"
	    "MAIL alice@a.test DMTP SIZE=5 DIGEST EXPIRES=7200\n"
	    "RCPT bob@b.test\nMSID msid-1 gr\xc3\xbcn\n"
	    "ENVELOPE alice@a.test ENVID=env-1 SIZE=51 DIGEST EXPIRES=7200\n"
	    "RCPT bob@b.test\nRCPT carol@b.test\nDATA\nEND 51\n"
	    "ENVELOPE alice@a.test\nRCPT bob@b.test\nSIZE 51\nDATA\nEND 51\n"
	    "MAIL alice@a.test\nRCPT bob@b.test\nDATA\nEND 3\n"
	    "MAIL alice@a.test DMTP SIZE=3 DIGEST EXPIRES=7200\n"
	    "RCPT carol@b.test\nMSID msid-2 gr\xc3\xbcn\n"
	    "REJECT his-1 carol@a.test\nSPAMMER his-1\n"
	    "ENVELOPE alice@a.test ENVID=env-3 SIZE=51 DIGEST EXPIRES=7200\n"
	    "RCPT carol@b.test\nRCPT dave@b.test\nDATA\nEND 51\nCLOSED\n");
	assert_true(w.asker.closed && w.origin.closed);
	assert_int_equal(w.origin.copy_count, 4);
	assert_true(
	    span_equals(buf_span(&w.origin.copies[0].content), span_of(TEXT)));
	wire_fini(&w);
}

/* --- pulls --- */

static const char *const pull_orders[] = {"RETR r-1", "ACCEPT e-1 bob@b.test",
    "ACCEPT e-1 carol@b.test HAVE", "REJECT e-1 dave@b.test", "AUTHORIZE e-2",
    "RETR missing", "ACCEPT missing", "SPAM m-1", "GTML m-2 nobody@b.test",
    "GTML m-1 bob@b.test", NULL};

/* Everything that can be asked for in one session; GTML ends it. */
static void
pull_wire(struct wire *w)
{
	wire_init(w, pull_orders, SMTP_KEYWORD_PULL);
	add(&w->origin, hold("r-1", "bob@b.test", "Subject: r\r\n\r\n.\r\n"));
	add(&w->origin, hold("e-1", "bob@b.test", "Subject: e\r\n\r\n"));
	add(&w->origin, hold("e-1", "carol@b.test", "Subject: e\r\n\r\n"));
	add(&w->origin, hold("e-1", "dave@b.test", "Subject: e\r\n\r\n"));
	add(&w->origin, hold("e-2", "bob@b.test", "Subject: 2\r\n\r\n..\r\n"));
	add(&w->origin, hold("m-1", "bob@b.test", "Subject: m\r\n\r\n.x\r\n"));
	w->origin.holds[4].use_bdat = true;
	w->origin.capabilities = SMTP_CAN_CHUNKING | SMTP_CAN_SIZE;
}

static void
all_kinds_of_pulls_and_verdicts_share_one_session(void **state)
{
	struct wire w;

	(void)state;
	pull_wire(&w);
	wire_run(&w);
	wire_events_are(&w.asker,
	    "READY\nTURN\nMAIL alice@a.test\nRCPT bob@b.test\nDATA\nEND 17\n"
	    "TURN-BACK\nTURN\nMAIL alice@a.test\nRCPT bob@b.test\nDATA\n"
	    "END 14\nTURN-BACK\nREPLY 251\nREPLY 250\n"
	    "TURN\nMAIL alice@a.test\nRCPT bob@b.test\nBDAT\nEND 18\n"
	    "TURN-BACK\nREPLY 550\nREPLY 550\nREPLY 250\nREPLY 550\n"
	    "TURN\nEND 18\nTURN-BACK\nHUNG-UP\n");
	wire_events_are(&w.origin,
	    "EHLO\nRETR r-1\nTURN\nCONTENT\nSENT 250 final\nTURN-BACK\n"
	    "ACCEPT e-1 bob@b.test\nTURN\nCONTENT\nSENT 250 final\nTURN-BACK\n"
	    "ACCEPT e-1 carol@b.test HAVE\nREJECT e-1 dave@b.test\n"
	    "AUTHORIZE e-2\nTURN\nCONTENT\nSENT 250 final\nTURN-BACK\n"
	    "RETR missing\nACCEPT missing\nSPAM m-1\nGTML m-2 nobody@b.test\n"
	    "GTML m-1 bob@b.test\nTURN\nCONTENT\nSENT 250 final\n");
	wire_responsibility_holds(&w);
	for (size_t i = 0; i < w.asker.copy_count; i++)
		assert_true(w.asker.copies[i].confirmed);
	assert_true(w.asker.closed && w.origin.closed);
	wire_fini(&w);
}

/* --- splits, cuts, noise --- */

typedef void (*wire_maker)(struct wire *w);
static const wire_maker makers[] = {notice_wire, pull_wire};

static void
splits_change_nothing_in_any_dialect(void **state)
{
	(void)state;
	for (size_t m = 0; m < 2; m++) {
		struct wire whole;

		makers[m](&whole);
		wire_run(&whole);
		for (uint32_t round = 1; round <= 300; round++) {
			struct wire w;

			makers[m](&w);
			wire_split(&w, round);
			w.origin.piece = w.asker.piece = 1 + round % 7;
			wire_run(&w);
			assert_string_equal(buf_string(&w.up.history),
			    buf_string(&whole.up.history));
			assert_string_equal(buf_string(&w.down.history),
			    buf_string(&whole.down.history));
			wire_events_are(
			    &w.asker, buf_string(&whole.asker.events));
			wire_events_are(
			    &w.origin, buf_string(&whole.origin.events));
			wire_responsibility_holds(&w);
			wire_fini(&w);
		}
		wire_fini(&whole);
	}
}

static void
a_noisy_wire_ends_in_order_in_any_dialect(void **state)
{
	(void)state;
	for (uint32_t round = 1; round <= 2000; round++) {
		struct wire w;

		makers[round % 2](&w);
		wire_split(&w, round);
		w.noise = true;
		wire_run(&w);
		for (size_t i = 0; i < w.asker.copy_count; i++)
			assert_true(w.asker.copies[i].whole ||
				    !w.asker.copies[i].stored);
		wire_fini(&w);
	}
}

/* --- what a cut leaves is settled by asking again (WIRE 4.7) --- */

/* The messages that are to be had, how each is asked for. */
struct wanted {
	const char *id, *to, *order;
	bool is_gtml;
	unsigned deliveries; /* stored, and not thrown away as a second copy */
	bool is_settled;     /* nothing is left to ask */
};

static const struct wanted all_wanted[] = {
    {.id = "r-1", .to = "", .order = "RETR r-1"},
    {.id = "e-1", .to = "bob@b.test", .order = "ACCEPT e-1 bob@b.test"},
    {.id = "e-2", .to = "", .order = "AUTHORIZE e-2"},
    {.id = "m-1",
	.to = "bob@b.test",
	.order = "GTML m-1 bob@b.test",
	.is_gtml = true},
};

#define WANTED (sizeof(all_wanted) / sizeof(all_wanted[0]))

/* What one session told about one message; a second copy is thrown away. */
static void
learn(struct wanted *wanted, const struct end *asker)
{
	for (size_t i = 0; i < asker->copy_count; i++) {
		const struct end_copy *copy = &asker->copies[i];

		if (strcmp(copy->id, wanted->id) != 0 ||
		    strcmp(copy->to, wanted->to) != 0 || !copy->stored)
			continue;
		if (wanted->deliveries == 0)
			wanted->deliveries++;
		wanted->is_settled = wanted->is_settled || copy->confirmed;
	}
}

/* A whole session that asks for one message again; 550 settles it. */
static void
ask_again(struct wanted *wanted, struct end_hold *holds, size_t count)
{
	const char *const orders[] = {
	    wanted->order, wanted->is_gtml ? NULL : "QUIT", NULL};
	struct wire w;

	wire_init(&w, orders, SMTP_KEYWORD_PULL);
	for (size_t i = 0; i < count; i++)
		add(&w.origin, holds[i]);
	w.origin.capabilities = SMTP_CAN_CHUNKING;
	wire_run(&w);
	learn(wanted, &w.asker);
	if (strstr(buf_string(&w.asker.events), "REPLY 550") != NULL)
		wanted->is_settled = true;
	memcpy(holds, w.origin.holds, count * sizeof(holds[0]));
	wire_fini(&w);
}

/* Cuts one direction after LIMIT octets; was the dialogue that long? */
static bool
agrees_after_cut(bool up, size_t limit, uint32_t seed)
{
	struct end_hold holds[END_HOLDS_MAX];
	struct wanted wanted[WANTED];
	size_t count;
	struct wire w;
	bool reached;

	memcpy(wanted, all_wanted, sizeof(wanted));
	pull_wire(&w);
	wire_split(&w, seed);
	wire_cut(&w, up, limit);
	wire_run(&w);
	wire_responsibility_holds(&w);
	reached = wire_is_cut(&w);
	count = w.origin.hold_count;
	memcpy(holds, w.origin.holds, sizeof(holds));
	for (size_t i = 0; i < WANTED; i++) {
		learn(&wanted[i], &w.asker);
		if (!wanted[i].is_settled)
			ask_again(&wanted[i], holds, count);
		assert_true(wanted[i].is_settled);
		assert_int_equal(wanted[i].deliveries, 1);
	}
	/* Of e-1, carol has a copy here and dave refused: never sent. */
	for (size_t i = 0; i < count; i++)
		assert_int_equal(holds[i].takes, i != 2 && i != 3);
	wire_fini(&w);
	return reached;
}

/* WIRE 4.6, 4.7, AT-14 */
static void
after_a_cut_anywhere_both_sides_come_to_agree(void **state)
{
	(void)state;
	for (int up = 0; up <= 1; up++) {
		size_t limit = 0;
		while (agrees_after_cut(up == 1, limit, WIRE_WHOLE)) {
			agrees_after_cut(up == 1, limit, (uint32_t)limit + 1);
			limit++;
		}
		/* The whole dialogue has been walked through. */
		assert_true(limit > 400);
	}
}

static unsigned
count_of(struct end *e, const char *text)
{
	const char *at = buf_string(&e->events);
	unsigned n = 0;

	while ((at = strstr(at, text)) != NULL) {
		at += strlen(text);
		n++;
	}
	return n;
}

/* A notice that we think taken was taken; the rest is left to be said again. */
static bool
notices_agree_after_cut(bool up, size_t limit, uint32_t seed)
{
	unsigned sure, stored = 0;
	struct wire w;
	bool reached;

	notice_wire(&w);
	wire_split(&w, seed);
	wire_cut(&w, up, limit);
	wire_run(&w);
	sure = count_of(&w.asker, " final\n");
	for (size_t i = 0; i < w.origin.copy_count; i++) {
		const struct end_copy *copy = &w.origin.copies[i];

		if (!copy->stored)
			continue;
		stored++;
		assert_true(copy->whole);
		if (copy->is_envelope)
			assert_true(span_equals(
			    buf_span(&copy->content), span_of(TEXT)));
	}
	assert_true(sure <= stored + count_of(&w.origin, "\nMSID "));
	assert_true(count_of(&w.asker, "REPLY 250\n") <=
		    count_of(&w.origin, "GDEL ") +
			count_of(&w.origin, "REJECT ") +
			count_of(&w.origin, "SPAMMER "));
	reached = wire_is_cut(&w);
	wire_fini(&w);
	return reached;
}

static void
no_notice_is_thought_taken_that_was_not(void **state)
{
	(void)state;
	for (int up = 0; up <= 1; up++) {
		size_t limit = 0;
		while (notices_agree_after_cut(up == 1, limit, WIRE_WHOLE)) {
			notices_agree_after_cut(
			    up == 1, limit, (uint32_t)limit + 1);
			limit++;
		}
		assert_true(limit > 400);
	}
}

/* --- refusals --- */

/* Refuses one question of pull_wire's origin or asker. */
static void
a_refused_pull_stays_where_it_is(void **state)
{
	static const struct {
		bool at_asker;
		enum smtp_server_event_kind kind;
		unsigned hold;
	} cases[] = {
	    {true, SMTP_SERVER_MAIL, 0},
	    {true, SMTP_SERVER_RCPT, 0},
	    {true, SMTP_SERVER_DATA, 0},
	    {true, SMTP_SERVER_END, 0},
	    {false, SMTP_SERVER_RETR, 0},
	    {false, SMTP_SERVER_VERDICT, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire w;
		struct end *e;

		pull_wire(&w);
		e = cases[i].at_asker ? &w.asker : &w.origin;
		e->has_answer = true;
		e->answer_to = cases[i].kind;
		e->answer = REPLY_DENIED;
		wire_run(&w);
		assert_false(w.origin.holds[cases[i].hold].taken);
		/* The session went on to its last order. */
		assert_true(w.origin.holds[5].taken);
		assert_true(w.asker.closed && w.origin.closed);
		wire_responsibility_holds(&w);
		wire_fini(&w);
	}
}

static void
content_refused_after_gtml_is_not_taken(void **state)
{
	static const char *const orders[] = {"GTML m-1 bob@b.test", NULL};
	struct wire w;

	(void)state;
	wire_init(&w, orders, SMTP_KEYWORD_PULL);
	add(&w.origin, hold("m-1", "bob@b.test", "x\r\n"));
	w.asker.has_answer = true;
	w.asker.answer_to = SMTP_SERVER_END;
	w.asker.answer = REPLY_NOT_AS_ANNOUNCED;
	wire_run(&w);
	wire_events_are(&w.asker, "READY\nTURN\nEND 3\nTURN-BACK\nHUNG-UP\n");
	wire_events_are(&w.origin,
	    "EHLO\nGTML m-1 bob@b.test\nTURN\nCONTENT\nSENT 554 final\n");
	assert_false(w.origin.holds[0].taken);
	wire_fini(&w);
}

/* Each step of a notice refused: told, and the session goes on. */
static void
a_refused_notice_leaves_the_session(void **state)
{
	static const enum smtp_server_event_kind kinds[] = {SMTP_SERVER_MAIL,
	    SMTP_SERVER_RCPT, SMTP_SERVER_DATA, SMTP_SERVER_END,
	    SMTP_SERVER_MSID, SMTP_SERVER_ENVELOPE, SMTP_SERVER_GDEL,
	    SMTP_SERVER_VERDICT};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct wire w;

		notice_wire(&w);
		w.origin.has_answer = true;
		w.origin.answer_to = kinds[i];
		w.origin.answer = REPLY_DENIED;
		wire_run(&w);
		assert_int_equal(count_of(&w.asker, " 550"), 1);
		assert_int_equal(count_of(&w.asker, "CLOSED"), 1);
		assert_int_equal(count_of(&w.origin, "\nMSID ") +
				     count_of(&w.origin, "\nENVELOPE "),
		    kinds[i] == SMTP_SERVER_MAIL || kinds[i] == SMTP_SERVER_RCPT
			? 4
			: 5);
		assert_true(w.asker.closed && w.origin.closed);
		wire_fini(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_kinds_of_notices_share_one_session),
	    cmocka_unit_test(all_kinds_of_pulls_and_verdicts_share_one_session),
	    cmocka_unit_test(splits_change_nothing_in_any_dialect),
	    cmocka_unit_test(a_noisy_wire_ends_in_order_in_any_dialect),
	    cmocka_unit_test(after_a_cut_anywhere_both_sides_come_to_agree),
	    cmocka_unit_test(no_notice_is_thought_taken_that_was_not),
	    cmocka_unit_test(a_refused_pull_stays_where_it_is),
	    cmocka_unit_test(content_refused_after_gtml_is_not_taken),
	    cmocka_unit_test(a_refused_notice_leaves_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

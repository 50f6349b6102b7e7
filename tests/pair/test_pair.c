/*
 * Both ends of one connection in memory: notices, pulls with their turns, and
 * messages, however the octets are split and wherever the connection is cut.
 */
#include "wire.h"

#include <string.h>

static const char *const usual_orders[] = {"GDEL first", "GDEL second",
    "GDEL third", "RETR one", "RETR missing", "RETR two", "NOOP", "QUIT", NULL};

static struct end_hold
usual_hold(const char *id, const char *text)
{
	return (struct end_hold){.id = id,
	    .sender = "alice@a.test",
	    .recipient = "bob@b.test",
	    .content = span_of(text)};
}

/* The usual session, with one message by DATA and one by BDAT. */
static void
usual_wire(struct wire *w)
{
	struct end_hold one =
	    usual_hold("one", "Subject: 1\r\n\r\n.\r\n..\r\n");
	struct end_hold two = usual_hold("two", "Subject: 2\r\n\r\n.\r\nb\r\n");

	wire_init(w, usual_orders, SMTP_KEYWORD_PULL | SMTP_KEYWORD_GDEL);
	two.use_bdat = true;
	w->origin.capabilities = SMTP_CAN_CHUNKING | SMTP_CAN_SIZE;
	end_hold_add(&w->origin, &one);
	end_hold_add(&w->origin, &two);
}

/* GD-20, GD-25 to GD-28, GD-32 */
static void
notices_pulls_and_turns_follow_each_other_in_one_session(void **state)
{
	struct wire w;

	(void)state;
	usual_wire(&w);
	wire_run(&w);
	wire_events_are(&w.asker, "READY\nREPLY 250\nREPLY 250\nREPLY 250\n"
				  "TURN\nMAIL alice@a.test\nRCPT "
				  "bob@b.test\nDATA\nEND 21\nTURN-BACK\n"
				  "REPLY 550\n"
				  "TURN\nMAIL alice@a.test\nRCPT "
				  "bob@b.test\nBDAT\nEND 20\nTURN-BACK\n"
				  "REPLY 250\nCLOSED\n");
	wire_events_are(&w.origin,
	    "EHLO\nGDEL first\nGDEL second\nGDEL third\n"
	    "RETR one\nTURN\nCONTENT\nSENT 250 final\nTURN-BACK\n"
	    "RETR missing\n"
	    "RETR two\nTURN\nCONTENT\nSENT 250 final\nTURN-BACK\nCLOSED\n");
	wire_responsibility_holds(&w);
	assert_true(w.origin.holds[0].taken && w.origin.holds[1].taken);
	assert_true(w.asker.closed && w.origin.closed);
	wire_fini(&w);
}

/* However the octets are split, the same is said and the same is done. */
static void
splits_change_nothing(void **state)
{
	struct wire whole, w;

	(void)state;
	usual_wire(&whole);
	wire_run(&whole);
	for (uint32_t round = 1; round <= 500; round++) {
		usual_wire(&w);
		wire_split(&w, round);
		w.origin.piece = 1 + round % 7;
		wire_run(&w);
		assert_string_equal(
		    buf_string(&w.up.history), buf_string(&whole.up.history));
		assert_string_equal(buf_string(&w.down.history),
		    buf_string(&whole.down.history));
		wire_events_are(&w.asker, buf_string(&whole.asker.events));
		wire_events_are(&w.origin, buf_string(&whole.origin.events));
		wire_responsibility_holds(&w);
		wire_fini(&w);
	}
	wire_fini(&whole);
}

/* Cuts LANE (up or down) after LIMIT octets; says whether it was long enough.
 */
static bool
survives_cut(bool up, size_t limit, uint32_t seed)
{
	struct wire w;
	bool reached;

	usual_wire(&w);
	wire_split(&w, seed);
	wire_cut(&w, up, limit);
	wire_run(&w);
	wire_responsibility_holds(&w);
	reached = wire_is_cut(&w);
	wire_fini(&w);
	return reached;
}

/* WIRE 4.6, 4.7, AT-14 */
static void
a_cut_anywhere_loses_no_message_and_makes_none_up(void **state)
{
	(void)state;
	for (int up = 0; up <= 1; up++) {
		size_t limit = 0;
		while (survives_cut(up == 1, limit, WIRE_WHOLE)) {
			survives_cut(up == 1, limit, (uint32_t)limit + 1);
			limit++;
		}
		/* The whole dialogue has been walked through. */
		assert_true(limit > 200);
	}
}

/* Octets that change on their way may ruin the session, and nothing else. */
static void
a_noisy_wire_ends_in_order(void **state)
{
	(void)state;
	for (uint32_t round = 1; round <= 1000; round++) {
		struct wire w;

		usual_wire(&w);
		wire_split(&w, round);
		w.noise = true;
		wire_run(&w);
		for (size_t i = 0; i < w.asker.copy_count; i++)
			assert_true(w.asker.copies[i].whole ||
				    !w.asker.copies[i].stored);
		wire_fini(&w);
	}
}

/* One pull of CONTENT; it must come out as it went in. */
static void
pull_one(struct span content, bool use_bdat, uint32_t seed)
{
	static const char *const orders[] = {"RETR one", "QUIT", NULL};
	struct end_hold hold = usual_hold("one", "");
	struct wire w;

	hold.content = content;
	hold.use_bdat = use_bdat;
	wire_init(&w, orders, SMTP_KEYWORD_PULL);
	wire_split(&w, seed);
	w.origin.piece = 1 + seed % 300;
	w.origin.capabilities = SMTP_CAN_CHUNKING | SMTP_CAN_SIZE;
	end_hold_add(&w.origin, &hold);
	wire_run(&w);
	assert_true(w.origin.holds[0].taken);
	wire_responsibility_holds(&w);
	wire_fini(&w);
}

static void
make_content(uint32_t *seed, struct buf *to)
{
	static const char letters[] = "...ab \t\xc3\xbc\x01\x7f";
	uint32_t lines = wire_random(seed, 60);

	for (uint32_t i = 0; i < lines; i++) {
		uint32_t n = wire_random(seed, 2) == 0 ? 3 : 90;
		n = wire_random(seed, n);
		for (uint32_t k = 0; k < n; k++)
			buf_char(to,
			    letters[wire_random(seed, sizeof(letters) - 1)]);
		buf_text(to, "\r\n");
	}
}

static void
content_comes_out_octet_for_octet(void **state)
{
	uint32_t seed = 3;

	(void)state;
	for (uint32_t round = 1; round <= 200; round++) {
		struct buf content;

		buf_init(&content, END_OCTETS_MAX);
		make_content(&seed, &content);
		pull_one(buf_span(&content), round % 2 == 0, round);
		buf_fini(&content);
	}
}

static void
the_empty_message_and_very_long_lines_pass(void **state)
{
	struct buf content;

	(void)state;
	pull_one(span_of(""), false, WIRE_WHOLE);
	pull_one(span_of(""), true, WIRE_WHOLE);
	buf_init(&content, END_OCTETS_MAX);
	for (int i = 0; i < 100000; i++)
		buf_char(&content, '.');
	buf_text(&content, "\r\n");
	pull_one(buf_span(&content), false, WIRE_WHOLE);
	pull_one(buf_span(&content), true, WIRE_WHOLE);
	buf_fini(&content);
}

/* WIRE 4.4: a refusal turns back, and the session goes on */
static void
a_message_refused_in_the_turn_stays_where_it_is(void **state)
{
	static const enum smtp_server_event_kind kinds[] = {SMTP_SERVER_MAIL,
	    SMTP_SERVER_RCPT, SMTP_SERVER_DATA, SMTP_SERVER_END};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct wire w;

		usual_wire(&w);
		w.asker.has_answer = true;
		w.asker.answer_to = kinds[i];
		w.asker.answer = REPLY_DENIED;
		wire_run(&w);
		assert_false(w.origin.holds[0].taken);
		assert_true(w.origin.holds[1].taken);
		assert_true(w.asker.closed && w.origin.closed);
		wire_fini(&w);
	}
}

/* The notice parameters of WIRE 2, to an origin that lists them or does not. */
static void
notice_with(unsigned keywords, const char *origin_events)
{
	static const char *const orders[] = {"GDEL one", "QUIT", NULL};
	struct wire w;

	wire_init(&w, orders, keywords);
	w.asker.notice.has_digest = w.asker.notice.has_expires = true;
	w.asker.notice.expires = 7200;
	memcpy(w.asker.notice.from, "a.test", sizeof("a.test"));
	wire_run(&w);
	wire_events_are(&w.origin, origin_events);
	assert_true(w.asker.closed);
	wire_fini(&w);
}

static void
a_server_with_pull_reads_the_notice_parameters(void **state)
{
	(void)state;
	notice_with(SMTP_KEYWORD_GDEL | SMTP_KEYWORD_PULL,
	    "EHLO\nGDEL one DIGEST EXPIRES=7200 FROM=a.test\nCLOSED\n");
}

/* GD-23: General Delivery as the paper prints it */
static void
a_server_without_pull_is_given_the_bare_identifier(void **state)
{
	(void)state;
	notice_with(SMTP_KEYWORD_GDEL, "EHLO\nGDEL one\nCLOSED\n");
}

/* The classical push, both machines as they were dialled. */
static void
a_message_can_be_pushed_and_the_session_goes_on(void **state)
{
	static const char *const orders[] = {"SEND a", "SEND b", "QUIT", NULL};
	struct end_hold a = usual_hold("a", ".\r\n"),
			b = usual_hold("b", "b\r\n");
	struct wire w;

	(void)state;
	wire_init(&w, orders, 0);
	end_hold_add(&w.asker, &a);
	end_hold_add(&w.asker, &b);
	w.origin.has_answer = true;
	w.origin.answer_to = SMTP_SERVER_RCPT;
	w.origin.answer = REPLY_NO_SUCH_USER;
	wire_run(&w);
	wire_events_are(
	    &w.asker, "READY\nSENT 550\nCONTENT\nSENT 250 final\nCLOSED\n");
	assert_false(w.asker.holds[0].taken);
	assert_true(w.asker.holds[1].taken);
	assert_int_equal(w.origin.copy_count, 1);
	assert_true(span_equals(
	    buf_span(&w.origin.copies[0].content), span_of("b\r\n")));
	wire_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		notices_pulls_and_turns_follow_each_other_in_one_session),
	    cmocka_unit_test(splits_change_nothing),
	    cmocka_unit_test(a_cut_anywhere_loses_no_message_and_makes_none_up),
	    cmocka_unit_test(a_noisy_wire_ends_in_order),
	    cmocka_unit_test(content_comes_out_octet_for_octet),
	    cmocka_unit_test(the_empty_message_and_very_long_lines_pass),
	    cmocka_unit_test(a_message_refused_in_the_turn_stays_where_it_is),
	    cmocka_unit_test(a_server_with_pull_reads_the_notice_parameters),
	    cmocka_unit_test(
		a_server_without_pull_is_given_the_bare_identifier),
	    cmocka_unit_test(a_message_can_be_pushed_and_the_session_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

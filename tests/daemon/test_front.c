/* The front as a whole, when what it asks is not answered. */
#include "client.h"

#include "daemon/front/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PEER "192.0.2.7"

struct fixture {
	struct client client;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	client_open(&f->client, LISTENER_SMTP, PEER, session_begin);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	client_close(&f->client);
	free(f);
	return 0;
}

/* Since it was last asked, the client has heard replies, the last of them
   with this code; 0: none. */
static int
heard(struct fixture *f)
{
	char text[4096], *last = text;
	ssize_t n;

	client_run(&f->client);
	n = read(f->client.wire, text, sizeof text - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	for (char *p = text; (p = strchr(p, '\n')) != NULL && *++p != '\0';)
		last = p;
	return (int)strtol(last, NULL, 10);
}

static int
say(struct fixture *f, const char *line)
{
	size_t n = strlen(line);

	assert_int_equal(write(f->client.wire, line, n), n);
	return heard(f);
}

/* Nobody answers for so long as a question may be open. */
static int
wait_in_vain(struct fixture *f)
{
	f->client.single.side.now += SESSION_ASK_SECONDS - 1;
	front_look(f->client.listener.front);
	assert_int_equal(heard(f), 0);
	f->client.single.side.now++;
	front_look(f->client.listener.front);
	return heard(f);
}

static void
greet(struct fixture *f)
{
	struct message m;

	message_init(&m, MESSAGE_ADMITTED);
	m.admitted.session =
	    f->client.single.last[MESSAGE_CONNECTED].connected.session;
	m.admitted.keywords = SMTP_KEYWORD_PULL | SMTP_KEYWORD_ENVELOPE;
	m.admitted.reply = REPLY_GREETING;
	m.admitted.entered = 1;
	single_hear(&f->client.single, ROLE_KEEPER, &m);
	assert_int_equal(heard(f), 220);
	assert_int_equal(say(f, "EHLO mx.c.test\r\n"), 250);
}

static void
answer_recipient(struct fixture *f, uint64_t session)
{
	struct message m;

	message_init(&m, MESSAGE_RECIPIENT_ANSWER);
	m.recipient_answer.session = session;
	m.recipient_answer.reply = REPLY_RECIPIENT_OK;
	single_hear(&f->client.single, ROLE_KEEPER, &m);
}

static uint64_t
asked_recipient(const struct fixture *f)
{
	return f->client.single.last[MESSAGE_RECIPIENT_ASK]
	    .recipient_ask.session;
}

static void
a_client_whose_admission_nobody_tells_is_sent_away(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->client.single.sent[MESSAGE_CONNECTED], 1);
	assert_int_equal(wait_in_vain(f), 421);
}

static void
a_question_that_nobody_answers_is_told_to_be_asked_later(void **state)
{
	struct fixture *f = *state;
	uint64_t first;

	greet(f);
	assert_int_equal(say(f, "MAIL FROM:<>\r\n"), 250);
	assert_int_equal(say(f, "RCPT TO:<alice@a.test>\r\n"), 0);
	first = asked_recipient(f);
	assert_int_equal(wait_in_vain(f), 451);
	assert_int_equal(say(f, "RCPT TO:<nobody@a.test>\r\n"), 0);
	answer_recipient(f, first); /* that was another one */
	assert_int_equal(heard(f), 0);
	answer_recipient(f, asked_recipient(f));
	assert_int_equal(heard(f), 250);
}

/* What was taken before is still there, and its end is asked in its name. */
static void
a_transaction_outlives_a_question_that_nobody_answered(void **state)
{
	struct fixture *f = *state;
	struct single *s = &f->client.single;

	greet(f);
	assert_int_equal(say(f, "MAIL FROM:<>\r\n"), 250);
	say(f, "RCPT TO:<alice@a.test>\r\n");
	answer_recipient(f, asked_recipient(f));
	assert_int_equal(heard(f), 250);
	say(f, "RCPT TO:<bob@a.test>\r\n");
	assert_int_equal(wait_in_vain(f), 451);
	assert_int_equal(say(f, "DATA\r\n"), 354);
	assert_int_equal(
	    say(f, "From: <dora@c.test>\r\n\r\nHello.\r\n.\r\n"), 0);
	assert_int_equal(s->sent[MESSAGE_ARRIVAL], 1);
	/* both under the number that it has now */
	assert_ptr_equal(table_get(&f->client.listener.front->sessions,
			     s->last[MESSAGE_ARRIVAL].arrival.session),
	    table_get(&f->client.listener.front->sessions,
		s->last[MESSAGE_ARRIVAL_RECIPIENT].arrival_recipient.session));
	assert_non_null(table_get(&f->client.listener.front->sessions,
	    s->last[MESSAGE_ARRIVAL].arrival.session));
	assert_int_equal(wait_in_vain(f), 451);
}

static void
a_turn_that_comes_too_late_is_given_back(void **state)
{
	struct fixture *f = *state;
	struct single *s = &f->client.single;
	struct message m;

	greet(f);
	assert_int_equal(say(f, "RETR some-identifier\r\n"), 0);
	assert_int_equal(s->sent[MESSAGE_PULL_ASK], 1);
	assert_int_equal(wait_in_vain(f), 451);
	message_init(&m, MESSAGE_PULL_ANSWER);
	m.pull_answer.session = s->last[MESSAGE_PULL_ASK].pull_ask.session;
	m.pull_answer.reply = REPLY_YOUR_TURN;
	m.pull_answer.ticket = 41;
	single_hear(s, ROLE_KEEPER, &m);
	assert_int_equal(heard(f), 0);
	assert_int_equal(s->sent[MESSAGE_PULL_END], 1);
	assert_int_equal(s->last[MESSAGE_PULL_END].pull_end.ticket, 41);
	assert_int_equal(
	    s->last[MESSAGE_PULL_END].pull_end.state, HOLD_NOTICED);
}

/* An envelope for alice, up to the end of its text. */
static void
begin_envelope(struct fixture *f)
{
	struct single *s = &f->client.single;
	struct message m;

	assert_int_equal(say(f, "ENVELOPE From:<dora@c.test> ENVID=e1\r\n"), 0);
	message_init(&m, MESSAGE_SPEAK_ANSWER);
	m.speak_answer.question = s->last[MESSAGE_SPEAK_ASK].speak_ask.question;
	m.speak_answer.spf = SPF_PASS;
	single_hear(s, ROLE_RESOLVER, &m);
	assert_int_equal(heard(f), 250);
	assert_int_equal(say(f, "RCPT TO:<alice@a.test>\r\n"), 0);
	answer_recipient(f, asked_recipient(f));
	assert_int_equal(heard(f), 250);
	assert_int_equal(say(f, "DATA\r\n"), 354);
}

/* Refused for good it would be lost: its origin would give the message up. */
static void
an_envelope_that_finds_no_memory_is_to_come_later(void **state)
{
	struct fixture *f = *state;

	greet(f);
	begin_envelope(f);
	single_no_memory = 1;
	assert_int_equal(
	    say(f, "From: <dora@c.test>\r\n\r\nHello.\r\n.\r\n"), 451);
	assert_int_equal(single_no_memory, 0);
	assert_int_equal(f->client.single.sent[MESSAGE_NOTICE], 0);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(a_client_whose_admission_nobody_tells_is_sent_away),
	    CASE(a_question_that_nobody_answers_is_told_to_be_asked_later),
	    CASE(a_transaction_outlives_a_question_that_nobody_answered),
	    CASE(a_turn_that_comes_too_late_is_given_back),
	    CASE(an_envelope_that_finds_no_memory_is_to_come_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

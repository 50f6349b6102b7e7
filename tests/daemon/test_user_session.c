/* A user's session at the front, when what it asks is not answered. */
#include "client.h"

#include "daemon/front/user_session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VISIT 77

struct fixture {
	struct client client;
	char said[8192];
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	client_open(&f->client, LISTENER_SMDP, "127.0.0.1", user_session_begin);
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

/* What came since it was last asked. */
static const char *
heard(struct fixture *f)
{
	ssize_t n;

	client_run(&f->client);
	n = read(f->client.wire, f->said, sizeof f->said - 1);
	f->said[n > 0 ? n : 0] = '\0';
	return f->said;
}

static const char *
say(struct fixture *f, const char *line)
{
	assert_int_equal(
	    write(f->client.wire, line, strlen(line)), strlen(line));
	return heard(f);
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void
greet(struct fixture *f)
{
	struct message m;

	message_init(&m, MESSAGE_ADMITTED);
	m.admitted.session =
	    f->client.single.last[MESSAGE_CONNECTED].connected.session;
	m.admitted.reply = REPLY_GREETING;
	m.admitted.entered = 1;
	single_hear(&f->client.single, ROLE_KEEPER, &m);
	assert_true(begins(heard(f), "220 "));
}

static void
give_password(struct fixture *f)
{
	assert_true(begins(say(f, "user alice@a.test\r\n"), "331 "));
	assert_string_equal(say(f, "pwd right\r\n"), "");
	assert_int_equal(
	    f->client.single.last[MESSAGE_PASSWORD_ASK].password_ask.visits, 1);
}

static void
enter(struct fixture *f)
{
	struct message m;

	message_init(&m, MESSAGE_USER_ENTERED);
	m.user_entered.session =
	    f->client.single.last[MESSAGE_PASSWORD_ASK].password_ask.session;
	m.user_entered.reply = REPLY_SIGNED_IN;
	m.user_entered.visit = VISIT;
	m.user_entered.address = span_of("alice@a.test");
	single_hear(&f->client.single, ROLE_KEEPER, &m);
}

static void
bring_item(struct fixture *f, const char *subject)
{
	struct message m;

	message_init(&m, MESSAGE_ITEM);
	m.item.session =
	    f->client.single.last[MESSAGE_ITEMS_ASK].items_ask.session;
	m.item.kind = f->client.single.last[MESSAGE_ITEMS_ASK].items_ask.kind;
	m.item.key.b[0] = (uint8_t)subject[0];
	m.item.state = span_of("new");
	m.item.subject = span_of(subject);
	single_hear(&f->client.single, ROLE_KEEPER, &m);
}

static void
end_page(struct fixture *f, enum reply_name reply)
{
	struct message m;

	message_init(&m, MESSAGE_ITEMS_ANSWER);
	m.items_answer.session =
	    f->client.single.last[MESSAGE_ITEMS_ASK].items_ask.session;
	m.items_answer.reply = reply;
	single_hear(&f->client.single, ROLE_KEEPER, &m);
}

static void
sign_in(struct fixture *f)
{
	greet(f);
	give_password(f);
	enter(f);
	end_page(f, REPLY_OK);
	client_run(&f->client);
	end_page(f, REPLY_OK);
	assert_string_equal(heard(f), "230 signed in, list follows\r\n.\r\n");
}

/* Whoever says the right password is not in before the keeper knows. */
static void
only_the_keeper_says_that_somebody_is_in(void **state)
{
	struct fixture *f = *state;
	struct message m;

	greet(f);
	give_password(f);
	message_init(&m, MESSAGE_PASSWORD_ANSWER);
	m.password_answer.session =
	    f->client.single.last[MESSAGE_PASSWORD_ASK].password_ask.session;
	m.password_answer.reply = REPLY_AUTHENTICATED;
	m.password_answer.address = span_of("alice@a.test");
	single_hear(&f->client.single, ROLE_AUTH, &m);
	assert_true(begins(heard(f), "454 "));
	assert_int_equal(f->client.single.sent[MESSAGE_ITEMS_ASK], 0);
}

static void
a_list_is_given_in_pages_envelopes_first(void **state)
{
	struct fixture *f = *state;

	greet(f);
	give_password(f);
	enter(f);
	assert_int_equal(
	    f->client.single.last[MESSAGE_ITEMS_ASK].items_ask.kind,
	    SMDP_USER_ENVELOPE);
	bring_item(f, "one");
	end_page(f, REPLY_OK);
	client_run(&f->client);
	assert_int_equal(
	    f->client.single.last[MESSAGE_ITEMS_ASK].items_ask.kind,
	    SMDP_USER_MESSAGE);
	bring_item(f, "=?utf-8?Q?tw=C3=B6?= \x1b[2J");
	end_page(f, REPLY_OK);
	heard(f);
	assert_non_null(strstr(f->said, "\r\n1 E new "));
	assert_non_null(strstr(f->said, "\r\n2 M new "));
	assert_non_null(strstr(f->said, "tw\xc3\xb6"));
	assert_null(strchr(f->said, '\x1b'));
	assert_non_null(strstr(f->said, "\r\n.\r\n"));
}

/* Its poster is being started again. */
static void
a_page_that_does_not_come_is_asked_for_again(void **state)
{
	struct fixture *f = *state;
	unsigned asked;

	greet(f);
	give_password(f);
	enter(f);
	bring_item(f, "one");
	end_page(f, REPLY_DELIVERY_LATER);
	asked = f->client.single.sent[MESSAGE_ITEMS_ASK];
	front_look(f->client.listener.front);
	assert_int_equal(f->client.single.sent[MESSAGE_ITEMS_ASK], asked);
	f->client.single.side.now++;
	front_look(f->client.listener.front);
	assert_int_equal(f->client.single.sent[MESSAGE_ITEMS_ASK], asked + 1);
	bring_item(f, "one");
	end_page(f, REPLY_OK);
	client_run(&f->client);
	end_page(f, REPLY_OK);
	heard(f);
	assert_non_null(strstr(f->said, "\r\n1 E new "));
	assert_null(strstr(strstr(f->said, "1 E new ") + 1, "1 E new "));
}

static void
a_list_that_cannot_be_had_is_not_taken_for_whole(void **state)
{
	struct fixture *f = *state;

	greet(f);
	give_password(f);
	enter(f);
	for (unsigned i = 0; i < 5; i++) {
		end_page(f, REPLY_DELIVERY_LATER);
		f->client.single.side.now++;
		front_look(f->client.listener.front);
	}
	assert_string_equal(heard(f), "230 signed in, list follows\r\n");
	assert_int_equal(f->client.single.sent[MESSAGE_USER_LEFT], 1);
}

static void
what_nobody_answers_is_told_to_be_asked_later(void **state)
{
	struct fixture *f = *state;

	sign_in(f);
	assert_string_equal(say(f, "mail\r\n"), "250 2.1.0 sender taken\r\n");
	assert_string_equal(say(f, "rcpt to <bob@b.test>\r\n"), "");
	f->client.single.side.now += SESSION_ASK_SECONDS;
	front_look(f->client.listener.front);
	assert_true(begins(heard(f), "451 "));
}

/* The visit has gone with the keeper: nothing more can be asked. */
static void
a_session_ends_with_the_keeper(void **state)
{
	struct fixture *f = *state;

	sign_in(f);
	f->client.single.program->peer_gone(
	    &f->client.single.role, &f->client.single.peers[ROLE_KEEPER][0]);
	assert_true(begins(heard(f), "421 "));
}

static void
the_keeper_hears_who_has_left(void **state)
{
	struct fixture *f = *state;

	sign_in(f);
	assert_true(begins(say(f, "quit\r\n"), "221 "));
	client_run(&f->client);
	assert_int_equal(f->client.single.sent[MESSAGE_USER_LEFT], 1);
	assert_int_equal(
	    f->client.single.last[MESSAGE_USER_LEFT].user_left.visit, VISIT);
	assert_int_equal(f->client.single.sent[MESSAGE_DISCONNECTED], 1);
}

static void
who_hung_up_before_being_let_in_is_no_visit(void **state)
{
	struct fixture *f = *state;

	greet(f);
	give_password(f);
	shutdown(f->client.wire, SHUT_RDWR);
	client_run(&f->client);
	enter(f);
	assert_int_equal(f->client.single.sent[MESSAGE_USER_LEFT], 1);
}

/* Auth had told the keeper, and died before anybody heard of it. */
static void
who_was_told_to_come_later_is_no_visit(void **state)
{
	struct fixture *f = *state;

	greet(f);
	give_password(f);
	f->client.single.program->peer_gone(
	    &f->client.single.role, &f->client.single.peers[ROLE_AUTH][0]);
	enter(f);
	heard(f);
	assert_true(begins(f->said, "454 "));
	assert_non_null(strstr(f->said, "\r\n421 "));
	assert_int_equal(f->client.single.sent[MESSAGE_USER_LEFT], 1);
	assert_int_equal(f->client.single.sent[MESSAGE_ITEMS_ASK], 0);
}

/* SM-18 */
static void
news_are_told_before_the_next_reply(void **state)
{
	struct fixture *f = *state;
	struct message m;

	sign_in(f);
	message_init(&m, MESSAGE_USER_NEWS);
	m.user_news.visit = VISIT;
	m.user_news.message.b[0] = 9;
	single_hear(&f->client.single, ROLE_KEEPER, &m);
	assert_string_equal(heard(f), "");
	assert_string_equal(
	    say(f, "noop\r\n"), "104 new message 1\r\n250 2.0.0 OK\r\n");
}

static void
a_file_is_given_with_line_ends_that_travel(void **state)
{
	struct fixture *f = *state;
	struct message m;

	sign_in(f);
	message_init(&m, MESSAGE_USER_NEWS);
	m.user_news.visit = VISIT;
	m.user_news.message.b[0] = 9;
	single_hear(&f->client.single, ROLE_KEEPER, &m);
	say(f, "retr 1\r\n");
	message_init(&m, MESSAGE_READ_ANSWER);
	m.read_answer.session =
	    f->client.single.last[MESSAGE_READ_ASK].read_ask.session;
	m.read_answer.reply = REPLY_TEXT_FOLLOWS;
	m.file = single_file("text", "a\n.b\r\nc\rd");
	single_hear(&f->client.single, ROLE_KEEPER, &m);
	assert_string_equal(heard(f), "104 new message 1\r\n"
				      "222 text follows\r\n"
				      "a\r\n..b\r\nc\r\nd\r\n.\r\n");
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(only_the_keeper_says_that_somebody_is_in),
	    CASE(a_list_is_given_in_pages_envelopes_first),
	    CASE(a_page_that_does_not_come_is_asked_for_again),
	    CASE(a_list_that_cannot_be_had_is_not_taken_for_whole),
	    CASE(what_nobody_answers_is_told_to_be_asked_later),
	    CASE(a_session_ends_with_the_keeper),
	    CASE(the_keeper_hears_who_has_left),
	    CASE(who_hung_up_before_being_let_in_is_no_visit),
	    CASE(who_was_told_to_come_later_is_no_visit),
	    CASE(news_are_told_before_the_next_reply),
	    CASE(a_file_is_given_with_line_ends_that_travel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

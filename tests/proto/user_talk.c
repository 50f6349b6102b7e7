/*
 * The owner of the played session, without a store; octets are pump.c. See
 * user_talk.h.
 */
#include "user_talk.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const char user_envelope_text[] = "From: alice@a.test\r\n"
				  "Subject: Minutes of Monday\r\n"
				  "\r\n"
				  ".hidden\r\n";

struct smdp_user_setup
user_setup(void)
{
	return (struct smdp_user_setup){
	    .hostname = "mx.b.test",
	    .message_size = 1000,
	    .recipients_max = 3,
	    .verbs_max = 1000,
	    .command_timeout = 300,
	    .content_timeout = 180,
	    .rate_min = 1024,
	};
}

struct key
user_key(unsigned number)
{
	struct key key = {{1}};

	memcpy(key.b + 4, &number, sizeof number);
	return key;
}

void
user_put(struct user_talk *t, enum smdp_user_kind kind, unsigned key)
{
	assert_true(t->item_count < USER_ITEMS);
	t->items[t->item_count] = t->items[1];
	t->items[t->item_count].kind = kind;
	t->items[t->item_count].key = user_key(key);
	t->item_count++;
}

/* --- the owner --- */

static void
note(struct user_talk *t, const char *word)
{
	if (t->events.n > 0)
		buf_char(&t->events, ' ');
	buf_text(&t->events, word);
}

static void
note_text(struct user_talk *t, const char *word, struct span about)
{
	note(t, word);
	buf_char(&t->events, '(');
	buf_put(&t->events, about);
	buf_char(&t->events, ')');
}

static void
note_number(struct user_talk *t, const char *word, uint64_t number)
{
	note(t, word);
	buf_print(&t->events, "(%llu)", (unsigned long long)number);
}

void
user_answer(struct user_talk *t, enum reply_name reply)
{
	if (t->last == SMDP_USER_MAIL && reply_code(reply) / 100 == 2)
		t->has_message = true;
	smdp_user_tell(t->user, reply, span_of("id-7"));
	t->given = 0;
	if (reply == REPLY_SIGNED_IN || reply == REPLY_LIST_FOLLOWS)
		t->gives = GIVES_LIST;
	if (reply == REPLY_TEXT_FOLLOWS)
		t->gives = GIVES_TEXT;
}

static void
answer(struct user_talk *t, enum reply_name reply)
{
	if (!t->is_mute)
		user_answer(t, reply);
}

static enum reply_name
or_refusal(const struct user_talk *t, enum reply_name yes)
{
	return t->refusal != REPLY_OK ? t->refusal : yes;
}

static void
take_password(struct user_talk *t, const struct smdp_user_event *e)
{
	bool is_right = span_equals(e->text, span_of("bob@b.test")) &&
			span_equals(e->password, span_of("correct horse"));

	note_text(t, "PASSWORD", e->text);
	answer(t, is_right ? REPLY_SIGNED_IN : REPLY_AUTH_FAILED);
}

static void
take_mail(struct user_talk *t, const struct smdp_user_event *e)
{
	struct span from = span_of(e->address != NULL ? e->address->text : "");
	bool is_own = e->address == NULL ||
		      span_equals(from, span_of("bob@b.test")) ||
		      span_equals(from, span_of("robert@b.test"));

	note_text(t, "MAIL", from);
	buf_clear(&t->content);
	answer(t, is_own ? REPLY_SENDER_OK : REPLY_NOT_YOUR_ADDRESS);
}

static void
end_message(struct user_talk *t)
{
	assert_true(t->has_message);
	t->has_message = false;
}

static void
take_item(struct user_talk *t, const struct smdp_user_event *e,
    const char *word, enum reply_name yes)
{
	bool is_ours = false;

	for (unsigned i = 0; i < t->item_count; i++)
		is_ours = is_ours || (t->items[i].kind == e->item_kind &&
					 key_equals(t->items[i].key, e->key));
	assert_true(is_ours || e->number > 2);
	note_number(t, word, e->number);
	answer(t, or_refusal(t, yes));
}

static void
take_content(struct user_talk *t, struct span run)
{
	assert_true(t->has_message && run.n > 0);
	buf_put(&t->content, run);
	if (t->spoils)
		smdp_user_spoil(t->user, REPLY_NO_ROOM);
}

static void
take_event(struct user_talk *t, const struct smdp_user_event *e)
{
	t->last = e->kind;
	switch (e->kind) {
	case SMDP_USER_PASSWORD:
		take_password(t, e);
		break;
	case SMDP_USER_LIST:
		note(t, "LIST");
		answer(t, or_refusal(t, REPLY_LIST_FOLLOWS));
		break;
	case SMDP_USER_RETR:
		take_item(t, e, "RETR", REPLY_TEXT_FOLLOWS);
		break;
	case SMDP_USER_VERDICT:
		take_item(t, e, verdict_word(e->verdict), REPLY_VERDICT_OK);
		break;
	case SMDP_USER_DELETE:
		take_item(t, e, "DELETE", REPLY_DELETED);
		break;
	case SMDP_USER_MAIL:
		take_mail(t, e);
		break;
	case SMDP_USER_RCPT:
		note_text(t, "RCPT", span_of(e->address->text));
		answer(t,
		    span_starts_nocase(span_of(e->address->text), span_of("no"))
			? REPLY_NO_SUCH_USER
			: REPLY_RECIPIENT_OK);
		break;
	case SMDP_USER_DATA:
		note(t, "DATA");
		answer(t, or_refusal(t, REPLY_SEND_CONTENT));
		break;
	case SMDP_USER_CONTENT:
		take_content(t, e->text);
		break;
	case SMDP_USER_END:
		note_number(t, "END", e->size);
		assert_int_equal(e->size, t->content.n);
		end_message(t);
		answer(t, REPLY_HELD);
		break;
	case SMDP_USER_ABORT:
		note(t, "ABORT");
		end_message(t);
		break;
	case SMDP_USER_CLOSED:
		note(t, "CLOSED");
		assert_false(t->is_over || t->has_message);
		t->is_over = true;
		break;
	}
}

static bool
give_item(struct user_talk *t)
{
	int rc;

	if (t->given == t->item_count) {
		t->gives = GIVES_NOTHING;
		(void)smdp_user_list_end(t->user);
		return true;
	}
	rc = smdp_user_item(t->user, &t->items[t->given]);
	if (rc == -E_AGAIN)
		return false;
	if (rc < 0)
		t->gives = GIVES_NOTHING;
	t->given++;
	return true;
}

static bool
give_text(struct user_talk *t)
{
	size_t room = smdp_user_room(t->user);
	struct span piece = span_part(t->text, t->given, 1500);
	int rc;

	piece = span_part(piece, 0, room);
	if (t->given == t->text.n) {
		t->gives = GIVES_NOTHING;
		(void)smdp_user_text_end(t->user);
		return true;
	}
	rc = smdp_user_text(t->user, piece);
	if (rc < 0)
		t->gives = GIVES_NOTHING;
	t->given += piece.n;
	return piece.n > 0 && rc == 0;
}

static bool
give(struct user_talk *t)
{
	if (t->is_slow || t->gives == GIVES_NOTHING)
		return false;
	return t->gives == GIVES_LIST ? give_item(t) : give_text(t);
}

static bool
work(struct pump *p)
{
	struct user_talk *t = (struct user_talk *)p;
	struct smdp_user_event event;
	bool any = false;

	while (!t->is_late && smdp_user_next(t->user, &event) == 1) {
		take_event(t, &event);
		any = true;
	}
	return give(t) || any;
}

/* --- life --- */

void
user_init(struct user_talk *t, const struct smdp_user_setup *setup)
{
	struct smdp_user_setup usual = user_setup();

	*t = (struct user_talk){.refusal = REPLY_OK, .item_count = 2};
	t->items[0] = (struct smdp_user_item){.kind = SMDP_USER_ENVELOPE,
	    .key = user_key(1),
	    .state = span_of("pending"),
	    .time = 1795341600,
	    .size = 48213,
	    .sender = span_of("alice@a.test"),
	    .attachments = 1,
	    .subject = span_of("Minutes of Monday")};
	t->items[1] = (struct smdp_user_item){.kind = SMDP_USER_MESSAGE,
	    .key = user_key(2),
	    .state = span_of("new"),
	    .time = 1795253400,
	    .size = 3120,
	    .sender = span_of("carol@c.test"),
	    .subject = span_of("Re: lunch")};
	t->text = span_of(user_envelope_text);
	t->user = smdp_user_new(setup != NULL ? setup : &usual, PUMP_START);
	assert_non_null(t->user);
	pump_init(&t->pump, smdp_user_machine(t->user), work);
	buf_init(&t->events, PUMP_ALL_MAX);
	buf_init(&t->content, PUMP_ALL_MAX);
	smdp_user_greet(t->user, REPLY_USER_GREETING);
	pump_run(&t->pump);
}

void
user_init_signed_in(struct user_talk *t, const struct smdp_user_setup *setup)
{
	user_init(t, setup);
	pump_say(&t->pump, "user bob@b.test\r\npwd correct horse\r\n");
	buf_clear(&t->pump.said);
	buf_clear(&t->events);
}

void
user_fini(struct user_talk *t)
{
	smdp_user_free(&t->user);
	assert_null(t->user);
	pump_fini(&t->pump);
	buf_fini(&t->events);
	buf_fini(&t->content);
}

/* --- what was said --- */

void
user_expect_said(struct user_talk *t, const char *said)
{
	assert_string_equal(buf_string(&t->pump.said), said);
	buf_clear(&t->pump.said);
}

void
user_expect_events(struct user_talk *t, const char *events)
{
	assert_string_equal(buf_string(&t->events), events);
	buf_clear(&t->events);
}

void
user_expect(const char *input, const char *said, const char *events)
{
	const enum pump_slices all[] = {PUMP_WHOLE, PUMP_OCTETS, PUMP_RANDOM};

	for (unsigned i = 0; i < 3; i++) {
		struct user_talk t;

		user_init_signed_in(&t, NULL);
		pump_send(&t.pump, span_of(input), all[i]);
		user_expect_said(&t, said);
		user_expect_events(&t, events);
		user_fini(&t);
	}
}

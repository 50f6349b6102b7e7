/*
 * The owner of the played session, without a store; octets are pump.c. See
 * server_talk.h.
 */
#include "server_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct smtp_server_setup
talk_setup(enum smtp_server_kind kind)
{
	return (struct smtp_server_setup){
	    .kind = kind,
	    .hostname = "mx.b.test",
	    .message_size = 1000000,
	    .recipients_max = 10,
	    .verbs_max = 100000,
	    .command_timeout = 300,
	    .content_timeout = 180,
	    .rate_min = 1024,
	    .secure = kind == SMTP_SERVER_SUBMISSION,
	    .starttls = true,
	    .chunking = true,
	};
}

/* --- the owner --- */

static void
note(struct talk *t, const char *word, struct span about)
{
	if (t->events.n > 0)
		buf_char(&t->events, ' ');
	buf_text(&t->events, word);
	if (about.p == NULL)
		return;
	buf_char(&t->events, '(');
	buf_put(&t->events, about);
	buf_char(&t->events, ')');
}

static void
note_number(struct talk *t, const char *word, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	note(t, word, span_of(text));
}

/* What NAME asks for, or YES. */
static enum reply_name
judge(struct span name, enum reply_name yes)
{
	if (span_starts_nocase(name, span_of("stop")))
		return REPLY_SHUTTING_DOWN;
	if (span_starts_nocase(name, span_of("later")))
		return REPLY_DELIVERY_LATER;
	if (span_starts_nocase(name, span_of("no@")) ||
	    span_equals(name, span_of("no")))
		return REPLY_DENIED;
	return yes;
}

static void
answer(struct talk *t, enum reply_name reply)
{
	int code = reply_code(reply);

	if (t->is_mute)
		return;
	if ((t->last == SMTP_SERVER_MAIL || t->last == SMTP_SERVER_ENVELOPE) &&
	    code / 100 == 2)
		t->has_transaction = true;
	smtp_server_tell(t->server, reply, span_of("text"));
}

static void
end_transaction(struct talk *t)
{
	assert_true(t->has_transaction);
	t->has_transaction = false;
}

static bool
sender_is(const struct talk *t, const char *start)
{
	return span_starts_nocase(span_of(t->sender), span_of(start));
}

static void
take_content(struct talk *t, struct span run)
{
	assert_true(t->has_transaction && run.n > 0);
	buf_put(&t->content, run);
	if (sender_is(t, "spoil@"))
		smtp_server_spoil(t->server, REPLY_NO_ROOM);
}

static void
take_mail(struct talk *t, const struct smtp_server_event *e)
{
	struct span sender = span_of(e->address->text);

	assert_non_null(e->params);
	buf_clear(&t->content);
	span_copy(sender, t->sender, sizeof(t->sender));
	note(t, "MAIL", sender);
	answer(t, judge(sender, REPLY_SENDER_OK));
}

static void
take_envelope(struct talk *t, const struct smtp_server_event *e)
{
	struct span sender = span_of(e->address->text);

	assert_non_null(e->params);
	buf_clear(&t->content);
	span_copy(sender, t->sender, sizeof(t->sender));
	note(t, "ENVELOPE", sender);
	if (e->params->envid[0] != '\0')
		note(t, "envid", span_of(e->params->envid));
	answer(t, judge(sender, REPLY_SENDER_OK));
}

static void
take_verdict(struct talk *t, const struct smtp_server_event *e)
{
	enum reply_name yes =
	    verdict_turns(e->verdict) ? REPLY_YOUR_TURN : REPLY_VERDICT_OK;

	note(t, verdict_word(e->verdict), e->text);
	if (e->address != NULL)
		note(t, "for", span_of(e->address->text));
	if (e->have)
		note(t, "have", (struct span){NULL, 0});
	answer(t, judge(e->text, e->have ? REPLY_HAVE_IT : yes));
}

static void
take_auth(struct talk *t, const struct smtp_server_event *e)
{
	bool is_right = span_equals(e->password, span_of("right"));

	note(t, "AUTH", e->text);
	answer(t, is_right ? REPLY_AUTHENTICATED : REPLY_AUTH_FAILED);
}

static void
take_event(struct talk *t, const struct smtp_server_event *e)
{
	t->last = e->kind;
	switch (e->kind) {
	case SMTP_SERVER_EHLO:
		note(t, e->extended ? "EHLO" : "HELO", e->text);
		break;
	case SMTP_SERVER_START_TLS:
		note(t, "START_TLS", (struct span){NULL, 0});
		break;
	case SMTP_SERVER_AUTH:
		take_auth(t, e);
		break;
	case SMTP_SERVER_MAIL:
		take_mail(t, e);
		break;
	case SMTP_SERVER_RCPT:
		note(t, "RCPT", span_of(e->address->text));
		answer(t, judge(span_of(e->address->text), REPLY_RECIPIENT_OK));
		break;
	case SMTP_SERVER_DATA:
		note(
		    t, e->bdat ? "DATA(bdat)" : "DATA", (struct span){NULL, 0});
		answer(t, sender_is(t, "nodata@") ? REPLY_SEND_MSID
						  : REPLY_SEND_CONTENT);
		break;
	case SMTP_SERVER_CONTENT:
		take_content(t, e->text);
		break;
	case SMTP_SERVER_END:
		note_number(t, "END", e->size);
		assert_int_equal(e->size, t->content.n);
		end_transaction(t);
		answer(t, sender_is(t, "noend@") ? REPLY_LOOP : REPLY_STORED);
		break;
	case SMTP_SERVER_ABORT:
		note(t, "ABORT", (struct span){NULL, 0});
		end_transaction(t);
		break;
	case SMTP_SERVER_GDEL:
		note(t, "GDEL", e->text);
		assert_non_null(e->params);
		answer(t, judge(e->text, REPLY_NOTED));
		break;
	case SMTP_SERVER_RETR:
		note(t, "RETR", e->text);
		answer(t, judge(e->text, REPLY_YOUR_TURN));
		break;
	case SMTP_SERVER_GTML:
		note(t, "GTML", e->text);
		note(t, "for", span_of(e->address->text));
		answer(t, judge(e->text, REPLY_YOUR_DATA));
		break;
	case SMTP_SERVER_MSID:
		note(t, "MSID", e->text);
		if (e->subject.n > 0)
			note(t, "subject", e->subject);
		end_transaction(t);
		answer(t, judge(e->text, REPLY_NOTED));
		break;
	case SMTP_SERVER_ENVELOPE:
		take_envelope(t, e);
		break;
	case SMTP_SERVER_SIZE:
		note_number(t, "SIZE", e->size);
		break;
	case SMTP_SERVER_VERDICT:
		take_verdict(t, e);
		break;
	case SMTP_SERVER_TURN:
		note(t, "TURN", (struct span){NULL, 0});
		break;
	case SMTP_SERVER_TURN_BACK:
		note(t, "TURN_BACK", (struct span){NULL, 0});
		break;
	case SMTP_SERVER_CLOSED:
		note(t, "CLOSED", (struct span){NULL, 0});
		assert_false(t->is_over || t->has_transaction);
		t->is_over = true;
		break;
	}
}

static bool
work(struct pump *p)
{
	struct talk *t = (struct talk *)p;
	struct smtp_server_event event;
	bool any = false;

	while (smtp_server_next(t->server, &event) == 1) {
		take_event(t, &event);
		any = true;
	}
	return any;
}

/* --- life --- */

void
talk_init(
    struct talk *t, const struct smtp_server_setup *setup, unsigned keywords)
{
	*t = (struct talk){.server = smtp_server_new(setup, PUMP_START)};
	assert_non_null(t->server);
	pump_init(&t->pump, smtp_server_machine(t->server), work);
	buf_init(&t->replies, PUMP_ALL_MAX);
	buf_init(&t->events, PUMP_ALL_MAX);
	buf_init(&t->content, PUMP_ALL_MAX);
	t->has_transaction =
	    setup->kind == SMTP_SERVER_TURNED && setup->after_gtml;
	if (setup->kind != SMTP_SERVER_TURNED)
		smtp_server_greet(t->server, REPLY_GREETING, keywords);
	pump_run(&t->pump);
}

void
talk_fini(struct talk *t)
{
	smtp_server_free(&t->server);
	assert_null(t->server);
	pump_fini(&t->pump);
	buf_fini(&t->replies);
	buf_fini(&t->events);
	buf_fini(&t->content);
}

/* --- what was said --- */

const char *
talk_replies(struct talk *t)
{
	struct span rest = buf_span(&t->pump.said);
	struct span line;

	buf_clear(&t->replies);
	while (span_cut(&rest, '\n', &line)) {
		assert_true(line.n >= 5 && line.p[line.n - 1] == '\r');
		if (span_equals(line, span_of("DATA\r")))
			line = span_of("DATA ");
		if (line.p[3] == '-')
			continue;
		if (t->replies.n > 0)
			buf_char(&t->replies, ' ');
		buf_put(
		    &t->replies, span_part(line, 0, span_find(line, 0, ' ')));
	}
	return buf_string(&t->replies);
}

const char *
talk_events(struct talk *t)
{
	return buf_string(&t->events);
}

bool
talk_has_said(struct talk *t, const char *text)
{
	struct span said = buf_span(&t->pump.said);

	return span_search(said, 0, span_of(text)) < said.n;
}

void
talk_expect(const struct smtp_server_setup *setup, struct span input,
    const char *replies, const char *events)
{
	talk_expect_with(SMTP_KEYWORD_PULL | SMTP_KEYWORD_GDEL, setup, input,
	    replies, events);
}

void
talk_expect_with(unsigned keywords, const struct smtp_server_setup *setup,
    struct span input, const char *replies, const char *events)
{
	const enum pump_slices all[] = {PUMP_WHOLE, PUMP_OCTETS, PUMP_RANDOM};

	for (unsigned i = 0; i < 3; i++) {
		struct talk t;

		talk_init(&t, setup, keywords);
		pump_send(&t.pump, input, all[i]);
		assert_string_equal(talk_replies(&t), replies);
		assert_string_equal(talk_events(&t), events);
		talk_fini(&t);
	}
}

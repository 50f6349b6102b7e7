#include "smtp_client_fixture.h"

#include <string.h>

int64_t fixture_now = 1000;

struct smtp_client *
fixture_dial(const struct smtp_client_setup *setup)
{
	struct smtp_client *x = smtp_client_new(setup, fixture_now);

	assert_non_null(x);
	return x;
}

struct smtp_client_setup
fixture_setup(void)
{
	return (struct smtp_client_setup){.kind = SMTP_CLIENT_DIALLED,
	    .hostname = "mx.a.test",
	    .greeting_timeout = 300,
	    .command_timeout = 300,
	    .content_timeout = 180};
}

struct smtp_client *
fixture_ready(const char *ehlo_reply)
{
	struct smtp_client_setup setup = fixture_setup();
	struct smtp_client *x = fixture_dial(&setup);

	peer_says(x, "220 peer.test ESMTP\r\n");
	machine_says(x, "EHLO mx.a.test\r\n");
	peer_says(x, ehlo_reply);
	told(x, SMTP_CLIENT_READY);
	return x;
}

struct smtp_client *
fixture_turned(uint64_t capabilities)
{
	struct smtp_client_setup setup = fixture_setup();

	setup.kind = SMTP_CLIENT_TURNED;
	setup.capabilities = capabilities;
	return fixture_dial(&setup);
}

void
peer_says(struct smtp_client *x, const char *text)
{
	struct machine m = smtp_client_machine(x);

	assert_int_equal(
	    m.ops->feed(m.self, span_of(text), fixture_now), strlen(text));
}

void
machine_says(struct smtp_client *x, const char *text)
{
	struct machine m = smtp_client_machine(x);
	struct span out = m.ops->out(m.self);
	char said[2048];

	assert_int_equal(span_copy(out, said, sizeof(said)), 0);
	assert_string_equal(said, text);
	m.ops->sent(m.self, out.n);
}

const struct smtp_client_event *
told(struct smtp_client *x, enum smtp_client_event_kind kind)
{
	static struct smtp_client_event event;

	assert_int_equal(smtp_client_next(x, &event), 1);
	assert_int_equal(event.kind, kind);
	return &event;
}

void
told_nothing(struct smtp_client *x)
{
	struct smtp_client_event event;

	assert_int_equal(smtp_client_next(x, &event), 0);
}

void
told_broken(struct smtp_client *x, int code)
{
	struct machine m = smtp_client_machine(x);
	const struct smtp_client_event *event = told(x, SMTP_CLIENT_BROKEN);

	assert_int_equal(event->reply.code, code);
	assert_non_null(event->reason);
	told_nothing(x);
	assert_int_equal(m.ops->wants(m.self), 0);
	assert_int_equal(m.ops->out(m.self).n, 0);
	assert_true(m.ops->deadline(m.self) == INT64_MAX);
}

struct smtp_client_send
plain_send(uint64_t size)
{
	return (struct smtp_client_send){.sender = span_of("alice@a.test"),
	    .recipient = span_of("bob@b.test"),
	    .size = size};
}

void
told_sent(struct smtp_client *x, int code, bool final)
{
	const struct smtp_client_event *event = told(x, SMTP_CLIENT_SENT);

	assert_int_equal(event->reply.code, code);
	assert_int_equal(event->final, final);
}

/*
 * For: how a dialled connection begins: greeting, EHLO or HELO, STARTTLS, and
 * what the peer's EHLO says it can do (WIRE 1).
 * Not for: the handshake itself, or whether the other end is believed.
 * More: smtp_client.h; RFC 5321 4.1.1.1, RFC 3207 4.
 */
#include "proto/client/smtp_client_inner.h"

#include "base/err.h"

struct capability_word {
	const char *word;
	uint64_t bit;
};

static const struct capability_word keywords[] = {
    {"PIPELINING", SMTP_CAN_PIPELINING},
    {"SIZE", SMTP_CAN_SIZE},
    {"8BITMIME", SMTP_CAN_8BITMIME},
    {"SMTPUTF8", SMTP_CAN_UTF8},
    {"ENHANCEDSTATUSCODES", SMTP_CAN_ENHANCED},
    {"CHUNKING", SMTP_CAN_CHUNKING},
    {"DSN", SMTP_CAN_DSN},
    {"STARTTLS", SMTP_CAN_STARTTLS},
    {"RETR", SMTP_CAN_RETR},
    {"GTML", SMTP_CAN_GTML},
    {"GDEL", SMTP_CAN_GDEL},
    {"MSID", SMTP_CAN_MSID},
    {"ENVELOPE", SMTP_CAN_ENVELOPE},
    {NULL, 0},
};

static const struct capability_word pull_words[] = {
    {"DIGEST", SMTP_CAN_PULL_DIGEST},
    {"EXPIRES", SMTP_CAN_PULL_EXPIRES},
    {"FROM", SMTP_CAN_PULL_FROM},
    {"HAVE", SMTP_CAN_PULL_HAVE},
    {NULL, 0},
};

static uint64_t
bit_of(const struct capability_word *words, struct span word)
{
	for (; words->word != NULL; words++)
		if (span_equals_nocase(word, span_of(words->word)))
			return words->bit;
	return 0;
}

/* The number behind SIZE; no number, or zero: no limit is known. */
static void
hear_size(struct smtp_client *x, struct span rest)
{
	uint64_t limit;

	if (span_number(span_trim(rest), UINT64_MAX, &limit) == 0)
		x->heard_limit = limit;
}

void
smtp_client_hello_line(struct smtp_client *x, struct span line)
{
	struct span word;

	/* The first line is the peer's name, whatever word that is. */
	if (x->ehlo_lines++ == 0 || !span_cut(&line, ' ', &word))
		return;
	x->heard |= bit_of(keywords, word);
	if (span_equals_nocase(word, span_of("SIZE")))
		hear_size(x, line);
	if (!span_equals_nocase(word, span_of("PULL")))
		return;
	while (span_cut(&line, ' ', &word))
		x->heard |= bit_of(pull_words, word);
}

/* Says the command of the state just entered. */
void
smtp_client_hello_say(struct smtp_client *x)
{
	size_t start = x->out.n;

	x->heard = x->heard_limit = 0;
	x->ehlo_lines = 0;
	if (x->state == CLIENT_STARTTLS)
		buf_text(&x->out, "STARTTLS");
	else
		buf_print(&x->out, "%s %s",
		    x->state == CLIENT_EHLO ? "EHLO" : "HELO",
		    x->setup.hostname);
	if (smtp_client_line_end(x, start) < 0)
		smtp_client_fail(x, "no memory", NULL);
}

static void
say(struct smtp_client *x, enum smtp_client_state state)
{
	smtp_client_enter(x, state);
	smtp_client_hello_say(x);
}

static void
become_ready(struct smtp_client *x)
{
	struct smtp_client_event *event;

	if (x->setup.require_starttls && !x->setup.secure) {
		smtp_client_fail(x, "no TLS, which is required", NULL);
		return;
	}
	event = smtp_client_emit(x, SMTP_CLIENT_READY, NULL);
	if (event == NULL)
		return;
	event->capabilities = x->capabilities;
	event->size_limit = x->size_limit;
	smtp_client_enter(x, CLIENT_READY);
}

static void
greeting_reply(struct smtp_client *x, const struct reply *reply)
{
	if (reply->code == 220)
		say(x, CLIENT_EHLO);
	else
		smtp_client_fail(x, "the peer refuses us", reply);
}

static void
ehlo_reply(struct smtp_client *x, const struct reply *reply)
{
	bool wants_tls = x->setup.use_starttls || x->setup.require_starttls;

	if (reply->code / 100 == 5) {
		say(x, CLIENT_HELO);
		return;
	}
	if (reply->code != 250) {
		smtp_client_fail(x, "EHLO was not taken", reply);
		return;
	}
	x->capabilities = x->heard;
	x->size_limit = x->heard_limit;
	if (wants_tls && !x->setup.secure &&
	    (x->capabilities & SMTP_CAN_STARTTLS) != 0)
		say(x, CLIENT_STARTTLS);
	else
		become_ready(x);
}

static void
helo_reply(struct smtp_client *x, const struct reply *reply)
{
	if (reply->code == 250)
		become_ready(x);
	else
		smtp_client_fail(x, "neither EHLO nor HELO was taken", reply);
}

static void
starttls_reply(struct smtp_client *x, const struct reply *reply)
{
	if (reply->code / 100 == 4 || reply->code / 100 == 5)
		become_ready(x);
	else if (reply->code != 220)
		smtp_client_surprise(x, reply);
	else if (smtp_client_emit(x, SMTP_CLIENT_START_TLS, reply) != NULL)
		smtp_client_enter(x, CLIENT_HANDSHAKE);
}

void
smtp_client_hello_reply(struct smtp_client *x, const struct reply *reply)
{
	if (x->state == CLIENT_GREETING)
		greeting_reply(x, reply);
	else if (x->state == CLIENT_EHLO)
		ehlo_reply(x, reply);
	else if (x->state == CLIENT_HELO)
		helo_reply(x, reply);
	else
		starttls_reply(x, reply);
}

/*
 * EHLO (RFC 5321 4.1.1.1): takes the peer's name and says what is offered here
 * (WIRE 1). Whether the name is true is asked elsewhere (trust/). See verb.h.
 */
#include "proto/server/smtp_session.h"

#include <string.h>

/*
 * Names are taken as loosely as mail needs it: real clients give names with
 * underscores or without a dot. Policy looks at the name with address_domain().
 */
static bool
is_name(struct span s)
{
	bool is_literal = s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']';

	if (s.n == 0 || s.n > ADDRESS_DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool is_word = (c >= '0' && c <= '9') ||
			       (c >= 'A' && c <= 'Z') ||
			       (c >= 'a' && c <= 'z') ||
			       (c != '\0' && strchr("-._", c) != NULL);

		if (!is_word && !(is_literal && strchr("[]:", c) != NULL))
			return false;
	}
	return true;
}

bool
verb_ehlo_take_name(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	if (!is_name(argument))
		return verb_refuse(
		    refusal_r, REPLY_BAD_ARGUMENT, "a host name is expected");
	span_copy(argument, x->name, sizeof(x->name));
	return true;
}

void
verb_ehlo_begin(struct smtp_server *x, bool is_extended)
{
	smtp_session_abort(x);
	smtp_session_enter(x, SMTP_IDLE);
	x->event.extended = is_extended;
	x->event.text = span_of(x->name);
	smtp_session_tell(x, SMTP_SERVER_EHLO);
}

bool
verb_ehlo_check(
    struct smtp_server *x, struct span argument, struct verb_refusal *refusal_r)
{
	return verb_ehlo_take_name(x, argument, refusal_r);
}

/* One keyword that depends on the session: is it shown? */
struct offer {
	bool is_shown;
	const char *text;
};

static void
print_line(struct smtp_server *x, char separator, const char *text)
{
	buf_print(&x->out, "250%c%s\r\n", separator, text);
}

static void
print_offers(struct smtp_server *x)
{
	bool pulls = (x->keywords & SMTP_KEYWORD_PULL) != 0;
	bool signs_in =
	    x->setup.kind == SMTP_SERVER_SUBMISSION && x->setup.secure;
	struct offer offers[] = {
	    {pulls, "PULL DIGEST EXPIRES FROM HAVE"},
	    {pulls, "RETR"},
	    {pulls, "GTML"},
	    {(x->keywords & SMTP_KEYWORD_GDEL) != 0, "GDEL"},
	    {(x->keywords & SMTP_KEYWORD_MSID) != 0, "MSID"},
	    {(x->keywords & SMTP_KEYWORD_ENVELOPE) != 0, "ENVELOPE"},
	    {smtp_session_may_start_tls(x), "STARTTLS"},
	    {signs_in, "AUTH PLAIN LOGIN"},
	    {true, "8BITMIME"},
	    {true, "SMTPUTF8"},
	    {true, "ENHANCEDSTATUSCODES"},
	    {true, "CHUNKING"},
	};

	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		if (offers[i].is_shown)
			print_line(x, '-', offers[i].text);
	}
	print_line(x, ' ', "DSN");
}

void
verb_ehlo_proceed(struct smtp_server *x)
{
	print_line(x, '-', x->setup.hostname);
	print_line(x, '-', "PIPELINING");
	buf_print(&x->out, "250-SIZE %llu\r\n",
	    (unsigned long long)x->setup.message_size);
	print_offers(x);
	if (buf_bad(&x->out)) /* half an answer would be waited for */
		smtp_session_close(x);
	else
		verb_ehlo_begin(x, true);
}

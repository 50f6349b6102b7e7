/*
 * check_host(), RFC 7208 4 and 5, as a machine that asks for one look-up at a
 * time. Here: the beginning, the terms in their order, the end. The state is
 * in spf_state.h, records and results in spf_stack.c, look-ups in spf_terms.c,
 * the grammar in spf_record.c and spf_macro.c. Not here: explanations, which
 * are never fetched, and what a result means for a notice (receiver/).
 */
#include "trust/spf.h"

#include "base/err.h"
#include "trust/spf_stack.h"
#include "trust/spf_terms.h"

#include <stdlib.h>

/* The client's parts with dots between, as %{i} shows them. */
static void
write_client(struct ip ip, char text_r[SPF_CLIENT_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *to = text_r;

	if (ip.family == 4) {
		ip_text(ip, text_r);
		return;
	}
	for (size_t i = 0; i < sizeof(ip.b); i++) {
		*to++ = digits[ip.b[i] >> 4];
		*to++ = '.';
		*to++ = digits[ip.b[i] & 15];
		*to++ = '.';
	}
	to[-1] = '\0';
}

static void
begin_term(struct spf *x)
{
	const struct spf_term *term = &spf_stack_top(x)->term;

	switch (term->kind) {
	case SPF_ALL:
		spf_stack_matched(x);
		break;
	case SPF_IP4:
		if (spf_terms_near(x, term->network, term->bits4))
			spf_stack_matched(x);
		break;
	case SPF_IP6:
		if (spf_terms_near(x, term->network, term->bits6))
			spf_stack_matched(x);
		break;
	case SPF_INCLUDE:
	case SPF_A:
	case SPF_MX:
	case SPF_PTR:
	case SPF_EXISTS:
		if (spf_terms_count(x))
			spf_terms_look_up(x);
		break;
	case SPF_REDIRECT: /* follows the last mechanism: end_record() */
	case SPF_EXP:
	case SPF_UNKNOWN_MODIFIER:
		break;
	}
}

/* No mechanism matched: redirect (6.1) or neutral (4.7). */
static void
end_record(struct spf *x)
{
	struct spf_frame *f = spf_stack_top(x);

	if (f->redirect.n == 0) {
		spf_stack_leave(x, SPF_NEUTRAL);
		return;
	}
	f->term = (struct spf_term){
	    .kind = SPF_REDIRECT,
	    .target = f->redirect,
	};
	if (spf_terms_count(x))
		spf_terms_look_up(x);
}

static void
advance(struct spf *x)
{
	while (!x->finished && x->asking == SPF_ASK_NOTHING) {
		struct spf_frame *f = spf_stack_top(x);

		if (spf_record_next(&f->rest, &f->term) > 0)
			begin_term(x);
		else
			end_record(x);
	}
}

/* Sets sender, local and origin; 4.3 gives a sender without local part one. */
static int
take_sender(struct spf *x, struct span sender)
{
	struct span local = span_of("postmaster");
	struct span origin = sender;
	size_t at = sender.n;

	while (at > 0 && sender.p[at - 1] != '@')
		at--;
	if (at > 0)
		origin = span_skip(sender, at);
	if (at > 1)
		local = span_part(sender, 0, at - 1);
	if (local.n + 1 + origin.n > SPF_VALUE_MAX)
		return -E_RANGE;
	if (span_copy(local, x->sender, sizeof(x->sender)) != 0)
		return -E_SYNTAX;
	x->sender[local.n] = '@';
	x->local = span_make(x->sender, local.n);
	x->origin = span_make(x->sender + local.n + 1, origin.n);
	return span_copy(origin, x->sender + local.n + 1, origin.n + 1);
}

struct spf *
spf_new(const struct spf_query *query)
{
	struct spf *x = calloc(1, sizeof(*x));
	char domain[DNS_NAME_MAX];

	if (x == NULL)
		return NULL;
	x->client = query->client;
	write_client(x->client, x->client_text);
	/* A name too long to be one expands to nothing. */
	span_copy(query->helo, x->helo, sizeof(x->helo));
	if (dns_name(query->domain, domain) != 0 ||
	    take_sender(x, query->sender) != 0) {
		spf_stack_finish(x, SPF_NONE);
		return x;
	}
	spf_stack_push(x, domain);
	spf_stack_ask(x);
	return x;
}

void
spf_free(struct spf **x)
{
	if (*x == NULL)
		return;
	while ((*x)->depth > 0)
		spf_stack_pop(*x);
	free(*x);
	*x = NULL;
}

int
spf_wants(const struct spf *x, struct dns_question *question_r)
{
	if (x->asking == SPF_ASK_NOTHING)
		return 0;
	*question_r = x->question;
	return 1;
}

void
spf_answer(struct spf *x, const struct dns_answer *answer)
{
	enum spf_asking asked = x->asking;

	x->asking = SPF_ASK_NOTHING;
	switch (asked) {
	case SPF_ASK_NOTHING:
		return;
	case SPF_ASK_RECORD:
		spf_stack_take(x, answer);
		break;
	case SPF_ASK_ADDRESSES:
	case SPF_ASK_EXISTS:
	case SPF_ASK_HOSTS:
	case SPF_ASK_HOST:
	case SPF_ASK_NAMES:
	case SPF_ASK_NAME:
		spf_terms_take(x, asked, answer);
		break;
	}
	advance(x);
}

enum spf_result
spf_result(const struct spf *x)
{
	return x->result;
}

const char *
spf_result_name(enum spf_result r)
{
	switch (r) {
	case SPF_NONE:
		return "none";
	case SPF_NEUTRAL:
		return "neutral";
	case SPF_PASS:
		return "pass";
	case SPF_FAIL:
		return "fail";
	case SPF_SOFTFAIL:
		return "softfail";
	case SPF_TEMPERROR:
		return "temperror";
	case SPF_PERMERROR:
		return "permerror";
	}
	return "none";
}

/*
 * The terms that look something up, RFC 7208 5.2 to 5.7 and 6.1, and the
 * counting of 4.6.4.
 *
 *	a        ASK_ADDRESSES          -> match or next term
 *	exists   ASK_EXISTS             -> match or next term
 *	mx       ASK_HOSTS, ASK_HOST... -> match or next term
 *	ptr      ASK_NAMES, ASK_NAME... -> match or next term
 *	%{p}     the same, then the term that waited for it
 */
#include "trust/spf_terms.h"

#include "trust/spf_stack.h"

static enum dns_type
address_type(const struct spf *x)
{
	return x->client.family == 6 ? DNS_AAAA : DNS_A;
}

static void
ask(struct spf *x, enum spf_asking asking, const char *name, enum dns_type type)
{
	x->asking = asking;
	x->question.type = type;
	span_copy(span_of(name), x->question.name, DNS_NAME_MAX);
}

bool
spf_terms_count(struct spf *x)
{
	x->void_counted = false;
	if (++x->terms <= SPF_TERMS_MAX)
		return true;
	spf_stack_leave(x, SPF_PERMERROR);
	return false;
}

/*
 * Counts a term that found nothing. The standard counts terms and not
 * queries: a client with IPv6 would else fail at three MX hosts without it.
 */
static void
count_void(struct spf *x)
{
	if (x->void_counted)
		return;
	x->void_counted = true;
	if (++x->voids > SPF_VOIDS_MAX)
		spf_stack_leave(x, SPF_PERMERROR);
}

/* Whether ANSWER has records; if not, what that means for the result. */
static bool
has_records(struct spf *x, const struct dns_answer *answer)
{
	switch (answer->status) {
	case DNS_FOUND:
		return true;
	case DNS_EMPTY:
	case DNS_NO_NAME:
		count_void(x);
		return false;
	case DNS_TEMPORARY:
		break;
	}
	spf_stack_leave(x, SPF_TEMPERROR);
	return false;
}

bool
spf_terms_near(const struct spf *x, struct ip address, unsigned bits)
{
	return address.family == x->client.family &&
	       ip_equals(ip_mask(address, bits), ip_mask(x->client, bits));
}

static bool
any_near(const struct spf *x, const struct dns_answer *answer, unsigned bits)
{
	for (unsigned i = 0; i < answer->count; i++) {
		if (spf_terms_near(x, answer->records[i].ip, bits))
			return true;
	}
	return false;
}

static unsigned
term_bits(struct spf *x)
{
	const struct spf_term *term = &spf_stack_top(x)->term;

	return x->client.family == 6 ? term->bits6 : term->bits4;
}

/*
 * The name %{p} stands for (7.3): the domain itself, else a name below it,
 * else any of the client's confirmed names.
 */
static struct span
best_name(const struct spf *x, struct span domain)
{
	struct span below = {NULL, 0};

	for (unsigned i = 0; i < x->confirmed.count; i++) {
		struct span name = span_of(x->confirmed.name[i]);

		if (span_equals_nocase(name, domain))
			return name;
		if (below.n == 0 && name.n > domain.n &&
		    name.p[name.n - domain.n - 1] == '.' &&
		    span_ends_nocase(name, domain))
			below = name;
	}
	if (below.n > 0)
		return below;
	if (x->confirmed.count > 0)
		return span_of(x->confirmed.name[0]);
	return span_of("unknown");
}

static int
expand(struct spf *x, struct span text, char name_r[DNS_NAME_MAX])
{
	struct span domain = span_of(spf_stack_top(x)->domain);
	struct spf_values values = {
	    .sender = span_of(x->sender),
	    .local = x->local,
	    .origin = x->origin,
	    .domain = domain,
	    .client = span_of(x->client_text),
	    .validated = best_name(x, domain),
	    .family = span_of(x->client.family == 6 ? "ip6" : "in-addr"),
	    .helo = span_of(x->helo),
	};

	return spf_macro_expand(text, &values, name_r);
}

/* 5.5: a confirmed name of the client that is TARGET or below it. */
static void
match_names(struct spf *x, const char *target)
{
	struct span domain = span_of(target);
	struct span name;

	if (x->confirmed.count == 0)
		return;
	name = best_name(x, domain);
	if (span_equals_nocase(name, domain) ||
	    (name.n > domain.n && name.p[name.n - domain.n - 1] == '.' &&
		span_ends_nocase(name, domain)))
		spf_stack_matched(x);
}

static void
ask_names(struct spf *x)
{
	char name[DNS_NAME_MAX];

	expand(x, span_of("%{ir}.%{v}.arpa"), name);
	ask(x, SPF_ASK_NAMES, name, DNS_PTR);
}

static void
redirect(struct spf *x, const char *target)
{
	spf_stack_pop(x);
	spf_stack_push(x, target);
	spf_stack_top(x)->redirected = true;
	spf_stack_ask(x);
}

void
spf_terms_look_up(struct spf *x)
{
	const struct spf_term *term = &spf_stack_top(x)->term;
	char target[DNS_NAME_MAX];

	if (!x->confirmed_known &&
	    (term->kind == SPF_PTR || spf_macro_has(term->target, 'p'))) {
		ask_names(x);
		return;
	}
	if (term->kind == SPF_PTR && x->confirmed_void)
		count_void(x);
	if (x->finished)
		return;
	if (term->target.n == 0) {
		span_copy(
		    span_of(spf_stack_top(x)->domain), target, DNS_NAME_MAX);
	} else if (expand(x, term->target, target) != 0) {
		/* No such name: nothing there to match, and no record (4.3). */
		if (term->kind == SPF_INCLUDE || term->kind == SPF_REDIRECT)
			spf_stack_leave(x, SPF_PERMERROR);
		return;
	}
	switch (term->kind) {
	case SPF_A:
		ask(x, SPF_ASK_ADDRESSES, target, address_type(x));
		break;
	case SPF_EXISTS:
		ask(x, SPF_ASK_EXISTS, target, DNS_A);
		break;
	case SPF_MX:
		ask(x, SPF_ASK_HOSTS, target, DNS_MX);
		break;
	case SPF_PTR:
		match_names(x, target);
		break;
	case SPF_INCLUDE:
		spf_stack_push(x, target);
		spf_stack_ask(x);
		break;
	case SPF_REDIRECT:
		redirect(x, target);
		break;
	case SPF_ALL:
	case SPF_IP4:
	case SPF_IP6:
	case SPF_EXP:
	case SPF_UNKNOWN_MODIFIER:
		break;
	}
}

static void
take_addresses(struct spf *x, const struct dns_answer *answer)
{
	if (has_records(x, answer) && any_near(x, answer, term_bits(x)))
		spf_stack_matched(x);
}

static void
take_exists(struct spf *x, const struct dns_answer *answer)
{
	if (has_records(x, answer))
		spf_stack_matched(x);
}

/* Adds a name; one that cannot be asked for has no addresses either. */
static void
add_name(struct spf_names *names, struct span text)
{
	if (dns_name(text, names->name[names->count]) == 0)
		names->count++;
}

static void
ask_next_host(struct spf *x)
{
	if (x->hosts.next < x->hosts.count)
		ask(x, SPF_ASK_HOST, x->hosts.name[x->hosts.next++],
		    address_type(x));
}

/*
 * 5.4. More than ten hosts are an error wherever the client is among them:
 * the order of an answer must not decide the result. For the same reason the
 * hosts are asked by preference.
 */
static void
take_hosts(struct spf *x, const struct dns_answer *answer)
{
	const struct dns_record *sorted[SPF_NAMES_MAX];
	unsigned n = 0;

	if (!has_records(x, answer))
		return;
	if (answer->count > SPF_NAMES_MAX) {
		spf_stack_leave(x, SPF_PERMERROR);
		return;
	}
	for (unsigned i = 0; i < answer->count; i++) {
		const struct dns_record *record = &answer->records[i];
		unsigned at = n++;

		for (;
		     at > 0 && sorted[at - 1]->preference > record->preference;
		     at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = record;
	}
	x->hosts.count = x->hosts.next = 0;
	for (unsigned i = 0; i < n; i++)
		add_name(&x->hosts, sorted[i]->name);
	ask_next_host(x);
}

static void
take_host(struct spf *x, const struct dns_answer *answer)
{
	if (has_records(x, answer) && any_near(x, answer, term_bits(x)))
		spf_stack_matched(x);
	else if (!x->finished)
		ask_next_host(x);
}

static void
ask_next_name(struct spf *x)
{
	if (x->hosts.next < x->hosts.count) {
		ask(x, SPF_ASK_NAME, x->hosts.name[x->hosts.next++],
		    address_type(x));
		return;
	}
	x->confirmed_known = true;
	spf_terms_look_up(x);
}

/*
 * 5.5: names beyond the tenth are ignored, and so are errors: the client's
 * own reverse zone must not be able to make a result temporary.
 */
static void
take_names(struct spf *x, const struct dns_answer *answer)
{
	x->hosts.count = x->hosts.next = 0;
	x->confirmed_void =
	    answer->status == DNS_EMPTY || answer->status == DNS_NO_NAME;
	for (unsigned i = 0; i < answer->count && i < SPF_NAMES_MAX; i++)
		add_name(&x->hosts, answer->records[i].name);
	ask_next_name(x);
}

static void
take_name(struct spf *x, const struct dns_answer *answer)
{
	unsigned bits = x->client.family == 6 ? 128 : 32;

	if (answer->status == DNS_EMPTY || answer->status == DNS_NO_NAME)
		x->confirmed_void = true;
	if (answer->status == DNS_FOUND && any_near(x, answer, bits))
		add_name(
		    &x->confirmed, span_of(x->hosts.name[x->hosts.next - 1]));
	ask_next_name(x);
}

void
spf_terms_take(
    struct spf *x, enum spf_asking asked, const struct dns_answer *answer)
{
	switch (asked) {
	case SPF_ASK_ADDRESSES:
		take_addresses(x, answer);
		break;
	case SPF_ASK_EXISTS:
		take_exists(x, answer);
		break;
	case SPF_ASK_HOSTS:
		take_hosts(x, answer);
		break;
	case SPF_ASK_HOST:
		take_host(x, answer);
		break;
	case SPF_ASK_NAMES:
		take_names(x, answer);
		break;
	case SPF_ASK_NAME:
		take_name(x, answer);
		break;
	case SPF_ASK_NOTHING: /* not of terms */
	case SPF_ASK_RECORD:
		break;
	}
}

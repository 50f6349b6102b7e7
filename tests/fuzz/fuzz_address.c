/*
 * Paths and domains of peers. What was taken can be said and is taken again as
 * the same; nothing that could break a line or a log is ever taken.
 */
#include "fuzz.h"

#include "proto/address.h"

#include <string.h>

static void
check_text(const struct address *a, bool utf8)
{
	const struct span text = span_of(a->text);

	assert(text.n < ADDRESS_TEXT);
	assert(a->local.n <= 2 * ADDRESS_LOCAL_MAX + 2);
	assert(a->domain.n <= ADDRESS_DOMAIN_MAX);
	assert(!a->utf8 || utf8);
	for (size_t i = 0; i < text.n; i++) {
		const unsigned char c = (unsigned char)text.p[i];

		assert(c >= ' ' && c != 127 && (c < 128 || utf8));
	}
	if (text.n > 0 && a->domain.n > 0)
		assert(text.n == a->local.n + 1 + a->domain.n);
}

/* Said and read again, in angle brackets. */
static void
check_again(const struct address *a, struct address_rules rules)
{
	struct address again, copy;
	char path[ADDRESS_TEXT + 2];
	size_t n = strlen(a->text);

	memcpy(path + 1, a->text, n);
	path[0] = '<';
	path[n + 1] = '>';
	assert(address_path_length(span_make(path, n + 2)) == n + 2);
	assert(address_parse(span_make(path, n + 2), rules, &again) == 0);
	assert(strcmp(a->text, again.text) == 0);
	assert(span_equals(a->local, again.local));
	assert(span_equals(a->domain, again.domain));
	assert(a->utf8 == again.utf8);
	if (a->domain.n > 0)
		assert(address_equals(a, &again));
	address_copy(&copy, a);
	assert(strcmp(copy.text, a->text) == 0);
	assert(span_equals(copy.domain, a->domain));
}

static void
check_folded(const struct address *a)
{
	const struct address_rules any = {.utf8 = true};
	struct address folded;
	char text[ADDRESS_TEXT], again[ADDRESS_TEXT];

	address_fold(a, text);
	assert(address_parse(span_of(text), any, &folded) == 0);
	assert(address_equals(a, &folded));
	for (size_t i = 0; i < folded.local.n; i++)
		assert(folded.local.p[i] < 'A' || folded.local.p[i] > 'Z');
	address_fold(&folded, again);
	assert(strcmp(text, again) == 0);
}

static void
check_domain(struct span s)
{
	char text[ADDRESS_DOMAIN_MAX + 1], again[ADDRESS_DOMAIN_MAX + 1];

	if (address_domain(s, text) != 0)
		return;
	assert(text[0] != '\0' && text[strlen(text) - 1] != '.');
	for (const char *c = text; *c != '\0'; c++)
		assert(*c == '.' || *c == '-' || (*c >= '0' && *c <= '9') ||
		       (*c >= 'a' && *c <= 'z'));
	assert(address_domain(span_of(text), again) == 0);
	assert(strcmp(text, again) == 0);
}

void
fuzz_one(struct span input)
{
	struct fuzz_draws draws = fuzz_draw_line(&input);
	struct address_rules rules = {.utf8 = fuzz_draw(&draws, 2) == 0,
	    .empty_ok = fuzz_draw(&draws, 2) == 1,
	    .bare_postmaster = fuzz_draw(&draws, 2) == 1};
	struct address a;

	assert(address_path_length(input) <= input.n);
	if (address_parse(input, rules, &a) == 0) {
		assert(a.text[0] != '\0' || rules.empty_ok);
		check_text(&a, rules.utf8);
		check_again(&a, rules);
		if (a.domain.n > 0)
			check_folded(&a);
	}
	check_domain(input);
}

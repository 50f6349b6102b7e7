/*
 * SPF against answers that are drawn from the input: it ends, within the limits
 * of RFC 7208 4.6.4, asks only for names that can be asked for, and says the
 * same of the same. The input: "address TAB sender TAB helo" on the first line,
 * then an answer on each line, in the order of the questions:
 *
 *   !          no answer for now       -  no such name     =  no such record
 *   a|b|c      records: texts, addresses, names, "10 name", as was asked
 */
#include "fuzz.h"

#include "trust/spf.h"
#include "trust/spf_macro.h"
#include "trust/spf_record.h"

#include <string.h>

/* 1 + 10 terms, each with itself and 10 names, and the client's 1 + 10. */
#define QUESTIONS_MAX (1 + 10 * 11 + 11)

static void
read_record(struct span text, enum dns_type type, struct dns_record *record_r)
{
	*record_r = (struct dns_record){.preference = 10};
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		if (ip_parse(text, &record_r->ip) != 0)
			ip_parse(span_of("192.0.2.1"), &record_r->ip);
		return;
	case DNS_MX:
	case DNS_PTR:
		record_r->name = span_part(text, 0, DNS_NAME_MAX - 1);
		return;
	case DNS_TXT:
		record_r->text = span_part(text, 0, DNS_TEXT_MAX);
		return;
	}
}

static struct dns_answer
next_answer(struct span *rest, enum dns_type type, struct dns_record records[])
{
	struct dns_answer answer = {.status = DNS_NO_NAME, .records = records};
	struct span line = {"-", 1}, text;

	(void)span_cut(rest, '\n', &line);
	if (span_equals(line, span_of("-")))
		return answer;
	answer.status = DNS_EMPTY;
	if (span_equals(line, span_of("=")))
		return answer;
	if (span_equals(line, span_of("!"))) {
		answer.status = DNS_TEMPORARY;
		return answer;
	}
	while (answer.count < DNS_RECORDS_MAX && span_cut(&line, '|', &text))
		read_record(text, type, &records[answer.count++]);
	if (answer.count > 0)
		answer.status = DNS_FOUND;
	return answer;
}

static enum spf_result
evaluate(const struct spf_query *query, struct span answers)
{
	static struct dns_record records[DNS_RECORDS_MAX];
	struct spf *x = spf_new(query);
	struct dns_question question;
	enum spf_result result;
	unsigned asked = 0;

	assert(x != NULL);
	while (spf_wants(x, &question)) {
		struct dns_answer answer;
		char name[DNS_NAME_MAX];

		assert(++asked <= QUESTIONS_MAX);
		assert(dns_name(span_of(question.name), name) == 0);
		assert(strcmp(name, question.name) == 0);
		answer = next_answer(&answers, question.type, records);
		spf_answer(x, &answer);
	}
	result = spf_result(x);
	assert(result <= SPF_PERMERROR && spf_result_name(result) != NULL);
	spf_free(&x);
	return result;
}

/* A record that was checked as a whole is read without a fault. */
static void
check_record(struct span text)
{
	struct span terms, redirect;
	struct spf_term term;
	int rc = 1;

	if (!spf_record_is(text) ||
	    spf_record_check(text, &terms, &redirect) != 0)
		return;
	while (rc == 1) {
		rc = spf_record_next(&terms, &term);
		assert(rc == 0 || rc == 1);
		if (rc == 1 && term.target.n > 0 && term.kind < SPF_REDIRECT)
			assert(spf_macro_is_domain(term.target));
		if (rc == 1)
			assert(term.bits4 <= 32 && term.bits6 <= 128);
	}
	assert(redirect.n == 0 || spf_macro_is_domain(redirect));
}

/* Whatever comes out of macros can be asked for. */
static void
check_macro(struct span text, const struct spf_query *query)
{
	const struct spf_values values = {
	    .sender = span_part(query->sender, 0, SPF_VALUE_MAX),
	    .local = span_part(query->sender, 0, 64),
	    .origin = span_of("e.test"),
	    .domain = span_part(query->domain, 0, SPF_VALUE_MAX),
	    .client = span_of("192.0.2.1"),
	    .validated = span_of("unknown"),
	    .family = span_of("in-addr"),
	    .helo = span_part(query->helo, 0, SPF_VALUE_MAX)};
	char name[DNS_NAME_MAX], again[DNS_NAME_MAX];

	if (!spf_macro_is_domain(text))
		return;
	assert(spf_macro_is_string(text));
	(void)spf_macro_has(text, 'p');
	if (spf_macro_expand(text, &values, name) == 0) {
		assert(dns_name(span_of(name), again) == 0);
		assert(strcmp(name, again) == 0);
	}
}

void
fuzz_one(struct span input)
{
	struct spf_query query = {.receiver = span_of("mx.b.test")};
	struct span line = {"", 0}, text = {"", 0};

	span_cut(&input, '\n', &line);
	span_cut(&line, '\t', &text);
	if (ip_parse(text, &query.client) != 0)
		ip_parse(span_of("192.0.2.1"), &query.client);
	query.sender = span_of("bob@e.test");
	if (span_cut(&line, '\t', &text) && text.n > 0)
		query.sender = text;
	query.helo = line;
	query.domain =
	    span_skip(query.sender, span_find(query.sender, 0, '@') + 1);
	assert(evaluate(&query, input) == evaluate(&query, input));
	while (span_cut(&input, '\n', &line)) {
		check_record(line);
		check_macro(line, &query);
	}
}

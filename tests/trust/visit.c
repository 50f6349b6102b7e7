/* Pumps one SPF evaluation: what the resolver role does, without a network. */
#include "visit.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum spf_result
visit_run(struct table *table, struct visit visit)
{
	struct spf_query query = {.receiver = span_of("mx.b.test")};
	struct dns_question question;
	struct dns_answer answer;
	enum spf_result result;
	struct spf *x;
	size_t at;

	if (visit.client == NULL)
		visit.client = "192.0.2.1";
	if (visit.sender == NULL)
		visit.sender = "bob@e.test";
	query.sender = span_of(visit.sender);
	query.helo = span_of(visit.helo != NULL ? visit.helo : "mx.e.test");
	assert_int_equal(ip_parse(span_of(visit.client), &query.client), 0);
	at = span_find(query.sender, 0, '@');
	query.domain = span_skip(query.sender, at + 1);
	x = spf_new(&query);
	assert_non_null(x);
	while (spf_wants(x, &question)) {
		answer = table_answer(table, &question);
		spf_answer(x, &answer);
	}
	result = spf_result(x);
	spf_free(&x);
	assert_null(x);
	return result;
}

enum spf_result
visit_rows(const struct table_row *rows, size_t count, struct visit visit)
{
	struct table table = {.rows = rows, .count = count};

	return visit_run(&table, visit);
}

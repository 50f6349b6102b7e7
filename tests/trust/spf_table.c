/*
 * SPF against a table of records, for comparing with other implementations
 * (spf_oracle.py). Lines on standard input, fields between tabs:
 *
 *	zone					forget all records
 *	record	NAME	TYPE	VALUE		(VALUE as in table.h)
 *	check	ADDRESS	SENDER	HELO		prints the result's word
 *
 * <domain> is the sender's, or the HELO name when the sender is empty.
 */
#include "base/err.h"
#include "table.h"
#include "trust/spf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX  1024
#define LINE_ROOM 8192

static struct table_row rows[ROWS_MAX];
static size_t row_count;

static void
forget(void)
{
	for (; row_count > 0; row_count--) {
		free((void *)(uintptr_t)rows[row_count - 1].name);
		free((void *)(uintptr_t)rows[row_count - 1].value);
	}
}

static int
add_record(struct span fields)
{
	struct span name = {NULL, 0};
	struct span type = {NULL, 0};
	struct table_row *row = &rows[row_count];

	if (row_count == ROWS_MAX)
		return -E_NOMEM;
	span_cut(&fields, '\t', &name);
	span_cut(&fields, '\t', &type);
	if (table_type(type, &row->type) != 0)
		return -E_SYNTAX;
	row->name = strndup(name.p, name.n);
	row->value = strndup(fields.n > 0 ? fields.p : "", fields.n);
	row_count++;
	return 0;
}

static int
check(struct span fields)
{
	struct table table = {.rows = rows, .count = row_count};
	struct spf_query query = {.now = 0};
	struct span address = {NULL, 0};
	struct dns_question question;
	struct dns_answer answer;
	char sender[512];
	struct spf *x;
	size_t at;

	span_cut(&fields, '\t', &address);
	span_cut(&fields, '\t', &query.sender);
	query.helo = fields;
	if (ip_parse(address, &query.client) != 0)
		return -E_SYNTAX;
	if (query.sender.n == 0) {
		snprintf(sender, sizeof(sender), "postmaster@%.*s",
		    (int)fields.n, fields.p);
		query.sender = span_of(sender);
	}
	at = span_find(query.sender, 0, '@');
	query.domain = at < query.sender.n ? span_skip(query.sender, at + 1)
					   : query.sender;
	x = spf_new(&query);
	if (x == NULL)
		return -E_NOMEM;
	while (spf_wants(x, &question)) {
		answer = table_answer(&table, &question);
		spf_answer(x, &answer);
	}
	puts(spf_result_name(spf_result(x)));
	spf_free(&x);
	return 0;
}

static int
run_line(struct span line)
{
	struct span verb = {NULL, 0};

	span_cut(&line, '\t', &verb);
	if (span_equals(verb, span_of("record")))
		return add_record(line);
	if (span_equals(verb, span_of("check")))
		return check(line);
	if (!span_equals(verb, span_of("zone")))
		return -E_SYNTAX;
	forget();
	return 0;
}

int
main(void)
{
	char line[LINE_ROOM];
	int code = 0;

	while (code == 0 && fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		code = run_line(span_of(line));
		if (code != 0)
			fprintf(stderr, "%s: %s\n", err_name(code), line);
	}
	forget();
	return code == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

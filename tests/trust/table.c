/* The resolver of the tests. Knows no CNAME: the real one follows them. */
#include "table.h"

#include "base/err.h"

#include <string.h>

int
table_type(struct span word, enum dns_type *type_r)
{
	static const struct {
		const char *word;
		enum dns_type type;
	} types[] = {
	    {"A", DNS_A},
	    {"AAAA", DNS_AAAA},
	    {"MX", DNS_MX},
	    {"TXT", DNS_TXT},
	    {"PTR", DNS_PTR},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!span_equals(word, span_of(types[i].word)))
			continue;
		*type_r = types[i].type;
		return 0;
	}
	return -E_SYNTAX;
}

/* A name as the real resolver gives it: "." is the root, "" is its name. */
static struct span
host_name(struct span text)
{
	return span_equals(text, span_of(".")) ? span_of("") : text;
}

static struct dns_record
make_record(const struct table_row *row)
{
	struct dns_record record = {.preference = 0};
	struct span value = span_of(row->value);
	struct span word;
	uint64_t number = 0;

	switch (row->type) {
	case DNS_A:
	case DNS_AAAA:
		ip_parse(value, &record.ip);
		break;
	case DNS_MX:
		span_cut(&value, ' ', &word);
		span_number(word, UINT16_MAX, &number);
		record.preference = (uint16_t)number;
		record.name = host_name(value);
		break;
	case DNS_TXT:
		record.text = value;
		break;
	case DNS_PTR:
		record.name = host_name(value);
		break;
	}
	return record;
}

struct dns_answer
table_answer(struct table *t, const struct dns_question *q)
{
	struct dns_answer answer = {
	    .status = DNS_NO_NAME,
	    .records = t->records,
	};

	t->asked++;
	for (size_t i = 0; i < t->count; i++) {
		const struct table_row *row = &t->rows[i];

		if (!span_equals_nocase(span_of(row->name), span_of(q->name)))
			continue;
		if (answer.status == DNS_NO_NAME)
			answer.status = DNS_EMPTY;
		if (row->type != q->type || !strcmp(row->value, TABLE_NOTHING))
			continue;
		if (!strcmp(row->value, TABLE_TIMEOUT)) {
			answer.count = 0;
			answer.status = DNS_TEMPORARY;
			return answer;
		}
		if (answer.count < DNS_RECORDS_MAX)
			t->records[answer.count++] = make_record(row);
		answer.status = DNS_FOUND;
	}
	return answer;
}

/* A resolver that is a table in memory, for the tests of the pure modules. */
#ifndef TEST_TRUST_TABLE_H
#define TEST_TRUST_TABLE_H

#include "trust/dns.h"

/*
 * One record. VALUE is an address, "10 mx.c.test", a text or a name, as TYPE
 * wants it; TABLE_TIMEOUT makes the look-up fail for now, TABLE_NOTHING gives
 * the name without any record of that type.
 */
struct table_row {
	const char *name;
	enum dns_type type;
	const char *value;
};

#define TABLE_TIMEOUT "!timeout"
#define TABLE_NOTHING "!nothing"

struct table {
	const struct table_row *rows;
	size_t count;
	unsigned asked; /* questions so far */
	struct dns_record records[DNS_RECORDS_MAX];
};

/* "A", "TXT", ...: -E_SYNTAX for another word. */
int table_type(struct span word, enum dns_type *type_r);

/* The answer; valid until the next question. */
struct dns_answer table_answer(struct table *t, const struct dns_question *q);

#endif

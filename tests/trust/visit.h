/* One SPF evaluation against a table, for the tests. */
#ifndef TEST_TRUST_VISIT_H
#define TEST_TRUST_VISIT_H

#include "table.h"
#include "trust/spf.h"

/* Who comes; 192.0.2.1, "bob@e.test" and "mx.e.test" where NULL. */
struct visit {
	const char *client, *sender, *helo;
};

/* Runs to the end and gives everything back. */
enum spf_result visit_run(struct table *table, struct visit visit);

enum spf_result
visit_rows(const struct table_row *rows, size_t count, struct visit visit);

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* VISIT(rows, .client = "192.0.2.2"): the result for an array of rows. */
#define VISIT(rows, ...) \
	visit_rows(rows, COUNT(rows), (struct visit){__VA_ARGS__})

#endif

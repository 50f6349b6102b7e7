/*
 * One use of a prepared statement: put the parameters in their order, ask for
 * rows, get the columns in their order, end it. Statements are prepared once
 * and kept by the address of their text, so a text must be a constant.
 *
 * The first failure of the engine sticks to the store; from then on nothing is
 * asked any more and there are no rows. So callers need no check at each step:
 * sqlite.c looks once, after the operation.
 */
#ifndef STORE_SQLITE_QUERY_H
#define STORE_SQLITE_QUERY_H

#include "store/sqlite/sqlite.h"

struct query {
	struct sqlite_store *store;
	sqlite3_stmt *statement; /* NULL: failed */
	int parameter, column;   /* the last one used */
};

struct query query_new(struct sqlite_store *s, const char *text);

/* Parameters. What they point to stays until query_end. */
void query_put_key(struct query *q, const struct key *key);
void query_put_text(struct query *q, struct span text);
void query_put_number(struct query *q, int64_t number);
void query_put_nothing(struct query *q);

/* The next row: is there one? */
bool query_next(struct query *q);

/* Columns of the row. Texts are copied into the operation's arena. */
struct key query_key(struct query *q);
struct span query_text(struct query *q);
int64_t query_number(struct query *q);

/* N octets exactly; zeroes when the column has another length. */
void query_octets(struct query *q, void *to, size_t n);

/* NULL? Passes over the column then. */
bool query_is_nothing(struct query *q);

void query_end(struct query *q);

/* For a statement without rows: runs and ends it. Rows it changed. */
unsigned query_run(struct query *q);

/* For one number: runs and ends it. OTHERWISE: there was no row. */
int64_t query_one(struct query *q, int64_t otherwise);

/*
 * Reads keys into the store's page, at most STORE_PAGE_MAX, and ends it. How
 * many there are.
 */
unsigned query_page(struct query *q);

/* LIMIT, cut to STORE_PAGE_MAX. */
int64_t query_limit(unsigned limit);

/* Zeroed room for N results in the operation's arena; NULL: none. */
void *query_room(struct sqlite_store *s, unsigned n, size_t size);

/* Forgets all prepared statements, before closing. */
void query_forget(struct sqlite_store *s);

#endif

/*
 * Prepared statements and their parameters and columns. No SQL is written
 * here, and no rule of the mail. See query.h.
 */
#include "store/sqlite/query.h"

#include <string.h>

static void
fail(struct sqlite_store *s, int code)
{
	if (s->failure != SQLITE_OK)
		return;
	s->failure = code;
	err_set(&s->why, -E_SYSTEM, "sqlite: %s", sqlite3_errmsg(s->db));
}

/* The place of TEXT in the cache, by its address; free places have NULL. */
static struct sqlite_statement *
place_of(struct sqlite_store *s, const char *text)
{
	size_t at = (uintptr_t)text >> 3;

	for (size_t i = 0; i < SQLITE_STATEMENTS; i++) {
		struct sqlite_statement *place =
		    &s->statements[(at + i) & (SQLITE_STATEMENTS - 1)];

		if (place->text == text || place->text == NULL)
			return place;
	}
	return NULL;
}

static sqlite3_stmt *
prepared(struct sqlite_store *s, const char *text)
{
	struct sqlite_statement *place = place_of(s, text);
	int code;

	if (place == NULL) {
		fail(s, SQLITE_NOMEM);
		return NULL;
	}
	if (place->text != NULL)
		return place->prepared;
	code = sqlite3_prepare_v3(
	    s->db, text, -1, SQLITE_PREPARE_PERSISTENT, &place->prepared, NULL);
	if (code != SQLITE_OK) {
		fail(s, code);
		return NULL;
	}
	place->text = text;
	return place->prepared;
}

struct query
query_new(struct sqlite_store *s, const char *text)
{
	struct query q = {.store = s};

	if (s->failure == SQLITE_OK)
		q.statement = prepared(s, text);
	return q;
}

static void
put_octets(struct query *q, const void *p, size_t n)
{
	int code;

	if (q->statement == NULL)
		return;
	/* A NULL pointer would mean NULL, not "no octets". */
	code = sqlite3_bind_blob64(
	    q->statement, ++q->parameter, n == 0 ? "" : p, n, SQLITE_STATIC);
	if (code != SQLITE_OK)
		fail(q->store, code);
}

void
query_put_key(struct query *q, const struct key *key)
{
	put_octets(q, key->b, sizeof key->b);
}

void
query_put_text(struct query *q, struct span text)
{
	put_octets(q, text.p, text.n);
}

void
query_put_number(struct query *q, int64_t number)
{
	int code;

	if (q->statement == NULL)
		return;
	code = sqlite3_bind_int64(q->statement, ++q->parameter, number);
	if (code != SQLITE_OK)
		fail(q->store, code);
}

void
query_put_nothing(struct query *q)
{
	/* Parameters are NULL until they are bound. */
	q->parameter++;
}

bool
query_next(struct query *q)
{
	int code;

	if (q->statement == NULL || q->store->failure != SQLITE_OK)
		return false;
	q->column = -1;
	code = sqlite3_step(q->statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		fail(q->store, code);
	return code == SQLITE_ROW;
}

struct span
query_text(struct query *q)
{
	int column = ++q->column;
	const void *p = sqlite3_column_blob(q->statement, column);
	int n = sqlite3_column_bytes(q->statement, column);
	struct span copy;

	if (n == 0 || p == NULL)
		return span_of("");
	copy = arena_copy(q->store->arena, span_make(p, (size_t)n));
	if (copy.p == NULL)
		q->store->full = true;
	return copy;
}

int64_t
query_number(struct query *q)
{
	return sqlite3_column_int64(q->statement, ++q->column);
}

void
query_octets(struct query *q, void *to, size_t n)
{
	int column = ++q->column;
	const void *p = sqlite3_column_blob(q->statement, column);

	memset(to, 0, n);
	if (p != NULL &&
	    (size_t)sqlite3_column_bytes(q->statement, column) == n)
		memcpy(to, p, n);
}

struct key
query_key(struct query *q)
{
	struct key key;

	query_octets(q, key.b, sizeof key.b);
	return key;
}

bool
query_is_nothing(struct query *q)
{
	if (sqlite3_column_type(q->statement, q->column + 1) != SQLITE_NULL)
		return false;
	q->column++;
	return true;
}

void
query_end(struct query *q)
{
	if (q->statement == NULL)
		return;
	/* Repeats the code of a failed step, which is remembered already. */
	sqlite3_reset(q->statement);
	sqlite3_clear_bindings(q->statement);
	q->statement = NULL;
}

unsigned
query_run(struct query *q)
{
	bool was_asked = q->statement != NULL;

	while (query_next(q))
		continue;
	query_end(q);
	if (!was_asked || q->store->failure != SQLITE_OK)
		return 0;
	return (unsigned)sqlite3_changes(q->store->db);
}

int64_t
query_one(struct query *q, int64_t otherwise)
{
	int64_t number = query_next(q) ? query_number(q) : otherwise;

	query_end(q);
	return number;
}

unsigned
query_page(struct query *q)
{
	unsigned count = 0;

	while (count < STORE_PAGE_MAX && query_next(q))
		q->store->keys[count++] = query_key(q);
	query_end(q);
	return count;
}

int64_t
query_limit(unsigned limit)
{
	return limit < STORE_PAGE_MAX ? limit : STORE_PAGE_MAX;
}

void *
query_room(struct sqlite_store *s, unsigned n, size_t size)
{
	void *room = arena_take(s->arena, n * size);

	if (room == NULL)
		s->full = true;
	return room;
}

void
query_forget(struct sqlite_store *s)
{
	for (size_t i = 0; i < SQLITE_STATEMENTS; i++) {
		sqlite3_finalize(s->statements[i].prepared);
		s->statements[i] = (struct sqlite_statement){0};
	}
}

/*
 * What people and programs see: harmless text, aligned tables, JSON.
 */
#ifndef CTL_OUTPUT_H
#define CTL_OUTPUT_H

#include "base/arena.h"
#include "base/buf.h"

#include <jansson.h>
#include <stdio.h>

#define OUTPUT_SHOWN_MAX   8192 /* octets of one text that are shown */
#define OUTPUT_COLUMNS_MAX 12
#define OUTPUT_TABLE_MAX   (256u << 20) /* octets: a million rows */

/*
 * Appends TEXT, which may come from a stranger, as one line that cannot change
 * what a terminal shows (message/shown.h), cut to OUTPUT_SHOWN_MAX octets.
 */
void output_shown(struct span text, struct buf *to);

/* Rows of cells, printed with the columns under each other. */
struct output_table {
	struct arena arena;
	const char *const *titles;
	unsigned columns;
	unsigned right; /* bit N: column N is numbers, put to the right */
	struct output_row *first, **end;
	unsigned widths[OUTPUT_COLUMNS_MAX];
};

/* TITLES: that many texts, borrowed, and NULL. */
void output_table_init(
    struct output_table *table, const char *const *titles, unsigned right);
void output_table_fini(struct output_table *table);

/* One cell for each column; made harmless and copied. 0 or -E_NOMEM. */
int output_table_add(struct output_table *table, const struct span *cells);
void output_table_print(const struct output_table *table, FILE *to);

/*
 * The member KEY of OBJECT as a text for a cell: texts as they are, numbers
 * in digits (written into ROOM), "-" for null and whatever else. Borrowed from
 * OBJECT and ROOM.
 */
#define OUTPUT_ROOM 32
struct span
output_member(const json_t *object, const char *key, char room[OUTPUT_ROOM]);

/* The same for a number of octets, in KiB, MiB, ... */
struct span
output_octets(const json_t *object, const char *key, char room[OUTPUT_ROOM]);

/* A line "LABEL:  text", the text made harmless. LABEL "": one more of it. */
void output_field(FILE *to, const char *label, struct span text);

/* Members of an object, a line each; the last has no label. */
struct output_line {
	const char *label, *key;
};
void
output_object(FILE *to, const json_t *object, const struct output_line *lines);

/* JSON as a whole document in ASCII, which no terminal obeys, and a LF. */
void output_json(FILE *to, const json_t *value);

#endif

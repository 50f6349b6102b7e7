/*
 * For: everything that reaches a terminal or a program behind a pipe. Replies
 * and addresses come from strangers; a terminal obeys what it is shown.
 *
 * Not for: choosing what to show; each noun's file does.
 *
 * Read on: output.h.
 */
#include "ctl/output.h"

#include "base/err.h"
#include "message/shown.h"

#include <string.h>

#define LABEL_WIDTH 14 /* of output_field(): the longest label and a colon */

void
output_shown(struct span text, struct buf *to)
{
	char shown[OUTPUT_SHOWN_MAX + 1];
	size_t n = shown_text(text, SHOWN_LINE, shown, sizeof shown);

	buf_put(to, span_make(shown, n));
}

/* Columns on a terminal, if every character takes one. TEXT is shown text. */
static unsigned
width_of(struct span text)
{
	unsigned width = 0;

	for (size_t i = 0; i < text.n; i++)
		width += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return width;
}

struct output_row {
	struct output_row *next;
	struct span cells[]; /* as many as columns */
};

void
output_table_init(
    struct output_table *table, const char *const *titles, unsigned right)
{
	*table = (struct output_table){.titles = titles, .right = right};
	table->end = &table->first;
	arena_init(&table->arena, OUTPUT_TABLE_MAX);
	while (table->columns < OUTPUT_COLUMNS_MAX &&
	       titles[table->columns] != NULL) {
		const char *title = titles[table->columns];

		table->widths[table->columns++] = (unsigned)strlen(title);
	}
}

void
output_table_fini(struct output_table *table)
{
	arena_fini(&table->arena);
}

static int
keep_cell(struct output_table *table, struct span cell, struct span *kept_r)
{
	struct buf shown;
	int error = 0;

	buf_init(&shown, OUTPUT_SHOWN_MAX);
	output_shown(cell, &shown);
	*kept_r = arena_copy(&table->arena, buf_span(&shown));
	if (buf_bad(&shown) || kept_r->p == NULL)
		error = -E_NOMEM;
	buf_fini(&shown);
	return error;
}

int
output_table_add(struct output_table *table, const struct span *cells)
{
	struct output_row *row = arena_take(
	    &table->arena, sizeof *row + table->columns * sizeof row->cells[0]);

	if (row == NULL)
		return -E_NOMEM;
	for (unsigned i = 0; i < table->columns; i++) {
		unsigned width;

		if (keep_cell(table, cells[i], &row->cells[i]) != 0)
			return -E_NOMEM;
		width = width_of(row->cells[i]);
		if (width > table->widths[i])
			table->widths[i] = width;
	}
	*table->end = row;
	table->end = &row->next;
	return 0;
}

static void
print_cell(const struct output_table *table, unsigned column, struct span cell,
    FILE *to)
{
	unsigned padding = table->widths[column] - width_of(cell);
	bool right = (table->right >> column & 1) != 0;
	bool last = column + 1 == table->columns;

	if (right)
		fprintf(to, "%*s", (int)padding, "");
	fwrite(cell.p, 1, cell.n, to);
	if (!right && !last)
		fprintf(to, "%*s", (int)padding, "");
	fputs(last ? "\n" : "  ", to);
}

void
output_table_print(const struct output_table *table, FILE *to)
{
	for (unsigned i = 0; i < table->columns; i++)
		print_cell(table, i, span_of(table->titles[i]), to);
	for (const struct output_row *row = table->first; row != NULL;
	     row = row->next)
		for (unsigned i = 0; i < table->columns; i++)
			print_cell(table, i, row->cells[i], to);
}

struct span
output_member(const json_t *object, const char *key, char room[OUTPUT_ROOM])
{
	const json_t *value = json_object_get(object, key);

	if (json_is_string(value) && json_string_length(value) > 0)
		return span_make(
		    json_string_value(value), json_string_length(value));
	if (json_is_boolean(value))
		return span_of(json_is_true(value) ? "yes" : "no");
	if (!json_is_integer(value))
		return span_of("-");
	snprintf(room, OUTPUT_ROOM, "%" JSON_INTEGER_FORMAT,
	    json_integer_value(value));
	return span_of(room);
}

struct span
output_octets(const json_t *object, const char *key, char room[OUTPUT_ROOM])
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	const json_t *value = json_object_get(object, key);
	double octets = (double)json_integer_value(value);
	unsigned unit = 0;

	if (!json_is_integer(value) || octets < 1024)
		return output_member(object, key, room);
	for (octets /= 1024; octets >= 1024 && unit < 3; octets /= 1024)
		unit++;
	snprintf(room, OUTPUT_ROOM, "%.1f %s", octets, units[unit]);
	return span_of(room);
}

void
output_field(FILE *to, const char *label, struct span text)
{
	struct buf shown;
	int padding = LABEL_WIDTH - (int)strlen(label) - 1;

	buf_init(&shown, OUTPUT_SHOWN_MAX);
	output_shown(text, &shown);
	fprintf(to, "%s%c%*s%s\n", label, label[0] == '\0' ? ' ' : ':',
	    padding > 1 ? padding : 1, "", buf_string(&shown));
	buf_fini(&shown);
}

void
output_object(FILE *to, const json_t *object, const struct output_line *lines)
{
	char room[OUTPUT_ROOM];

	for (; lines->label != NULL; lines++)
		output_field(
		    to, lines->label, output_member(object, lines->key, room));
}

void
output_json(FILE *to, const json_t *value)
{
	json_dumpf(value, to,
	    JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER);
	fputs("\n", to);
}

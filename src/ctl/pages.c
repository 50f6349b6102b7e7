/*
 * For: what all `list` commands have in common: following the pages, tables.
 *
 * Not for: which columns there are; each noun's file says it.
 *
 * Read on: docs/CONTROL.md ("after", "limit", "next").
 */
#include "ctl/pages.h"

#include "ctl/output.h"

#define PAGE_ROWS 100 /* a hundred of the longest rows fit into one answer */

/* One page's rows go behind those that are there. False: not a page. */
static bool
take_rows(json_t *rows, const json_t *page)
{
	size_t i;
	json_t *row;

	if (!json_is_array(page))
		return false;
	json_array_foreach(page, i, row)
	{
		if (!json_is_object(row))
			return false;
		json_array_append(rows, row);
	}
	return true;
}

/* The member of REQUEST that says where a page begins. */
static const char *
mark_of(const json_t *request)
{
	return json_object_get(request, "before") != NULL ? "before" : "after";
}

/*
 * Puts what ends this page into REQUEST. True: there is another. A server
 * that says the same end twice, or sends an empty page, would never end.
 */
static bool
next_page(json_t *request, const json_t *answer, const char *key)
{
	json_t *next = json_object_get(answer, "next");

	if (!json_is_string(next) ||
	    json_equal(next, json_object_get(request, mark_of(request))) ||
	    json_array_size(json_object_get(answer, key)) == 0)
		return false;
	json_object_set(request, mark_of(request), next);
	return true;
}

static int
ask_page(struct ctl *ctl, json_t *request, uint64_t left, json_t **answer_r)
{
	uint64_t limit = left < PAGE_ROWS ? left : PAGE_ROWS;

	json_object_set_new(request, "limit", json_integer((json_int_t)limit));
	return ctl_ask(ctl, json_incref(request), answer_r);
}

int
pages_ask(struct ctl *ctl, json_t *request, const char *key, uint64_t limit,
    json_t **answer_r)
{
	json_t *rows = json_array(), *answer;
	json_t *next = NULL;
	bool more = true;
	int status = CTL_DONE;

	*answer_r = NULL;
	if (request == NULL)
		status = ctl_ask(ctl, NULL, &answer);
	while (status == CTL_DONE && more && json_array_size(rows) < limit) {
		status = ask_page(
		    ctl, request, limit - json_array_size(rows), &answer);
		if (status != CTL_DONE)
			break;
		if (!take_rows(rows, json_object_get(answer, key)))
			status = ctl_fail(ctl, "later",
			    "the answer of restante cannot be understood");
		more = next_page(request, answer, key);
		json_decref(answer);
	}
	if (status == CTL_DONE) {
		next = more ? json_object_get(request, mark_of(request))
			    : json_null();
		*answer_r = json_pack("{s:O, s:O}", key, rows, "next", next);
	}
	json_decref(rows);
	json_decref(request);
	return status;
}

static int
add_row(struct output_table *table, const struct pages_column *columns,
    const json_t *row)
{
	struct span cells[OUTPUT_COLUMNS_MAX];
	char rooms[OUTPUT_COLUMNS_MAX][OUTPUT_ROOM];

	for (unsigned i = 0; i < table->columns; i++)
		cells[i] = columns[i].cell(row, columns[i].key, rooms[i]);
	return output_table_add(table, cells);
}

static int
print_table(
    struct ctl *ctl, const json_t *rows, const struct pages_column *columns)
{
	const char *titles[OUTPUT_COLUMNS_MAX + 1] = {NULL};
	struct output_table table;
	unsigned right = 0;
	const json_t *row;
	size_t at;
	int error = 0;

	for (unsigned i = 0; i < OUTPUT_COLUMNS_MAX; i++) {
		titles[i] = columns[i].title;
		if (titles[i] == NULL)
			break;
		right |= (unsigned)columns[i].right << i;
	}
	output_table_init(&table, titles, right);
	json_array_foreach(rows, at, row) if (error == 0) error =
	    add_row(&table, columns, row);
	if (error == 0)
		output_table_print(&table, ctl->out);
	output_table_fini(&table);
	if (error == 0)
		return CTL_DONE;
	return ctl_fail(
	    ctl, "later", "too many rows for a table; use --limit or --json");
}

int
pages_print(struct ctl *ctl, json_t *answer, const char *key,
    const struct pages_column *columns, const char *empty)
{
	const json_t *rows = json_object_get(answer, key);
	int status = CTL_DONE;

	if (ctl->json)
		output_json(ctl->out, answer);
	else if (json_array_size(rows) == 0)
		fprintf(ctl->out, "%s\n", empty);
	else
		status = print_table(ctl, rows, columns);
	if (!ctl->json && json_is_string(json_object_get(answer, "next")))
		fputs("There are more; --limit is reached.\n", ctl->out);
	json_decref(answer);
	return status;
}

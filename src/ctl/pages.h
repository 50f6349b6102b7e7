/* Lists come in pages; this gathers them. */
#ifndef CTL_PAGES_H
#define CTL_PAGES_H

#include "ctl/ctl.h"

#include "base/span.h"

/*
 * Asks REQUEST (whose reference is taken over; may be NULL) again and again
 * until the array KEY of the answers holds LIMIT rows or all. A list that is
 * told newest first has the member "before", null; else the end of a page is
 * sent as "after". CTL_DONE with
 * one answer that the caller owns: the array, in which each row is an object,
 * and "next", null when these were all. Else another exit status, and it
 * is said.
 */
int pages_ask(struct ctl *ctl, json_t *request, const char *key, uint64_t limit,
    json_t **answer_r);

/* What a list shows of a row: the text of one cell each. */
typedef struct span pages_cell(const json_t *row, const char *key, char *room);

struct pages_column {
	const char *title, *key;
	pages_cell *cell; /* output_member or output_octets */
	bool right;       /* put to the right, as numbers are */
};

/*
 * Prints the rows of the array KEY of ANSWER in a table of COLUMNS (whose last
 * has no title), or EMPTY when there are none, or all as JSON. Drops the
 * reference to ANSWER. Exit status.
 */
int pages_print(struct ctl *ctl, json_t *answer, const char *key,
    const struct pages_column *columns, const char *empty);

#endif

/*
 * A fixed walk to be counted by test_counts.py: a thousand messages of 4 KiB,
 * announced by GDEL and fetched by RETR in sessions of two, by both machines
 * in memory. Exit 1 if one of them did not arrive.
 */
#include "../pair/wire.h"

#include <string.h>

#define SESSIONS 500
#define BODY     4096

static const char *const orders[] = {
    "GDEL one", "GDEL two", "RETR one", "RETR two", "QUIT", NULL};

static char content[BODY];

static void
fill(void)
{
	static const char head[] = "Subject: a walk\r\n\r\n";
	static const char line[] = "a line of sixty-four octets, so that its "
				   "size is easily known.\r\n";
	size_t n = sizeof head - 1;

	memcpy(content, head, n);
	while (n + sizeof line - 1 + 2 <= BODY) {
		memcpy(content + n, line, sizeof line - 1);
		n += sizeof line - 1;
	}
	memset(content + n, '.', BODY - n - 2); /* stuffed, too, if it begins */
	memcpy(content + BODY - 2, "\r\n", 2);
}

static void
add(struct end *origin, const char *id)
{
	struct end_hold hold = {.id = id,
	    .sender = "alice@a.test",
	    .recipient = "bob@b.test",
	    .content = span_make(content, BODY)};

	end_hold_add(origin, &hold);
}

static unsigned
session(void)
{
	struct wire w;
	unsigned arrived = 0;

	wire_init(&w, orders, SMTP_KEYWORD_PULL | SMTP_KEYWORD_GDEL);
	add(&w.origin, "one");
	add(&w.origin, "two");
	wire_run(&w);
	for (size_t i = 0; i < w.asker.copy_count; i++)
		arrived += w.asker.copies[i].stored &&
			   w.asker.copies[i].content.n == BODY;
	wire_fini(&w);
	return arrived;
}

int
main(void)
{
	unsigned arrived = 0;

	fill();
	for (unsigned i = 0; i < SESSIONS; i++)
		arrived += session();
	return arrived == 2 * SESSIONS ? 0 : 1;
}

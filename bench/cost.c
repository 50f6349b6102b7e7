/* What commits of a store cost; see cost.h. */
#include "cost.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double
seconds(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double
cost_seconds(void)
{
	return seconds(CLOCK_MONOTONIC);
}

static void
fail(const char *what)
{
	fprintf(stderr, "cost: %s\n", what);
	exit(1);
}

void
cost_init(struct cost *cost, unsigned long most)
{
	*cost = (struct cost){.most = most};
	cost->each = calloc(most, sizeof *cost->each);
	if (cost->each == NULL)
		fail("no memory");
}

void
cost_fini(struct cost *cost)
{
	free(cost->each);
	cost->each = NULL;
}

/* That this process let be written to a disk so far. */
static uint64_t
octets_written(void)
{
	FILE *file = fopen("/proc/self/io", "r");
	char line[128];
	uint64_t octets = 0;

	if (file == NULL)
		fail("/proc/self/io is not there");
	while (fgets(line, sizeof line, file) != NULL)
		(void)sscanf(line, "write_bytes: %" SCNu64, &octets);
	(void)fclose(file);
	return octets;
}

static uint64_t
octets_logged(struct store *store)
{
	struct store_figures figures;

	store_figures(store, &figures);
	return figures.wal_octets;
}

void
cost_begin(struct cost *cost, struct store *store)
{
	cost->written_before = octets_written();
	cost->logged_before = octets_logged(store);
	cost->processor_before = seconds(CLOCK_PROCESS_CPUTIME_ID);
	cost->began = cost_seconds();
}

void
cost_end(struct cost *cost, struct store *store, unsigned long operations)
{
	const double took = cost_seconds() - cost->began;
	const uint64_t logged = octets_logged(store);

	assert(cost->commits < cost->most);
	cost->seconds += took;
	cost->processor +=
	    seconds(CLOCK_PROCESS_CPUTIME_ID) - cost->processor_before;
	cost->each[cost->commits++] = took * 1e6;
	cost->operations += operations;
	cost->written += octets_written() - cost->written_before;
	/* Or it began anew. */
	cost->logged += logged < cost->logged_before
			    ? logged
			    : logged - cost->logged_before;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void
cost_print(struct cost *cost)
{
	const unsigned long n = cost->commits;

	qsort(cost->each, n, sizeof *cost->each, compare);
	printf("%lu\t%.6f\t%.6f\t%.1f\t%.1f\t%" PRIu64 "\t%" PRIu64 "\n",
	    cost->operations, cost->seconds, cost->processor, cost->each[n / 2],
	    cost->each[n * 99 / 100], cost->written, cost->logged);
	fflush(stdout);
}

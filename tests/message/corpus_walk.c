/* Walks over the corpus; see corpus_walk.h. */
#include "corpus_walk.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDERS_OPEN 8

/* Tests run in the source's root. */
static const char standard[] = "../shared/corpus";

/* nftw() hands nothing on. */
static void (*look_at)(struct span message);
static unsigned count;

static char *
read_file(const char *path, size_t size, size_t *n_r)
{
	FILE *file = fopen(path, "rb");
	char *text = malloc(size + 1);

	if (file == NULL || text == NULL)
		abort();
	*n_r = fread(text, 1, size, file);
	(void)fclose(file);
	return text;
}

/* How many octets FILE has on the wire, which go to TO unless that is NULL. */
static size_t
put_as_message(struct span file, char *to)
{
	size_t n = 0;

	if (span_starts_nocase(file, span_of("From ")))
		file = span_skip(file, span_find(file, 0, '\n') + 1);
	for (size_t i = 0; i < file.n; i++) {
		if (file.p[i] == '\n' && (i == 0 || file.p[i - 1] != '\r')) {
			if (to != NULL)
				to[n] = '\r';
			n++;
		}
		if (to != NULL)
			to[n] = file.p[i];
		n++;
	}
	return n;
}

static int
check_file(
    const char *path, const struct stat *status, int kind, struct FTW *where)
{
	struct span name = span_of(path), file;
	char *text, *message;
	size_t n;

	/* The corpus' own papers lie in its root and in LICENSES. */
	if (kind != FTW_F || where->level < 2 ||
	    span_search(name, 0, span_of("/LICENSES/")) < name.n)
		return 0;
	text = read_file(path, (size_t)status->st_size, &n);
	file = span_make(text, n);
	n = put_as_message(file, NULL);
	message = malloc(n > 0 ? n : 1);
	if (message == NULL)
		abort();
	(void)put_as_message(file, message);
	look_at(span_make(message, n));
	free(message);
	free(text);
	count++;
	return 0;
}

unsigned
corpus_walk(void (*look)(struct span message))
{
	const char *folder = getenv("RESTANTE_CORPUS");

	look_at = look;
	count = 0;
	(void)nftw(folder == NULL ? standard : folder, check_file, FOLDERS_OPEN,
	    FTW_PHYS);
	return count;
}

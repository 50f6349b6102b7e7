/*
 * For: paths as Dovecot wants them.
 *
 * Not for: making anything at them (dovecot_write.c).
 */
#include "ctl/dovecot_place.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* Appends "/WORD" for each word of REST; links in what does not exist yet
   cannot be followed. */
static int
append_rest(struct span rest, struct buf *to, struct err *err)
{
	struct span word;

	while (span_cut(&rest, '/', &word)) {
		if (word.n == 0 || span_equals(word, span_of(".")))
			continue;
		if (span_equals(word, span_of("..")))
			return err_set(err, -E_SYNTAX,
			    "\"..\" behind what does not exist");
		if (to->n == 0 || to->p[to->n - 1] != '/')
			buf_char(to, '/');
		buf_put(to, word);
	}
	return 0;
}

/* The longest part of PATH that exists, resolved into REAL; the rest. */
static struct span
resolve_start(const char *path, char real[PATH_MAX])
{
	char start[DOVECOT_PLACE_MAX];
	size_t n = strlen(path);

	while (n > 0) {
		span_copy(span_make(path, n), start, sizeof start);
		if (realpath(start, real) != NULL)
			return span_skip(span_of(path), n);
		while (n > 0 && path[n - 1] == '/')
			n--;
		while (n > 0 && path[n - 1] != '/')
			n--;
	}
	return realpath(path[0] == '/' ? "/" : ".", real) == NULL
		   ? span_of("")
		   : span_of(path);
}

int
dovecot_place_resolve(const char *path, struct buf *to, struct err *err)
{
	char real[PATH_MAX] = "";
	struct span rest;

	if (strlen(path) >= DOVECOT_PLACE_MAX)
		return err_set(err, -E_RANGE, "the path is too long");
	rest = resolve_start(path, real);
	if (real[0] == '\0')
		return err_system(err, "%s", path);
	buf_text(to, real);
	return append_rest(rest, to, err);
}

/* How many octets A and B begin with that are whole folders of both. */
static size_t
common(struct span a, struct span b)
{
	size_t n = 0, whole = 0;

	for (; n < a.n && n < b.n && a.p[n] == b.p[n]; n++)
		if (a.p[n] == '/')
			whole = n;
	if ((n == a.n || a.p[n] == '/') && (n == b.n || b.p[n] == '/'))
		whole = n;
	return whole;
}

void
dovecot_place_relative(struct span from, struct span target, struct buf *to)
{
	size_t n = common(from, target);
	struct span up = span_skip(from, n), down = span_skip(target, n), word;
	const char *slash = "";

	while (span_cut(&up, '/', &word))
		if (word.n > 0) {
			buf_print(to, "%s..", slash);
			slash = "/";
		}
	while (span_cut(&down, '/', &word))
		if (word.n > 0) {
			buf_text(to, slash);
			buf_put(to, word);
			slash = "/";
		}
}

int
dovecot_place_check(const char *what, const char *path, struct err *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._+@-";

	if (path[0] == '\0')
		return err_set(err, -E_SYNTAX, "%s is missing", what);
	for (const char *p = path; *p != '\0'; p++)
		if (strchr(plain, *p) == NULL)
			return err_set(err, -E_SYNTAX,
			    "%s: the path must have letters, digits and /._+@-"
			    " only, for Dovecot: %s",
			    what, path);
	return 0;
}

int
dovecot_place_check_socket(
    const char *folder, const char *name, struct err *err)
{
	size_t most = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
	size_t n = strlen(folder) + 1 + strlen(name);

	if (n <= most)
		return 0;
	return err_set(err, -E_RANGE,
	    "%s/%s: %zu octets, and the path of a socket has at most %zu;"
	    " choose a shorter --base-dir, or a shorter folder \"mail\"",
	    folder, name, n, most);
}

/*
 * For: `restante selftest`, which is a program of its own (src/selftest/): this
 * one becomes it. Only the command line does that; no role may start a program.
 *
 * Not for: what it does.
 */
#include "base/buf.h"
#include "ctl/commands.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM   "restante-selftest"
#define WORDS_MAX 16

/* Beside this program, as it was built. "" if that cannot be said. */
static void
find_beside(char path_r[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path_r, PATH_MAX - 1);
	char *name;

	path_r[n < 0 ? 0 : n] = '\0';
	name = strrchr(path_r, '/');
	if (name == NULL ||
	    (size_t)(path_r + PATH_MAX - name) <= sizeof "/" PROGRAM)
		path_r[0] = '\0';
	else
		memcpy(name, "/" PROGRAM, sizeof "/" PROGRAM);
}

/* Its command line, from ours. exec() takes words that may be changed; it
   changes none. */
struct line {
	const char *words[WORDS_MAX];
	unsigned n;
};

static void
add(struct line *line, const char *option, const char *value)
{
	if (value == NULL)
		return;
	line->words[line->n++] = option;
	line->words[line->n++] = value;
}

static int
become(const struct line *line)
{
	char *words[WORDS_MAX + 1];
	char beside[PATH_MAX];

	memcpy(words, line->words, sizeof line->words);
	words[line->n] = NULL;
	find_beside(beside);
	if (beside[0] != '\0')
		execv(beside, words);
	if (beside[0] == '\0' || errno == ENOENT)
		execv(RESTANTE_LIBEXEC "/" PROGRAM, words);
	return errno;
}

int
launch_selftest(struct ctl *ctl, const struct arguments *a)
{
	struct line line = {{PROGRAM}, 1};
	char timeout[32], text[512];
	int error;

	snprintf(timeout, sizeof timeout, "%llds", (long long)a->timeout);
	add(&line, "--config", ctl->config);
	add(&line, "--imap", a->imap);
	add(&line, "--imaps", a->imaps);
	add(&line, "--submit", a->submit);
	add(&line, "--timeout", a->timeout > 0 ? timeout : NULL);
	if (ctl->json)
		line.words[line.n++] = "--json";
	fflush(ctl->out);
	error = become(&line);
	snprintf(text, sizeof text,
	    "the program " PROGRAM
	    " cannot be started, from beside this one or from " RESTANTE_LIBEXEC
	    ": %s",
	    strerror(error));
	return ctl_fail(ctl, "later", text);
}

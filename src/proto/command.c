/*
 * Pieces of command lines that several verbs share. Not for the verbs
 * themselves (verb_*.c) nor for finding the end of a line (line.c). See
 * command.h.
 *
 *   command = word [ SP argument ]        ; spaces before CRLF are let pass,
 *                                         ; RFC 5321 4.1.1
 */
#include "proto/command.h"

#include "base/err.h"
#include "proto/address.h"

static struct span
skip_spaces(struct span s)
{
	while (s.n > 0 && s.p[0] == ' ')
		s = span_skip(s, 1);
	return s;
}

void
command_split(struct span line, struct span *word_r, struct span *argument_r)
{
	size_t space;

	while (line.n > 0 && line.p[line.n - 1] == ' ')
		line.n--;
	space = span_find(line, 0, ' ');
	*word_r = span_part(line, 0, space);
	*argument_r = skip_spaces(span_skip(line, space));
}

void
command_verb(struct span line, struct span *word_r, struct span *argument_r)
{
	struct span size = span_of("SIZE=");

	command_split(line, word_r, argument_r);
	if (!span_starts_nocase(*word_r, size))
		return;
	while (line.n > 0 && line.p[line.n - 1] == ' ')
		line.n--;
	*argument_r = span_skip(line, size.n - 1);
	word_r->n = size.n - 1;
}

int
command_path(struct span argument, const char *keyword, struct span *path_r,
    struct span *params_r)
{
	struct span start = span_of(keyword);
	struct span rest;

	if (!span_starts_nocase(argument, start))
		return -E_SYNTAX;
	rest = skip_spaces(span_skip(argument, start.n));
	*path_r = span_part(rest, 0, address_path_length(rest));
	rest = span_skip(rest, path_r->n);
	if (rest.n > 0 && rest.p[0] != ' ')
		return -E_SYNTAX;
	*params_r = skip_spaces(rest);
	return 0;
}

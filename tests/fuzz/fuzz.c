/* What the targets share. See fuzz.h. */
#include "fuzz.h"

#include "base/utf8.h"
#include "message/shown.h"

#include <stdlib.h>
#include <string.h>

/* libFuzzer's name for a target; replay.c calls the same. */
int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t n)
{
	fuzz_one(span_make(n > 0 ? (const char *)octets : "", n));
	return 0;
}

struct fuzz_draws
fuzz_draw_line(struct span *input)
{
	struct fuzz_draws draws = {{"", 0}};

	span_cut(input, '\n', &draws.rest);
	return draws;
}

unsigned
fuzz_draw(struct fuzz_draws *draws, unsigned n)
{
	unsigned char octet = 'a';

	if (draws->rest.n > 0)
		octet = (unsigned char)draws->rest.p[0];
	draws->rest = span_skip(draws->rest, 1);
	return (unsigned char)(octet - 'a') % n;
}

char *
fuzz_exact(struct span s)
{
	char *copy = malloc(s.n > 0 ? s.n : 1);

	assert(copy != NULL);
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	return copy;
}

struct fuzz_pieces
fuzz_pieces(struct span input)
{
	struct fuzz_pieces pieces = {2166136261u};

	for (size_t i = 0; i < input.n; i++)
		pieces.seed =
		    (pieces.seed ^ (unsigned char)input.p[i]) * 16777619u;
	return pieces;
}

size_t
fuzz_piece(struct fuzz_pieces *pieces, size_t left)
{
	size_t n;

	pieces->seed = pieces->seed * 1664525u + 1013904223u;
	n = 1 + (pieces->seed >> 16) % 23;
	return n < left ? n : left;
}

void
fuzz_assert_shown(const char *text, size_t room, bool lines)
{
	const size_t n = strnlen(text, room);

	assert(n < room);
	for (struct span rest = span_make(text, n); rest.n > 0;) {
		uint32_t c = 0;
		const size_t octets = utf8_read(rest, &c);

		assert(octets > 0);
		assert(shown_character(c) == c);
		assert(c != '\n' || lines);
		rest = span_skip(rest, octets);
	}
}

void
fuzz_assert_lines(struct span s, size_t max)
{
	struct span line;

	assert(s.n == 0 || s.p[s.n - 1] == '\n');
	assert(span_find(s, 0, '\0') == s.n);
	while (span_cut(&s, '\n', &line)) {
		assert(line.n > 0 && line.n < max);
		assert(span_find(line, 0, '\r') == line.n - 1);
	}
}

bool
fuzz_same(const struct buf *a, const struct buf *b)
{
	return !buf_bad(a) && !buf_bad(b) &&
	       span_equals(buf_span(a), buf_span(b));
}

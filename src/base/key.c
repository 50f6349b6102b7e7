/*
 * Making, showing and reading the 128-bit names of rows.
 *
 * Not for identifiers that travel: those carry a key and two proofs, and are
 * made in proto/identifier.c. A key alone is not a secret.
 *
 * Read on in key.h. The layout (RFC 9562 5.7):
 *
 *   48 bits of milliseconds | 0111 | 12 random bits | 10 | 62 random bits
 */
#include "base/key.h"

#include "base/err.h"
#include "base/rand.h"

#include <string.h>

#define HIGH_MASK 0xfffu              /* the 12 random bits */
#define LOW_MASK  0x3fffffffffffffffu /* the 62 random bits */
#define LOW_START 0x1fffffffffffffffu /* leaves room to count up */
#define STEP_MAX  (1u << 31)          /* so that the next key is no guess */

/* What the last key of this process was made of. */
static struct {
	bool any;
	uint64_t time;      /* milliseconds */
	uint64_t high, low; /* the random bits */
} last;

static void
start_at(uint64_t time)
{
	last.any = true;
	last.time = time;
	rand_fill(&last.high, sizeof last.high);
	rand_fill(&last.low, sizeof last.low);
	last.high &= HIGH_MASK;
	last.low &= LOW_START;
}

/* Counts up; after 2^30 keys of one time at the least, the time itself. */
static void
step(void)
{
	last.low += 1 + rand_below(STEP_MAX);
	if (last.low > LOW_MASK)
		start_at(last.time + 1);
}

static void
put_number(uint8_t *to, unsigned octets, uint64_t number)
{
	for (unsigned i = octets; i > 0; i--) {
		to[i - 1] = (uint8_t)number;
		number >>= 8;
	}
}

struct key
key_new(int64_t now)
{
	const uint64_t time = now < 0 ? 0 : (uint64_t)now * 1000;
	struct key k;

	/* A clock that was set back must not send keys back. */
	if (!last.any || time > last.time)
		start_at(time);
	else
		step();
	put_number(k.b, 6, last.time);
	put_number(k.b + 6, 2, last.high | 0x7000u);
	put_number(k.b + 8, 8, last.low | 0x8000000000000000u);
	return k;
}

bool
key_equals(struct key a, struct key b)
{
	return memcmp(a.b, b.b, sizeof a.b) == 0;
}

bool
key_is_zero(struct key k)
{
	static const struct key zero;

	return key_equals(k, zero);
}

void
key_text(struct key k, char text_r[KEY_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof k.b; i++) {
		text_r[2 * i] = digits[k.b[i] >> 4];
		text_r[2 * i + 1] = digits[k.b[i] & 15];
	}
	text_r[2 * sizeof k.b] = '\0';
}

/* The value of a lower-case hexadecimal digit, or -1. */
static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int
key_parse(struct span s, struct key *key_r)
{
	struct key k;

	if (s.n != 2 * sizeof k.b)
		return -E_SYNTAX;
	for (size_t i = 0; i < sizeof k.b; i++) {
		const int high = digit_value(s.p[2 * i]);
		const int low = digit_value(s.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return -E_SYNTAX;
		k.b[i] = (uint8_t)(high << 4 | low);
	}
	*key_r = k;
	return 0;
}

/*
 * Base64 (RFC 4648) in its two alphabets, read strictly: each sequence of
 * octets has exactly one spelling, so that two texts are equal exactly when
 * what they mean is.
 *
 * Not for the bodies of MIME parts, which have line ends inside and come from
 * programs that are less exact.
 *
 * Read on in base64.h.
 */
#include "base/base64.h"

#include "base/err.h"

#include <assert.h>

static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
base64_url(struct span in, char *to, size_t room)
{
	uint32_t bits = 0;  /* the last octets read */
	unsigned count = 0; /* how many bits of them are not written yet */

	assert(room >= (in.n * 4 + 2) / 3 + 1);
	(void)room;
	for (size_t i = 0; i < in.n; i++) {
		bits = bits << 8 | (uint8_t)in.p[i];
		count += 8;
		while (count >= 6) {
			count -= 6;
			*to++ = url_alphabet[bits >> count & 63];
		}
	}
	if (count > 0)
		*to++ = url_alphabet[bits << (6 - count) & 63];
	*to = '\0';
}

/* The value of C where C62 and C63 are the last two letters, or -1. */
static int
letter_value(char c, char c62, char c63)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == c62)
		return 62;
	return c == c63 ? 63 : -1;
}

/* IN without padding. */
static int
decode(struct span in, char c62, char c63, void *to, size_t room, size_t *n_r)
{
	uint8_t *at = to;
	uint32_t bits = 0;
	unsigned count = 0;

	if (in.n % 4 == 1)
		return -E_SYNTAX;
	if (in.n / 4 * 3 + in.n % 4 * 3 / 4 > room)
		return -E_RANGE;
	for (size_t i = 0; i < in.n; i++) {
		const int value = letter_value(in.p[i], c62, c63);

		if (value < 0)
			return -E_SYNTAX;
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count >= 8) {
			count -= 8;
			*at++ = (uint8_t)(bits >> count);
		}
	}
	/* Bits that no octet uses would be a second spelling. */
	if ((bits & ((1u << count) - 1)) != 0)
		return -E_SYNTAX;
	*n_r = (size_t)(at - (uint8_t *)to);
	return 0;
}

int
base64_url_decode(struct span in, void *to, size_t room, size_t *n_r)
{
	return decode(in, '-', '_', to, room, n_r);
}

int
base64_decode(struct span in, void *to, size_t room, size_t *n_r)
{
	if (in.n % 4 != 0)
		return -E_SYNTAX;
	for (int i = 0; i < 2 && in.n > 0 && in.p[in.n - 1] == '='; i++)
		in.n--;
	return decode(in, '+', '/', to, room, n_r);
}

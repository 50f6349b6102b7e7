/*
 * The 128-bit name of a row: 48 bits of milliseconds, then random bits, in
 * the layout of a UUID of version 7 (RFC 9562 5.7). Made by whoever creates
 * the row, so that repeating a request repeats the key. Time-ordered, because
 * random keys cost a B-tree most of its speed.
 */
#ifndef BASE_KEY_H
#define BASE_KEY_H

#include "base/span.h"

#define KEY_TEXT 33 /* 32 hexadecimal digits and a NUL */

struct key {
	uint8_t b[16];
};

/* NOW in seconds since 1970; keys of one process never run backwards. */
struct key key_new(int64_t now);
bool key_equals(struct key a, struct key b);
bool key_is_zero(struct key k);

/* Lower-case hexadecimal, as shown to people. */
void key_text(struct key k, char text_r[KEY_TEXT]);
int key_parse(struct span s, struct key *key_r);

#endif

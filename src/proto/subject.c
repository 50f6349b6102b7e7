/*
 * The subject on an MSID line, both ways. Not for the Subject field of a
 * message, which may be in any charset (message/). See subject.h.
 *
 *   subject      = *( encoded-word / octet )
 *   encoded-word = "=?" charset [ "*" language ] "?" ( "B" / "Q" ) "?" text
 *                  "?="                   ; RFC 2047 2, RFC 2231 5
 *
 * Spaces between two encoded words do not count (RFC 2047 6.2).
 */
#include "proto/subject.h"

#include "base/base64.h"
#include "base/err.h"
#include "base/utf8.h"

#include <string.h>

/* An encoded word has at most 75 characters (RFC 2047 2), 12 of them ours. */
#define WORD_TEXT 63
/* Longer than any command line. */
#define SUBJECT_RAW_MAX 1024
#define REPLACEMENT     "\xef\xbf\xbd" /* U+FFFD */

/* --- characters --- */

/* C0, DEL and C1: nobody types them, and terminals obey them. */
static bool
is_control(struct span character)
{
	unsigned char first = (unsigned char)character.p[0];

	if (character.n == 1)
		return first < ' ' || first == 0x7f;
	return character.n == 2 && first == 0xc2 &&
	       (unsigned char)character.p[1] < 0xa0;
}

/* The character at the start of *S, and *S behind it; U+FFFD for no UTF-8. */
static struct span
take_character(struct span *s)
{
	uint32_t c;
	size_t n = utf8_read(*s, &c);
	struct span character = span_part(*s, 0, n);

	if (n == 0)
		character = span_of(REPLACEMENT);
	*s = span_skip(*s, n > 0 ? n : 1);
	return character;
}

/* --- reading --- */

struct encoded_word {
	struct span charset, text;
	bool is_base64;
	size_t length; /* of all of it */
};

/* The part of *REST up to a question mark, which is taken too. */
static bool
take_part(struct span *rest, struct span *part_r)
{
	size_t mark = span_find(*rest, 0, '?');

	*part_r = span_part(*rest, 0, mark);
	if (mark == rest->n || mark == 0)
		return false;
	*rest = span_skip(*rest, mark + 1);
	return true;
}

static bool
parse_word(struct span s, struct encoded_word *word_r)
{
	struct span rest = span_skip(s, 2);
	struct span encoding;

	if (!span_starts_nocase(s, span_of("=?")) ||
	    !take_part(&rest, &word_r->charset) ||
	    !take_part(&rest, &encoding) || !take_part(&rest, &word_r->text) ||
	    !span_starts_nocase(rest, span_of("=")) ||
	    span_find(word_r->text, 0, ' ') < word_r->text.n)
		return false;
	word_r->charset.n = span_find(word_r->charset, 0, '*');
	word_r->is_base64 = span_equals_nocase(encoding, span_of("B"));
	word_r->length = s.n - rest.n + 1;
	return word_r->is_base64 || span_equals_nocase(encoding, span_of("Q"));
}

static int
hexadecimal(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* The Q encoding (RFC 2047 4.2); a malformed "=" stays as it is. */
static void
decode_q(struct span s, struct buf *to)
{
	for (size_t i = 0; i < s.n; i++) {
		int high = i + 2 < s.n ? hexadecimal(s.p[i + 1]) : -1;
		int low = i + 2 < s.n ? hexadecimal(s.p[i + 2]) : -1;

		if (s.p[i] == '=' && high >= 0 && low >= 0) {
			buf_char(to, (char)(high * 16 + low));
			i += 2;
		} else {
			buf_char(to, s.p[i] == '_' ? ' ' : s.p[i]);
		}
	}
}

static void
put_latin1(struct span s, struct buf *to)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x80)
			buf_char(to, (char)(0xc0 | c >> 6));
		buf_char(to, (char)(c < 0x80 ? c : 0x80 | (c & 0x3f)));
	}
}

/* Appends what WORD says, or says false when it cannot be read. */
static bool
decode_word(const struct encoded_word *word, struct buf *to)
{
	bool is_latin1 =
	    span_equals_nocase(word->charset, span_of("ISO-8859-1"));
	char octets[SUBJECT_RAW_MAX];
	struct buf decoded;
	size_t n = 0;

	if (!is_latin1 &&
	    !span_equals_nocase(word->charset, span_of("UTF-8")) &&
	    !span_equals_nocase(word->charset, span_of("US-ASCII")))
		return false;
	if (word->is_base64 &&
	    base64_decode(word->text, octets, sizeof(octets), &n) < 0)
		return false;
	buf_init(&decoded, SUBJECT_RAW_MAX);
	if (word->is_base64)
		buf_put(&decoded, span_make(octets, n));
	else
		decode_q(word->text, &decoded);
	to->bad = to->bad || buf_bad(&decoded);
	if (is_latin1)
		put_latin1(buf_span(&decoded), to);
	else
		buf_put(to, buf_span(&decoded));
	buf_fini(&decoded);
	return true;
}

/* Appends S with its encoded words decoded; octets of any kind may come out. */
static void
decode(struct span s, struct buf *to)
{
	bool behind_word = false;

	while (s.n > 0) {
		size_t spaces = 0;
		struct encoded_word word;

		while (spaces < s.n && s.p[spaces] == ' ')
			spaces++;
		/* One word behind the other: they are one text. */
		if (spaces < s.n && parse_word(span_skip(s, spaces), &word)) {
			size_t before = to->n;

			if (!behind_word)
				buf_put(to, span_part(s, 0, spaces));
			behind_word = decode_word(&word, to);
			if (behind_word) {
				s = span_skip(s, spaces + word.length);
				continue;
			}
			to->n = before;
		}
		behind_word = false;
		buf_put(to, span_part(s, 0, spaces + 1));
		s = span_skip(s, spaces + 1);
	}
}

int
subject_read(struct span s, char text_r[SUBJECT_MAX + 1])
{
	struct buf decoded;
	struct span rest;
	bool is_clean = true, is_full = false, is_whole;
	size_t n = 0;

	/* Each octet becomes at most two, as ISO-8859-1. */
	buf_init(&decoded, 2 * SUBJECT_RAW_MAX);
	decode(span_part(s, 0, SUBJECT_RAW_MAX), &decoded);
	is_whole = !buf_bad(&decoded);
	rest = buf_span(&decoded);
	while (is_whole && rest.n > 0) {
		struct span character = take_character(&rest);

		is_clean = is_clean && !is_control(character);
		is_full = is_full || n + character.n > SUBJECT_MAX;
		if (is_full)
			continue;
		memcpy(text_r + n, character.p, character.n);
		n += character.n;
	}
	buf_fini(&decoded);
	text_r[is_clean ? n : 0] = '\0';
	if (!is_whole)
		return -E_NOMEM;
	return is_clean ? 0 : -E_SYNTAX;
}

/* --- saying --- */

/* TEXT made sayable: whole characters, no control, no space at either end. */
static void
clean(struct span text, struct buf *to)
{
	while (text.n > 0 && to->n < SUBJECT_MAX) {
		struct span character = take_character(&text);

		if (is_control(character))
			character = span_of(" ");
		if (to->n + character.n > SUBJECT_MAX)
			break;
		if (to->n > 0 || character.p[0] != ' ')
			buf_put(to, character);
	}
	while (to->n > 0 && to->p[to->n - 1] == ' ')
		to->n--;
}

/* Would it be read as an encoded word, or can it not be read at all? */
static bool
needs_words(struct span text, bool utf8)
{
	if (span_search(text, 0, span_of("=?")) < text.n)
		return true;
	return !utf8 && !utf8_is_ascii(text);
}

static bool
is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || c == ' ';
}

/* How many characters of Q CHARACTER becomes. */
static size_t
encoded_length(struct span character)
{
	return character.n == 1 && is_plain(character.p[0]) ? 1
							    : 3 * character.n;
}

static void
encode_q(struct span character, struct buf *to)
{
	if (encoded_length(character) == 1) {
		buf_char(to, character.p[0] == ' ' ? '_' : character.p[0]);
		return;
	}
	for (size_t i = 0; i < character.n; i++)
		buf_print(to, "=%02X", (unsigned char)character.p[i]);
}

/* TEXT is UTF-8. No character is torn apart (RFC 2047 5). */
static void
print_words(struct span text, struct buf *to)
{
	size_t length = 0;

	buf_text(to, "=?UTF-8?Q?");
	while (text.n > 0) {
		struct span character = take_character(&text);

		if (length + encoded_length(character) > WORD_TEXT) {
			buf_text(to, "?= =?UTF-8?Q?");
			length = 0;
		}
		length += encoded_length(character);
		encode_q(character, to);
	}
	buf_text(to, "?=");
}

void
subject_print(struct span text, bool utf8, struct buf *to)
{
	struct buf said;

	buf_init(&said, SUBJECT_MAX);
	clean(text, &said);
	to->bad = to->bad || buf_bad(&said);
	if (needs_words(buf_span(&said), utf8))
		print_words(buf_span(&said), to);
	else
		buf_put(to, buf_span(&said));
	buf_fini(&said);
}

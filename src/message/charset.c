/*
 * Character sets to UTF-8: three here, the others by iconv() of the C library.
 *
 * Names from messages are compared without case and without marks, and only
 * what stands in the table below is asked of the library: it knows hundreds,
 * some with a history of faults, and takes options behind slashes.
 *
 * Not for encoded words (encoded_word.c), and not for judging what may be shown
 * (shown.c).
 *
 * Read on in charset.h.
 */
#include "message/charset.h"

#include "base/err.h"
#include "base/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#define NAME_ROOM 24  /* longer names are not known */
#define PIECE     256 /* octets converted in one step */

static const iconv_t not_open = (iconv_t)-1;

struct known {
	const char *name;    /* lower case letters and digits only */
	const char *library; /* its name there */
};

/*
 * Where a set has a larger successor that programs write under the old name,
 * the successor is used, as browsers do (encoding.spec.whatwg.org). Like them
 * we do not know UTF-7: it hides text from whoever looks for it, and the
 * library reads what is malformed in it by where it was cut.
 */
static const struct known table[] = {
    {"big5", "BIG5-HKSCS"},
    {"cp1250", "CP1250"},
    {"cp1251", "CP1251"},
    {"cp1253", "CP1253"},
    {"cp1254", "CP1254"},
    {"cp1255", "CP1255"},
    {"cp1256", "CP1256"},
    {"cp1257", "CP1257"},
    {"cp1258", "CP1258"},
    {"cp850", "CP850"},
    {"cp866", "CP866"},
    {"cp932", "CP932"},
    {"cp949", "UHC"},
    {"eucjp", "EUC-JP"},
    {"euckr", "UHC"},
    {"gb18030", "GB18030"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"iso2022jp", "ISO-2022-JP"},
    {"iso2022kr", "ISO-2022-KR"},
    {"iso88592", "ISO-8859-2"},
    {"iso88593", "ISO-8859-3"},
    {"iso88594", "ISO-8859-4"},
    {"iso88595", "ISO-8859-5"},
    {"iso88596", "ISO-8859-6"},
    {"iso88597", "ISO-8859-7"},
    {"iso88598", "ISO-8859-8"},
    {"iso88598i", "ISO-8859-8"},
    {"iso88599", "CP1254"},
    {"iso885910", "ISO-8859-10"},
    {"iso885911", "TIS-620"},
    {"iso885913", "ISO-8859-13"},
    {"iso885914", "ISO-8859-14"},
    {"iso885915", "ISO-8859-15"},
    {"iso885916", "ISO-8859-16"},
    {"koi8r", "KOI8-R"},
    {"koi8u", "KOI8-U"},
    {"ksc56011987", "UHC"},
    {"macintosh", "MACINTOSH"},
    {"shiftjis", "CP932"},
    {"sjis", "CP932"},
    {"tis620", "TIS-620"},
    {"utf16", "UTF-16"},
    {"utf16be", "UTF-16BE"},
    {"utf16le", "UTF-16LE"},
    {"windows1250", "CP1250"},
    {"windows1251", "CP1251"},
    {"windows1253", "CP1253"},
    {"windows1254", "CP1254"},
    {"windows1255", "CP1255"},
    {"windows1256", "CP1256"},
    {"windows1257", "CP1257"},
    {"windows1258", "CP1258"},
    {"windows874", "TIS-620"},
    {"xsjis", "CP932"},
};

#define KNOWN (sizeof table / sizeof *table)

static const char *const western[] = {
    "cp1252", "iso88591", "latin1", "windows1252"};

/* The letters and digits of NAME in lower case, "" when it is too long. */
static void
plain_name(struct span name, char to[NAME_ROOM])
{
	size_t n = 0;

	for (size_t i = 0; i < name.n; i++) {
		const char c = name.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			(c >= 'A' && c <= 'Z')))
			continue;
		if (n + 1 == NAME_ROOM) {
			n = 0;
			break;
		}
		to[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	to[n] = '\0';
}

static const char *
library_name(const char *name)
{
	for (size_t i = 0; i < KNOWN; i++) {
		if (strcmp(table[i].name, name) == 0)
			return table[i].library;
	}
	return NULL;
}

static bool
is_western(const char *name)
{
	for (size_t i = 0; i < sizeof western / sizeof *western; i++) {
		if (strcmp(western[i], name) == 0)
			return true;
	}
	return false;
}

unsigned
charset_prepare(void)
{
	/* Kept open on purpose: the library forgets what nobody uses. */
	static iconv_t kept[KNOWN];
	static bool done;
	unsigned count = 0;

	for (size_t i = 0; i < KNOWN; i++) {
		if (!done)
			kept[i] = iconv_open("UTF-8", table[i].library);
		count += kept[i] != not_open;
	}
	done = true;
	return count;
}

void
charset_open(struct charset *c, struct span name)
{
	char plain[NAME_ROOM];
	const char *library;

	*c = (struct charset){.kind = CHARSET_UTF8};
	plain_name(name, plain);
	library = library_name(plain);
	if (is_western(plain))
		c->kind = CHARSET_WESTERN;
	if (library == NULL)
		return;
	c->library = iconv_open("UTF-8", library);
	if (c->library == not_open)
		c->library = NULL;
	else
		c->kind = CHARSET_LIBRARY;
}

void
charset_close(struct charset *c)
{
	if (c->library != NULL)
		(void)iconv_close(c->library);
	c->library = NULL;
}

static void
put_character(uint32_t c, struct buf *to)
{
	char octets[UTF8_MAX];

	(void)buf_put(to, span_make(octets, utf8_write(c, octets)));
}

/*
 * Each converter puts what it can and returns how many octets it has used; the
 * few it leaves begin a character.
 */

static size_t
convert_utf8(struct span in, struct buf *to)
{
	size_t used = 0;

	while (used < in.n) {
		const struct span rest = span_skip(in, used);
		uint32_t c;
		const size_t n = utf8_read(rest, &c);

		if (n > 0)
			(void)buf_put(to, span_part(rest, 0, n));
		else if (utf8_is_cut(rest))
			break;
		else
			put_character(UTF8_UNKNOWN, to);
		used += n > 0 ? n : 1;
	}
	return used;
}

uint32_t
charset_western(unsigned char octet)
{
	/* 0x80 to 0x9f; 0 is not assigned. */
	static const uint16_t high[32] = {0x20ac, 0, 0x201a, 0x192, 0x201e,
	    0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0,
	    0x17d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	    0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178};

	if (octet < 0x80 || octet >= 0xa0)
		return octet;
	return high[octet - 0x80] == 0 ? UTF8_UNKNOWN : high[octet - 0x80];
}

static size_t
convert_western(struct span in, struct buf *to)
{
	for (size_t i = 0; i < in.n; i++)
		put_character(charset_western((unsigned char)in.p[i]), to);
	return in.n;
}

static size_t
convert_library(struct charset *c, struct span in, struct buf *to)
{
	char out[PIECE];
	char *from = (char *)(uintptr_t)in.p;
	size_t left = in.n;

	while (left > 0) {
		char *at = out;
		size_t room = sizeof out, before = left;
		const size_t rc = iconv(c->library, &from, &left, &at, &room);
		const int reason = rc == (size_t)-1 ? errno : 0;

		(void)buf_put(to, span_make(out, sizeof out - room));
		if (reason == EINVAL && left <= CHARSET_HELD)
			break;
		/* Something must become less, or it would go on for ever. */
		if (reason == EILSEQ || reason == EINVAL ||
		    (left == before && room == sizeof out)) {
			put_character(UTF8_UNKNOWN, to);
			from++;
			left--;
		}
	}
	return in.n - left;
}

static size_t
convert(struct charset *c, struct span in, struct buf *to)
{
	switch (c->kind) {
	case CHARSET_UTF8:
		return convert_utf8(in, to);
	case CHARSET_WESTERN:
		return convert_western(in, to);
	case CHARSET_LIBRARY:
		return convert_library(c, in, to);
	}
	return in.n;
}

int
charset_feed(struct charset *c, struct span in, struct buf *to)
{
	char octets[CHARSET_HELD + PIECE];

	while (in.n > 0) {
		const struct span piece = span_part(in, 0, PIECE);
		const size_t n = c->held_n + piece.n;
		size_t used;

		memcpy(octets, c->held, c->held_n);
		memcpy(octets + c->held_n, piece.p, piece.n);
		used = convert(c, span_make(octets, n), to);
		c->held_n = n - used;
		memcpy(c->held, octets + used, c->held_n);
		in = span_skip(in, piece.n);
	}
	return buf_bad(to) ? -E_NOMEM : 0;
}

int
charset_end(struct charset *c, struct buf *to)
{
	if (c->held_n > 0)
		put_character(UTF8_UNKNOWN, to);
	c->held_n = 0;
	return buf_bad(to) ? -E_NOMEM : 0;
}

/* From a folder's name to the name of its directory. */
#include "mailbox/folder.h"

#include "base/utf8.h"

#include <string.h>

struct writer {
	char *to;
	size_t at;
	bool encoding; /* within "&...-" */
	uint32_t bits; /* not yet written, BITS_N of them */
	unsigned bits_n;
	bool full;
};

static void
put(struct writer *w, char c)
{
	if (w->at + 1 >= FOLDER_NAME_MAX)
		w->full = true;
	else
		w->to[w->at++] = c;
}

static void
put_bits(struct writer *w, uint32_t value, unsigned n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+,";

	w->bits = w->bits << n | value;
	for (w->bits_n += n; w->bits_n >= 6; w->bits_n -= 6)
		put(w, digits[w->bits >> (w->bits_n - 6) & 63]);
	w->bits &= (1u << w->bits_n) - 1;
}

static void
end_encoding(struct writer *w)
{
	if (!w->encoding)
		return;
	if (w->bits_n > 0)
		put_bits(w, 0, 6 - w->bits_n);
	put(w, '-');
	w->encoding = false;
	w->bits = w->bits_n = 0;
}

static void
encode(struct writer *w, uint32_t c)
{
	if (!w->encoding)
		put(w, '&');
	w->encoding = true;
	if (c > 0xffff) {
		put_bits(w, 0xd800 + ((c - 0x10000) >> 10), 16);
		c = 0xdc00 + ((c - 0x10000) & 0x3ff);
	}
	put_bits(w, c, 16);
}

static void
put_character(struct writer *w, uint32_t c)
{
	if (c >= 0x80) {
		encode(w, c);
		return;
	}
	end_encoding(w);
	put(w, c == '/' ? '.' : (char)c);
	if (c == '&')
		put(w, '-');
}

int
folder_on_disk(struct span name, char disk_r[FOLDER_NAME_MAX])
{
	struct writer w = {.to = disk_r};
	uint32_t last = '/';
	size_t at = 0;

	disk_r[0] = '\0';
	if (span_equals_nocase(name, span_of("INBOX")))
		return 0;
	put(&w, '.');
	while (at < name.n) {
		uint32_t c;
		size_t n = utf8_read(span_skip(name, at), &c);

		if (n == 0 || c == '.' || c < 0x20 || c == 0x7f ||
		    (c == '/' && last == '/'))
			return -E_SYNTAX;
		put_character(&w, c);
		last = c;
		at += n;
	}
	end_encoding(&w);
	disk_r[w.at] = '\0';
	return last != '/' && !w.full ? 0 : -E_SYNTAX;
}

bool
folder_is_on_disk(struct span s)
{
	char last = '\0';

	if (s.n == 0)
		return true;
	if (s.n < 2 || s.n >= FOLDER_NAME_MAX || s.p[0] != '.' ||
	    s.p[s.n - 1] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < 0x20 || s.p[i] > 0x7e || s.p[i] == '/' ||
		    (s.p[i] == '.' && last == '.'))
			return false;
		last = s.p[i];
	}
	return true;
}

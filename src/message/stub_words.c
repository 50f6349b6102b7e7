/*
 * What a stub says, row by row, to both of its parts at once: so they cannot
 * differ.
 *
 * Not for how it looks (stub_html.c) nor for the message around it (stub.c).
 *
 * Read on in stub.h. What must stay true: what strangers wrote passes
 * make_foreign(), and stands behind a label of ours or behind ">", where it
 * cannot pass for words of ours.
 */
#include "message/stub_inner.h"

#include "base/utf8.h"
#include "message/date.h"
#include "message/encoded_word.h"
#include "message/shown.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Octets that are shown. An octet becomes at most five in HTML, so these keep
   everything within STUB_BODY_MAX. */
#define CLAIM_MAX   200
#define SUBJECT_MAX 300
#define NAME_MAX    64 /* of an attachment */
#define TYPE_MAX    40
#define LISTED_MAX  10 /* attachments; the others are counted */
#define DOMAIN_MAX  255
#define HOW_MAX     80
#define LOOKED_AT   8192 /* octets of what came */

/* Room for N octets when links are broken and the end is marked; and a NUL. */
#define FOREIGN_ROOM(n) ((n) + (n) / 3 + 8)
#define SHOWN_CUT       (PREVIEW_TEXT_ROOM + 2 * UTF8_MAX)

#define ADVICE                                                           \
	"Move this to any folder to accept it, to Junk to refuse it as " \
	"spam,\nto Waiting/Trusted to accept it and always trust this "  \
	"sender,\nto Waiting/Blocked to block the sender"

struct page {
	struct buf *text, *html;
};

static void
put_row(const struct page *p, const struct stub_row *row)
{
	struct span line, rest = span_of(row->text);
	const bool lines = row->look == STUB_LINES;

	stub_html_row(row, p->html);
	if (row->look == STUB_ADVICE)
		(void)buf_char(p->text, '\n');
	if (row->label[0] != '\0')
		(void)buf_print(
		    p->text, "%s:%s", row->label, lines ? "\n" : " ");
	while (lines && span_cut(&rest, '\n', &line)) {
		(void)buf_text(p->text, "> ");
		(void)buf_put(p->text, line);
		(void)buf_char(p->text, '\n');
	}
	if (!lines)
		(void)buf_print(p->text, "%s%s%s\n",
		    row->look == STUB_ATTACHMENT ? "  " : "", row->text,
		    row->note);
	if (row->look == STUB_TITLE)
		(void)buf_char(p->text, '\n');
}

/* Words of strangers. */

/* Octets at the start of S behind which a space ends a link; or 0. */
static size_t
link_length(struct span s, bool in_word)
{
	if (span_starts_nocase(s, span_of("://")))
		return 1;
	return !in_word && span_starts_nocase(s, span_of("www.")) ? 4 : 0;
}

static bool
is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/*
 * TEXT made harmless, at most MAX octets of it, and without anything that mail
 * programs make a link of: nobody goes where a stranger wants by a slip, before
 * the message is even accepted. TO has FOREIGN_ROOM(MAX).
 */
static void
make_foreign(struct span text, enum shown_form form, size_t max, char *to)
{
	char shown[SHOWN_CUT];
	struct span rest;
	bool in_word = false;
	size_t n = shown_text(
	    span_part(text, 0, LOOKED_AT), form, shown, max + 2 * UTF8_MAX);
	const bool cut = n > max;

	rest = utf8_part(span_make(shown, n), max);
	for (n = 0; rest.n > 0;) {
		const size_t link = link_length(rest, in_word);
		const size_t taken = link > 0 ? link : 1;

		memcpy(to + n, rest.p, taken);
		n += taken;
		in_word = is_letter_or_digit(to[n - 1]);
		if (link > 0)
			to[n++] = ' ';
		rest = span_skip(rest, taken);
	}
	memcpy(to + n, cut ? "..." : "", cut ? 4 : 1);
}

/* Who it is from. */

static bool
is_atom(char c, bool utf8)
{
	return is_letter_or_digit(c) ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL) ||
	       (utf8 && (unsigned char)c >= 0x80);
}

/* dot-atom "@" domain. What looks like an encoded word would be decoded. */
static bool
is_simple(struct span address, bool utf8)
{
	const size_t at = span_find(address, 0, '@');

	if (at == 0 || address.n > STUB_NAME_MAX ||
	    !stub_is_domain(span_skip(address, at + 1)) ||
	    span_search(address, 0, span_of("=?")) < address.n)
		return false;
	for (size_t i = 0; i < at; i++) {
		if (!is_atom(address.p[i], utf8))
			return false;
	}
	return true;
}

bool
stub_is_address(struct span address)
{
	return is_simple(address, false);
}

bool
stub_is_domain(struct span domain)
{
	const bool literal =
	    domain.n > 2 && domain.p[0] == '[' && domain.p[domain.n - 1] == ']';

	if (literal)
		domain = span_part(domain, 1, domain.n - 2);
	for (size_t i = 0; i < domain.n; i++) {
		const char c = domain.p[i];

		if (!is_letter_or_digit(c) && c != '-' && c != '.' &&
		    !(literal && c == ':'))
			return false;
	}
	return domain.n > 0 && domain.n <= DOMAIN_MAX;
}

/* As it is shown, so that nothing in a name is hidden. */
static bool
is_shown_as_it_is(struct span text)
{
	char shown[SHOWN_ROOM(STUB_NAME_MAX)];
	const size_t n = shown_text(text, SHOWN_LINE, shown, sizeof shown);

	return span_equals(span_make(shown, n), text);
}

/* Who vouches for it. */
static struct span
server_of(const struct stub *s)
{
	return stub_is_domain(s->server) ? s->server
					 : span_of("an unnamed server");
}

/* Where it is from, whoever it is. */
static struct span
domain_of(const struct stub *s)
{
	const struct span domain = span_skip(span_from_last(s->sender, '@'), 1);

	return stub_is_domain(domain) ? domain : server_of(s);
}

void
stub_name(const struct stub *s, char name_r[STUB_NAME], bool *plain_r)
{
	const struct span domain = domain_of(s);

	*plain_r = is_simple(s->sender, true) && is_shown_as_it_is(s->sender);
	if (*plain_r)
		(void)span_copy(s->sender, name_r, STUB_NAME);
	else
		(void)snprintf(name_r, STUB_NAME, "%s at %.*s",
		    s->sender.n > 0 ? "someone" : "mail system", (int)domain.n,
		    domain.p);
}

static void
say_sender(const struct page *p, const struct stub *s)
{
	const struct span server = server_of(s);
	char name[STUB_NAME], written[FOREIGN_ROOM(CLAIM_MAX)],
	    note[DOMAIN_MAX + HOW_MAX + 64];
	bool plain;

	stub_name(s, name, &plain);
	(void)snprintf(note, sizeof note, "%s, vouched for by %.*s: %.*s",
	    s->sender.n > 0 ? "" : " (no return address)", (int)server.n,
	    server.p, HOW_MAX, s->how);
	put_row(p, &(struct stub_row){STUB_SENDER, "From", name, note});
	if (plain || s->sender.n == 0)
		return;
	make_foreign(s->sender, SHOWN_LINE, CLAIM_MAX, written);
	put_row(p,
	    &(struct stub_row){STUB_CLAIM, "Address as written", written, ""});
}

/* Only what says more than the verified sender, with or without brackets. */
static void
say_claim(const struct page *p, const struct stub *s)
{
	char claim[FOREIGN_ROOM(CLAIM_MAX)];
	struct span from, bare;

	if (s->envelope == NULL)
		return;
	from = bare = span_trim(span_of(s->envelope->from));
	if (from.n > 1 && from.p[0] == '<' && from.p[from.n - 1] == '>')
		bare = span_part(from, 1, from.n - 2);
	if (from.n == 0 || span_equals_nocase(bare, s->sender))
		return;
	make_foreign(from, SHOWN_LINE, CLAIM_MAX, claim);
	put_row(p, &(struct stub_row){
		       STUB_CLAIM, "Says it is (not verified)", claim, ""});
}

/* What it is. */

void
stub_subject(const struct stub *s, char subject_r[STUB_SUBJECT])
{
	char shown[STUB_SUBJECT];
	struct span subject;

	if (s->envelope != NULL)
		subject = span_of(s->envelope->subject);
	else
		subject = span_make(
		    shown, encoded_word_text(s->subject, shown, sizeof shown));
	/* Line ends have become spaces: it may be nothing else. */
	subject = span_trim(subject);
	if (subject.n == 0)
		subject = span_of("(no subject)");
	(void)span_copy(subject, subject_r, STUB_SUBJECT);
}

/* "2026-11-22 10:00 UTC" */
static void
show_time(int64_t seconds, char text_r[DATE_TEXT + 4])
{
	char plain[DATE_TEXT];
	char *time;

	date_plain(seconds, plain);
	time = strchr(plain, 'T');
	(void)snprintf(text_r, DATE_TEXT + 4, "%.*s %.5s UTC",
	    (int)(time - plain), plain, time + 1);
}

/* "812 octets", "4.7 KiB" */
static void
show_size(uint64_t size, char text_r[32])
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	uint64_t unit = 1024;
	size_t i = 0;

	if (size < unit) {
		(void)snprintf(text_r, 32, "%" PRIu64 " octets", size);
		return;
	}
	while (i < 3 && size / unit >= 1024) {
		unit *= 1024;
		i++;
	}
	(void)snprintf(text_r, 32, "%" PRIu64 ".%" PRIu64 " %s", size / unit,
	    size % unit * 10 / unit, units[i]);
}

static void
say_facts(const struct page *p, const struct stub *s)
{
	const uint64_t size = s->has_size           ? s->size
			      : s->envelope != NULL ? s->envelope->size
						    : 0;
	char text[DATE_TEXT + 4], octets[32];

	show_time(s->created, text);
	put_row(p, &(struct stub_row){STUB_FACT, "Came", text, ""});
	show_size(size, octets);
	put_row(p, &(struct stub_row){STUB_FACT, "Size",
		       s->has_size || size > 0 ? octets : "not told", ""});
}

static void
say_attachment(const struct page *p, const struct preview_attachment *a)
{
	char name[FOREIGN_ROOM(NAME_MAX)], type[FOREIGN_ROOM(TYPE_MAX)],
	    size[32], note[sizeof type + sizeof size + 8];

	make_foreign(span_of(a->name), SHOWN_LINE, NAME_MAX, name);
	make_foreign(span_of(a->type), SHOWN_LINE, TYPE_MAX, type);
	show_size(a->size, size);
	(void)snprintf(note, sizeof note, " (%s, %s)", type, size);
	put_row(p, &(struct stub_row){STUB_ATTACHMENT, "",
		       name[0] != '\0' ? name : "(no name)", note});
}

static void
say_attachments(const struct page *p, const struct stub *s)
{
	const struct envelope *e = s->envelope;
	const unsigned count = e != NULL ? e->attachments : s->attachments;
	unsigned listed = e != NULL ? e->listed : 0;
	char text[32];

	(void)snprintf(text, sizeof text, "%u", count);
	put_row(p, &(struct stub_row){STUB_FACT, "Attachments",
		       count > 0 ? text : "none", ""});
	if (listed > LISTED_MAX)
		listed = LISTED_MAX;
	for (unsigned i = 0; i < listed; i++)
		say_attachment(p, &e->list[i]);
	if (listed == 0 || listed >= count)
		return;
	(void)snprintf(text, sizeof text, "and %u more", count - listed);
	put_row(p, &(struct stub_row){STUB_ATTACHMENT, "", text, ""});
}

static void
say_lines(const struct page *p, const struct stub *s)
{
	char lines[FOREIGN_ROOM(PREVIEW_TEXT_ROOM)];

	if (s->envelope == NULL || s->envelope->preview[0] == '\0')
		return;
	make_foreign(span_of(s->envelope->preview), SHOWN_LINES,
	    PREVIEW_TEXT_ROOM - 1, lines);
	put_row(p, &(struct stub_row){STUB_LINES, "First lines", lines, ""});
}

static void
say_what_to_do(const struct page *p, const struct stub *s)
{
	char text[DATE_TEXT + 4];

	if (s->expires_at != 0) {
		show_time(s->expires_at, text);
		put_row(
		    p, &(struct stub_row){STUB_UNTIL, "Waits until", text, ""});
	}
	put_row(
	    p, &(struct stub_row){STUB_ADVICE, "",
		   s->reply_to != NULL ? ADVICE "; or reply to it to accept."
				       : ADVICE ".",
		   ""});
}

void
stub_words(const struct stub *s, struct buf *text, struct buf *html)
{
	const struct page p = {text, html};
	char subject[STUB_SUBJECT], about[FOREIGN_ROOM(SUBJECT_MAX)];

	stub_html_begin(html);
	put_row(
	    &p, &(struct stub_row){STUB_TITLE, "",
		    "A message waits at its sender's server for you to decide.",
		    ""});
	say_sender(&p, s);
	say_claim(&p, s);
	stub_subject(s, subject);
	make_foreign(span_of(subject), SHOWN_LINE, SUBJECT_MAX, about);
	put_row(&p, &(struct stub_row){STUB_ABOUT, "Subject", about, ""});
	say_facts(&p, s);
	say_attachments(&p, s);
	say_lines(&p, s);
	say_what_to_do(&p, s);
	stub_html_end(html);
}

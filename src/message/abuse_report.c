/*
 * Builds reports about users for the administrator: multipart/report of RFC
 * 6522 with message/feedback-report of RFC 5965.
 *
 * Not for deciding when one is due. What must stay true: whatever others said
 * passes clean(), so that none of it can become a field or a part.
 */
#include "message/abuse_report.h"

#include "base/err.h"
#include "message/date.h"
#include "message/shown.h"

#include <string.h>

#define LINE_ROOM 900 /* octets of a line of the header that is given back */

/* One harmless line of ASCII; a "?" stands for what is beyond. */
static struct span
clean(struct span text, size_t most, char room[SHOWN_ROOM(LINE_ROOM)])
{
	size_t shown, n = 0;

	shown = shown_text(
	    span_part(text, 0, most), SHOWN_LINE, room, SHOWN_ROOM(LINE_ROOM));
	for (size_t i = 0; i < shown; i++) {
		if ((room[i] & 0x80) == 0)
			room[n++] = room[i];
		else if ((room[i] & 0xc0) == 0xc0)
			room[n++] = '?';
	}
	return span_make(room, n);
}

/* LEAD, TEXT made harmless, TAIL, and the end of the line. */
static void
put_line(struct buf *to, const char *lead, struct span text, const char *tail)
{
	char room[SHOWN_ROOM(LINE_ROOM)];

	buf_text(to, lead);
	buf_put(to, clean(text, ABUSE_REPORT_WORD, room));
	buf_text(to, tail);
	buf_text(to, "\r\n");
}

static void
put_date(struct buf *to, const char *lead, int64_t when)
{
	char date[DATE_TEXT];

	date_message(when, date);
	buf_print(to, "%s%s\r\n", lead, date);
}

static void
put_part(struct buf *to, const char *key, const char *type)
{
	buf_print(to,
	    "\r\n--=_%s\r\nContent-Type: %s\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n",
	    key, type);
}

/* ---- for people ---- */

static void
put_words(struct buf *to, const struct abuse_report *r)
{
	put_line(to, "This is the mail server at ", r->host, ".");
	put_line(to, "Recipients called mail of this user spam:\r\n\r\n    ",
	    r->user, "\r\n");
	buf_print(
	    to, "Complaints today: %llu.\r\n", (unsigned long long)r->today);
	if (r->suspended)
		put_line(to,
		    "Nothing more is taken from this user. When you know the "
		    "reason, let them\r\nsend again:\r\n\r\n    restante user "
		    "set ",
		    r->user, " --submission on\r\n");
	else
		buf_text(to, "For the rest of the day (UTC) a tenth of the "
			     "usual number of messages is\r\ntaken from this "
			     "user. It may be that somebody else has the "
			     "password.\r\n\r\n");
	buf_text(to, "The latest:\r\n");
	for (unsigned i = 0; i < r->count; i++) {
		const struct abuse_report_item *item = &r->items[i];

		buf_text(to, "\r\n");
		put_line(to, "  to       ", item->recipient, "");
		put_line(to, "  subject  ", item->subject, "");
		put_date(to, "  sent     ", item->written);
		buf_print(to, "  called   %s\r\n", item->verdict);
		put_date(to, "  at       ", item->at);
	}
}

/* ---- for programs: RFC 5965 3 ---- */

static void
put_fields(struct buf *to, const struct abuse_report *r)
{
	const struct abuse_report_item *latest = &r->items[0];

	buf_text(to, "Feedback-Type: abuse\r\nUser-Agent: Restante\r\n"
		     "Version: 1\r\n");
	put_line(to, "Original-Mail-From: <", latest->sender, ">");
	for (unsigned i = 0; i < r->count; i++)
		put_line(to, "Original-Rcpt-To: <", r->items[i].recipient, ">");
	put_date(to, "Arrival-Date: ", latest->written);
	put_line(to, "Reporting-MTA: dns; ", r->host, "");
	put_line(to, "Reported-Domain: ", r->domain, "");
	put_line(to, "Authentication-Results: ", r->host, "; auth=pass");
	buf_print(to, "Incidents: %llu\r\n", (unsigned long long)r->today);
}

static void
put_header(struct buf *to, struct span head)
{
	char room[SHOWN_ROOM(LINE_ROOM)];
	struct span line;

	while (span_cut(&head, '\n', &line)) {
		bool folded =
		    line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
		struct span shown = clean(line, LINE_ROOM, room);

		/* no empty line ends it early, nor a boundary, however guessed
		 */
		if (span_trim(shown).n == 0 || shown.p[0] == '-')
			continue;
		buf_text(to, folded ? " " : "");
		buf_put(to, span_trim(shown));
		buf_text(to, "\r\n");
	}
}

static void
put_head(struct buf *to, const struct abuse_report *r, const char *key)
{
	put_line(to, "From: \"Mail server\" <postmaster@", r->domain, ">");
	put_line(to, "To: <", r->administrator, ">");
	put_line(to, "Subject: ", r->user,
	    r->suspended ? " is suspended after complaints"
			 : " is slowed after complaints");
	put_date(to, "Date: ", r->now);
	buf_print(
	    to, "Message-ID: <%s@%.*s>\r\n", key, (int)r->host.n, r->host.p);
	buf_print(to,
	    "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report;\r\n"
	    " report-type=feedback-report;\r\n boundary=\"=_%s\"\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n",
	    key);
}

int
abuse_report_make(const struct abuse_report *r, struct dsn_text *t)
{
	char key[KEY_TEXT];

	if (r->count == 0 || r->count > ABUSE_REPORT_MAX)
		return -E_RANGE;
	key_text(r->key, key);
	put_head(&t->head, r, key);
	put_part(&t->body, key, "text/plain; charset=us-ascii");
	put_words(&t->body, r);
	put_part(&t->body, key, "message/feedback-report");
	put_fields(&t->body, r);
	put_part(&t->body, key, "text/rfc822-headers");
	put_header(&t->body, r->head);
	buf_print(&t->body, "\r\n--=_%s--\r\n", key);
	return buf_bad(&t->head) ? buf_error(&t->head) : buf_error(&t->body);
}

/*
 * Builds delivery status notifications: words for people, fields for programs,
 * and the message or its header.
 *
 * Not for deciding when one is due, and not for reading those of others.
 *
 * Read on in dsn.h. What must stay true: whatever others said passes clean(),
 * or, as the author's own message, lies between boundaries that are not in it.
 */
#include "message/dsn.h"

#include "base/err.h"
#include "base/utf8.h"
#include "message/date.h"
#include "message/shown.h"

#include <stdio.h>
#include <string.h>

#define LINE_WANTED   78  /* RFC 5322 2.1.1 */
#define LINE_MAX      998 /* the same */
#define PIECE_MAX     72  /* of a word that is broken */
#define BOUNDARY_ROOM (KEY_TEXT + 2)
#define BOUNDARY_LEAD "=_"

/* A row for each cause. */
static const struct cause {
	enum dsn_action action;
	const char *status; /* RFC 3463 */
	bool by_reply;      /* the reply knows better */
	const char *words;
} causes[DSN_CAUSES] = {
    [DSN_EXPIRED] = {DSN_FAILED, "5.4.7", false,
	"The recipient's server was told that your message waits here. It was "
	"not fetched in time, and is not kept any longer."},
    [DSN_UNNOTICED] = {DSN_FAILED, "5.4.7", false,
	"The recipient's server took neither your message nor a notice of it "
	"in time. It is not kept any longer."},
    [DSN_REFUSED] = {DSN_FAILED, "5.0.0", true,
	"The recipient's server refused your message."},
    [DSN_DECLINED] = {DSN_FAILED, "5.7.1", false,
	"The recipient does not want your message."},
    [DSN_NO_DOMAIN] = {DSN_FAILED, "5.1.2", false,
	"There is no such domain. Look for a slip in the address."},
    [DSN_TAKES_NONE] = {DSN_FAILED, "5.1.10", false,
	"That domain takes no mail at all. Look for a slip in the address."},
    [DSN_WITHDRAWN] = {DSN_FAILED, "5.3.0", false,
	"The operator of this server took your message back."},
    [DSN_WAITING] = {DSN_DELAYED, "4.4.7", false,
	"The recipient's server was told that your message waits here, and has "
	"not fetched it yet. You need not send it again."},
    [DSN_UNREACHED] = {DSN_DELAYED, "4.4.1", true,
	"The recipient's server has taken neither your message nor a notice "
	"of it yet. This is tried again; you need not send it again."},
};

enum dsn_action
dsn_action(enum dsn_cause cause)
{
	return causes[cause].action;
}

bool
dsn_wanted(unsigned notify, enum dsn_action action, struct span sender)
{
	const unsigned wanted =
	    action == DSN_FAILED ? DSN_NOTIFY_FAILURE : DSN_NOTIFY_DELAY;

	/* NEVER stands alone; with others it still means never. */
	if (sender.n == 0 || span_equals(sender, span_of("<>")) ||
	    (notify & DSN_NOTIFY_NEVER) != 0)
		return false;
	return notify == 0 || (notify & wanted) != 0;
}

/* The trimmed value of the first field in HEAD that begins with "NAME:". */
static struct span
field_of(struct span head, const char *name)
{
	const struct span wanted = span_of(name);

	while (head.n > 0 && !span_starts_nocase(head, wanted))
		head = span_skip(head, span_find(head, 0, '\n') + 1);
	for (size_t n = 0; n < head.n; n++) {
		n = span_find(head, n, '\n');
		if (n + 1 >= head.n ||
		    (head.p[n + 1] != ' ' && head.p[n + 1] != '\t'))
			head = span_part(head, 0, n);
	}
	return span_trim(span_skip(head, wanted.n));
}

bool
dsn_is_automatic(struct span head)
{
	return span_starts_nocase(field_of(head, "Auto-Submitted:"),
		   span_of("auto-replied")) ||
	       span_starts_nocase(field_of(head, "Content-Type:"),
		   span_of("multipart/report"));
}

/* msg-id of RFC 5322 3.6.4, as far as it must be right to be named. */
static struct span
message_id_of(struct span head)
{
	const struct span id = field_of(head, "Message-ID:");

	bool is_good = id.n > 2 && id.n <= DSN_WORD_MAX && id.p[0] == '<' &&
		       id.p[id.n - 1] == '>';

	for (size_t i = 0; is_good && i < id.n; i++)
		is_good = id.p[i] > ' ' && id.p[i] <= '~';
	return is_good ? id : span_of("");
}

/* Where lines are written, folded as they become too long. */
struct page {
	struct buf *to;
	const char *indent; /* in front of a line that goes on */
	bool utf8;
	size_t column;
};

/* Begins a line with words of ours. */
static void
begin(struct page *p, const char *words)
{
	(void)buf_text(p->to, words);
	p->column = strlen(words);
}

static void
end(struct page *p)
{
	(void)buf_text(p->to, "\r\n");
	p->column = 0;
}

/* A word behind the last one, on this line or the next; already clean. */
static void
put_word(struct page *p, struct span word)
{
	const size_t indent = strlen(p->indent);

	if (p->column > indent && p->column + 1 + word.n > LINE_WANTED)
		end(p);
	if (p->column == 0) {
		begin(p, p->indent);
	} else if (p->column > indent) {
		(void)buf_char(p->to, ' ');
		p->column++;
	}
	(void)buf_put(p->to, word);
	p->column += word.n;
}

/* One harmless line of TEXT; without UTF-8 what is beyond ASCII is a "?". */
static struct span
clean(const struct page *p, struct span text, char *room, size_t n)
{
	const size_t shown = shown_text(text, SHOWN_LINE, room, n);

	n = 0;
	for (size_t i = 0; i < shown; i++) {
		if (p->utf8 || (room[i] & 0x80) == 0)
			room[n++] = room[i];
		else if ((room[i] & 0xc0) == 0xc0)
			room[n++] = '?';
	}
	return span_make(room, n);
}

/* LEAD, WORD and TAIL as one word that is never folded, spaces or not. */
static void
put_token(struct page *p, const char *lead, struct span word, const char *tail)
{
	char room[DSN_WORD_MAX], whole[DSN_WORD_MAX + 40];

	word = clean(p, word, room, sizeof room);
	put_word(p,
	    span_make(whole, (size_t)snprintf(whole, sizeof whole, "%s%.*s%s",
				 lead, (int)word.n, word.p, tail)));
}

/* Text of others, word by word; words that are too long are broken. */
static void
put_words(struct page *p, struct span text)
{
	char room[SHOWN_ROOM(DSN_REPLY_MAX)];
	struct span word, rest = span_part(text, 0, DSN_REPLY_MAX);

	rest = clean(p, rest, room, sizeof room);
	while (span_cut(&rest, ' ', &word)) {
		while (word.n > 0) {
			const struct span piece = utf8_part(word, PIECE_MAX);

			put_word(p, piece);
			word = span_skip(word, piece.n);
		}
	}
	if (text.n > DSN_REPLY_MAX)
		put_word(p, span_of("..."));
}

struct date {
	char text[DATE_TEXT];
};

static struct date
date_of(int64_t when)
{
	struct date date;

	date_message(when, date.text);
	return date;
}

/* A field of ours with one value. */
static void
put_field(struct page *p, const char *name, struct span value)
{
	begin(p, name);
	put_token(p, "", value, "");
	end(p);
}

static void
put_date_field(struct page *p, const char *name, int64_t when)
{
	put_field(p, name, span_of(date_of(when).text));
}

/* What is decided before anything is written. */
struct plan {
	bool any_failed;  /* of the recipients */
	bool utf8;        /* an address is not ASCII */
	bool whole;       /* all of the message comes back */
	bool cleaned;     /* its lines are written as those of strangers */
	struct span head; /* what is given back of it */
	const char *type;
	bool is_8bit;
};

/* Can A and B behind it stand in a mail as they are? */
static bool
can_stand(struct span a, struct span b)
{
	size_t column = 0;
	char last = '\0';

	for (size_t i = 0; i < a.n + b.n && column <= LINE_MAX; i++) {
		const char c = i < a.n ? a.p[i] : b.p[i - a.n];

		if (c == '\0' || (c == '\n') != (last == '\r'))
			return false;
		column = c == '\n' ? 0 : column + (c != '\r');
		last = c;
	}
	return last != '\r' && column <= LINE_MAX;
}

static struct plan
plan_for(const struct dsn *d)
{
	struct plan plan = {.utf8 = !utf8_is_ascii(d->author)};
	bool is_global;

	for (unsigned i = 0; i < d->count; i++) {
		const struct dsn_recipient *r = &d->recipients[i];

		plan.any_failed |= dsn_action(r->cause) == DSN_FAILED;
		plan.utf8 |=
		    !utf8_is_ascii(r->address) || !utf8_is_ascii(r->orcpt);
	}
	plan.whole = d->ret_full && d->whole && plan.any_failed &&
		     d->head.n + d->body.n <= DSN_RETURNED_MAX &&
		     can_stand(d->head, d->body);
	plan.head =
	    span_part(d->head, 0, plan.whole ? d->head.n : DSN_HEADERS_MAX);
	/* Without the empty line that closes it. */
	if (!plan.whole && span_ends_nocase(plan.head, span_of("\r\n\r\n")))
		plan.head.n -= 2;
	is_global = !utf8_is_ascii(plan.head) && utf8_is_valid(plan.head);
	plan.cleaned =
	    !plan.whole && (!can_stand(plan.head, span_of("")) ||
			       (!is_global && !utf8_is_ascii(plan.head)));
	if (plan.whole)
		plan.type = is_global ? "message/global" : "message/rfc822";
	else if (is_global && !plan.cleaned)
		plan.type = "message/global-headers";
	else
		plan.type = "text/rfc822-headers";
	plan.is_8bit =
	    !plan.cleaned && (!utf8_is_ascii(plan.head) ||
				 (plan.whole && !utf8_is_ascii(d->body)));
	return plan;
}

static void
put_returned(const struct page *p, const struct dsn *d, const struct plan *plan)
{
	char room[DSN_WORD_MAX];
	struct span line, rest = plan->head;

	if (!plan->cleaned)
		(void)buf_put(p->to, plan->head);
	while (plan->cleaned && span_cut(&rest, '\n', &line)) {
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		(void)buf_put(p->to, clean(p, line, room, sizeof room));
		(void)buf_text(p->to, "\r\n");
	}
	if (plan->whole)
		(void)buf_put(p->to, d->body);
}

static void
put_part(struct buf *to, const char *boundary, const char *type, bool is_8bit)
{
	(void)buf_print(to,
	    "\r\n--%s\r\nContent-Type: %s\r\n"
	    "Content-Transfer-Encoding: %s\r\n\r\n",
	    boundary, type, is_8bit ? "8bit" : "7bit");
}

/* The class of an SMTP reply, or 0 when REPLY is none. */
static unsigned
reply_class(struct span reply)
{
	const struct span code = span_part(reply, 0, 3);
	uint64_t number;

	if (code.n < 3 || span_number(code, 599, &number) < 0 || number < 200 ||
	    (reply.n > 3 && reply.p[3] != ' ' && reply.p[3] != '-'))
		return 0;
	return (unsigned)(number / 100);
}

/* class "." 1*3DIGIT "." 1*3DIGIT of RFC 3463 2, if REPLY has one; or "". */
static struct span
status_in(struct span reply, unsigned class)
{
	struct span status, number, rest = span_skip(reply, 4);
	uint64_t value = class;

	if (!span_cut(&rest, ' ', &status) || reply_class(reply) != class)
		return span_of("");
	rest = status;
	for (unsigned i = 0; i < 3; i++) {
		if (!span_cut(&rest, '.', &number) ||
		    span_number(number, 999, &value) < 0 || number.n > 3 ||
		    (i == 0 && value != class))
			return span_of("");
	}
	return rest.n == 0 ? status : span_of("");
}

static void
explain_recipient(struct page *p, const struct dsn_recipient *r)
{
	const struct cause *cause = &causes[r->cause];
	const unsigned class = reply_class(r->reply);

	p->indent = "";
	put_token(p, "<", r->address, ">:");
	end(p);
	p->indent = "    ";
	put_words(p, span_of(cause->words));
	if (cause->action == DSN_DELAYED && r->retry_until != 0) {
		put_words(p, span_of("It is kept until"));
		put_token(p, "", span_of(date_of(r->retry_until).text), ".");
	}
	if (cause->action == DSN_DELAYED && r->withdraw.n > 0) {
		put_words(p, span_of("To take it back, write to"));
		put_token(p, "<", r->withdraw, ">;");
		put_words(p, span_of("what you write does not matter."));
	}
	if (r->maybe_delivered)
		put_words(p, span_of("It may have been delivered all the same: "
				     "all of it was "
				     "sent once, and the answer was lost."));
	end(p);
	if (r->reply.n > 0 && class != 2) {
		if (class != 0 && r->remote.n > 0)
			put_token(p, "", r->remote, " said last:");
		else
			put_words(p,
			    span_of(class == 0 ? "Last of all:"
					       : "The other side said last:"));
		put_words(p, r->reply);
		end(p);
	}
	end(p);
}

static void
put_explanation(struct page *p, const struct dsn *d, const struct plan *plan)
{
	(void)buf_print(p->to,
	    "This is the mail server at %.*s.\r\n"
	    "It %s your message of %s\r\nto:\r\n\r\n",
	    (int)d->host.n, d->host.p,
	    plan->any_failed ? "could not deliver" : "has not yet delivered",
	    date_of(d->arrived).text);
	for (unsigned i = 0; i < d->count; i++)
		explain_recipient(p, &d->recipients[i]);
	(void)buf_print(p->to,
	    "Behind this: a report for programs, and %s.\r\n",
	    plan->whole ? "your message" : "the header of your message");
	p->indent = " ";
}

/* XTEXT decoded, if that gives printable ASCII; else as it is (RFC 3461 4). */
static struct span
decode_xtext(struct span xtext, char room[DSN_WORD_MAX])
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;

	for (size_t i = 0; i < xtext.n && n < DSN_WORD_MAX; i++) {
		char c = xtext.p[i];

		if (c == '+' && xtext.n - i >= 3) {
			const char *high = memchr(digits, xtext.p[i + 1], 16),
				   *low = memchr(digits, xtext.p[i + 2], 16);

			if (high == NULL || low == NULL)
				return xtext;
			c = (char)((high - digits) << 4 | (low - digits));
			i += 2;
		}
		if (c < ' ' || c > '~')
			return xtext;
		room[n++] = c;
	}
	return span_make(room, n);
}

/* "type;xtext"; that of utf-8 has an encoding of its own (RFC 6533 3). */
static void
put_original_recipient(struct page *p, struct span orcpt)
{
	char room[DSN_WORD_MAX];
	struct span type, value = orcpt;

	if (!span_cut(&value, ';', &type) || type.n == 0 || value.n == 0)
		return;
	if (!span_equals_nocase(type, span_of("utf-8")))
		value = decode_xtext(value, room);
	begin(p, "Original-Recipient:");
	put_token(p, "", type, ";");
	put_token(p, "", value, "");
	end(p);
}

/* RFC 3464 2.3. */
static void
put_recipient(struct page *p, const struct dsn_recipient *r)
{
	const struct cause *cause = &causes[r->cause];
	const bool is_failed = cause->action == DSN_FAILED;
	const struct span status = status_in(r->reply, is_failed ? 5 : 4);

	end(p);
	put_original_recipient(p, r->orcpt);
	put_field(p,
	    utf8_is_ascii(r->address) ? "Final-Recipient: rfc822;"
				      : "Final-Recipient: utf-8;",
	    r->address);
	put_field(p, "Action:", span_of(is_failed ? "failed" : "delayed"));
	put_field(p, "Status:",
	    cause->by_reply && status.n > 0 ? status : span_of(cause->status));
	if (r->remote.n > 0)
		put_field(p, "Remote-MTA: dns;", r->remote);
	if (reply_class(r->reply) >= 4) {
		begin(p, "Diagnostic-Code: smtp;");
		put_words(p, r->reply);
		end(p);
	}
	if (r->last_attempt != 0)
		put_date_field(p, "Last-Attempt-Date:", r->last_attempt);
	if (!is_failed && r->retry_until != 0)
		put_date_field(p, "Will-Retry-Until:", r->retry_until);
}

/* RFC 3464 2.2. */
static void
put_status(struct page *p, const struct dsn *d)
{
	char room[DSN_WORD_MAX];

	if (d->envid.n > 0)
		put_field(
		    p, "Original-Envelope-Id:", decode_xtext(d->envid, room));
	put_field(p, "Reporting-MTA: dns;", d->host);
	put_date_field(p, "Arrival-Date:", d->arrived);
	for (unsigned i = 0; i < d->count; i++)
		put_recipient(p, &d->recipients[i]);
}

static void
put_body(struct page *p, const struct dsn *d, const struct plan *plan,
    const char *boundary)
{
	put_part(p->to, boundary, "text/plain; charset=utf-8", p->utf8);
	put_explanation(p, d, plan);
	put_part(p->to, boundary,
	    p->utf8 ? "message/global-delivery-status"
		    : "message/delivery-status",
	    p->utf8);
	put_status(p, d);
	put_part(p->to, boundary, plan->type, plan->is_8bit);
	p->utf8 = false;
	put_returned(p, d, plan);
	(void)buf_print(p->to, "\r\n--%s--\r\n", boundary);
}

static void
put_head(struct page *p, const struct dsn *d, const struct plan *plan,
    const char *key)
{
	const struct span about = message_id_of(d->head);

	begin(p, "From: \"Mail server at");
	put_token(p, "", d->host, "\"");
	put_token(p, "<postmaster@", d->domain, ">");
	end(p);
	begin(p, "To:");
	put_token(p, "<", d->author, ">");
	end(p);
	put_field(p, "Subject:",
	    span_of(plan->any_failed ? "Your message could not be delivered"
				     : "Your message is delayed"));
	put_date_field(p, "Date:", d->now);
	(void)buf_print(
	    p->to, "Message-ID: <%s@%.*s>\r\n", key, (int)d->host.n, d->host.p);
	if (about.n > 0) {
		put_field(p, "In-Reply-To:", about);
		put_field(p, "References:", about);
	}
	(void)buf_print(p->to,
	    "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report;\r\n"
	    " report-type=%sdelivery-status;\r\n boundary=\"" BOUNDARY_LEAD
	    "%s\"\r\nContent-Transfer-Encoding: %s\r\n\r\n",
	    p->utf8 ? "global-" : "", key,
	    p->utf8 || plan->is_8bit ? "8bit" : "7bit");
}

void
dsn_text_init(struct dsn_text *t)
{
	*t = (struct dsn_text){.smtputf8 = false};
	buf_init(&t->head, DSN_HEAD_MAX);
	buf_init(&t->body, DSN_BODY_MAX);
}

void
dsn_text_fini(struct dsn_text *t)
{
	buf_fini(&t->head);
	buf_fini(&t->body);
}

int
dsn_make(const struct dsn *d, struct dsn_text *t)
{
	const struct plan plan = plan_for(d);
	struct page head = {&t->head, " ", plan.utf8, 0};
	struct page body = {&t->body, " ", plan.utf8, 0};
	char boundary[BOUNDARY_ROOM] = BOUNDARY_LEAD;
	char *key = boundary + strlen(boundary);

	if (d->count == 0 || d->count > DSN_RECIPIENTS_MAX)
		return -E_RANGE;
	key_text(d->key, key);
	if (span_search(d->head, 0, span_of(key)) < d->head.n ||
	    span_search(d->body, 0, span_of(key)) < d->body.n)
		return -E_EXISTS;
	t->smtputf8 = plan.utf8;
	t->body_8bit = plan.utf8 || plan.is_8bit;
	put_head(&head, d, &plan, key);
	put_body(&body, d, &plan, boundary);
	return buf_bad(&t->head) ? buf_error(&t->head) : buf_error(&t->body);
}

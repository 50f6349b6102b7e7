/*
 * A text on its way to a user: of an envelope, from memory; of a message, from
 * the file that a poster opened. As much is read as there is room for. Lines
 * end with CRLF whatever the file has, and NUL, which we never send, is '?'.
 */
#include "daemon/front/user_session.h"

#include <errno.h>
#include <unistd.h>

#define PIECE 8192 /* octets that are read at once; twice as many may leave */

void
user_session_text_init(struct user_session *s)
{
	s->text.file = -1;
	buf_init(&s->text.octets, MESSAGE_CONTENT_MAX);
}

void
user_session_text_forget(struct user_session *s)
{
	if (s->text.file >= 0)
		close(s->text.file);
	s->text.file = -1;
	s->text.open = false;
	buf_release(&s->text.octets);
}

void
user_session_text_begin(struct user_session *s, struct message *m)
{
	enum reply_name reply;

	if (reply_from_number(m->read_answer.reply, &reply) < 0)
		reply = REPLY_DELIVERY_LATER;
	if (reply == REPLY_TEXT_FOLLOWS) {
		buf_put(&s->text.octets, m->read_answer.text);
		s->text.file = m->file;
		m->file = -1;
		if (buf_bad(&s->text.octets)) {
			user_session_text_forget(s);
			reply = REPLY_DELIVERY_LATER;
		}
	}
	s->text.open = reply == REPLY_TEXT_FOLLOWS;
	s->text.at = 0;
	s->text.after_cr = false;
	user_session_tell(s, reply);
}

/* The next piece, at most N octets. */
static ssize_t
read_piece(struct user_session_text *t, char *to, size_t n)
{
	struct span rest = buf_span(&t->octets);

	if (t->file >= 0) {
		ssize_t got;

		do
			got = pread(t->file, to, n, (off_t)t->at);
		while (got < 0 && errno == EINTR);
		return got;
	}
	rest = span_part(span_skip(rest, (size_t)t->at), 0, n);
	for (size_t i = 0; i < rest.n; i++)
		to[i] = rest.p[i];
	return (ssize_t)rest.n;
}

/* A CR alone, and a LF alone, are line ends too. */
static size_t
with_line_ends(struct user_session_text *t, struct span from, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < from.n; i++) {
		char c = from.p[i];

		if (c == '\r' || (c == '\n' && !t->after_cr)) {
			to[n++] = '\r';
			to[n++] = '\n';
		} else if (c != '\n') {
			to[n++] = c != '\0' ? c : '?';
		}
		t->after_cr = c == '\r';
	}
	return n;
}

/* False: there is no room, or it is over. */
static bool
give_piece(struct user_session *s)
{
	char piece[PIECE], lines[2 * PIECE];
	size_t room = smdp_user_room(s->machine) / 2;
	ssize_t n;

	if (room == 0)
		return false;
	n = read_piece(&s->text, piece, room < PIECE ? room : PIECE);
	if (n > 0) {
		s->text.at += (uint64_t)n;
		n = (ssize_t)with_line_ends(
		    &s->text, span_make(piece, (size_t)n), lines);
		return smdp_user_text(
			   s->machine, span_make(lines, (size_t)n)) == 0;
	}
	user_session_text_forget(s);
	if (n == 0)
		(void)smdp_user_text_end(s->machine);
	else
		smdp_user_break(s->machine);
	return false;
}

void
user_session_text_pump(struct user_session *s)
{
	while (s->text.open && give_piece(s))
		;
}

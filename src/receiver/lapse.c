/* What a user is told of a message that they accepted and will not get. */
#include "receiver/lapse.h"

#include "base/buf.h"
#include "base/log.h"
#include "message/date.h"
#include "message/shown.h"
#include "receiver/decide.h"

#define WORDS_MAX 512 /* octets that are shown of what others said */

/* Words of others on one line, harmless. */
static void
put_words(struct buf *to, const char *name, struct span words)
{
	char room[SHOWN_ROOM(WORDS_MAX)];
	size_t n = shown_text(
	    span_part(words, 0, WORDS_MAX), SHOWN_LINE, room, sizeof room);

	if (n == 0)
		return;
	buf_text(to, name);
	buf_put(to, span_make(room, n));
	buf_text(to, "\r\n");
}

static void
put_head(const struct settings *settings, const struct store_notice *notice,
    int64_t now, struct buf *to)
{
	char date[DATE_TEXT], key[KEY_TEXT];

	date_message(now, date);
	key_text(key_new(now), key);
	buf_print(to, "From: \"Mail server at %s\" <postmaster@%s>\r\n",
	    settings->hostname, settings->domains.v[0]);
	put_words(to, "To: ", notice->recipient);
	buf_print(to,
	    "Subject: A message that you accepted could not be fetched\r\n"
	    "Date: %s\r\n"
	    "Message-ID: <%s@%s>\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n",
	    date, key, settings->hostname);
}

static void
put_body(const struct settings *settings, const struct store_notice *notice,
    struct span reply, struct buf *to)
{
	char date[DATE_TEXT];

	date_message(notice->decided_at, date);
	buf_print(to,
	    "This is the mail server at %s.\r\n"
	    "You accepted a message on %s:\r\n\r\n",
	    settings->hostname, date);
	put_words(to, "    from    ",
	    notice->sender.n > 0 ? notice->sender : span_of("<>"));
	put_words(to, "    about   ", notice->subject);
	date_message(notice->created, date);
	buf_print(to, "    told    %s\r\n\r\n", date);
	buf_text(to,
	    "It waited at its sender's server, and could not be fetched from "
	    "there.\r\n"
	    "No more is tried. If you want it, ask its author to send it "
	    "again.\r\n");
	put_words(to, "\r\nLast of all: ", reply);
}

int
lapse_tell(const struct settings *settings, const struct store_notice *notice,
    struct span reply, struct store_op *op)
{
	struct store_notice_settle *settle = &op->notice_settle;
	struct buf head, body;
	struct decide_report report;
	int result;

	if (notice->decided_at == 0 || notice->verdict < VERDICT_ACCEPT ||
	    notice->verdict > VERDICT_AUTHORIZE)
		return 0;
	buf_init(&head, LAPSE_HEAD_MAX);
	buf_init(&body, LAPSE_BODY_MAX);
	put_head(settings, notice, op->now, &head);
	put_body(settings, notice, reply, &body);
	report = (struct decide_report){
	    .user = notice->recipient,
	    .head = buf_span(&head),
	    .body = buf_span(&body),
	    .body_8bit = true,
	};
	result = buf_bad(&head) ? buf_error(&head) : buf_error(&body);
	if (result == 0)
		result = decide_report(settings, &report, op->now, &op->arena,
		    &settle->message, &settle->delivery);
	buf_fini(&head);
	buf_fini(&body);
	settle->has_report = result == 0;
	if (result < 0 && result != -E_NOMEM)
		log_event("lapse-untold", "id=%s user=%s",
		    log_quote(notice->id), log_quote(notice->recipient));
	return result == -E_NOMEM ? result : 0;
}

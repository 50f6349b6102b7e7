/*
 * Delivery status notifications: telling the author of a message, always a
 * user of this server, that a recipient does not get it or has to wait (GD-14,
 * RF-08). A pure builder: RFC 6522 for the form, RFC 3464 for the fields, RFC
 * 6533 where an address is not ASCII, RFC 3834 for what keeps others from
 * answering. Who sends it uses the null sender, so that nothing is ever sent
 * about a notification.
 *
 * What other servers and the author said comes out on lines of at most 78
 * octets (998 where one word is longer), without controls and of bounded
 * length, so that none of it can become a field, a part or a trick of the
 * terminal.
 */
#ifndef MESSAGE_DSN_H
#define MESSAGE_DSN_H

#include "base/buf.h"
#include "base/key.h"

#define DSN_RECIPIENTS_MAX 100          /* in one notification */
#define DSN_REPLY_MAX      512          /* octets shown of a reply: RFC 5321 */
#define DSN_WORD_MAX       900          /* octets of an address: lines of 998 */
#define DSN_HEADERS_MAX    (64 * 1024)  /* octets of a header given back */
#define DSN_RETURNED_MAX   (128 * 1024) /* of a whole message given back */
#define DSN_HEAD_MAX       (8 * 1024)   /* octets of a notification: header */
#define DSN_BODY_MAX       (1024 * 1024) /* and the rest */

enum dsn_action { DSN_FAILED = 1, DSN_DELAYED };

/* RFC 3461 4.1; the numbers of enum params_notify. 0: not given. */
enum dsn_notify {
	DSN_NOTIFY_NEVER = 1,
	DSN_NOTIFY_SUCCESS = 2,
	DSN_NOTIFY_FAILURE = 4,
	DSN_NOTIFY_DELAY = 8,
};

/* What happened. The action follows from it. */
enum dsn_cause {
	/* failed */
	DSN_EXPIRED,    /* noticed, and nobody came in time: 5.4.7 */
	DSN_UNNOTICED,  /* the notice could not be left in time: 5.4.7 */
	DSN_REFUSED,    /* 5xx to notice or message: as the reply says */
	DSN_DECLINED,   /* REJECT, SPAM and SPAMMER, all alike: 5.7.1 */
	DSN_NO_DOMAIN,  /* the domain does not exist: 5.1.2 */
	DSN_TAKES_NONE, /* its MX says that it takes no mail: 5.1.10 */
	DSN_WITHDRAWN,  /* the operator took it back: 5.3.0 */
	/* delayed */
	DSN_WAITING,   /* noticed, and nobody came yet: 4.4.7 */
	DSN_UNREACHED, /* the notice could not be left yet: as the reply says */
	DSN_CAUSES
};

enum dsn_action dsn_action(enum dsn_cause cause);

/*
 * May there be a notification of ACTION about a recipient with these NOTIFY
 * bits, to the sender of the message? Never to the null sender ("" or "<>").
 * Without NOTIFY, RFC 3461 4.1 leaves a choice: both actions, since a message
 * may wait here for days.
 */
bool dsn_wanted(unsigned notify, enum dsn_action action, struct span sender);

/*
 * Is the message with this HEAD itself a report or an automatic reply? Then
 * nobody wrote it who could be told (RFC 3834 2). Auto-Submitted:
 * auto-generated is not meant: a machine that tells of something on its own
 * has somebody who wants to know that it did not arrive.
 */
bool dsn_is_automatic(struct span head);

struct dsn_recipient {
	struct span address; /* as given in RCPT */
	struct span orcpt;   /* "type;xtext" as given, "" without */
	enum dsn_cause cause;
	/* WIRE 4.7: its final dot was sent and nothing was heard of it again */
	bool maybe_delivered;
	struct span remote; /* host that said REPLY: name or address; or "" */
	/*
	 * The last thing that happened: what the host said, beginning with its
	 * code, or words of ours. Of a 2xx nothing is told.
	 */
	struct span reply;
	int64_t last_attempt; /* 0: unknown */
	int64_t retry_until;  /* only told when delayed; 0: unknown */
	struct span withdraw; /* the same: writing there takes it back; or "" */
};

/* All borrowed for the call. */
struct dsn {
	struct key key;     /* new and random: Message-ID, boundary */
	struct span host;   /* this server's name */
	struct span domain; /* of its postmaster */
	struct span author; /* the envelope sender */
	int64_t now;

	struct span head;  /* of the message; closing empty line or not */
	struct span body;  /* "" unless whole */
	bool whole;        /* head and body are all of the message */
	bool ret_full;     /* RET=FULL (RFC 3461 4.3) */
	struct span envid; /* xtext, "" without */
	int64_t arrived;   /* when we took the message */

	unsigned count; /* 1 to DSN_RECIPIENTS_MAX */
	const struct dsn_recipient *recipients;
};

struct dsn_text {
	struct buf head; /* fields and the empty line behind them, CRLF */
	struct buf body; /* CRLF */
	bool body_8bit;  /* not all of it is ASCII */
	bool smtputf8;   /* it has an address that is not ASCII */
};

void dsn_text_init(struct dsn_text *t);
void dsn_text_fini(struct dsn_text *t);

/*
 * Writes the notification into TEXT_R, which is empty. The message comes back
 * whole if RET=FULL, somebody's delivery failed, it has at most
 * DSN_RETURNED_MAX octets and lines that can stand in a mail; else its header,
 * made harmless line by line where it could not stand there either.
 * 0; -E_RANGE too few or too many recipients, or more than there is room for;
 * -E_EXISTS: the message holds what
 * KEY makes, take another; -E_NOMEM.
 */
int dsn_make(const struct dsn *d, struct dsn_text *text_r);

#endif

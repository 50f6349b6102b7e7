/*
 * What is kept behind the store's door: states, and the rows that have them,
 * in mail terms. docs/STATES.md tells their lives. Texts are borrowed; whoever
 * hands a row out says for how long.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "base/ip.h"
#include "base/key.h"

#define STORE_INLINE_MAX      65536 /* larger bodies lie in the spool */
#define STORE_HEAD_MAX        65536 /* head of a message */
#define STORE_ENVELOPE_MAX    8192  /* envelope text (WIRE 6) */
#define STORE_RECIPIENTS_PART 1000  /* recipients in one message_put */
#define STORE_PAGE_MAX        1000  /* rows of one page */
#define STORE_WITHOUT_MAX     8 /* addresses or domains that a claim leaves out */
#define STORE_TARGETS_MAX     32         /* addresses kept with a hold */
#define STORE_HOLD_GRACE      3600       /* seconds served beyond expires_at */
#define STORE_REPORT_OCTETS   (4u << 20) /* content in one report_claim */
#define STORE_STAGED_LIFE     86400      /* seconds an unfinished put is kept */
#define STORE_SECRET          32         /* octets of a user's secret key */
#define STORE_DIGEST          32
#define STORE_DAY             86400 /* seconds of one */
#define STORE_DAYS_KEPT       90    /* of peers' figures */
#define STORE_COMPLAINT_HEAD  4096  /* octets of a head kept with one */
#define STORE_COMPLAINTS_KEPT (30 * STORE_DAY)
#define STORE_JUDGED_LEAST    20 /* messages; with fewer nobody is judged */

/* docs/STATES.md says which moves are legal and who makes them. */
enum store_hold_state {
	HOLD_HELD = 1,
	HOLD_NOTICED,
	HOLD_LEASED, /* open */
	HOLD_TAKEN,
	HOLD_REFUSED,
	HOLD_EXPIRED,
	HOLD_WITHDRAWN, /* ended */
};
enum store_route {
	ROUTE_UNKNOWN = 1, /* the destination has not been asked yet */
	ROUTE_GDEL,
	ROUTE_MSID,
	ROUTE_ENVELOPE, /* the dialect of its notice */
	ROUTE_PUSH,     /* takes no notice, or does not pull: we send it */
	ROUTE_LOCAL,    /* never on a hold; a delivery of our own user's mail */
};
enum store_notice_state {
	NOTICE_PENDING = 1, /* a person must decide */
	NOTICE_WANTED,
	NOTICE_PULLING,
	NOTICE_KEPT, /* fetched before anybody decided: a person must */
	NOTICE_FETCHED,
	NOTICE_DELIVERED,
	NOTICE_REFUSED,
	NOTICE_LAPSED,
};
/* What a recipient decided (WIRE 6). The last three are refusals. */
enum store_verdict {
	VERDICT_NONE,
	VERDICT_ACCEPT,
	VERDICT_AUTHORIZE,
	VERDICT_REJECT,
	VERDICT_SPAM,
	VERDICT_SPAMMER,
};
/* Which reports (DSN) of a hold are dealt with, as bits. */
enum store_report { REPORT_DELAYED = 1, REPORT_FAILED = 2 };
enum store_mode { MODE_SERVER = 1, MODE_ASK };
enum store_from_check { FROM_CHECK_BOTH = 1, FROM_CHECK_ENVELOPE };

/* Is whoever a user writes to listed, so that the answer comes at once? */
enum store_answers { ANSWERS_LISTED = 1, ANSWERS_ASKED };
/* What it means that a stub was moved to Trash. */
enum store_trash { TRASH_NOTHING = 1, TRASH_REJECT };

struct store_user {
	struct span
	    address; /* folded: A-labels, local part in lower case; key */
	struct span password; /* argon2id hash as text */
	enum store_mode mode;
	enum store_from_check from_check;
	enum store_answers answers;
	enum store_trash trash;
	uint8_t secret[STORE_SECRET];
	int64_t created;
};

#define STORE_IDENTITIES_MAX 100 /* of one user */

/* Another address of a user; neither an account nor anybody else's (SM-08). */
struct store_identity {
	struct span address; /* folded; key */
	struct span user;    /* folded: the main address, that of the account */
	struct span password; /* of the account; only identity_list says it */
	int64_t created;
};

/* Content: head, then body. Inline bodies come with data, spooled without. */
struct store_message {
	struct key key;
	struct span sender; /* "" is the null path */
	struct span user; /* the local user who submitted it; "" from outside */
	struct span envid;   /* xtext */
	struct span subject; /* for people: raw, unfolded, cut; may be "" */
	unsigned ret;        /* enum params_ret */
	bool body_8bit, smtputf8;
	/* Envelope text, at most STORE_ENVELOPE_MAX, "" none. It comes and goes
	   with the content; only hold_claim loads it. */
	struct span envelope;
	struct span head; /* at most STORE_HEAD_MAX */
	bool spooled;     /* body: in the spool under the message's key */
	struct span body; /* inline: at most STORE_INLINE_MAX */
	uint64_t size;    /* octets of head + body */
	uint8_t digest[STORE_DIGEST]; /* SHA-256 of head + body */
	int64_t created;
};

struct store_hold {
	struct key key;
	struct key message;
	struct span id;        /* the identifier, 43 characters */
	struct span recipient; /* as given */
	struct span domain;    /* of the recipient, A-labels */
	unsigned notify;       /* enum params_notify bits */
	struct span orcpt;
	enum store_hold_state state;
	enum store_route route;
	unsigned tries; /* notices and pushes attempted */
	int64_t created;
	int64_t next_at; /* HELD: when the next try is due; INT64_MAX: never */
	int64_t
	    expires_at; /* served until here; INT64_MAX before the first 250 */
	int64_t ended_at;      /* 0 while open */
	uint64_t capabilities; /* of the destination, at its notice */
	struct span reply;     /* the last thing the destination said */
	struct span targets;   /* STORE_TARGET octets for each address */
	bool visible;          /* named in To or Cc */
	/* The hold whose identifier is the ENVID under which this one is
	   announced: the first visible one of the message and domain, itself
	   for others. Zero when put: itself. */
	struct key envelope;
	unsigned verdict;   /* enum store_verdict, of the recipient */
	bool sent_whole;    /* its final dot may have been sent once */
	int64_t report_at;  /* when a report is due; INT64_MAX: none is */
	unsigned reported;  /* enum store_report bits */
	struct span report; /* what became of the last report, or why none */
};
#define STORE_TARGET 17 /* family, 16 octets */

struct store_notice {
	/* The name of a notice: (id, domain, named). One that named no
	   recipient (GDEL) has the name (id, domain, "") for ever, also when
	   its recipient became known. */
	struct span id;     /* as given to us */
	struct span domain; /* verified */
	struct span named;  /* the recipient's address, folded */
	/* With the sender what a user's list speaks of: who speaks for it, as
	   the setting pair-server says; "": the domain. */
	struct span server;
	/* Whose it is: the main address of the account; "": not known yet.
	   notice_put makes it of `named`, which may be another identity. */
	struct span recipient;
	struct key key;       /* ours; time-ordered; repeat key of notice_put */
	struct span to;       /* the recipient as given */
	struct span sender;   /* verified; "" also where it is not known yet */
	struct span subject;  /* text */
	struct span envelope; /* its text; only notice_get with `whole` loads it
			       */
	unsigned attachments;
	unsigned verdict;   /* enum store_verdict, of our user */
	int64_t decided_at; /* when a person decided first; 0: nobody did */
	bool verdict_due;  /* and the origin has not answered it yet. ACCEPT and
			      AUTHORIZE: with HAVE, the copy is here */
	struct ip address; /* that left it: the only one we call */
	enum store_route dialect;
	enum store_notice_state state;
	bool unconfirmed; /* KEPT or later, and the origin has not answered
			     again */
	bool has_digest;
	uint8_t digest[STORE_DIGEST];
	bool has_size;
	uint64_t size;
	unsigned tries; /* pulls attempted */
	int64_t created;
	int64_t first_try_at; /* 0: none yet */
	int64_t next_at; /* when the next pull, confirmation or verdict is due
			  */
	int64_t expires_at;  /* as the origin said */
	struct key message;  /* zero until fetched; of a PENDING one: the copy
				that another recipient's pull brought */
	struct span folder;  /* of the mailbox, where the user wants it: as on
				the disk (mailbox/folder.h); "": INBOX */
	bool shown;          /* its stub lies in the mailbox */
	unsigned stub_tries; /* claims of it: more than one, and an earlier may
				have got through */
	struct span reply;   /* the last thing the origin said */
	/* When it was last counted in the figures of its domain, 0: not yet;
	   and what our user's vote is there: 1, -1, or 0: none (SM-38). */
	int64_t counted_at;
	int vote;
};

struct store_delivery {
	struct key key;
	struct key message;
	/* Whose mailbox: folded. When it is put any identity of the local
	   user, from then on the main address. */
	struct span user;
	struct span recipient; /* as given, for trace fields */
	struct span trace;     /* fields to put in front, complete */
	struct span notice_id, notice_domain; /* "" unless pulled */
	struct span folder;                   /* of the notice; when claimed */
	unsigned tries; /* claims: more than one, and an earlier may have got
			   through */
	int64_t created, next_at;
};

enum store_listed { LISTED_NOT = 1, LISTED_ALLOW, LISTED_DENY };

/* Of whose mail a user's list speaks: what comes, what goes (SM-26, SM-28). */
enum store_side { SIDE_INCOMING = 1, SIDE_OUTGOING };

/* How an entry came onto a list. */
enum store_entry_by { ENTRY_BY_HAND = 1, ENTRY_BY_VERDICT, ENTRY_BY_WRITING };

/* One entry of a user's list; user, side, address and server are its name. */
struct store_entry {
	struct span user; /* folded */
	enum store_side side;
	struct span address; /* folded; "@domain": all addresses there */
	/* Of an incoming one: who speaks for the address, lower case. "": any
	   server where it denies; where it allows, the one that is verified
	   first takes this place. */
	struct span server;
	enum store_listed list; /* ALLOW, DENY */
	enum store_entry_by by;
	int64_t created;
	int64_t told_at; /* when the origin was last told that it denies */
};

/* SPAM or SPAMMER, said by a recipient of a message of our user (SM-32). */
struct store_complaint {
	struct key hold;
	struct span user, sender, recipient;
	struct span domain;        /* of the recipient */
	struct span subject, head; /* as they came; the head cut */
	unsigned verdict;
	int64_t at, written; /* written: when the message was accepted */
};

/* What complaints lead to: a slower pace for the day, or none at all. */
enum store_restraint { RESTRAINT_NONE, RESTRAINT_SLOW, RESTRAINT_SUSPEND };

/* How complaints stand about a user. */
struct store_standing {
	uint64_t complaints;  /* today (UTC), and since lifted_at */
	int64_t suspended_at; /* 0: may submit */
	int64_t lifted_at;    /* when the operator last said so */
};

/* A restraint began: the administrator is to be told. */
struct store_investigation {
	struct span user;
	enum store_restraint restraint;
	int64_t at;
	struct store_standing standing;
	unsigned complaint_count; /* the latest, the latest first */
	struct store_complaint *complaints;
};

/* A host, network or domain that is listed, or that did things. */
struct store_peer {
	struct span name; /* as text, in its one spelling; key */
	enum store_listed list;
	int64_t until; /* when the list does not count any more; 0: never */
	uint64_t notices, pulls, failures;
	/* Of a domain: messages that came from there and were decided or
	   delivered, and how many of them our users accept and refuse. */
	uint64_t messages, accepts, refusals;
	int64_t created, seen; /* seen: put, counted or noted the last time */
	/* Of an address; each the last time, 0: never (WIRE 8). */
	struct span domain;  /* verified, of the later of notice and pull */
	int64_t verified_at; /* it left a verified notice for the domain */
	int64_t pulled_at;   /* it served us a pull */
	int64_t tls_at;      /* it offered STARTTLS */
	int64_t keyword_at;  /* it offered a notice keyword */
};

/* What a domain's figures were made of on one day (UTC). */
struct store_peer_day {
	int64_t day; /* days since 1970 */
	uint64_t messages, accepts, refusals;
};

#endif

/*
 * The door of the receiver: which hosts may speak here and what they are
 * offered (DM-09, GD-36, GD-37, WIRE 1), which recipients are taken, and which
 * notices are believed (WIRE 8; GD-51 to GD-55).
 */
#ifndef RECEIVER_ADMIT_H
#define RECEIVER_ADMIT_H

#include "base/settings.h"
#include "proto/arrival.h"
#include "proto/reply.h"
#include "store/store.h"
#include "trust/dns.h"
#include "trust/hosts.h"
#include "trust/spf.h"

enum admit_standing {
	STANDING_STRANGER = 1, /* neither allowed nor denied */
	STANDING_ALLOWED,      /* may push, sees no notice keyword */
	STANDING_DENIED,       /* 554 */
};

struct admit {
	struct store *store;
	const struct settings *settings;
	const struct hosts *local;   /* our own domains */
	const struct hosts *allowed; /* settings allow-hosts */
	const struct hosts *denied;
	const struct hosts *callable;  /* settings callable-networks */
	const struct hosts *ourselves; /* addresses on which we listen */
	/* Domains whose quality is too low, and the addresses that last spoke
	   for them; NULL: none. */
	const struct hosts *poor;
};

/* NAME: forward-confirmed, or "". Denied comes first, then allowed, then the
   quality of the domain it last spoke for (WIRE 10). */
enum admit_standing
admit_host(const struct admit *admit, struct ip address, struct span name);

/* Is the quality of DOMAIN, which was verified, too low? Not if the operator
   allows it. */
bool admit_is_poor(const struct admit *admit, struct span domain);

/* The words that EHLO shows to such a host: enum smtp_keyword bits. NAME as
   above. */
unsigned admit_keywords(
    const struct admit *admit, enum admit_standing s, struct span name);

/* Who speaks for a sender. */
struct admit_speaker {
	struct ip address;
	struct span domain; /* that it speaks for, A-labels; "": not known */
	bool verified;      /* and it may */
	struct span name;   /* forward-confirmed, or "" */
};

/* The server of the pair that users' lists speak of (WIRE 10), in ROOM. */
struct span admit_server(const struct settings *settings,
    const struct admit_speaker *speaker, char room[DNS_NAME_MAX]);

/*
 * May a message for RECIPIENT come in this way? The lists have a word in it:
 * the recipient's (SM-36, SM-37), and for SUBMITTED mail to others that of USER
 * (SM-35). ANSWERED once, now or from a later store_turn().
 */
struct admit_recipient {
	enum arrival_way way;
	enum admit_standing standing; /* PUSHED */
	struct span user;             /* SUBMITTED: who is signed in */
	struct span sender, recipient;
	/* Of SUBMITTED mail nothing; without address and domain no list is
	   asked. */
	struct admit_speaker speaker;
	struct span id; /* ANNOUNCED: the envelope's, "" if it has none yet */
	/* How it is decided, by the list or the user; set before ANSWERED says
	   2xx; may be NULL. */
	enum store_mode *mode_r;
	/* Of SUBMITTED mail to others: does the list of USER say that they want
	   it at once (SM-34)? The same. */
	bool *whole_r;
};
void
admit_recipient(const struct admit *admit, const struct admit_recipient *ask,
    int64_t now, void (*answered)(void *arg, enum reply_name reply), void *arg);

enum admit_mx { MX_NOT_ASKED, MX_IS_HOST, MX_IS_NOT_HOST, MX_NOT_KNOWN };

/*
 * Is a notice, or the MAIL of a pull, from this host believed? REPLY_NOTED when
 * it is. MX tells, for a domain without SPF record, whether the host is one of
 * its MX hosts.
 */
enum reply_name admit_belief(
    const struct settings *settings, enum spf_result spf, enum admit_mx mx);

/* May we call this address at all (AT-24)? */
bool admit_callable(const struct admit *admit, struct ip address);

struct admit_notice_recipient {
	struct span to; /* as given */
	enum store_mode mode;
};

struct admit_notice {
	struct ip address;
	struct span id;
	struct span domain; /* that the host says it speaks for, A-labels */
	struct span name;   /* of the host, forward-confirmed, or "" */
	enum spf_result spf;
	enum admit_mx mx;
	enum store_route dialect;
	bool has_digest;
	uint8_t digest[STORE_DIGEST];
	int64_t expires; /* seconds from now; 0: the dialect's default */
	bool has_size;
	uint64_t size;
	/* MSID and ENVELOPE, which name them; GDEL does not */
	struct span sender, subject, envelope;
	unsigned attachments;
	unsigned count;
	const struct admit_notice_recipient *recipients;
};

/*
 * Judges and stores a notice (durable first: GD-25). Due after a random delay
 * (GD-15), which the caller draws: DELAY seconds. ANSWERED once.
 */
void admit_notice(const struct admit *admit, const struct admit_notice *notice,
    int64_t delay, int64_t now,
    void (*answered)(void *arg, enum reply_name reply), void *arg);

#endif

/*
 * What is inside a struct smdp_user: its state, and the few moves that its
 * files (smdp_user*.c) make on it. Private to them.
 *
 *   WAITING ──greet──► FRESH ◄──► NAMED ──SIGNED_IN──► LISTING ◄──► READY
 *                       user, wrong password                         ▲ ▲
 *                                       TEXT ◄───────────────────────┘ │
 *                             READING_CONTENT ◄─── WRITING ◄───────────┘
 *                                                  every state ──► OVER
 *
 * WAITING   for greet(); nothing is read.
 * FRESH     nobody has said who he is. NAMED: "user" was said.
 * READY     signed in, between commands. WRITING: "mail" was accepted.
 * LISTING   after 213 or 230: the owner gives items. TEXT: after 222: he gives
 *           octets. Nothing is read in either.
 * READING_CONTENT  octets of "data"; behind them READY.
 * OVER      nothing is read any more.
 *
 * While a question is open the state stays what it was and nothing is read.
 */
#ifndef PROTO_SMDP_USER_INNER_H
#define PROTO_SMDP_USER_INNER_H

#include "proto/intake.h"
#include "proto/rate.h"
#include "proto/user/smdp_user.h"

/* Replies that wait unsent beyond this hold up reading (back-pressure). */
#define SMDP_USER_OUT_HIGH 4096
/* Of lists and texts so much waits unsent. */
#define SMDP_USER_TEXT_HIGH 32768
/* Above it, stuffed dots fit (one for three octets), a line, and replies. */
#define SMDP_USER_OUT_MAX 65536
/* New messages that are told before one reply; the others before the next. */
#define SMDP_USER_TOLD_MAX 32
/* How long a closed session waits for its last reply to be taken. */
#define SMDP_USER_LINGER 30

enum smdp_user_state {
	SMDP_USER_WAITING = 1,
	SMDP_USER_FRESH = 2,
	SMDP_USER_NAMED = 4,
	SMDP_USER_READY = 8,
	SMDP_USER_WRITING = 16,
	SMDP_USER_LISTING = 32,
	SMDP_USER_TEXT = 64,
	SMDP_USER_READING_CONTENT = 128,
	SMDP_USER_OVER = 256,
};

/* The states in which the next octets are a command. */
#define SMDP_USER_READS_LINES                                  \
	(SMDP_USER_FRESH | SMDP_USER_NAMED | SMDP_USER_READY | \
	    SMDP_USER_WRITING)
/* Those in which the owner gives. */
#define SMDP_USER_GIVES (SMDP_USER_LISTING | SMDP_USER_TEXT)

enum smdp_user_verb {
#define VERB(NAME, word, states, name, help) SMDP_USER_VERB_##NAME,
#include "proto/user/smdp_user_verbs.def"
#undef VERB
	SMDP_USER_VERB_COUNT
};

/* What has a number: the number is its place, from 1. */
struct smdp_user_entry {
	struct key key;
	uint8_t kind;
	bool is_named : 1;  /* since the last list began: it is there */
	bool has_ended : 1; /* 550 5.1.1 */
	bool is_untold : 1; /* 104 is owed for it */
};

struct smdp_user_numbers {
	struct smdp_user_entry *entries;
	uint32_t *slots; /* by hash of kind and key: a number, or 0 */
	uint32_t count, room, slot_count;
	uint32_t untold;      /* how many are_untold, */
	uint32_t untold_from; /* none before this place */
	uint64_t left_out;    /* items of this list without a number */
};

struct smdp_user {
	struct smdp_user_setup setup;
	char hostname[ADDRESS_DOMAIN_MAX + 1]; /* where setup has it */
	enum smdp_user_state state;
	bool is_signed_in;
	bool is_stopping;

	/* The open question is EVENT's kind, given out or not. */
	struct smdp_user_event event;
	bool is_asked, event_is_due, abort_is_due, closed_is_due;
	bool has_message; /* the owner has still to hear END or ABORT */
	unsigned recipients;
	unsigned tries, faults, verbs;

	struct line line;
	struct buf out;
	int64_t now;
	int64_t since;     /* when the peer's time began */
	bool is_unclocked; /* it begins at the next octets or tick */
	struct rate rate;  /* of content, or of what the owner gives */

	char name[ADDRESS_TEXT];
	struct buf password;
	bool password_is_given; /* the next call wipes it */
	struct address address;
	struct smdp_user_numbers numbers;
	struct intake content;             /* that "data" brings */
	struct content_reader given_check; /* the text that is given: form */
	struct content_writer given;       /* and its dots */
};

/* --- smdp_user.c: the moves --- */

/* The only way into a state: asserts that the move is one of the diagram. */
void smdp_user_enter(struct smdp_user *x, enum smdp_user_state state);

/* Is the next octet taken? Not while something waits for owner or pump. */
bool smdp_user_listens(const struct smdp_user *x);

/* Says REPLY, behind what is new; a 5xx is counted, a 421 closes. */
void
smdp_user_reply(struct smdp_user *x, enum reply_name reply, struct span text);

/* Opens a question. The caller has filled what EVENT needs besides its kind. */
void smdp_user_ask(struct smdp_user *x, enum smdp_user_event_kind kind);

/* What MAIL began is over. The owner hears ABORT unless END was asked. */
void smdp_user_abort(struct smdp_user *x);

/* The same, and says REPLY. */
void
smdp_user_finish(struct smdp_user *x, enum reply_name reply, struct span text);

/* Nothing is read any more; whatever is in OUT is still sent. */
void smdp_user_close(struct smdp_user *x);

void smdp_user_forget_password(struct smdp_user *x);

/* --- smdp_user_verb.c --- */

/* One command line, well formed or not (x->line says). */
void smdp_user_verb_take(struct smdp_user *x, struct span line);

/* --- smdp_user_clock.c: as smtp_clock.h has it --- */

void smdp_user_clock_set(struct smdp_user *x, int64_t now);
int64_t smdp_user_clock_deadline(const struct smdp_user *x);
void smdp_user_clock_tick(struct smdp_user *x, int64_t now);
void smdp_user_clock_restart(struct smdp_user *x);

/* The owner is about to give some; N octets went out. */
void smdp_user_clock_given(struct smdp_user *x);
void smdp_user_clock_sent(struct smdp_user *x, size_t n);

/* --- smdp_user_content.c --- */

size_t smdp_user_content_take(struct smdp_user *x, struct span in);

/* --- smdp_user_list.c --- */

void smdp_user_list_forget(struct smdp_user *x);

/* A list is asked for: what is named from now on is there. */
void smdp_user_list_asked(struct smdp_user *x);

/* The owner has given it all: what was not named has ended; the last line. */
void smdp_user_list_close(struct smdp_user *x);

/* The entry of NUMBER, or NULL when there is none or it has ended. */
struct smdp_user_entry *
smdp_user_list_find(const struct smdp_user *x, uint64_t number);

/* Says 104 for what is new, as many as go before one reply. */
void smdp_user_list_tell_new(struct smdp_user *x);

#endif

/*
 * Two whole servers without processes, and the world between them: a.test holds
 * messages, b.test fetches them, and everything that crosses may get lost, all
 * drawn from one seed. Connections are played by life_calls.c, one after the
 * other, in the order of docs/WIRE.md.
 */
#ifndef TESTS_ORIGIN_LIFE_H
#define TESTS_ORIGIN_LIFE_H

#include "steps.h"

#include "origin/accept.h"
#include "origin/hold.h"
#include "origin/notify.h"
#include "origin/serve.h"
#include "proto/identifier.h"
#include "receiver/admit.h"
#include "receiver/pull.h"
#include "receiver/put.h"

#define LIFE_LETTERS   64  /* holds of one life */
#define LIFE_FILES     128 /* in all mailboxes */
#define LIFE_CALLS     128 /* connections, questions and posts that wait */
#define LIFE_CALL_MOST 64  /* notices of one connection */

#define ORIGIN_ADDRESS      "203.0.113.1"
#define DESTINATION_ADDRESS "203.0.113.2"

/* How likely things go wrong, in percent of their occasions. */
struct life_chances {
	unsigned loss;    /* what crosses is lost, and the connection with it */
	unsigned silence; /* no connection comes about at all */
	unsigned crash;   /* a process dies */
	unsigned dns;     /* DNS does not answer */
	uint64_t weather; /* seed of the stores; 0: they are sure */
};

/* One hold, as somebody sees it who sees everything. */
struct letter {
	char id[IDENTIFIER_TEXT];
	char recipient[64];
	char body[64];
	unsigned dots;  /* times its last dot came through */
	unsigned files; /* in mailboxes */
};

enum life_call_kind { LIFE_QUESTION, LIFE_NOTICES, LIFE_PULLS, LIFE_POST };

struct life_item {
	struct key key; /* of hold, notice, or delivery */
	char id[IDENTIFIER_TEXT];
	uint8_t digest[STORE_DIGEST];
	bool confirm;
};

/* Something that was handed to another process. */
struct life_call {
	enum life_call_kind kind;
	uint64_t number;
	unsigned count;
	struct life_item items[LIFE_CALL_MOST];
	char name[PUT_PATH_MAX]; /* POST */
	bool repeated;
};

struct life {
	struct life_chances chances;
	uint64_t luck;
	struct side origin, destination;
	struct hosts *none;
	struct accept accept;
	struct serve_setup serve;
	struct admit admit;
	struct hold_expiry expiry;
	struct notify *notify;
	struct pull *pull;
	struct put *put;
	unsigned letter_count, call_count, file_count;
	struct letter letters[LIFE_LETTERS];
	struct life_call calls[LIFE_CALLS];
	char files[LIFE_FILES][PUT_PATH_MAX];
};

void life_open(struct life *l, struct life_chances chances, uint64_t seed);
void life_close(struct life *l);

/* alice writes to these, up to NULL; it is tried until it is held. */
void life_write(struct life *l, const char *const *recipients);

/* Everything that is due happens; then SECONDS pass. */
void life_tick(struct life *l, int64_t seconds);

/* Nothing is on its way any more, and nothing is to be asked. */
bool life_is_over(struct life *l);

/* ---- for life_calls.c ---- */

/* Draws: true in PERCENT of all cases. */
bool life_happens(struct life *l, unsigned percent);
struct letter *life_letter(struct life *l, struct span id);

/* life_calls.c */
void life_calls_notices(struct life *l, const struct life_call *call);
void life_calls_pulls(struct life *l, const struct life_call *call);

#endif

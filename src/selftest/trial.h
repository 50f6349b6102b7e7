/*
 * One self-test: what its steps share. A step answers 0, or negative with the
 * reason in `why` and, in `hint`, what to look at; it never waits longer than
 * `patience`.
 */
#ifndef SELFTEST_TRIAL_H
#define SELFTEST_TRIAL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/key.h"
#include "base/settings.h"
#include "ctl/control.h"
#include "ctl/selftest.h"
#include "selftest/report.h"
#include "selftest/wire.h"

#include <signal.h>

#define TRIAL_PATIENCE 30  /* seconds, when nobody says otherwise */
#define TRIAL_PLACE    300 /* octets of "HOST:PORT" */
#define TRIAL_ADDRESS  320 /* of a user */
#define TRIAL_SECRET   33  /* a password, and its NUL */
#define TRIAL_MESSAGES 8   /* left waiting in one test */
#define TRIAL_HINT     768
#define TRIAL_STATE    256 /* of a word that the server answers */

/* What was asked for; all borrowed, NULL where nothing was said. */
struct trial_wish {
	const char *imap, *imaps, *submit; /* "HOST:PORT" */
	int64_t patience;
	bool json;
	const volatile sig_atomic_t *stop;
};

/* A message that waits, and how it is known. */
struct trial_message {
	char envelope[KEY_TEXT], hold[KEY_TEXT];
	char address[IP_TEXT]; /* where the server would call itself */
	unsigned uid;          /* of its stub, in Waiting */
};

struct trial {
	const struct settings *settings;
	struct trial_wish wish;
	struct report *report;
	struct control *control;
	struct wire *reader, *sender;
	bool refused; /* the reader's password, the last time */
	char reader_at[TRIAL_PLACE], sender_at[TRIAL_PLACE];
	char address[TRIAL_ADDRESS]; /* of the user; "" while there is none */
	char password[TRIAL_SECRET];
	char sent[KEY_TEXT]; /* a word in the subject of what was sent */
	struct trial_message messages[TRIAL_MESSAGES];
	unsigned count;
	struct err why;
	char detail[400]; /* of a step that is done */
	char hint[TRIAL_HINT];
};

/* All steps, and what they made is removed. True if every one was ok. */
bool trial_run(const struct settings *settings, const struct trial_wish *wish);

/* Each row of trial_steps.def. */
typedef int trial_step(struct trial *t);
#define STEP(id, needs, run, name, text) trial_step run;
#include "selftest/trial_steps.def"
#undef STEP

/* Removes what the steps made, as far as it can; the last step. */
int trial_clean_up(struct trial *t);

/* ---- for the steps ---- */

/* Fills `why` and `hint`; answers CODE. */
int trial_fail(struct trial *t, int code, const char *hint, const char *format,
    ...) __attribute__((format(printf, 4, 5)));
/* The same, where `why` is filled already. */
int trial_hint(struct trial *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Asks IS again and again until it answers 1 (then 0), or negative (that, and
 * `why` is filled), or for too long: -E_AGAIN, "WHAT did not come about ...".
 */
int trial_wait(struct trial *t, int (*is)(struct trial *t, const void *arg),
    const void *arg, const char *what);

/*
 * One question to the server; takes over the reference to REQUEST. 0 with an
 * object that the caller owns; negative and `why`: -E_DENIED the server refused
 * it, otherwise it did not answer.
 */
int trial_ask(struct trial *t, json_t *request, json_t **answer_r);

/* The text MEMBER of an object within ANSWER, or of ANSWER (OBJECT NULL); "" if
   there is none. Borrowed. */
const char *
trial_text(const json_t *answer, const char *object, const char *member);

/* The text WHAT of the "envelope" or "hold" ID. */
int trial_look(struct trial *t, const char *kind, const char *id,
    const char *what, char room[TRIAL_STATE]);

/* A connection for that service. */
int trial_open_wire(
    struct trial *t, const char *scheme, const char *at, struct wire **wire_r);

/* Tells, once, that the certificate of that connection is doubtful. */
void trial_check_wire(struct trial *t, const struct wire *wire);

/* Submits a message from the user. */
int trial_send(struct trial *t, const char *to, const char *subject);

/*
 * How many messages, stubs or others, in FOLDER have WORD in their subject; of
 * the first *UID_R (may be NULL). Negative: `why`.
 */
int trial_find(struct trial *t, const char *folder, const char *word,
    bool stubs, unsigned *uid_r);

#endif

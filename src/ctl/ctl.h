/*
 * The command line `restante NOUN VERB ...`: finds the command, gives help,
 * and holds what all commands need.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "base/err.h"
#include "base/settings.h"
#include "ctl/arguments.h"

#include <jansson.h>
#include <stdio.h>
#include <sys/types.h>

#define CTL_DEFAULT_CONFIG "/etc/restante/restante.conf"

/* The exit status of every command, as in sysexits.h where that has one. */
enum ctl_exit {
	CTL_DONE = 0,
	CTL_FAILED = 1,         /* a step of the self-test failed */
	CTL_USAGE = 64,         /* the command line makes no sense */
	CTL_BAD = 65,           /* refused: a word of it is wrong */
	CTL_NO_ID = 66,         /* there is no such message or peer */
	CTL_NO_USER = 67,       /* there is no such user */
	CTL_NOT_RUNNING = 69,   /* nobody answers at the control socket */
	CTL_LATER = 75,         /* not now; trying again may help */
	CTL_CONFIGURATION = 78, /* a fault in the configuration */
};

struct control;

struct ctl_policy_ask {
	const char *ip, *from, *helo;
	const char *dns; /* "address:port", or NULL: of /etc/resolv.conf */
};

#define CTL_POLICY_TEXT 512
struct ctl_policy_answer {
	const char *result; /* a word of RFC 7208 2.6 */
	char explanation[CTL_POLICY_TEXT];
};

/* What the program has beyond this folder; any may be NULL in tests. */
struct ctl_world {
	int (*serve)(const char *config_path);
	/*
	 * The answer that the control socket would give to REQUEST ("user-add"
	 * and "check" only), from the store itself. -E_AGAIN: a server has it.
	 * The process may have lost its power afterwards, and its root folder.
	 */
	int (*stopped)(const struct settings *settings, const json_t *request,
	    json_t **answer_r, struct err *err);
	/* The user of the system that a key of the configuration names, as the
	   server finds it. */
	int (*find_user)(
	    const char *name, uid_t *uid_r, gid_t *gid_r, struct err *err);
	/* -E_SYNTAX: what is asked makes no sense. */
	int (*policy)(const struct ctl_policy_ask *ask,
	    struct ctl_policy_answer *answer_r, struct err *err);
};

/* One run of the program. */
struct ctl {
	const char *config; /* path of the configuration */
	bool json;          /* --json */
	FILE *in, *out, *err;
	const struct ctl_world *world;
	struct settings *settings; /* read when they are first needed */
	struct control *control;   /* opened when it is first needed */
};

/*
 * Runs the command of ARGV; CONFIG is the configuration to use without -c.
 * Returns the exit status.
 */
int ctl_run(
    int argc, char **argv, const char *config, const struct ctl_world *world);

/* The same with streams of the caller's choice, for tests; ctl_end() follows.
 */
int ctl_command(struct ctl *ctl, int argc, char *const *argv);
void ctl_end(struct ctl *ctl);

/*
 * Says on the error stream, and with --json as the document, what went wrong.
 * CODE is a word of docs/CONTROL.md. Returns the exit status that belongs to
 * it.
 */
int ctl_fail(struct ctl *ctl, const char *code, const char *text);

/*
 * Asks the server. Takes over the reference to REQUEST, which may be NULL
 * (what json_pack makes of text that is not UTF-8). CTL_DONE with an object
 * that the caller owns; else another exit status, and it is said.
 */
int ctl_ask(struct ctl *ctl, json_t *request, json_t **answer_r);

/* The same, but CTL_DONE with NULL, and nothing said, when what it asks about
   is not there (the code no-id). */
int ctl_ask_if_there(struct ctl *ctl, json_t *request, json_t **answer_r);

/* The same, but what the server refuses is an answer, too: one with the member
   "error". ctl_refused() says it, and returns the exit status. */
int ctl_ask_either(struct ctl *ctl, json_t *request, json_t **answer_r);
int ctl_refused(struct ctl *ctl, const json_t *answer);

/* Says "TEXT SAID", the text made harmless, or prints ANSWER as JSON; takes
   over the reference to it. CTL_DONE. */
int
ctl_say(struct ctl *ctl, json_t *answer, struct span text, const char *said);

/* As ctl_ask(), but when no server runs the store itself is asked. */
int ctl_ask_always(struct ctl *ctl, json_t *request, json_t **answer_r);

#endif

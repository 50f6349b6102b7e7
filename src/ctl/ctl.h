/*
 * The command line `restante NOUN VERB ...`: finds the command, gives help,
 * and holds what all commands need.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "base/err.h"
#include "ctl/arguments.h"

#include <jansson.h>
#include <stdio.h>

#define CTL_DEFAULT_CONFIG "/etc/restante/restante.conf"

/* The exit status of every command. */
enum ctl_exit {
	CTL_DONE = 0,
	CTL_FAILED = 1, /* refused, not running, no such thing */
	CTL_USAGE = 2,  /* the command line makes no sense */
};

struct control;

/* One run of the program. */
struct ctl {
	const char *config; /* path of the configuration */
	bool json;          /* --json */
	FILE *in, *out, *err;
	struct control *control; /* opened when it is first needed */
	int (*serve)(const char *config_path);
};

/*
 * Runs the command of ARGV; CONFIG is the configuration to use without -c.
 * `serve` is handed to SERVE. Returns the exit status.
 */
int ctl_run(int argc, char **argv, const char *config,
    int (*serve)(const char *config_path));

/* The same with streams and SERVE of the caller's choice, for tests. */
int ctl_command(struct ctl *ctl, int argc, char *const *argv);

/*
 * Says on the error stream (and with --json as an answer, too) what went
 * wrong. CODE is a word of the control protocol. Returns CTL_FAILED.
 */
int ctl_fail(struct ctl *ctl, const char *code, const char *text);

/*
 * Asks the server. Takes over the reference to REQUEST, which may be NULL
 * (what json_pack makes of text that is not UTF-8). CTL_DONE with an object
 * that the caller owns, whose "ok" is true; else CTL_FAILED, said already.
 */
int ctl_ask(struct ctl *ctl, json_t *request, json_t **answer_r);

#endif

/*
 * One role without processes and channels: what it sends is recorded and can be
 * refused. It works in a folder of its own, which is the current one meanwhile.
 */
#ifndef TESTS_DAEMON_SINGLE_H
#define TESTS_DAEMON_SINGLE_H

#include "steps.h"

#include "daemon/keeper/keeper.h"
#include "daemon/role/programs.h"

struct single {
	const struct role_program *program;
	struct side side; /* its clock, settings and secret */
	struct role role;
	struct peer peers[ROLE_KINDS][ROLE_INDEX_MAX]; /* all are here */
	char folder[32];
	int back; /* the folder where the test began */
	/* What it sent: how many of each type, and the last one (its spans are
	   gone). */
	unsigned sent[MESSAGE_TYPES];
	struct message last[MESSAGE_TYPES];
	bool refuse[MESSAGE_TYPES]; /* there is no room for these */
	bool full;                  /* every queue is long */
};

/* So many calls of calloc() from now on fail. */
extern unsigned single_no_memory;

/* PROGRAM has begun. */
void single_open(struct single *s, const struct role_program *program);
void single_close(struct single *s);

/* The keeper: fixtures of cmocka whose state is a struct single. Its store is
   that of `side`, which has USER. */
struct keeper *single_keeper(const struct single *s);
int single_open_keeper(void **state, const char *user);
int single_close_keeper(void **state);

/* M comes from process 0 of KIND. */
void single_hear(struct single *s, enum role_kind kind, struct message *m);

/* Until nothing more happens by itself. */
void single_run(struct single *s);

/* A file that holds TEXT, where the role works. */
int single_file(const char *name, const char *text);

#endif

/*
 * Where the tests of commands run them: a folder with a configuration and a
 * control socket, at which a second process plays the server: it answers each
 * line with the next text of a script.
 */
#ifndef TESTS_CTL_PLACE_H
#define TESTS_CTL_PLACE_H

#include "ctl/ctl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#define PLACE_REQUESTS_MAX 4096 /* octets of all that a command asks */
#define PLACE_ASKED_MAX    512

struct place {
	char folder[64], path[80], config[80];
	int listener, report[2]; /* the requests come back through a pipe */
	pid_t server;
	char *out, *err;
	size_t out_n, err_n;
	char requests[PLACE_REQUESTS_MAX];
};

/* For cmocka_unit_test_setup_teardown(): *STATE is a struct place. */
int place_set_up(void **state);
int place_tear_down(void **state);

void place_start_server(struct place *p, const char *const *script);

/* Keeps what was asked in p->requests. */
void place_end_server(struct place *p);

/* Runs `restante LINE` (words parted by single spaces) with INPUT, or none. */
int place_run_with(struct place *p, const char *line, const char *input);
int place_run(struct place *p, const char *line);

/* What `serve` ends with. */
extern int place_served_with_status;

/* A store without a server: what it was asked, and what it says; NULL: it is
   taken. */
extern char place_stopped_asked[PLACE_ASKED_MAX];
extern const char *place_stopped_answer;

#endif

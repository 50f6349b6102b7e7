/*
 * Plays the peer of a client machine, line by line, for the tests beside it.
 */
#ifndef TESTS_SMTP_CLIENT_FIXTURE_H
#define TESTS_SMTP_CLIENT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "proto/client/smtp_client.h"

#define ALL_KEYWORDS                                                           \
	"250-peer.test\r\n250-PIPELINING\r\n250-SIZE 5000\r\n250-8BITMIME\r\n" \
	"250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n"          \
	"250-DSN\r\n250-RETR\r\n250-GTML\r\n250-GDEL\r\n"                      \
	"250 PULL DIGEST EXPIRES FROM HAVE\r\n"

/* Time of the tests: nothing waits, so each sets it as it likes. */
extern int64_t fixture_now;

/* A machine, fed with nothing yet. */
struct smtp_client *fixture_dial(const struct smtp_client_setup *setup);

/* The usual set-up: no TLS; timeouts of 300, 300 and 180 seconds. */
struct smtp_client_setup fixture_setup(void);

/* A READY machine whose peer answered EHLO with EHLO_REPLY. */
struct smtp_client *fixture_ready(const char *ehlo_reply);

/* A TURNED machine with these capabilities. */
struct smtp_client *fixture_turned(uint64_t capabilities);

/* The peer says TEXT; the machine must take all of it. */
void peer_says(struct smtp_client *x, const char *text);

/* The machine wants to send exactly TEXT, and does. */
void machine_says(struct smtp_client *x, const char *text);

/* The next event is of KIND; it is returned until the next call. */
const struct smtp_client_event *
told(struct smtp_client *x, enum smtp_client_event_kind kind);

/* There is no event. */
void told_nothing(struct smtp_client *x);

/* BROKEN comes next with CODE (0: no reply), and the machine wants no more. */
void told_broken(struct smtp_client *x, int code);

/* SENT comes next, with this code. */
void told_sent(struct smtp_client *x, int code, bool final);

/* A message of SIZE octets from alice@a.test to bob@b.test. */
struct smtp_client_send plain_send(uint64_t size);

#endif

/*
 * No input breaks the machine: random and mutated sessions from a fixed seed.
 * The promises that hold for every input (one END, MSID or ABORT for each MAIL
 * or ENVELOPE, one CLOSED, replies that are replies) are looked at by
 * server_talk.
 */
#include "server_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define INPUTS     200000
#define PIECES_MAX 12

static const char *const pieces[] = {
    "EHLO c.test\r\n",
    "HELO c.test\r\n",
    "STARTTLS\r\n",
    "AUTH PLAIN AGJvYkBiLnRlc3QAcmlnaHQ=\r\n",
    "AUTH LOGIN\r\n",
    "Ym9i\r\n",
    "MAIL FROM:<a@a.test>",
    "MAIL FROM:<nodata@a.test>\r\n",
    "MAIL FROM:<spoil@a.test>\r\n",
    "MAIL FROM:<later@a.test>\r\n",
    " SIZE=5 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=a\r\n",
    "RCPT TO:<b@b.test>",
    "RCPT TO:<no@b.test>\r\n",
    "RCPT TO:<b@b.test>\r\n",
    " NOTIFY=NEVER ORCPT=rfc822;a\r\n",
    "DATA\r\n",
    "a\r\n.\r\n",
    "..b\r\n",
    "\n.\r\n",
    "BDAT 5\r\n",
    "BDAT 3 LAST\r\n",
    "BDAT 0 LAST\r\n",
    "abc\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "VRFY x\r\n",
    "HELP\r\n",
    "QUIT\r\n",
    "GDEL abc EXPIRES=7200",
    "GDEL no\r\n",
    "RETR abc\r\n",
    "RETR no\r\n",
    "GTML abc b@b.test\r\n",
    "GTML no <b@b.test>\r\n",
    "MAIL FROM:<a@a.test> DMTP\r\n",
    "MSID abc a subject\r\n",
    "MSID stop =?UTF-8?Q?=C3=BC?=\r\n",
    "ENVELOPE From:<a@a.test> ENVID=abc SIZE=5\r\n",
    "ENVELOPE From: spoil@a.test\r\n",
    "ENVELOPE From:<nodata@a.test> EXPIRES=7200\r\n",
    "SIZE=5\r\n",
    "SIZE=99999\r\n",
    "ACCEPT abc To:<b@b.test>",
    "AUTHORIZE <m@a.test> HAVE\r\n",
    "REJECT no\r\n",
    "SPAM later To: b@b.test\r\n",
    "SPAMMER stop\r\n",
    " HAVE\r\n",
    "\r\n",
    "\r",
    "\n",
    "\xc3\xa9",
    "<\"a b\"@[192.0.2.1]>",
    "*\r\n",
};

static const char *const starts[] = {
    "MAIL FROM:<a@a.test>\r\n",
    "MAIL FROM:<a@a.test> DMTP\r\n",
    "ENVELOPE From:<a@a.test>\r\n",
};

#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

static unsigned
draw(uint32_t *seed, unsigned limit)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % limit;
}

/* A session of a few pieces; now and then with an octet changed. */
static void
compose(uint32_t *seed, struct buf *input)
{
	unsigned n = 1 + draw(seed, PIECES_MAX);

	/* Half of them begin well, else little is reached. */
	if (draw(seed, 2) == 0)
		buf_print(input, "EHLO c.test\r\n%sRCPT TO:<b@b.test>\r\n",
		    starts[draw(seed, 3)]);
	for (unsigned i = 0; i < n; i++)
		buf_text(input, pieces[draw(seed, PIECES)]);
	if (draw(seed, 3) == 0)
		input->p[draw(seed, (unsigned)input->n)] =
		    (char)draw(seed, 256);
}

static void
finish(struct talk *t, uint32_t *seed)
{
	if (t->last == SMTP_SERVER_START_TLS)
		smtp_server_secured(t->server);
	if (t->last == SMTP_SERVER_TURN)
		smtp_server_resume(t->server, t->pump.now);
	pump_run(&t->pump);
	if (draw(seed, 4) == 0)
		smtp_server_stop(t->server);
	pump_run(&t->pump);
}

static void
play(uint32_t *seed, struct buf *input)
{
	/* Octet by octet costs most, and all the transcripts do it too. */
	const enum pump_slices slices[8] = {
	    PUMP_OCTETS, PUMP_RANDOM, PUMP_RANDOM};
	struct smtp_server_setup setup =
	    talk_setup((enum smtp_server_kind)draw(seed, 3));
	struct talk t;

	setup.message_size = 20;
	setup.secure = draw(seed, 2) == 0;
	setup.chunking = draw(seed, 2) == 0;
	setup.after_gtml = draw(seed, 4) == 0;
	talk_init(&t, &setup, draw(seed, 32));
	t.pump.seed = *seed;
	pump_send(&t.pump, buf_span(input), slices[draw(seed, 8)]);
	finish(&t, seed);
	pump_say(&t.pump, "\r\nNOOP\r\n");
	if (t.is_over)
		assert_int_equal(
		    t.pump.machine.ops->wants(t.pump.machine.self), 0);
	talk_replies(&t);
	talk_fini(&t);
}

static void
no_input_breaks_the_machine(void **state)
{
	uint32_t seed = 42;
	struct buf input;

	(void)state;
	buf_init(&input, 100000);
	for (unsigned i = 0; i < INPUTS; i++) {
		buf_clear(&input);
		compose(&seed, &input);
		play(&seed, &input);
	}
	buf_fini(&input);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_input_breaks_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Plays the dialogues of tests/transcripts/user/ against the user service:
 * each file is one session, line by line; tests/transcripts/README.md has the
 * form. The owner is that of user_talk.h.
 */
#include "user_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT_MAX        16384
#define TRANSCRIPTS_MAX 32

static const char *const reply_names[REPLY_COUNT] = {
#define REPLY(name, code, enhanced, text) #name,
#include "proto/reply.def"
#undef REPLY
};

static void
say(struct user_talk *t, struct span text, bool is_whole)
{
	char line[2048];
	size_t n = text.n;

	assert_true(n + 2 < sizeof line);
	memcpy(line, text.p, n);
	if (is_whole) {
		memcpy(line + n, "\r\n", 2);
		n += 2;
	}
	pump_send(&t->pump, span_make(line, n), PUMP_RANDOM);
}

/* The next line that was said is TEXT; "..." at its end is any rest. */
static void
hear(struct user_talk *t, struct span text)
{
	struct span rest = buf_span(&t->pump.said);
	struct span line;
	bool any_rest = span_ends_nocase(text, span_of("..."));

	assert_true(span_cut(&rest, '\n', &line));
	assert_true(line.n > 0 && line.p[line.n - 1] == '\r');
	line.n--;
	if (any_rest) {
		text.n -= 3;
		line = span_part(line, 0, text.n);
	}
	if (!span_equals(line, text))
		fail_msg("said \"%.*s\" instead of \"%.*s\"", (int)line.n,
		    line.p, (int)text.n, text.p);
	buf_drop(&t->pump.said, t->pump.said.n - rest.n);
}

static uint64_t
number(struct span text)
{
	uint64_t n = 0;

	assert_int_equal(span_number(text, 1000000, &n), 0);
	return n;
}

static void
set_answer(struct user_talk *t, struct span name)
{
	unsigned i = 0;

	while (i < REPLY_COUNT && !span_equals(name, span_of(reply_names[i])))
		i++;
	assert_true(i < REPLY_COUNT);
	t->refusal = (enum reply_name)i;
}

static void
arrive(struct user_talk *t, unsigned key)
{
	user_put(t, SMDP_USER_MESSAGE, key);
	assert_int_equal(smdp_user_announce(t->user, user_key(key)), 0);
	pump_run(&t->pump);
	assert_true(t->pump.said.n == 0); /* it waits for the next reply */
}

static void
play_line(struct user_talk *t, struct span line)
{
	struct span word, text = line;
	char events[1024];

	span_cut(&text, ' ', &word);
	if (line.n == 0 || line.p[0] == '#')
		return;
	if (span_equals(word, span_of("C:")))
		say(t, text, true);
	else if (span_equals(word, span_of("C+")))
		say(t, text, false);
	else if (span_equals(word, span_of("S:")))
		hear(t, text);
	else if (span_equals(word, span_of("answer:")))
		set_answer(t, text);
	else if (span_equals(word, span_of("new:")))
		arrive(t, (unsigned)number(text));
	else if (span_equals(word, span_of("seconds:"))) {
		t->pump.machine.ops->tick(t->pump.machine.self, t->pump.now);
		t->pump.now += (int64_t)number(text);
		t->pump.machine.ops->tick(t->pump.machine.self, t->pump.now);
		pump_run(&t->pump);
	} else if (span_equals(word, span_of("event:"))) {
		assert_int_equal(span_copy(text, events, sizeof events), 0);
		user_expect_events(t, events);
	} else if (span_equals(word, span_of("closed:"))) {
		assert_true(t->is_over);
	} else {
		fail_msg("no such line: %.*s", (int)line.n, line.p);
	}
}

/* SM-48 SM-49 */
static void
the_users_dialogue_goes_as_written(void **state)
{
	static char text[TEXT_MAX];
	FILE *file = fopen(*state, "r");
	struct span rest, line;
	struct user_talk t;

	assert_non_null(file);
	rest = span_make(text, fread(text, 1, sizeof text, file));
	fclose(file);
	assert_true(rest.n < sizeof text);
	user_init(&t, NULL);
	while (span_cut(&rest, '\n', &line))
		play_line(&t, line);
	user_expect_said(&t, "");
	user_fini(&t);
}

int
main(int argc, char **argv)
{
	struct CMUnitTest tests[TRANSCRIPTS_MAX] = {0};
	int count = argc - 1;

	if (count < 1 || count > TRANSCRIPTS_MAX)
		return 2;
	for (int i = 0; i < count; i++) {
		const char *slash = strrchr(argv[i + 1], '/');

		tests[i] = (struct CMUnitTest){
		    .name = slash != NULL ? slash + 1 : argv[i + 1],
		    .test_func = the_users_dialogue_goes_as_written,
		    .initial_state = argv[i + 1]};
	}
	return _cmocka_run_group_tests(
	    "users", tests, (size_t)count, NULL, NULL);
}

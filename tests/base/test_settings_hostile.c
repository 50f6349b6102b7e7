/*
 * Whatever text is given as a configuration: it is taken or refused with a
 * reason, and nothing breaks.
 */
#include "base/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NEEDED "hostname = \"mx.a.test\"\ndomains = {\"a.test\"}\n"

static struct settings *
parse_good(const char *text)
{
	struct settings *settings;
	struct err err = {0};

	if (settings_parse(span_of(text), "t", &settings, &err) != 0)
		fail_msg("%s", err.text);
	return settings;
}

static char *
filled(size_t n, char with)
{
	char *text = malloc(n + 1);

	assert_non_null(text);
	memset(text, with, n);
	text[n] = '\0';
	return text;
}

/* Only that it ends, and with a text when refused. */
static bool
survives(struct span text)
{
	struct settings *s;
	struct err err = {0};
	int error = settings_parse(text, "t", &s, &err);
	bool good = error == 0;

	assert_true(good == (s != NULL));
	assert_true(good || err.text[0] != '\0');
	settings_free(&s);
	return good;
}

static void
endless_lines_and_deep_braces_are_survived(void **state)
{
	static const char kinds[] = "a{}=,\"'#/*$ \n\\[1";
	char *text;

	(void)state;
	for (size_t i = 0; i < sizeof kinds - 1; i++) {
		text = filled(SETTINGS_TEXT_MAX, kinds[i]);
		assert_false(survives(span_of(text)));
		free(text);
	}
	text = filled(SETTINGS_TEXT_MAX + 1, ' ');
	assert_false(survives(span_of(text)));
	memcpy(text, NEEDED, strlen(NEEDED));
	text[SETTINGS_TEXT_MAX] = '\0';
	assert_true(survives(span_of(text)));
	free(text);
}

static void
a_list_of_many_words_is_read_whole(void **state)
{
	const size_t n = 100000;
	char *text = filled(n, ' ');
	size_t at = strlen(NEEDED "allow-hosts=\"");
	struct settings *s;

	(void)state;
	memcpy(text, NEEDED "allow-hosts=\"", at);
	for (; at < n - 2; at += 2)
		text[at] = 'a';
	text[n - 1] = '"';
	s = parse_good(text);
	assert_true(s->allow_hosts.n > 49900);
	settings_free(&s);
	free(text);
}

/* A call has one place for each way. */
static void
a_way_is_given_once(void **state)
{
	static const char *const rows[][2] = {
	    {"speak = {msid, push, msid}", "t:3: speak: \"msid\" is"},
	    {"speak = 'msid msid msid msid'", "t:3: speak: \"msid\" is"},
	    {"peer b.test { speak = 'push push' }", "t:3: speak: \"push\" is"},
	    {"offer = {gdel, msid, gdel}", "t:3: offer: \"gdel\" is"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct settings *s;
		struct err err = {0};
		char text[128];

		snprintf(text, sizeof text, NEEDED "%s\n", rows[i][0]);
		assert_int_equal(
		    settings_parse(span_of(text), "t", &s, &err), -E_SYNTAX);
		assert_non_null(strstr(err.text, rows[i][1]));
		assert_non_null(strstr(err.text, " given twice"));
	}
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static size_t
mutate(char *text, size_t n, size_t room, uint32_t *seed)
{
	static const char octets[] = "={}\"'#/*,$\\\n \tx1\x00\x80\xff(+";
	size_t at = next_random(seed) % (n + 1);
	size_t span = next_random(seed) % 24;

	if (span > n - at)
		span = n - at;
	switch (next_random(seed) % 4) {
	case 0: /* other octets */
		for (size_t i = at; i < at + span; i++)
			text[i] = octets[next_random(seed) % sizeof octets];
		return n;
	case 1: /* any octet */
		if (at < n)
			text[at] = (char)next_random(seed);
		return n;
	case 2: /* a piece less */
		memmove(text + at, text + at + span, n - at - span);
		return n - span;
	}
	if (span > room - n)
		return n;
	memmove(text + at + span, text + at, n - at); /* a piece twice */
	return n + span;
}

static void
no_mutation_of_a_good_text_breaks_the_reader(void **state)
{
	static const char whole[] =
	    NEEDED "# a comment\nmail = '/m' // here\n/* and\nhere */\n"
		   "peer 'b.test' { speak = {push} }\n"
		   "offer = {\"gdel\"}\nlisten-smtp = {\"0.0.0.0:25\", "
		   "\"[::]:25\"}\nlease-time = 15m\nmessage-size = \"5 MiB\"\n"
		   "strangers = reject\nspf-mx-fallback = true";
	unsigned good = 0;
	uint32_t seed = 20221122;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		size_t n = sizeof whole - 1, room = 2 * n;
		char *text = malloc(room), *exact;

		assert_non_null(text);
		memcpy(text, whole, n);
		for (unsigned i = next_random(&seed) % 4; i < 4; i++)
			n = mutate(text, n, room, &seed);
		/* No octet behind the end, so that reading one is seen. */
		exact = malloc(n + 1);
		assert_non_null(exact);
		memcpy(exact + 1, text, n);
		good += survives(span_make(exact + 1, n));
		free(exact);
		free(text);
	}
	assert_true(good > 0);
}

static void
random_octets_are_refused(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		char text[200];

		for (size_t i = 0; i < sizeof text; i++)
			text[i] = (char)next_random(&seed);
		assert_false(survives(span_make(text, sizeof text)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(endless_lines_and_deep_braces_are_survived),
	    cmocka_unit_test(a_list_of_many_words_is_read_whole),
	    cmocka_unit_test(a_way_is_given_once),
	    cmocka_unit_test(no_mutation_of_a_good_text_breaks_the_reader),
	    cmocka_unit_test(random_octets_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

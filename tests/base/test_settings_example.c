/*
 * contrib/restante.conf, the example: it is a configuration, it has every key,
 * and what stands behind a # is the default.
 */
#include "base/settings.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define EXAMPLE  "contrib/restante.conf"
#define LINE_MAX 200

static void
parse(struct span text, struct settings **settings_r)
{
	struct err err = {0};

	if (settings_parse(text, EXAMPLE, settings_r, &err) != 0)
		fail_msg("%s", err.text);
}

static void
read_example(struct buf *text)
{
	struct settings *settings;
	struct err err = {0};

	buf_init(text, SETTINGS_TEXT_MAX);
	if (settings_load(EXAMPLE, &settings, text, &err) != 0)
		fail_msg("%s", err.text);
	settings_free(&settings);
}

/* The text without the # in front of every key and section. */
static void
take_comments_away(struct span text, struct buf *to)
{
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		bool is_key =
		    line.n > 1 && line.p[0] == '#' && line.p[1] != ' ';

		buf_put(to, is_key ? span_skip(line, 1) : line);
		buf_char(to, '\n');
	}
}

/* Compares two settings of one kind: texts and lists by what they hold. */
static void
same_list(const struct settings_list *a, const struct settings_list *b)
{
	assert_int_equal(a->n, b->n);
	for (unsigned i = 0; i < a->n; i++)
		assert_string_equal(a->v[i], b->v[i]);
}

#define SAME_TEXT(field)     assert_string_equal(a->field, b->field);
#define SAME_LIST(field)     same_list(&a->field, &b->field);
#define SAME_DURATION(field) assert_int_equal(a->field, b->field);
#define SAME_SIZE(field)     assert_int_equal(a->field, b->field);
#define SAME_COUNT(field)    assert_int_equal(a->field, b->field);
#define SAME_FLAG(field)     assert_int_equal(a->field, b->field);
#define SAME_CHOICE(words)   SAME_COUNT

static void
what_is_behind_a_number_sign_is_the_default(void **state)
{
	struct settings *a, *b;
	struct buf text, bare;

	(void)state;
	read_example(&text);
	buf_init(&bare, SETTINGS_TEXT_MAX);
	take_comments_away(buf_span(&text), &bare);
	parse(buf_span(&text), &a);
	parse(buf_span(&bare), &b);
#define SETTING(kind, key, field, standard, range, reason) SAME_##kind(field)
#include "base/settings.def"
#undef SETTING
	assert_int_equal(b->peer_count, 1);
	settings_free(&a);
	settings_free(&b);
	buf_fini(&text);
	buf_fini(&bare);
}

static void
look_for_key(void *arg, const struct settings_row *row)
{
	const struct span *text = arg;
	char form[LINE_MAX];

	snprintf(form, sizeof form, "\n#%s ", row->key);
	if (span_search(*text, 0, span_of(form)) < text->n)
		return;
	snprintf(form, sizeof form, "\n%s ", row->key);
	if (span_search(*text, 0, span_of(form)) == text->n)
		fail_msg("%s does not have %s", EXAMPLE, row->key);
}

static void
every_key_is_in_it(void **state)
{
	struct buf text;
	struct span all;

	(void)state;
	read_example(&text);
	all = buf_span(&text);
	settings_each(look_for_key, &all);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_behind_a_number_sign_is_the_default),
	    cmocka_unit_test(every_key_is_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

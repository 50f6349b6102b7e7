/* Names of folders, as mail programs show them and as they lie on the disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mailbox/folder.h"

static void
assert_disk(const char *name, const char *expected)
{
	char disk[FOLDER_NAME_MAX];

	assert_int_equal(folder_on_disk(span_of(name), disk), 0);
	assert_string_equal(disk, expected);
	assert_true(folder_is_on_disk(span_of(disk)));
}

static void
assert_none(struct span name)
{
	char disk[FOLDER_NAME_MAX];

	assert_int_equal(folder_on_disk(name, disk), -E_SYNTAX);
}

static void
a_folder_lies_behind_a_dot_and_levels_between_dots(void **state)
{
	(void)state;
	assert_disk("INBOX", "");
	assert_disk("inbox", "");
	assert_disk("Junk", ".Junk");
	assert_disk("Waiting/Trusted", ".Waiting.Trusted");
	assert_disk("a b; $(c)", ".a b; $(c)");
}

/* As Dovecot writes them, and RFC 3501 5.1.3 */
static void
other_characters_are_modified_utf_7(void **state)
{
	(void)state;
	assert_disk("R\xc3\xa4t/a b", ".R&AOQ-t.a b");
	assert_disk("Tom & Jerry", ".Tom &- Jerry");
	assert_disk("\xe5\x8f\xb0\xe5\x8c\x97", ".&U,BTFw-");
	assert_disk("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", ".&ZeVnLIqe-");
	assert_disk("\xf0\x9f\x93\xa7", ".&2D3c5w-");
	assert_disk("x\xc3\xa4&", ".x&AOQ-&-");
}

static void
what_no_folder_can_be_called_is_refused(void **state)
{
	char text[FOLDER_NAME_MAX + 1];

	(void)state;
	assert_none(span_of(""));
	assert_none(span_of("/"));
	assert_none(span_of("a//b"));
	assert_none(span_of("/a"));
	assert_none(span_of("a/"));
	assert_none(span_of("a.b"));
	assert_none(span_of(".."));
	assert_none(span_of("a\nb"));
	assert_none(span_make("a\0b", 3));
	assert_none(span_of("a\xff"));
	memset(text, 'a', sizeof text);
	assert_none(span_make(text, FOLDER_NAME_MAX - 1));
	text[FOLDER_NAME_MAX - 2] = '\0';
	assert_int_equal(strlen(text), FOLDER_NAME_MAX - 2);
	assert_false(folder_is_on_disk(span_of(".")));
	assert_false(folder_is_on_disk(span_of(".a..b")));
	assert_false(folder_is_on_disk(span_of("a")));
	assert_false(folder_is_on_disk(span_of(".a/b")));
	assert_false(folder_is_on_disk(span_of(".\xc3\xa4")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_folder_lies_behind_a_dot_and_levels_between_dots),
	    cmocka_unit_test(other_characters_are_modified_utf_7),
	    cmocka_unit_test(what_no_folder_can_be_called_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

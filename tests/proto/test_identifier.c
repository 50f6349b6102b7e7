/* Identifiers: ours are known again, guesses are not. */
#include "proto/identifier.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t server_secret[IDENTIFIER_SECRET] = {1, 2, 3};
static const uint8_t other_secret[IDENTIFIER_SECRET] = {1, 2, 4};
static const uint8_t user_secret[IDENTIFIER_SECRET] = {9};
static const uint8_t digest[32] = {7};
static const uint8_t other_digest[32] = {8};

static struct identifier_parts
some_parts(void)
{
	return (struct identifier_parts){
	    .key = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
	    .server_secret = server_secret,
	    .user_secret = user_secret,
	    .sender = span_of("alice@a.test"),
	    .recipient = span_of("bob@b.test"),
	    .domain = span_of("b.test"),
	    .digest = digest,
	};
}

static void
make(const struct identifier_parts *parts, char text_r[IDENTIFIER_TEXT])
{
	identifier_make(parts, text_r);
	assert_int_equal(strlen(text_r), IDENTIFIER_TEXT - 1);
	assert_true(identifier_is_legal(span_of(text_r)));
}

/* GD-21, AT-04 */
static void
an_identifier_of_ours_is_known_with_its_key(void **state)
{
	struct identifier_parts parts = some_parts();
	char text[IDENTIFIER_TEXT];
	struct key key;

	(void)state;
	make(&parts, text);
	assert_int_equal(
	    identifier_check(span_of(text), server_secret, &key), 0);
	assert_true(key_equals(key, parts.key));
}

/* AT-05 */
static void
a_guess_is_told_by_the_first_tag(void **state)
{
	struct identifier_parts parts = some_parts();
	char text[IDENTIFIER_TEXT];
	struct key key;

	(void)state;
	make(&parts, text);
	assert_int_equal(
	    identifier_check(span_of(text), other_secret, &key), -E_NONE);
	/* The first 32 characters hold the key and the first tag. */
	for (unsigned i = 0; i < 32; i++) {
		char was = text[i];

		text[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(
		    identifier_check(span_of(text), server_secret, &key),
		    -E_NONE);
		text[i] = was;
	}
	assert_int_equal(identifier_check(span_part(span_of(text), 0, 42),
			     server_secret, &key),
	    -E_NONE);
	assert_int_equal(
	    identifier_check(span_of(""), server_secret, &key), -E_NONE);
	assert_int_equal(
	    identifier_check(
		span_of("???????????????????????????????????????????"),
		server_secret, &key),
	    -E_NONE);
}

static void
expect_another(const struct identifier_parts *parts, const char *text)
{
	char other[IDENTIFIER_TEXT];

	make(parts, other);
	assert_memory_equal(other, text, 32);
	assert_false(span_equals_secret(span_of(other), span_of(text)));
}

/* DM-05, AT-08 */
static void
every_part_changes_the_second_tag(void **state)
{
	struct identifier_parts parts = some_parts();
	char text[IDENTIFIER_TEXT];

	(void)state;
	make(&parts, text);
	parts.sender = span_of("alicf@a.test");
	expect_another(&parts, text);
	parts = some_parts();
	parts.recipient = span_of("carol@b.test");
	expect_another(&parts, text);
	parts = some_parts();
	parts.domain = span_of("c.test");
	expect_another(&parts, text);
	parts = some_parts();
	parts.digest = other_digest;
	expect_another(&parts, text);
	parts = some_parts();
	parts.user_secret = other_secret;
	expect_another(&parts, text);
}

static void
fields_do_not_run_into_each_other(void **state)
{
	struct identifier_parts parts = some_parts();
	char text[IDENTIFIER_TEXT];

	(void)state;
	parts.sender = span_of("ab");
	parts.recipient = span_of("c");
	make(&parts, text);
	parts.sender = span_of("a");
	parts.recipient = span_of("bc");
	expect_another(&parts, text);
}

static void
the_same_parts_give_the_same_identifier(void **state)
{
	struct identifier_parts parts = some_parts();
	char first[IDENTIFIER_TEXT], second[IDENTIFIER_TEXT];

	(void)state;
	make(&parts, first);
	make(&parts, second);
	assert_true(span_equals_secret(span_of(first), span_of(second)));
	assert_false(span_equals_secret(
	    span_of(first), span_part(span_of(second), 0, 42)));
}

/* AT-27 */
static void
foreign_identifiers_have_a_strict_grammar(void **state)
{
	char text[IDENTIFIER_FOREIGN_MAX + 1];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_true(identifier_is_legal(span_of("aZ09-_.=+/@")));
	assert_true(
	    identifier_is_legal(span_make(text, IDENTIFIER_FOREIGN_MAX)));
	assert_false(identifier_is_legal(span_make(text, sizeof(text))));
	assert_false(identifier_is_legal(span_of("")));
	for (unsigned c = 0; c < 256; c++) {
		char one = (char)c;
		bool expected = c != 0 && c < 128 &&
				strchr("0123456789abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.=+/@",
				    one) != NULL;

		assert_int_equal(
		    identifier_is_legal(span_make(&one, 1)), expected);
	}
}

/* AT-20 */
static void
a_stub_has_a_name_that_holds_for_its_user_only(void **state)
{
	static const uint8_t secret[IDENTIFIER_SECRET] = {1},
			     other[IDENTIFIER_SECRET] = {2};
	const struct key key = {{1, 2, 3}};
	const struct span bob = span_of("bob@b.test");
	char text[IDENTIFIER_STUB_TEXT];
	struct key found;

	(void)state;
	identifier_stub(key, bob, secret, text);
	assert_int_equal(strlen(text), IDENTIFIER_STUB_TEXT - 1);
	assert_int_equal(
	    identifier_stub_check(span_of(text), bob, secret, &found), 0);
	assert_true(key_equals(found, key));
	assert_int_equal(identifier_stub_check(span_of(text),
			     span_of("eve@b.test"), secret, &found),
	    -E_NONE);
	assert_int_equal(
	    identifier_stub_check(span_of(text), bob, other, &found), -E_NONE);
	for (unsigned i = 0; i < IDENTIFIER_STUB_TEXT - 1; i++) {
		char was = text[i];

		text[i] = was == '0' ? '1' : '0';
		assert_int_equal(
		    identifier_stub_check(span_of(text), bob, secret, &found),
		    -E_NONE);
		text[i] = was;
	}
	assert_int_equal(identifier_stub_check(span_part(span_of(text), 0, 47),
			     bob, secret, &found),
	    -E_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_identifier_of_ours_is_known_with_its_key),
	    cmocka_unit_test(a_guess_is_told_by_the_first_tag),
	    cmocka_unit_test(every_part_changes_the_second_tag),
	    cmocka_unit_test(fields_do_not_run_into_each_other),
	    cmocka_unit_test(the_same_parts_give_the_same_identifier),
	    cmocka_unit_test(foreign_identifiers_have_a_strict_grammar),
	    cmocka_unit_test(a_stub_has_a_name_that_holds_for_its_user_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Character sets: those that mail is written in, and whatever else it says. */
#include "message/charset.h"

#include "base/err.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define UNKNOWN  "\xef\xbf\xbd"
#define TEXT_MAX 65536

static void
convert(const char *name, struct span in, size_t step, struct buf *to)
{
	struct charset c;

	charset_open(&c, span_of(name));
	for (size_t at = 0; at < in.n; at += step)
		assert_int_equal(
		    charset_feed(&c, span_part(in, at, step), to), 0);
	assert_int_equal(charset_end(&c, to), 0);
	charset_close(&c);
}

/* However IN is split. */
static void
expect(const char *name, const char *in, const char *expected)
{
	for (size_t step = 1; step <= strlen(in) + 1; step++) {
		struct buf to;

		buf_init(&to, TEXT_MAX);
		convert(name, span_of(in), step, &to);
		assert_string_equal(buf_string(&to), expected);
		buf_fini(&to);
	}
}

static void
utf8_passes_and_its_faults_are_marked(void **state)
{
	(void)state;
	expect(
	    "UTF-8", "a\xc3\xbc\xf0\x9f\x98\x80", "a\xc3\xbc\xf0\x9f\x98\x80");
	expect("utf8", "a\xff\xc3(", "a" UNKNOWN UNKNOWN "(");
	expect("utf-8", "a\xe2\x82", "a" UNKNOWN);
	expect("us-ascii", "a\xc3\xbc", "a\xc3\xbc");
	expect("", "a\xe9", "a" UNKNOWN);
}

static void
western_sets_are_read_as_windows_1252(void **state)
{
	(void)state;
	expect("ISO-8859-1", "caf\xe9 \x93x\x94 \x81",
	    "caf\xc3\xa9 \xe2\x80\x9cx\xe2\x80\x9d " UNKNOWN);
	expect("windows-1252", "\x80", "\xe2\x82\xac");
	expect("latin1", "\xff", "\xc3\xbf");
}

static void
sets_of_the_library_are_converted_however_they_are_split(void **state)
{
	(void)state;
	expect("iso-8859-2", "\xb3\xf3\xbf", "\xc5\x82\xc3\xb3\xc5\xbc");
	expect("ISO-8859-15", "\xa4", "\xe2\x82\xac");
	expect("koi8-r", "\xcd\xc9\xd2", "\xd0\xbc\xd0\xb8\xd1\x80");
	expect("windows-1251", "\xec\xe8\xf0", "\xd0\xbc\xd0\xb8\xd1\x80");
	expect("GB2312", "\xc4\xe3\xba\xc3", "\xe4\xbd\xa0\xe5\xa5\xbd");
	expect("big5", "\xa7\x41\xa6\x6e", "\xe4\xbd\xa0\xe5\xa5\xbd");
	expect("shift_jis", "\x93\xfa\x96\x7b", "\xe6\x97\xa5\xe6\x9c\xac");
	expect("euc-jp", "\xc6\xfc\xcb\xdc", "\xe6\x97\xa5\xe6\x9c\xac");
	expect(
	    "iso-2022-jp", "\033$BF|K\\\033(B!", "\xe6\x97\xa5\xe6\x9c\xac!");
	expect("EUC-KR", "\xc7\xd1", "\xed\x95\x9c");
	expect("ks_c_5601-1987", "\xc7\xd1", "\xed\x95\x9c");
}

static void
faults_in_sets_of_the_library_are_marked(void **state)
{
	(void)state;
	expect("gb2312",
	    "a\xff\xff"
	    "b",
	    "a" UNKNOWN UNKNOWN "b");
	expect("shift_jis", "a\x93", "a" UNKNOWN);
	expect("iso-2022-jp", "a\033$Bx", "a" UNKNOWN);
}

static void
unknown_names_are_read_as_utf8(void **state)
{
	static const char *const names[] = {"x-unknown", "default_charset",
	    "UTF-8//TRANSLIT//IGNORE-and-much-more", "../../etc/passwd",
	    "INTERNAL", "UCS4", "ISO-2022-CN-EXT", "\xff\xfe", "\"", "//"};

	(void)state;
	expect("utf-7", "+AOk-", "+AOk-");
	expect("unicode-1-1-utf-7", "+AOk-", "+AOk-");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		expect(names[i], "\xc3\xbc\xff", "\xc3\xbc" UNKNOWN);
}

static void
every_set_can_be_opened_before_the_root_changes(void **state)
{
	const unsigned opened = charset_prepare();

	(void)state;
	/* All that this library should have; and a second time is no more. */
	assert_int_equal(opened, charset_prepare());
	assert_true(opened > 50);
}

/* In a child: true if KOI8-R can still be read below FOLDER. */
static bool
reads_below(const char *folder)
{
	struct charset c;
	struct buf to;
	bool good;

	if (chroot(folder) != 0 || chdir("/") != 0)
		return false;
	buf_init(&to, TEXT_MAX);
	charset_open(&c, span_of("koi8-r"));
	good = charset_feed(&c, span_of("\xcd"), &to) == 0 &&
	       span_equals(buf_span(&to), span_of("\xd0\xbc"));
	charset_close(&c);
	buf_fini(&to);
	return good;
}

static void
sets_that_were_opened_are_there_when_the_root_has_changed(void **state)
{
	char folder[] = "/tmp/test_charset.XXXXXX";
	int status = 0;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	(void)charset_prepare();
	assert_non_null(mkdtemp(folder));
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(reads_below(folder) ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(status, 0);
}

static void
a_full_buffer_is_told(void **state)
{
	struct charset c;
	struct buf to;

	(void)state;
	buf_init(&to, 1);
	charset_open(&c, span_of("koi8-r"));
	assert_int_equal(charset_feed(&c, span_of("\xcd\xc9"), &to), -E_NOMEM);
	charset_close(&c);
	buf_fini(&to);
}

/* Any octets in any set: an end, bounds, UTF-8, and splitting is nothing. */
static void
random_octets_give_utf8_in_bounds(void **state)
{
	static const char *const names[] = {"utf-8", "iso-8859-1", "big5",
	    "gb18030", "iso-2022-jp", "iso-2022-kr", "euc-jp", "euc-kr",
	    "shift_jis", "utf-16", "utf-16le", "windows-1255", "windows-1258",
	    "tis-620", "iso-8859-8"};

	(void)state;
	srandom(3);
	for (unsigned i = 0; i < 4000; i++) {
		const char *name = names[i % (sizeof names / sizeof *names)];
		const size_t n = (size_t)random() % 700;
		char octets[700];
		struct buf whole, split;
		uint32_t c;

		for (size_t j = 0; j < n; j++)
			octets[j] = random() % 9 == 0 ? '\033' : (char)random();
		buf_init(&whole, 3 * (n + CHARSET_HELD));
		buf_init(&split, 3 * (n + CHARSET_HELD));
		convert(name, span_make(octets, n), n + 1, &whole);
		convert(name, span_make(octets, n), 1 + n % 13, &split);
		assert_true(span_equals(buf_span(&whole), buf_span(&split)));
		for (struct span rest = buf_span(&whole); rest.n > 0;) {
			const size_t step = utf8_read(rest, &c);

			assert_int_not_equal(step, 0);
			rest = span_skip(rest, step);
		}
		buf_fini(&whole);
		buf_fini(&split);
	}
}

static void
octets_of_windows_1252_have_their_characters(void **state)
{
	(void)state;
	assert_int_equal(charset_western('A'), 'A');
	assert_int_equal(charset_western(0x80), 0x20ac);
	assert_int_equal(charset_western(0x81), UTF8_UNKNOWN);
	assert_int_equal(charset_western(0x9f), 0x178);
	assert_int_equal(charset_western(0xfc), 0xfc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(utf8_passes_and_its_faults_are_marked),
	    cmocka_unit_test(octets_of_windows_1252_have_their_characters),
	    cmocka_unit_test(western_sets_are_read_as_windows_1252),
	    cmocka_unit_test(
		sets_of_the_library_are_converted_however_they_are_split),
	    cmocka_unit_test(faults_in_sets_of_the_library_are_marked),
	    cmocka_unit_test(unknown_names_are_read_as_utf8),
	    cmocka_unit_test(every_set_can_be_opened_before_the_root_changes),
	    cmocka_unit_test(
		sets_that_were_opened_are_there_when_the_root_has_changed),
	    cmocka_unit_test(a_full_buffer_is_told),
	    cmocka_unit_test(random_octets_give_utf8_in_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

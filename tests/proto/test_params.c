/* Parameters: each with its values, its verb, its faults. */
#include "proto/params.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DIGEST "DIGEST=sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static const struct params_rules on_mail = {
    .verb = PARAMS_MAIL, .utf8 = true, .dsn = true, .auth = true};
static const struct params_rules on_rcpt = {.verb = PARAMS_RCPT, .dsn = true};
static const struct params_rules on_gdel = {.verb = PARAMS_GDEL};
static const struct params_rules on_envelope = {.verb = PARAMS_ENVELOPE};

static struct params
good(const char *text, struct params_rules rules)
{
	struct params p;

	if (params_parse(span_of(text), rules, &p) != PARAMS_GOOD)
		fail_msg("\"%s\" is refused", text);
	return p;
}

static void
expect(enum params_fault fault, const char *const texts[], size_t n,
    struct params_rules rules)
{
	struct params p;

	for (size_t i = 0; i < n; i++) {
		if (params_parse(span_of(texts[i]), rules, &p) != fault)
			fail_msg("\"%s\" is not refused as expected", texts[i]);
	}
}

#define EXPECT(fault, rules, ...)                                              \
	do {                                                                   \
		const char *const texts[] = {__VA_ARGS__};                     \
		expect(fault, texts, sizeof(texts) / sizeof(texts[0]), rules); \
	} while (0)

static void
nothing_is_good_and_sets_nothing(void **state)
{
	struct params p = good("", on_mail);
	struct params zero;

	(void)state;
	memset(&zero, 0, sizeof(zero));
	assert_memory_equal(&p, &zero, sizeof(p));
}

/* RFC 1870, RFC 6152, RFC 6531; DM-14 */
static void
mail_takes_size_body_utf8_and_dmtp(void **state)
{
	struct params p =
	    good("DMTP size=48213 BODY=8BITMIME smtputf8", on_mail);

	(void)state;
	assert_true(p.has_size && p.body_8bit && p.smtputf8 && p.dmtp);
	assert_int_equal(p.size, 48213);
	p = good("BODY=7bit SIZE=9999999999999999999", on_mail);
	assert_false(p.body_8bit);
	assert_true(p.size == 9999999999999999999u);
	EXPECT(PARAMS_MALFORMED, on_mail, "SIZE=", "SIZE", "SIZE=x", "SIZE=-1",
	    "SIZE=10000000000000000000", "SIZE=1x", "BODY=", "BODY=BINARYMIME",
	    "SMTPUTF8=1", "DMTP=1");
}

/* RFC 3461 4 */
static void
mail_and_rcpt_take_the_dsn_words(void **state)
{
	struct params p = good("RET=HDRS ENVID=a+2Bb", on_mail);

	(void)state;
	assert_int_equal(p.ret, RET_HDRS);
	assert_string_equal(p.envid, "a+2Bb");
	assert_int_equal(good("RET=full", on_mail).ret, RET_FULL);
	p = good("NOTIFY=SUCCESS,delay ORCPT=rfc822;Bob+40b.test", on_rcpt);
	assert_int_equal(p.notify, NOTIFY_SUCCESS | NOTIFY_DELAY);
	assert_string_equal(p.orcpt, "rfc822;Bob+40b.test");
	assert_int_equal(good("NOTIFY=NEVER", on_rcpt).notify, NOTIFY_NEVER);
	EXPECT(PARAMS_MALFORMED, on_mail, "RET=", "RET=ALL",
	    "ENVID=", "ENVID=a+2b", "ENVID=a+", "ENVID=a+4", "ENVID=a=b",
	    "ENVID=\xc3\xa9");
	EXPECT(PARAMS_MALFORMED, on_rcpt, "NOTIFY=", "NOTIFY=NEVER,DELAY",
	    "NOTIFY=DELAY,", "NOTIFY=,DELAY", "NOTIFY=SOON", "ORCPT=bob",
	    "ORCPT=;bob", "ORCPT=rfc822;", "ORCPT=rfc822;a=b");
}

static void
envid_and_orcpt_have_their_ceilings(void **state)
{
	struct params p;
	char text[600];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "ENVID=", 6);
	assert_int_equal(
	    params_parse(span_make(text, 6 + PARAMS_ENVID_MAX), on_mail, &p),
	    PARAMS_GOOD);
	assert_int_equal(
	    params_parse(span_make(text, 7 + PARAMS_ENVID_MAX), on_mail, &p),
	    PARAMS_MALFORMED);
	memcpy(text, "ORCPT=a;", 8);
	assert_int_equal(
	    params_parse(span_make(text, 6 + PARAMS_ORCPT_MAX), on_rcpt, &p),
	    PARAMS_GOOD);
	assert_int_equal(
	    params_parse(span_make(text, 7 + PARAMS_ORCPT_MAX), on_rcpt, &p),
	    PARAMS_MALFORMED);
}

/* GD-24; WIRE 2 */
static void
a_notice_takes_digest_expires_and_from(void **state)
{
	struct params p =
	    good(DIGEST " EXPIRES=172800 FROM=News.Test", on_gdel);

	(void)state;
	assert_true(p.has_digest && p.has_expires);
	for (unsigned i = 0; i < sizeof(p.digest); i++)
		assert_int_equal(p.digest[i], i);
	assert_int_equal(p.expires, 172800);
	assert_string_equal(p.from, "news.test");
	EXPECT(PARAMS_MALFORMED, on_gdel,
	    "DIGEST=", "DIGEST=sha256:", "DIGEST=md5:AAAA", DIGEST "A",
	    DIGEST "=", "FROM=", "FROM=-x.test", "FROM=a@b.test",
	    "FROM=[192.0.2.1]");
}

static void
a_life_is_at_least_an_hour_and_cut_to_thirty_days(void **state)
{
	(void)state;
	assert_int_equal(good("EXPIRES=3600", on_gdel).expires, 3600);
	assert_int_equal(
	    good("EXPIRES=2592000", on_gdel).expires, PARAMS_EXPIRES_MAX);
	assert_int_equal(
	    good("EXPIRES=999999999", on_gdel).expires, PARAMS_EXPIRES_MAX);
	EXPECT(PARAMS_MALFORMED, on_gdel, "EXPIRES=3599", "EXPIRES=0",
	    "EXPIRES=", "EXPIRES=1000000000", "EXPIRES=-1");
}

static void
an_envelope_takes_an_identifier_as_envid(void **state)
{
	char text[6 + 130];
	struct params p = good("ENVID=a@b/c SIZE=1 EXPIRES=3600", on_envelope);

	(void)state;
	assert_string_equal(p.envid, "a@b/c");
	EXPECT(PARAMS_MALFORMED, on_envelope, "ENVID=a;b", "ENVID=");
	memset(text, 'a', sizeof(text));
	memcpy(text, "ENVID=", 6);
	assert_int_equal(
	    params_parse(span_make(text, 6 + 128), on_envelope, &p),
	    PARAMS_GOOD);
	assert_int_equal(strlen(p.envid), 128);
	assert_int_equal(
	    params_parse(span_make(text, 6 + 129), on_envelope, &p),
	    PARAMS_MALFORMED);
}

static void
what_is_not_offered_is_unknown(void **state)
{
	struct params_rules bare = {.verb = PARAMS_MAIL};
	struct params_rules bare_rcpt = {.verb = PARAMS_RCPT};

	(void)state;
	EXPECT(PARAMS_UNKNOWN, bare, "SMTPUTF8", "RET=FULL", "ENVID=x",
	    "AUTH=<>", "XYZ", "XYZ=1", "NOTIFY=NEVER", "FROM=a.test", "=x");
	EXPECT(PARAMS_UNKNOWN, bare_rcpt, "NOTIFY=NEVER", "ORCPT=rfc822;a",
	    "SIZE=1", "DIGEST=x");
	EXPECT(PARAMS_UNKNOWN, on_gdel, "SIZE=1", "ENVID=x", "DMTP");
	EXPECT(PARAMS_UNKNOWN, on_envelope, "FROM=a.test", "BODY=7BIT");
}

static void
a_word_twice_or_without_its_space_is_malformed(void **state)
{
	(void)state;
	EXPECT(PARAMS_MALFORMED, on_mail, "SIZE=1 SIZE=1", "SIZE=1 size=2",
	    "SMTPUTF8 SMTPUTF8", "SIZE=1  DMTP", "SIZE=1 ", " SIZE=1");
}

/* RFC 4954 5 */
static void
auth_may_ride_on_mail_and_is_not_used(void **state)
{
	(void)state;
	good("AUTH=<>", on_mail);
	good("AUTH=e+3Dmc2@example.com", on_mail);
	EXPECT(PARAMS_MALFORMED, on_mail, "AUTH=", "AUTH=a=b");
}

static void
what_is_printed_for_a_notice_can_be_parsed(void **state)
{
	const char *text = " " DIGEST " EXPIRES=172800 FROM=news.test";
	struct params p = good(text + 1, on_gdel);
	struct buf out;

	(void)state;
	buf_init(&out, 500);
	params_print_notice(&p, &out);
	assert_string_equal(buf_string(&out), text);
	buf_clear(&out);
	p = good("", on_gdel);
	params_print_notice(&p, &out);
	assert_string_equal(buf_string(&out), "");
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_good_and_sets_nothing),
	    cmocka_unit_test(mail_takes_size_body_utf8_and_dmtp),
	    cmocka_unit_test(mail_and_rcpt_take_the_dsn_words),
	    cmocka_unit_test(envid_and_orcpt_have_their_ceilings),
	    cmocka_unit_test(a_notice_takes_digest_expires_and_from),
	    cmocka_unit_test(a_life_is_at_least_an_hour_and_cut_to_thirty_days),
	    cmocka_unit_test(an_envelope_takes_an_identifier_as_envid),
	    cmocka_unit_test(what_is_not_offered_is_unknown),
	    cmocka_unit_test(a_word_twice_or_without_its_space_is_malformed),
	    cmocka_unit_test(auth_may_ride_on_mail_and_is_not_used),
	    cmocka_unit_test(what_is_printed_for_a_notice_can_be_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Domains whose quality is too low, at the door (SM-41; WIRE 10). */
#include "admitting.h"

#define LOW     "low.test"
#define ADDRESS "203.0.113.7"

static enum reply_name
ask(struct fixture *f, enum arrival_way way, const char *domain,
    const char *recipient)
{
	const struct admit_recipient asked = {.way = way,
	    .standing = STANDING_STRANGER,
	    .sender = span_of("dora@low.test"),
	    .recipient = span_of(recipient),
	    .speaker = {.address = ip_of(ADDRESS),
		.domain = span_of(domain),
		.verified = true}};
	struct heard heard = {0};

	admit_recipient(&f->admit, &asked, f->side.now, hear, &heard);
	side_turn(&f->side);
	assert_int_equal(heard.times, 1);
	return heard.reply;
}

static enum reply_name
leave(struct fixture *f, const char *domain)
{
	struct admit_notice n = {.address = ip_of(ADDRESS),
	    .id = span_of("a-1"),
	    .domain = span_of(domain),
	    .spf = SPF_PASS,
	    .dialect = ROUTE_GDEL,
	    .has_digest = true};
	struct heard heard = {0};

	admit_notice(&f->admit, &n, 0, f->side.now, hear, &heard);
	side_turn(&f->side);
	return heard.reply;
}

static void
list(struct fixture *f, enum store_listed how)
{
	struct store_op *op = side_op(&f->side, STORE_ENTRY_PUT);

	op->entry_put.entry = (struct store_entry){
	    .user = span_of("bob@b.test"),
	    .side = SIDE_INCOMING,
	    .address = span_of("dora@low.test"),
	    .server = span_of(LOW),
	    .list = how,
	    .by = ENTRY_BY_HAND,
	};
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	store_op_free(&op);
}

static void
what_a_poor_domain_brings_is_refused(void **state)
{
	struct fixture *f = *state;
	struct hosts *poor = hosts_of(LOW, NULL);

	assert_int_equal(leave(f, LOW), REPLY_NOTED);
	f->admit.poor = poor;
	assert_int_equal(leave(f, LOW), REPLY_LOW_QUALITY);
	assert_int_equal(leave(f, "other.test"), REPLY_NOTED);
	assert_int_equal(
	    ask(f, ARRIVAL_PUSHED, LOW, "bob@b.test"), REPLY_LOW_QUALITY);
	assert_int_equal(
	    ask(f, ARRIVAL_ANNOUNCED, LOW, "bob@b.test"), REPLY_LOW_QUALITY);
	/* nobody learns here who exists */
	assert_int_equal(
	    ask(f, ARRIVAL_PUSHED, LOW, "nobody@b.test"), REPLY_LOW_QUALITY);
	/* what was announced before is still fetched */
	assert_int_equal(
	    ask(f, ARRIVAL_PULLED, LOW, "bob@b.test"), REPLY_RECIPIENT_OK);
	assert_int_equal(ask(f, ARRIVAL_PUSHED, "other.test", "bob@b.test"),
	    REPLY_RECIPIENT_OK);
	hosts_free(&poor);
}

/* WIRE 10: pair denied, pair allowed, host allowed, quality. */
static void
lists_come_before_quality(void **state)
{
	struct fixture *f = *state;
	struct hosts *poor = hosts_of(LOW, ADDRESS, NULL);
	struct hosts *allowed = hosts_of(LOW, NULL);

	f->admit.poor = poor;
	list(f, LISTED_ALLOW);
	assert_int_equal(
	    ask(f, ARRIVAL_ANNOUNCED, LOW, "bob@b.test"), REPLY_RECIPIENT_OK);
	list(f, LISTED_DENY);
	assert_int_equal(
	    ask(f, ARRIVAL_ANNOUNCED, LOW, "bob@b.test"), REPLY_BLOCKED);
	assert_int_equal(
	    admit_host(&f->admit, ip_of(ADDRESS), span_of("mx.good.test")),
	    STANDING_ALLOWED);
	assert_int_equal(admit_host(&f->admit, ip_of(ADDRESS), span_of("")),
	    STANDING_DENIED);
	f->admit.allowed = allowed;
	assert_int_equal(leave(f, LOW), REPLY_NOTED);
	hosts_free(&poor);
	hosts_free(&allowed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		what_a_poor_domain_brings_is_refused, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		lists_come_before_quality, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

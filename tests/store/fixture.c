/* Stores, rows and whole steps for the tests of the store. */
#include "fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/target.h"

#define CASES_MAX 64

const char peer[] = "192.0.2.7";

void
fixture_remove_folder(const char *folder)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;

	if (entries == NULL)
		return;
	while ((entry = readdir(entries)) != NULL)
		unlinkat(dirfd(entries), entry->d_name, 0);
	closedir(entries);
	rmdir(folder);
}

static void
open_store(struct fixture *f)
{
	char where[80] = "memory:";
	struct err err = {0};

	if (f->folder[0] != '\0')
		snprintf(where, sizeof where, "sqlite:%s", f->folder);
	if (store_open(where, &f->store, &err) != 0)
		fail_msg("%s", err.text);
}

void
fixture_open(struct fixture *f, bool sqlite)
{
	memset(f, 0, sizeof *f);
	f->now = NOW;
	if (sqlite) {
		snprintf(
		    f->folder, sizeof f->folder, "/tmp/restante-store-XXXXXX");
		assert_non_null(mkdtemp(f->folder));
	}
	open_store(f);
}

void
fixture_close(struct fixture *f)
{
	store_op_free(&f->op);
	store_close(&f->store);
	if (f->folder[0] != '\0')
		fixture_remove_folder(f->folder);
}

void
fixture_reopen(struct fixture *f)
{
	store_close(&f->store);
	open_store(f);
}

const char *
fixture_file(const struct fixture *f)
{
	static char path[96];

	snprintf(path, sizeof path, "%s/restante.db", f->folder);
	return path;
}

static int
set_up_memory(void **state)
{
	struct fixture *f = malloc(sizeof *f);

	assert_non_null(f);
	fixture_open(f, false);
	*state = f;
	return 0;
}

static int
set_up_sqlite(void **state)
{
	struct fixture *f = malloc(sizeof *f);

	assert_non_null(f);
	fixture_open(f, true);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

int
fixture_run(const struct fixture_case *cases, size_t count)
{
	static char names[2 * CASES_MAX][128];
	static struct CMUnitTest tests[2 * CASES_MAX];

	assert_true(count <= CASES_MAX);
	for (size_t i = 0; i < 2 * count; i++) {
		const struct fixture_case *c = &cases[i % count];
		bool sqlite = i >= count;

		snprintf(names[i], sizeof names[i], "%s: %s",
		    sqlite ? "sqlite" : "memory", c->name);
		tests[i] = (struct CMUnitTest){.name = names[i],
		    .test_func = c->run,
		    .setup_func = sqlite ? set_up_sqlite : set_up_memory,
		    .teardown_func = tear_down};
	}
	return _cmocka_run_group_tests("store", tests, 2 * count, NULL, NULL);
}

struct store_op *
begin(struct fixture *f, enum store_verb verb)
{
	store_op_free(&f->op);
	f->op = store_op_new(verb, f->now);
	assert_non_null(f->op);
	return f->op;
}

void
expect(struct fixture *f, enum store_outcome outcome)
{
	enum store_outcome got = store_do(f->store, f->op);

	if (got != outcome)
		fail_msg("%s: %s, expected %s", store_verb_name(f->op->verb),
		    store_outcome_name(got), store_outcome_name(outcome));
}

struct key
key_of(unsigned number)
{
	struct key key = {{0}};

	for (unsigned i = 0; i < 4; i++)
		key.b[12 + i] = (uint8_t)(number >> 8 * (3 - i));
	return key;
}

struct ip
ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(span_of(text), &ip), 0);
	return ip;
}

struct store_user
user_of(const char *address)
{
	struct store_user user = {.address = span_of(address),
	    .password = span_of("$argon2id$hash"),
	    .mode = MODE_ASK,
	    .from_check = FROM_CHECK_ENVELOPE,
	    .created = NOW};

	memset(user.secret, 0xa5, sizeof user.secret);
	return user;
}

struct store_message
message_of(unsigned number)
{
	struct store_message message = {.key = key_of(number),
	    .sender = span_of("alice@a.test"),
	    .user = span_of("alice@a.test"),
	    .envid = span_of("QQ314159"),
	    .subject = span_of("minutes"),
	    .ret = 1,
	    .body_8bit = true,
	    .envelope = span_of("Subject: minutes\r\n\r\nHere they\r\n"),
	    .head = span_of("Subject: minutes\r\n\r\n"),
	    .body = span_of("Here they are.\r\n"),
	    .size = 36,
	    .created = NOW};

	memset(message.digest, (int)number, sizeof message.digest);
	return message;
}

/* One of a few constant identifiers, chosen by number. */
static const char *
identifier(unsigned number)
{
	static char ids[64][44];
	char *id = ids[number % 64];

	snprintf(id, 44, "identifier-%032u", number % 64);
	return id;
}

struct store_hold
hold_of(unsigned number, unsigned message)
{
	return (struct store_hold){.key = key_of(number),
	    .message = key_of(message),
	    .id = span_of(identifier(number)),
	    .recipient = span_of("Bob@b.test"),
	    .domain = span_of("b.test"),
	    .notify = 3,
	    .orcpt = span_of("rfc822;bob@b.test"),
	    .state = HOLD_HELD,
	    .route = ROUTE_UNKNOWN,
	    .created = NOW,
	    .next_at = NOW,
	    .expires_at = INT64_MAX};
}

struct store_delivery
delivery_of(unsigned number, unsigned message)
{
	return (struct store_delivery){.key = key_of(number),
	    .message = key_of(message),
	    .user = span_of("bob@b.test"),
	    .recipient = span_of("Bob@b.test"),
	    .trace = span_of("Received: from a.test\r\n"),
	    .created = NOW,
	    .next_at = NOW};
}

struct store_notice
notice_of(unsigned number)
{
	struct store_notice notice = {.id = span_of(identifier(number)),
	    .domain = span_of("a.test"),
	    .key = key_of(number),
	    .address = ip_of("2001:db8::7"),
	    .dialect = ROUTE_GDEL,
	    .state = NOTICE_WANTED,
	    .has_digest = true,
	    .has_size = true,
	    .size = 36,
	    .created = NOW,
	    .next_at = NOW,
	    .expires_at = NOW + 172800};

	memset(notice.digest, (int)number, sizeof notice.digest);
	return notice;
}

struct store_notice
envelope_of(unsigned number, const char *user)
{
	struct store_notice notice = notice_of(number);

	notice.named = notice.to = span_of(user);
	notice.sender = span_of("alice@a.test");
	notice.subject = span_of("minutes");
	notice.envelope = span_of("From: alice@a.test\r\n\r\nHere\r\n");
	notice.attachments = 2;
	notice.dialect = ROUTE_ENVELOPE;
	notice.state = NOTICE_PENDING;
	return notice;
}

struct span
targets_of(const char *address)
{
	static char room[STORE_TARGET];

	target_write(ip_of(address), room);
	return span_make(room, sizeof room);
}

void
put_holds(struct fixture *f, unsigned message, unsigned first, unsigned count)
{
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);
	struct store_hold *holds =
	    arena_take(&op->arena, count * sizeof *holds);

	assert_non_null(holds);
	for (unsigned i = 0; i < count; i++)
		holds[i] = hold_of(first + i, message);
	op->message_put.message = message_of(message);
	op->message_put.hold_count = count;
	op->message_put.holds = holds;
	expect(f, STORE_OK);
}

void
put_envelope(struct fixture *f, unsigned message, unsigned first)
{
	static const char *const names[] = {
	    "Bob@b.test", "carol@b.test", "Dan@b.test"};
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);
	struct store_hold rows[3];

	for (unsigned i = 0; i < 3; i++) {
		rows[i] = hold_of(first + i, message);
		rows[i].recipient = span_of(names[i]);
		rows[i].visible = true;
		rows[i].envelope = key_of(first);
	}
	op->message_put.message = message_of(message);
	op->message_put.message.spooled = true;
	op->message_put.hold_count = 3;
	op->message_put.holds = rows;
	expect(f, STORE_OK);
	for (unsigned i = 0; i < 3; i++) {
		aim(f, first + i);
		notify(f, first + i);
	}
}

void
put_delivery(struct fixture *f, unsigned message, unsigned number)
{
	struct store_op *op = begin(f, STORE_MESSAGE_PUT);
	struct store_delivery delivery = delivery_of(number, message);

	op->message_put.message = message_of(message);
	op->message_put.delivery_count = 1;
	op->message_put.deliveries = &delivery;
	expect(f, STORE_OK);
}

void
aim(struct fixture *f, unsigned hold)
{
	struct store_op *op = begin(f, STORE_HOLD_AIM);
	struct key key = key_of(hold);

	op->hold_aim.count = 1;
	op->hold_aim.keys = &key;
	op->hold_aim.targets = targets_of(peer);
	expect(f, STORE_OK);
}

void
notify(struct fixture *f, unsigned hold)
{
	struct store_op *op = begin(f, STORE_HOLD_NOTICED);

	op->hold_noticed.key = key_of(hold);
	op->hold_noticed.route = ROUTE_GDEL;
	op->hold_noticed.expires_at = NOW + 172800;
	op->hold_noticed.capabilities = 5;
	op->hold_noticed.reply = span_of("250 2.0.0 noted");
	expect(f, STORE_OK);
}

struct store_op *
begin_lease(struct fixture *f, unsigned hold)
{
	struct store_op *op = begin(f, STORE_HOLD_LEASE);

	op->hold_lease.key = key_of(hold);
	op->hold_lease.id = span_of(identifier(hold));
	op->hold_lease.asker = ip_of(peer);
	op->hold_lease.node = NODE;
	op->hold_lease.lease_until = f->now + 600;
	return op;
}

void
lease(struct fixture *f, unsigned hold)
{
	begin_lease(f, hold);
	expect(f, STORE_OK);
}

void
settle_hold(struct fixture *f, unsigned hold, enum store_hold_state to,
    enum store_outcome outcome)
{
	struct store_op *op = begin(f, STORE_HOLD_SETTLE);

	op->hold_settle.key = key_of(hold);
	op->hold_settle.node = NODE;
	op->hold_settle.state = to;
	expect(f, outcome);
}

void
put_notice(struct fixture *f, unsigned number)
{
	struct store_notice notice = notice_of(number);

	put_row(f, &notice, STORE_OK);
}

struct store_op *
put_row(struct fixture *f, const struct store_notice *notice,
    enum store_outcome outcome)
{
	struct store_op *op = begin(f, STORE_NOTICE_PUT);

	op->notice_put.count = 1;
	op->notice_put.notices = notice;
	expect_row(f, outcome);
	return op;
}

void
expect_row(struct fixture *f, enum store_outcome outcome)
{
	enum store_outcome got;

	expect(f, STORE_OK);
	got = f->op->notice_put.outcomes[0];
	if (got != outcome)
		fail_msg("the row: %s, expected %s", store_outcome_name(got),
		    store_outcome_name(outcome));
}

void
claim_notices(struct fixture *f, unsigned expected)
{
	struct store_op *op = begin(f, STORE_NOTICE_CLAIM);

	op->notice_claim.claim = (struct store_claim){NODE, f->now + 600, 100};
	expect(f, STORE_OK);
	assert_int_equal(op->notice_claim.count, expected);
}

void
fetch(struct fixture *f, unsigned notice, unsigned message, unsigned delivery)
{
	struct store_notice from = notice_of(notice);
	struct store_delivery row = delivery_of(delivery, message);
	struct store_op *op = begin(f, STORE_NOTICE_FETCHED);

	row.notice_id = from.id;
	row.notice_domain = from.domain;
	op->notice_fetched.id = from.id;
	op->notice_fetched.domain = from.domain;
	op->notice_fetched.message = message_of(message);
	op->notice_fetched.delivery_count = 1;
	op->notice_fetched.deliveries = &row;
	op->notice_fetched.next_at = f->now + 600;
	expect(f, STORE_OK);
}

void
deliver(struct fixture *f, unsigned delivery)
{
	struct store_op *op = begin(f, STORE_DELIVERY_SETTLE);

	op->delivery_settle.key = key_of(delivery);
	op->delivery_settle.done = true;
	expect(f, STORE_OK);
}

struct store_op *
begin_notice_settle(
    struct fixture *f, unsigned number, enum store_notice_end end)
{
	struct store_op *op = begin(f, STORE_NOTICE_SETTLE);

	op->notice_settle.id = notice_of(number).id;
	op->notice_settle.domain = notice_of(number).domain;
	op->notice_settle.end = end;
	op->notice_settle.next_at = f->now + 600;
	return op;
}

struct store_op *
begin_verdict(struct fixture *f, unsigned hold, const char *to,
    enum store_verdict verdict)
{
	struct store_op *op = begin(f, STORE_HOLD_VERDICT);

	op->hold_verdict.key = key_of(hold);
	op->hold_verdict.id = span_of(identifier(hold));
	op->hold_verdict.to = span_of(to);
	op->hold_verdict.asker = ip_of(peer);
	op->hold_verdict.verdict = verdict;
	return op;
}

struct store_op *
begin_end(struct fixture *f, unsigned hold, enum store_hold_state to)
{
	struct store_op *op = begin(f, STORE_HOLD_END);

	op->hold_end.key = key_of(hold);
	op->hold_end.state = to;
	return op;
}

struct store_hold
hold_now(struct fixture *f, unsigned hold)
{
	struct store_op *op = begin(f, STORE_HOLD_GET);

	op->hold_get.key = key_of(hold);
	expect(f, STORE_OK);
	return op->hold_get.row.hold;
}

enum store_hold_state
state_of_hold(struct fixture *f, unsigned hold)
{
	struct store_op *op = begin(f, STORE_HOLD_GET);

	op->hold_get.key = key_of(hold);
	expect(f, STORE_OK);
	return op->hold_get.row.hold.state;
}

struct store_notice
notice_now(struct fixture *f, unsigned number)
{
	struct store_op *op = begin(f, STORE_NOTICE_GET);

	op->notice_get.id = notice_of(number).id;
	op->notice_get.domain = notice_of(number).domain;
	expect(f, STORE_OK);
	return op->notice_get.notice;
}

struct store_op *
put_two(struct fixture *f, unsigned number, unsigned key)
{
	struct store_notice rows[2] = {
	    envelope_of(number, BOB), envelope_of(number, CAROL)};
	struct store_op *op = begin(f, STORE_NOTICE_PUT);

	rows[0].key = key_of(key);
	rows[1].key = key_of(key + 1);
	op->notice_put.count = 2;
	op->notice_put.notices = rows;
	expect(f, STORE_OK);
	return op;
}

struct store_notice
row_at(struct fixture *f, unsigned key)
{
	struct store_op *op = begin(f, STORE_NOTICE_GET);

	op->notice_get.key = key_of(key);
	op->notice_get.whole = true;
	expect(f, STORE_OK);
	return op->notice_get.notice;
}

bool
body_is_known(struct fixture *f, unsigned message)
{
	struct store_op *op = begin(f, STORE_BODY_KNOWN);

	op->body_known.message = key_of(message);
	return store_do(f->store, op) == STORE_OK;
}

void
assert_clean(struct fixture *f)
{
	struct store_op *op = begin(f, STORE_CHECK);

	expect(f, STORE_OK);
	if (op->check.problems != 0)
		fail_msg("%.*s", (int)op->check.text.n, op->check.text.p);
}

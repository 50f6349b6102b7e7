/* A reception and its keeper, for tests. */
#include "receiving.h"

#include <stdlib.h>
#include <string.h>

static char hostname[] = "mx.a.test";

/* ---- a keeper ---- */

struct receiving_keeper keeper;

struct peer *
role_peer(struct role *role, enum role_kind kind, unsigned index)
{
	(void)role;
	assert_int_equal(kind, ROLE_KEEPER);
	assert_int_equal(index, 0);
	return keeper.gone ? NULL : &keeper.peer;
}

bool
peer_is_full(const struct peer *peer)
{
	return peer == NULL || keeper.full ||
	       (keeper.full_at > 0 && keeper.count >= keeper.full_at);
}

int
peer_send(struct peer *peer, struct message *m)
{
	struct buf *octets = &keeper.octets[keeper.count];

	if (peer == NULL)
		return -E_CLOSED;
	assert_true(keeper.count < SENT_MAX);
	assert_true(message_is_legal(m->type, ROLE_FRONT, ROLE_KEEPER));
	buf_init(octets, 2 * MESSAGE_MAX);
	assert_int_equal(message_encode(m, octets), 0);
	assert_int_equal(
	    message_decode(buf_span(octets), -1, &keeper.sent[keeper.count]),
	    0);
	keeper.count++;
	return 0;
}

bool
peer_ask(struct peer *peer, struct message *m)
{
	return peer_send(peer, m) == 0;
}

const struct message *
sent(unsigned at, enum message_type type)
{
	assert_true(at < keeper.count);
	assert_string_equal(
	    message_name(keeper.sent[at].type), message_name(type));
	return &keeper.sent[at];
}

/* ---- a reception ---- */

int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	memset(&keeper, 0, sizeof keeper);
	f->settings.hostname = hostname;
	f->role.settings = &f->settings;
	assert_int_equal(own_addresses_set(&f->own, span_of("alice@a.test"),
			     span_of("sales@a.test\n")),
	    0);
	f->setup = (struct reception_setup){
	    .role = &f->role,
	    .number = 77,
	    .way = ARRIVAL_SUBMITTED,
	    .own = &f->own,
	    .check_from = true,
	    .sender = span_of("alice@a.test"),
	    .params = &f->params,
	    .with = span_of("ESMTPSA"),
	    .helo = span_of("[192.0.2.9]"),
	    .now = NOW,
	};
	*state = f;
	return 0;
}

int
tear_down(void **state)
{
	struct fixture *f = *state;

	reception_free(&f->reception);
	own_addresses_free(&f->own);
	for (unsigned i = 0; i < keeper.count; i++)
		buf_fini(&keeper.octets[i]);
	free(f);
	return 0;
}

void
begin(struct fixture *f)
{
	const struct address_rules rules = {.utf8 = true};
	struct address bob;

	assert_int_equal(address_parse(span_of("bob@b.test"), rules, &bob), 0);
	reception_free(&f->reception);
	f->reception = reception_new(&f->setup);
	assert_non_null(f->reception);
	assert_int_equal(
	    reception_recipient(f->reception, &bob, &f->params, false), 0);
}

int
feed(struct fixture *f, struct span run)
{
	return reception_content(f->reception, run, &f->fault);
}

void
as_from_outside(struct fixture *f)
{
	f->setup.way = ARRIVAL_PULLED;
	f->setup.own = NULL;
	f->setup.check_from = false;
	f->setup.with = span_of("GDEL");
	f->setup.notice_id = span_of("some-id");
	f->setup.notice_domain = span_of("a.test");
}

void
sum_of(struct span octets, uint8_t sum_r[DIGEST_SIZE])
{
	struct digest *digest = digest_new();

	assert_non_null(digest);
	digest_add(digest, octets);
	assert_int_equal(digest_end(digest, sum_r), 0);
	digest_free(&digest);
}

const struct message_arrival *
take(struct fixture *f, const char *text)
{
	begin(f);
	assert_int_equal(feed(f, span_of(text)), 0);
	assert_int_equal(reception_end(f->reception, &f->fault), 0);
	sent(0, MESSAGE_ARRIVAL_RECIPIENT);
	sent(1, MESSAGE_ARRIVAL_ENVELOPE);
	sent(2, MESSAGE_ARRIVAL_BODY);
	assert_int_equal(keeper.count, 4);
	return &sent(3, MESSAGE_ARRIVAL)->arrival;
}

bool
has(struct span text, const char *part)
{
	return span_search(text, 0, span_of(part)) < text.n;
}

void
expect_refusal(struct fixture *f, const char *text, enum reply_name reply)
{
	int result;

	begin(f);
	result = feed(f, span_of(text));
	if (result == 0)
		result = reception_end(f->reception, &f->fault);
	assert_true(result < 0);
	assert_int_equal(f->fault, reply);
	for (unsigned i = 0; i < keeper.count; i++)
		assert_int_not_equal(keeper.sent[i].type, MESSAGE_ARRIVAL);
}

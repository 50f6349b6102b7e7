/*
 * The codec of messages between our own processes: every row of messages.def
 * there and back, and everything that is no message. Each decoded text lies in
 * memory of its exact size, so a sanitizer sees any octet read beyond.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "daemon/channel/message.h"

/* ---- a message of each type with all fields different ---- */

static uint8_t next_octet; /* what the next field is filled with */

static void
fill(void *to, size_t n)
{
	memset(to, ++next_octet, n);
}

static const char *const texts[] = {
    "", "alice@a.test", "x", "\r\n\t \"", "some longer text of an answer"};

static struct span
next_text(void)
{
	return span_of(texts[++next_octet % 5]);
}

static bool
same_ip(struct ip a, struct ip b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

#define U64(field)     fill(&row->field, sizeof row->field);
#define TEXT(field)    row->field = next_text();
#define CONTENT(field) row->field = span_of("Subject: minutes\r\n\r\n");
#define IP(field)      fill(&row->field, sizeof row->field);
#define KEY(field)     fill(&row->field, sizeof row->field);
#define SUM(field)     fill(&row->field, sizeof row->field);
#define FILE
#define MESSAGE(NAME, type, from, to, fields)          \
	static void fill_##type(struct message *m)     \
	{                                              \
		struct message_##type *row = &m->type; \
                                                       \
		(void)row;                             \
		fields                                 \
	}
#include "daemon/channel/messages.def"
#undef MESSAGE
#undef U64
#undef TEXT
#undef CONTENT
#undef IP
#undef KEY
#undef SUM
#undef FILE

#define U64(field)     assert_true(a->field == b->field);
#define TEXT(field)    assert_true(span_equals(a->field, b->field));
#define CONTENT(field) assert_true(span_equals(a->field, b->field));
#define IP(field)      assert_true(same_ip(a->field, b->field));
#define KEY(field)     assert_true(key_equals(a->field, b->field));
#define SUM(field)     assert_memory_equal(a->field.b, b->field.b, 32);
#define FILE
#define MESSAGE(NAME, type, from, to, fields)                     \
	static void compare_##type(                               \
	    const struct message *one, const struct message *two) \
	{                                                         \
		const struct message_##type *a = &one->type;      \
		const struct message_##type *b = &two->type;      \
                                                                  \
		(void)a;                                          \
		(void)b;                                          \
		fields                                            \
	}
#include "daemon/channel/messages.def"
#undef MESSAGE
#undef U64
#undef TEXT
#undef CONTENT
#undef IP
#undef KEY
#undef SUM
#undef FILE

/* What the rows say, for each type. */
static const struct row {
	const char *name;
	void (*fill)(struct message *m);
	void (*compare)(const struct message *a, const struct message *b);
	bool file;
} rows[] = {
#define U64(field)
#define TEXT(field)
#define CONTENT(field)
#define IP(field)
#define KEY(field)
#define SUM(field)
#define FILE +1
#define MESSAGE(NAME, type, from, to, fields) \
	[MESSAGE_##NAME] = {#type, fill_##type, compare_##type, 0 fields},
#include "daemon/channel/messages.def"
#undef MESSAGE
#undef U64
#undef TEXT
#undef CONTENT
#undef IP
#undef KEY
#undef SUM
#undef FILE
};

static void
make(struct message *m, unsigned type)
{
	message_init(m, (enum message_type)type);
	rows[type].fill(m);
}

static struct buf
encode(const struct message *m)
{
	struct buf octets;

	buf_init(&octets, MESSAGE_MAX + 1024);
	assert_int_equal(message_encode(m, &octets), 0);
	return octets;
}

/* Decodes from a copy of exactly this size; the copy is returned. */
static char *
decode(struct span octets, int file, struct message *m_r, int *result_r)
{
	char *copy = malloc(octets.n + (octets.n == 0));

	assert_non_null(copy);
	memcpy(copy, octets.p, octets.n);
	*result_r = message_decode(span_make(copy, octets.n), file, m_r);
	return copy;
}

static int
verdict(struct span octets, int file)
{
	struct message m;
	int result;

	free(decode(octets, file, &m, &result));
	return result;
}

/* ---- there and back ---- */

static void
every_message_comes_back_as_it_was(void **state)
{
	(void)state;
	for (unsigned type = 0; type < MESSAGE_TYPES; type++) {
		struct message sent, came;
		struct buf octets;
		char *copy;
		int result;

		make(&sent, type);
		octets = encode(&sent);
		copy = decode(buf_span(&octets), -1, &came, &result);
		assert_int_equal(result, 0);
		assert_int_equal(came.type, type);
		assert_int_equal(came.file, -1);
		rows[type].compare(&sent, &came);
		assert_string_equal(
		    message_name((enum message_type)type), rows[type].name);
		free(copy);
		buf_fini(&octets);
	}
}

static void
a_message_of_zeroes_comes_back_too(void **state)
{
	(void)state;
	for (unsigned type = 0; type < MESSAGE_TYPES; type++) {
		struct message sent, came;
		struct buf octets;
		char *copy;
		int result;

		message_init(&sent, (enum message_type)type);
		assert_int_equal(sent.file, -1);
		octets = encode(&sent);
		copy = decode(buf_span(&octets), -1, &came, &result);
		assert_int_equal(result, 0);
		rows[type].compare(&sent, &came);
		free(copy);
		buf_fini(&octets);
	}
}

/* ---- what is no message ---- */

static void
every_truncation_is_refused(void **state)
{
	(void)state;
	for (unsigned type = 0; type < MESSAGE_TYPES; type++) {
		struct message m;
		struct buf octets;

		make(&m, type);
		octets = encode(&m);
		for (size_t n = 0; n < octets.n; n++)
			assert_int_equal(
			    verdict(span_make(octets.p, n), -1), -E_SYNTAX);
		buf_fini(&octets);
	}
}

static void
octets_behind_the_end_are_refused(void **state)
{
	(void)state;
	for (unsigned type = 0; type < MESSAGE_TYPES; type++) {
		struct message m;
		struct buf octets;

		make(&m, type);
		octets = encode(&m);
		buf_char(&octets, '\0');
		assert_int_equal(verdict(buf_span(&octets), -1), -E_SYNTAX);
		buf_fini(&octets);
	}
}

static void
unknown_types_are_refused(void **state)
{
	static const uint32_t types[] = {MESSAGE_TYPES, MESSAGE_TYPES + 1, 255,
	    256, 65536, INT32_MAX, UINT32_MAX};

	(void)state;
	for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++) {
		char octets[64] = {0};

		memcpy(octets, &types[i], sizeof types[i]);
		for (size_t n = 4; n <= sizeof octets; n += 4)
			assert_int_equal(
			    verdict(span_make(octets, n), -1), -E_SYNTAX);
	}
	assert_string_equal(message_name(MESSAGE_TYPES), "unknown");
}

/* Any four octets may be a length: whatever stands there, what is taken as
   text lies within the message. */
static void
every_wrong_length_is_refused_or_harmless(void **state)
{
	static const uint32_t lengths[] = {0, 1, 2, 7, 255, 8192, 8193, 65536,
	    65537, INT32_MAX, UINT32_MAX - 3, UINT32_MAX};

	(void)state;
	for (unsigned type = 0; type < MESSAGE_TYPES; type++) {
		struct message m;
		struct buf octets;

		make(&m, type);
		octets = encode(&m);
		for (size_t at = 4; at + 4 <= octets.n; at++)
			for (unsigned i = 0; i < 12; i++) {
				char kept[4];

				memcpy(kept, octets.p + at, 4);
				memcpy(octets.p + at, &lengths[i], 4);
				assert_in_set(
				    (unsigned)-verdict(buf_span(&octets), -1),
				    ((const unsigned long[]){0, E_SYNTAX}), 2);
				memcpy(octets.p + at, kept, 4);
			}
		buf_fini(&octets);
	}
}

/* NAME_ANSWER: a type, a number, and one text. */
static struct buf
name_answer(uint32_t length, size_t octets)
{
	uint32_t type = MESSAGE_NAME_ANSWER;
	uint64_t question = 7;
	char *text = calloc(1, octets + 1);
	struct buf b;

	assert_non_null(text);
	buf_init(&b, 2 * MESSAGE_MAX);
	buf_put(&b, span_make(&type, sizeof type));
	buf_put(&b, span_make(&question, sizeof question));
	buf_put(&b, span_make(&length, sizeof length));
	buf_put(&b, span_make(text, octets));
	free(text);
	return b;
}

static void
a_length_must_be_that_of_the_text(void **state)
{
	static const struct {
		uint32_t length;
		size_t octets;
		int result;
	} cases[] = {{10, 10, 0}, {9, 10, -E_SYNTAX}, {11, 10, -E_SYNTAX},
	    {0, 10, -E_SYNTAX}, {10, 0, -E_SYNTAX}, {0, 0, 0},
	    {UINT32_MAX, 10, -E_SYNTAX},
	    {MESSAGE_TEXT_MAX, MESSAGE_TEXT_MAX, 0},
	    {MESSAGE_TEXT_MAX + 1, MESSAGE_TEXT_MAX + 1, -E_SYNTAX}};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf b = name_answer(cases[i].length, cases[i].octets);

		assert_int_equal(verdict(buf_span(&b), -1), cases[i].result);
		buf_fini(&b);
	}
}

static void
a_descriptor_where_none_belongs_is_refused(void **state)
{
	(void)state;
	for (unsigned type = 0; type < MESSAGE_TYPES; type++) {
		struct message m;
		struct buf octets;

		make(&m, type);
		octets = encode(&m);
		assert_int_equal(verdict(buf_span(&octets), 0),
		    rows[type].file ? 0 : -E_SYNTAX);
		buf_fini(&octets);
	}
}

static void
a_descriptor_comes_with_its_message(void **state)
{
	struct message m, came;
	struct buf octets;
	char *copy;
	int result;

	(void)state;
	make(&m, MESSAGE_BODY_ANSWER);
	octets = encode(&m);
	copy = decode(buf_span(&octets), 42, &came, &result);
	assert_int_equal(result, 0);
	assert_int_equal(came.file, 42);
	free(copy);
	buf_fini(&octets);
}

/* ---- ceilings ---- */

static int
encode_texts(size_t sender, size_t recipient, size_t head)
{
	char *octets = calloc(1, MESSAGE_CONTENT_MAX + 1);
	struct message m;
	struct buf to;
	int result;

	assert_non_null(octets);
	message_init(&m, MESSAGE_PULL_ANSWER);
	m.pull_answer.sender = span_make(octets, sender);
	m.pull_answer.recipient = span_make(octets, recipient);
	m.pull_answer.head = span_make(octets, head);
	buf_init(&to, 2 * MESSAGE_MAX);
	result = message_encode(&m, &to);
	buf_fini(&to);
	free(octets);
	return result;
}

static void
texts_together_and_content_have_a_ceiling(void **state)
{
	(void)state;
	assert_int_equal(encode_texts(MESSAGE_TEXT_MAX, 0, 0), 0);
	assert_int_equal(encode_texts(MESSAGE_TEXT_MAX, 1, 0), -E_RANGE);
	assert_int_equal(encode_texts(0, MESSAGE_TEXT_MAX + 1, 0), -E_RANGE);
	assert_int_equal(
	    encode_texts(MESSAGE_TEXT_MAX, 0, MESSAGE_CONTENT_MAX), 0);
	assert_int_equal(encode_texts(0, 0, MESSAGE_CONTENT_MAX + 1), -E_RANGE);
}

static void
no_room_for_the_octets_is_said(void **state)
{
	struct message m;
	struct buf to;

	(void)state;
	message_init(&m, MESSAGE_PULL_ANSWER);
	buf_init(&to, 16);
	assert_int_equal(message_encode(&m, &to), -E_NOMEM);
	buf_fini(&to);
}

/* ---- who may say what to whom ---- */

#define ROLES_OF(set, role) (((set) & (1u << (role))) != 0)

static void
the_table_says_who_may_send_what(void **state)
{
	enum {
		MAIN = 1u << ROLE_MAIN,
		KEEPER = 1u << ROLE_KEEPER,
		FRONT = 1u << ROLE_FRONT,
		CALLER = 1u << ROLE_CALLER,
		RESOLVER = 1u << ROLE_RESOLVER,
		POSTER = 1u << ROLE_POSTER,
		CLERK = 1u << ROLE_CLERK,
		AUTH = 1u << ROLE_AUTH,
		SWEEPER = 1u << ROLE_SWEEPER,
	};
	static const unsigned ANY = ~0u;
	const struct {
		unsigned from, to;
	} sets[] = {
#define MESSAGE(NAME, type, sender, receiver, fields) \
	[MESSAGE_##NAME] = {(unsigned)(sender), (unsigned)(receiver)},
#include "daemon/channel/messages.def"
#undef MESSAGE
	};

	(void)state;
	for (unsigned t = 0; t < MESSAGE_TYPES; t++)
		for (unsigned from = 0; from < ROLE_KINDS; from++)
			for (unsigned to = 0; to < ROLE_KINDS; to++)
				assert_int_equal(
				    message_is_legal((enum message_type)t,
					(enum role_kind)from,
					(enum role_kind)to),
				    ROLES_OF(sets[t].from, from) &&
					ROLES_OF(sets[t].to, to));
}

/* The few rules on which the separation of powers stands (docs/TRUST.md). */
static void
nobody_has_anothers_power(void **state)
{
	(void)state;
	for (unsigned r = 0; r < ROLE_KINDS; r++) {
		enum role_kind role = (enum role_kind)r;

		assert_int_equal(
		    message_is_legal(MESSAGE_SECRET, role, ROLE_KEEPER),
		    role == ROLE_MAIN);
		assert_int_equal(message_is_legal(MESSAGE_GO, role, ROLE_FRONT),
		    role == ROLE_MAIN);
		assert_int_equal(
		    message_is_legal(MESSAGE_PULL_ASK, role, ROLE_KEEPER),
		    role == ROLE_FRONT);
		assert_int_equal(
		    message_is_legal(MESSAGE_PULL_END, role, ROLE_KEEPER),
		    role == ROLE_FRONT);
		assert_int_equal(
		    message_is_legal(MESSAGE_PULLED, role, ROLE_KEEPER),
		    role == ROLE_CALLER);
		assert_int_equal(
		    message_is_legal(MESSAGE_POSTED, role, ROLE_KEEPER),
		    role == ROLE_POSTER);
		assert_int_equal(
		    message_is_legal(MESSAGE_ACCOUNT_ASK, role, ROLE_KEEPER),
		    role == ROLE_AUTH);
		assert_int_equal(
		    message_is_legal(MESSAGE_STUB_MOVED, role, ROLE_KEEPER),
		    role == ROLE_CLERK);
		assert_int_equal(
		    message_is_legal(MESSAGE_ACCOUNT_LINE, ROLE_KEEPER, role),
		    role == ROLE_CLERK);
		assert_int_equal(
		    message_is_legal(MESSAGE_MX_ANSWER, role, ROLE_KEEPER),
		    role == ROLE_RESOLVER);
		assert_int_equal(
		    message_is_legal(MESSAGE_ARRIVAL, role, ROLE_KEEPER),
		    role == ROLE_FRONT || role == ROLE_CALLER);
		/* strangers' octets reach no mailbox but through the keeper */
		assert_int_equal(
		    message_is_legal(MESSAGE_POST, role, ROLE_POSTER),
		    role == ROLE_KEEPER);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message_comes_back_as_it_was),
	    cmocka_unit_test(a_message_of_zeroes_comes_back_too),
	    cmocka_unit_test(every_truncation_is_refused),
	    cmocka_unit_test(octets_behind_the_end_are_refused),
	    cmocka_unit_test(unknown_types_are_refused),
	    cmocka_unit_test(every_wrong_length_is_refused_or_harmless),
	    cmocka_unit_test(a_length_must_be_that_of_the_text),
	    cmocka_unit_test(a_descriptor_where_none_belongs_is_refused),
	    cmocka_unit_test(a_descriptor_comes_with_its_message),
	    cmocka_unit_test(texts_together_and_content_have_a_ceiling),
	    cmocka_unit_test(no_room_for_the_octets_is_said),
	    cmocka_unit_test(the_table_says_who_may_send_what),
	    cmocka_unit_test(nobody_has_anothers_power),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}

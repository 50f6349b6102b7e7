/* DNS answers in wire form, written octet by octet, whole and broken. */
#include "daemon/resolver/dns_packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PACKET_ROOM 65536

enum { A = 1, CNAME = 5, PTR = 12, MX = 15, TXT = 16, AAAA = 28 };

/* A packet being written. */
struct writer {
	uint8_t b[PACKET_ROOM];
	size_t n;
	size_t length_at; /* of the record being written */
};

static void
put(struct writer *w, const void *p, size_t n)
{
	assert_true(sizeof(w->b) - w->n >= n);
	memcpy(w->b + w->n, p, n);
	w->n += n;
}

static void
put_octet(struct writer *w, unsigned value)
{
	uint8_t octet = (uint8_t)value;

	put(w, &octet, 1);
}

static void
put_number(struct writer *w, unsigned value)
{
	put_octet(w, value >> 8);
	put_octet(w, value & 255);
}

static void
put_name(struct writer *w, const char *text)
{
	struct span rest = span_of(text);
	struct span label;

	while (span_cut(&rest, '.', &label)) {
		put_octet(w, (unsigned)label.n);
		put(w, label.p, label.n);
	}
	put_octet(w, 0);
}

static void
put_pointer(struct writer *w, size_t target)
{
	put_number(w, 0xc000u | (unsigned)target);
}

/* Header and question; RCODE in the flags. The question's name is at 12. */
static void
begin(struct writer *w, const char *name, unsigned type, unsigned rcode)
{
	w->n = 0;
	put_number(w, 0x1234);
	put_number(w, 0x8180 | rcode);
	put_number(w, 1);
	put_number(w, 0);
	put_number(w, 0);
	put_number(w, 0);
	put_name(w, name);
	put_number(w, type);
	put_number(w, 1);
}

/* A record's head; the owner's name has been written. */
static void
begin_data(struct writer *w, unsigned type)
{
	unsigned count = (unsigned)(w->b[6] << 8 | w->b[7]) + 1;

	w->b[6] = (uint8_t)(count >> 8);
	w->b[7] = (uint8_t)count;
	put_number(w, type);
	put_number(w, 1);
	put_number(w, 0);
	put_number(w, 60);
	w->length_at = w->n;
	put_number(w, 0);
}

static void
begin_record(struct writer *w, const char *owner, unsigned type)
{
	put_name(w, owner);
	begin_data(w, type);
}

static void
end_record(struct writer *w)
{
	size_t length = w->n - w->length_at - 2;

	w->b[w->length_at] = (uint8_t)(length >> 8);
	w->b[w->length_at + 1] = (uint8_t)length;
}

static void
put_address(struct writer *w, const char *owner, const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(span_of(text), &ip), 0);
	begin_record(w, owner, ip.family == 4 ? A : AAAA);
	put(w, ip.b, ip.family == 4 ? 4 : 16);
	end_record(w);
}

static void
put_alias(struct writer *w, const char *owner, const char *target)
{
	begin_record(w, owner, CNAME);
	put_name(w, target);
	end_record(w);
}

static void
put_mx(
    struct writer *w, const char *owner, unsigned preference, const char *host)
{
	begin_record(w, owner, MX);
	put_number(w, preference);
	put_name(w, host);
	end_record(w);
}

/*
 * Parses from memory of exactly that size, so that a sanitizer sees every
 * octet read beyond the end.
 */
static struct dns_packet *
parse_octets(const uint8_t *p, size_t n, const char *name, enum dns_type type)
{
	struct dns_question question = {.type = type};
	uint8_t *exact = malloc(n > 0 ? n : 1);
	struct dns_packet *packet;

	assert_non_null(exact);
	memcpy(exact, p, n);
	assert_int_equal(dns_name(span_of(name), question.name), 0);
	packet = dns_packet_new(span_make(exact, n), &question, true);
	free(exact);
	assert_non_null(packet);
	return packet;
}

static struct dns_packet *
parse(const struct writer *w, const char *name, enum dns_type type)
{
	return parse_octets(w->b, w->n, name, type);
}

static enum dns_status
status_of(const struct writer *w, const char *name, enum dns_type type)
{
	struct dns_packet *packet = parse(w, name, type);
	const struct dns_answer *answer = dns_packet_answer(packet);
	enum dns_status status = answer->status;

	assert_int_equal(answer->count > 0, status == DNS_FOUND);
	dns_packet_free(&packet);
	assert_null(packet);
	return status;
}

static void
check_ip(const struct dns_record *record, const char *text)
{
	char is[IP_TEXT];

	ip_text(record->ip, is);
	assert_string_equal(is, text);
}

static void
check_span(struct span is, const char *text)
{
	assert_int_equal(is.n, strlen(text));
	assert_memory_equal(is.p, text, is.n);
}

static struct writer w;

static void
addresses_of_the_name_are_taken(void **state)
{
	struct dns_packet *packet;
	const struct dns_answer *answer;

	(void)state;
	begin(&w, "a.test", A, 0);
	put_address(&w, "A.Test", "192.0.2.1");
	put_address(&w, "b.test", "192.0.2.9");
	put_address(&w, "a.test", "2001:db8::9");
	put_pointer(&w, 12);
	begin_data(&w, A);
	put(&w, "\xc0\x00\x02\x02", 4);
	end_record(&w);
	packet = parse(&w, "a.TEST", DNS_A);
	answer = dns_packet_answer(packet);
	assert_int_equal(answer->status, DNS_FOUND);
	assert_true(answer->secure);
	assert_int_equal(answer->count, 2);
	check_ip(&answer->records[0], "192.0.2.1");
	check_ip(&answer->records[1], "192.0.2.2");
	dns_packet_free(&packet);
}

static void
a_mapped_address_is_an_ip4_one(void **state)
{
	struct dns_packet *packet;
	const struct dns_answer *answer;

	(void)state;
	begin(&w, "a.test", AAAA, 0);
	begin_record(&w, "a.test", AAAA);
	put(&w, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x01", 16);
	end_record(&w);
	put_address(&w, "a.test", "2001:db8::1");
	packet = parse(&w, "a.test", DNS_AAAA);
	answer = dns_packet_answer(packet);
	assert_int_equal(answer->count, 2);
	check_ip(&answer->records[0], "192.0.2.1");
	check_ip(&answer->records[1], "2001:db8::1");
	dns_packet_free(&packet);
}

static void
hosts_come_with_preference_and_the_root_is_empty(void **state)
{
	struct dns_packet *packet;
	const struct dns_answer *answer;

	(void)state;
	begin(&w, "a.test", MX, 0);
	put_mx(&w, "a.test", 258, "mx.a.test");
	begin_record(&w, "a.test", MX);
	put_number(&w, 5);
	put(&w, "\x02mx", 3);
	put_pointer(&w, 12);
	end_record(&w);
	put_mx(&w, "a.test", 0, "");
	packet = parse(&w, "a.test", DNS_MX);
	answer = dns_packet_answer(packet);
	assert_int_equal(answer->count, 3);
	assert_int_equal(answer->records[0].preference, 258);
	check_span(answer->records[0].name, "mx.a.test");
	check_span(answer->records[1].name, "mx.a.test");
	assert_int_equal(answer->records[2].preference, 0);
	check_span(answer->records[2].name, "");
	dns_packet_free(&packet);
}

/* The one record of the packet has a name that nobody can ask for. */
static void
check_unusable(enum dns_type type)
{
	struct dns_packet *packet = parse(&w, "a.test", type);
	const struct dns_answer *answer = dns_packet_answer(packet);
	char name[DNS_NAME_MAX];

	assert_int_equal(answer->status, DNS_FOUND);
	assert_int_equal(answer->count, 1);
	assert_true(dns_name(answer->records[0].name, name) < 0);
	dns_packet_free(&packet);
}

/* Left out, such hosts would make a domain its own host. */
static void
a_name_that_cannot_be_written_stays_and_is_unusable(void **state)
{
	static const char *const odd[] = {
	    "a\\b.test", "a b.test", "\x80.test", "a\x01.test"};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		begin(&w, "a.test", MX, 0);
		put_mx(&w, "a.test", 10, odd[i]);
		check_unusable(DNS_MX);
	}
	begin(&w, "a.test", PTR, 0);
	begin_record(&w, "a.test", PTR);
	put(&w, "\x03x.y\x04test", 10);
	end_record(&w);
	check_unusable(DNS_PTR);
}

static void
texts_are_joined(void **state)
{
	struct dns_packet *packet;
	const struct dns_answer *answer;

	(void)state;
	begin(&w, "a.test", TXT, 0);
	begin_record(&w, "a.test", TXT);
	put(&w, "\x07v=spf1 \x00\x02mx\x05 -all", 18);
	end_record(&w);
	begin_record(&w, "a.test", TXT);
	put_octet(&w, 0);
	end_record(&w);
	packet = parse(&w, "a.test", DNS_TXT);
	answer = dns_packet_answer(packet);
	assert_int_equal(answer->count, 2);
	check_span(answer->records[0].text, "v=spf1 mx -all");
	check_span(answer->records[1].text, "");
	dns_packet_free(&packet);
}

static void
a_text_beyond_its_ceiling_is_empty(void **state)
{
	static const char part[256] = "\xff";
	struct dns_packet *packet;
	const struct dns_answer *answer;

	(void)state;
	for (unsigned parts = 16; parts <= 17; parts++) {
		begin(&w, "a.test", TXT, 0);
		begin_record(&w, "a.test", TXT);
		for (unsigned i = 0; i < parts; i++)
			put(&w, part, sizeof(part));
		end_record(&w);
		packet = parse(&w, "a.test", DNS_TXT);
		answer = dns_packet_answer(packet);
		assert_int_equal(answer->count, 1);
		assert_int_equal(
		    answer->records[0].text.n, parts == 16 ? 16 * 255 : 0);
		dns_packet_free(&packet);
	}
}

static void
aliases_are_followed_in_any_order(void **state)
{
	struct dns_packet *packet;
	const struct dns_answer *answer;

	(void)state;
	begin(&w, "a.test", A, 0);
	put_address(&w, "c.test", "192.0.2.1");
	put_alias(&w, "B.test", "c.test");
	put_address(&w, "a.test", "192.0.2.66");
	put_alias(&w, "a.test", "b.test");
	packet = parse(&w, "a.test", DNS_A);
	answer = dns_packet_answer(packet);
	assert_int_equal(answer->count, 1);
	check_ip(&answer->records[0], "192.0.2.1");
	dns_packet_free(&packet);
}

static void
aliases_that_turn_in_a_circle_are_no_answer(void **state)
{
	(void)state;
	begin(&w, "a.test", A, 0);
	put_alias(&w, "a.test", "b.test");
	put_alias(&w, "b.test", "a.test");
	assert_int_equal(status_of(&w, "a.test", DNS_A), DNS_TEMPORARY);
}

static void
a_chain_of_twelve_aliases_is_the_longest(void **state)
{
	(void)state;
	for (unsigned links = 12; links <= 13; links++) {
		char name[] = "a.test";
		char next[] = "a.test";

		begin(&w, "a.test", A, 0);
		for (unsigned i = 0; i < links; i++) {
			next[0] = (char)('a' + i + 1);
			put_alias(&w, name, next);
			name[0] = next[0];
		}
		put_address(&w, name, "192.0.2.1");
		assert_int_equal(status_of(&w, "a.test", DNS_A),
		    links == 12 ? DNS_FOUND : DNS_TEMPORARY);
	}
}

static void
nothing_and_no_name_are_told_apart(void **state)
{
	(void)state;
	begin(&w, "a.test", A, 0);
	assert_int_equal(status_of(&w, "a.test", DNS_A), DNS_EMPTY);
	put_alias(&w, "a.test", "b.test");
	assert_int_equal(status_of(&w, "a.test", DNS_A), DNS_EMPTY);
	begin(&w, "a.test", A, 3);
	assert_int_equal(status_of(&w, "a.test", DNS_A), DNS_NO_NAME);
}

static void
refusals_and_cut_packets_are_temporary(void **state)
{
	static const unsigned codes[] = {1, 2, 4, 5, 15};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		begin(&w, "a.test", A, codes[i]);
		put_address(&w, "a.test", "192.0.2.1");
		assert_int_equal(status_of(&w, "a.test", DNS_A), DNS_TEMPORARY);
	}
	begin(&w, "a.test", A, 0);
	put_address(&w, "a.test", "192.0.2.1");
	w.b[2] |= 0x02;
	assert_int_equal(status_of(&w, "a.test", DNS_A), DNS_TEMPORARY);
	/* another class is nothing */
	w.b[2] ^= 0x02;
	w.b[w.n - 11] = 3;
	assert_int_equal(status_of(&w, "a.test", DNS_A), DNS_EMPTY);
}

static void
data_of_the_wrong_length_spoils_the_packet(void **state)
{
	static const struct {
		unsigned wire;
		enum dns_type type;
		const char *data;
		size_t n;
	} list[] = {
	    {A, DNS_A, "\x01\x02\x03", 3},
	    {A, DNS_A, "\x01\x02\x03\x04\x05", 5},
	    {AAAA, DNS_AAAA, "\x01\x02\x03\x04", 4},
	    {MX, DNS_MX, "\x01", 1},
	    {MX, DNS_MX,
		"\x00\x0a\x01"
		"a",
		4},
	    {MX, DNS_MX,
		"\x00\x0a\x01"
		"a\x00x",
		6},
	    {PTR, DNS_PTR, "", 0},
	    {TXT, DNS_TXT,
		"\x05"
		"abc",
		4},
	    {CNAME, DNS_A,
		"\x05"
		"abc",
		4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		begin(&w, "a.test", list[i].wire, 0);
		begin_record(&w, "a.test", list[i].wire);
		put(&w, list[i].data, list[i].n);
		end_record(&w);
		assert_int_equal(
		    status_of(&w, "a.test", list[i].type), DNS_TEMPORARY);
	}
}

static void
pointers_must_lead_back(void **state)
{
	static const size_t forward[] = {0, 1, 40, 0x3fff};

	(void)state;
	for (size_t i = 0; i < sizeof(forward) / sizeof(forward[0]); i++) {
		begin(&w, "a.test", PTR, 0);
		begin_record(&w, "a.test", PTR);
		put_pointer(
		    &w, w.n + forward[i] > 0x3fff ? 0x3fff : w.n + forward[i]);
		end_record(&w);
		assert_int_equal(
		    status_of(&w, "a.test", DNS_PTR), DNS_TEMPORARY);
	}
	/* two that point at each other */
	begin(&w, "a.test", PTR, 0);
	put_pointer(&w, w.n + 2);
	put_pointer(&w, w.n - 2);
	w.b[7] = 1;
	assert_int_equal(status_of(&w, "a.test", DNS_PTR), DNS_TEMPORARY);
}

static void
a_name_of_more_than_255_octets_spoils_the_packet(void **state)
{
	static const char label[64] = "\x3f";

	(void)state;
	begin(&w, "a.test", PTR, 0);
	begin_record(&w, "a.test", PTR);
	for (unsigned i = 0; i < 4; i++)
		put(&w, label, sizeof(label));
	put_octet(&w, 0);
	end_record(&w);
	assert_int_equal(status_of(&w, "a.test", DNS_PTR), DNS_TEMPORARY);
}

static void
records_beyond_the_ceiling_are_left_out(void **state)
{
	struct dns_packet *packet;

	(void)state;
	begin(&w, "a.test", A, 0);
	for (unsigned i = 0; i < 2 * DNS_RECORDS_MAX; i++)
		put_address(&w, "a.test", "192.0.2.1");
	packet = parse(&w, "a.test", DNS_A);
	assert_int_equal(dns_packet_answer(packet)->count, DNS_RECORDS_MAX);
	dns_packet_free(&packet);
}

static void
every_cut_of_a_packet_is_temporary(void **state)
{
	(void)state;
	begin(&w, "a.test", MX, 0);
	put_alias(&w, "a.test", "b.test");
	put_mx(&w, "b.test", 10, "mx.a.test");
	put_mx(&w, "b.test", 20, "mx.b.test");
	for (size_t n = 0; n < w.n; n++) {
		struct dns_packet *packet =
		    parse_octets(w.b, n, "a.test", DNS_MX);

		assert_int_equal(
		    dns_packet_answer(packet)->status, DNS_TEMPORARY);
		dns_packet_free(&packet);
	}
	assert_int_equal(status_of(&w, "a.test", DNS_MX), DNS_FOUND);
}

/* Whatever one octet becomes, the parser ends and reads nothing outside. */
static void
every_octet_may_be_anything(void **state)
{
	static const enum dns_type types[] = {DNS_MX, DNS_TXT, DNS_A};

	(void)state;
	begin(&w, "a.test", MX, 0);
	put_alias(&w, "a.test", "b.test");
	put_mx(&w, "b.test", 10, "mx.a.test");
	put_pointer(&w, 12);
	begin_data(&w, TXT);
	put(&w,
	    "\x03"
	    "abc\x01z",
	    6);
	end_record(&w);
	put_address(&w, "b.test", "192.0.2.1");
	for (size_t at = 0; at < w.n; at++) {
		uint8_t was = w.b[at];

		for (unsigned value = 0; value < 256; value++) {
			w.b[at] = (uint8_t)value;
			status_of(&w, "a.test", types[value % 3]);
		}
		w.b[at] = was;
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_of_the_name_are_taken),
	    cmocka_unit_test(a_mapped_address_is_an_ip4_one),
	    cmocka_unit_test(hosts_come_with_preference_and_the_root_is_empty),
	    cmocka_unit_test(
		a_name_that_cannot_be_written_stays_and_is_unusable),
	    cmocka_unit_test(texts_are_joined),
	    cmocka_unit_test(a_text_beyond_its_ceiling_is_empty),
	    cmocka_unit_test(aliases_are_followed_in_any_order),
	    cmocka_unit_test(aliases_that_turn_in_a_circle_are_no_answer),
	    cmocka_unit_test(a_chain_of_twelve_aliases_is_the_longest),
	    cmocka_unit_test(nothing_and_no_name_are_told_apart),
	    cmocka_unit_test(refusals_and_cut_packets_are_temporary),
	    cmocka_unit_test(data_of_the_wrong_length_spoils_the_packet),
	    cmocka_unit_test(pointers_must_lead_back),
	    cmocka_unit_test(a_name_of_more_than_255_octets_spoils_the_packet),
	    cmocka_unit_test(records_beyond_the_ceiling_are_left_out),
	    cmocka_unit_test(every_cut_of_a_packet_is_temporary),
	    cmocka_unit_test(every_octet_may_be_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * DNS answers in wire form: whatever comes is an answer that the pure modules
 * can bear, and MX hosts of it can be asked for.
 */
#include "fuzz.h"

#include "daemon/resolver/dns_packet.h"

#include <stdlib.h>
#include <string.h>

static void
check_name(struct span name)
{
	char text[DNS_NAME_MAX];

	if (name.n == 0 || span_equals(name, span_of("..")))
		return;
	assert(name.n < DNS_NAME_MAX);
	assert(dns_name(name, text) == 0);
	assert(span_equals(name, span_of(text)));
}

static void
check_record(const struct dns_record *record, enum dns_type type)
{
	switch (type) {
	case DNS_A:
		assert(record->ip.family == 4);
		return;
	case DNS_AAAA:
		assert(record->ip.family == 4 || record->ip.family == 6);
		return;
	case DNS_MX:
	case DNS_PTR:
		check_name(record->name);
		return;
	case DNS_TXT:
		assert(record->text.n <= DNS_TEXT_MAX);
		return;
	}
}

void
fuzz_one(struct span input)
{
	struct fuzz_draws draws = fuzz_draw_line(&input);
	struct dns_question question = {
	    .name = "e.test", .type = (enum dns_type)fuzz_draw(&draws, 5)};
	char *exact = fuzz_exact(input);
	struct dns_packet *packet = dns_packet_new(
	    span_make(exact, input.n), &question, fuzz_draw(&draws, 2) == 1);
	const struct dns_answer *answer = dns_packet_answer(packet);

	/* The packet owns what it says. */
	free(exact);
	assert(answer->count <= DNS_RECORDS_MAX);
	assert((answer->status == DNS_FOUND) == (answer->count > 0));
	assert(answer->status <= DNS_TEMPORARY);
	for (unsigned i = 0; i < answer->count; i++)
		check_record(&answer->records[i], question.type);
	dns_packet_free(&packet);
	assert(packet == NULL);
}

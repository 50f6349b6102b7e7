/*
 * What the pure modules that need DNS ask for, and what they are told. They
 * never ask themselves: whoever runs them looks the question up (the resolver
 * role in the server, a table in tests) and brings the answer.
 */
#ifndef TRUST_DNS_H
#define TRUST_DNS_H

#include "base/ip.h"

#define DNS_NAME_MAX    254  /* presentation form with NUL */
#define DNS_RECORDS_MAX 64   /* records of one answer that are looked at */
#define DNS_TEXT_MAX    4096 /* octets of one TXT record, strings joined */

enum dns_type { DNS_A, DNS_AAAA, DNS_MX, DNS_TXT, DNS_PTR };

struct dns_question {
	char name[DNS_NAME_MAX]; /* ASCII, no trailing dot */
	enum dns_type type;
};

enum dns_status {
	DNS_FOUND,     /* at least one record */
	DNS_EMPTY,     /* the name exists, without this type (NODATA) */
	DNS_NO_NAME,   /* NXDOMAIN */
	DNS_TEMPORARY, /* no answer, SERVFAIL, bogus, cut */
};

struct dns_record {
	struct ip ip;        /* A, AAAA */
	uint16_t preference; /* MX */
	struct span name;    /* MX, PTR: without trailing dot; "" is the root */
	struct span text;    /* TXT: its strings joined */
};

struct dns_answer {
	enum dns_status status;
	bool secure; /* DNSSEC validated */
	unsigned count;
	const struct dns_record *records; /* borrowed for the call */
};

/*
 * Copies TEXT as a name to ask for: labels of 1 to 63 printable octets, 253
 * octets in all, one trailing dot taken off. -E_SYNTAX or -E_RANGE when it is
 * no such name (the root is none); NAME_R is then empty.
 */
int dns_name(struct span text, char name_r[DNS_NAME_MAX]);

#endif

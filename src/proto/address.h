/*
 * Paths and mailboxes of RFC 5321 4.1.2, with UTF-8 by RFC 6531. Domains are
 * kept and compared as A-labels in lower case (libidn2), local parts as they
 * came; quoted local parts lose quotes that they do not need.
 */
#ifndef PROTO_ADDRESS_H
#define PROTO_ADDRESS_H

#include "base/span.h"

#define ADDRESS_LOCAL_MAX  64  /* octets, RFC 5321 4.5.3.1.1 */
#define ADDRESS_DOMAIN_MAX 255 /* octets, RFC 5321 4.5.3.1.2 */
#define ADDRESS_TEXT       (2 * ADDRESS_LOCAL_MAX + ADDRESS_DOMAIN_MAX + 4)

struct address {
	char
	    text[ADDRESS_TEXT]; /* "local@domain", or "" for the null path <> */
	struct span local;  /* within text, as written (quoted if need be) */
	struct span domain; /* within text: A-labels, or "[literal]" */
	bool utf8;          /* the local part has octets beyond ASCII */
};

/*
 * Parses a path: "<local@domain>", with a source route ignored, or without
 * angle brackets as the papers write it. EMPTY_OK allows "<>"; UTF8 allows
 * RFC 6531. The struct has inner pointers: copy with address_copy() only.
 * 0; -E_SYNTAX malformed; -E_RANGE a part is too long; -E_NOMEM (only with
 * octets beyond ASCII): not known.
 */
struct address_rules {
	bool empty_ok;
	bool utf8;
	bool bare_postmaster; /* RFC 5321 4.5.1: RCPT TO:<Postmaster> */
};
int address_parse(
    struct span s, struct address_rules rules, struct address *address_r);

/*
 * Where the path at the start of S ends: behind its ">", else at the first
 * space, with neither looked for within a quoted local part. S.n if nowhere.
 */
size_t address_path_length(struct span s);

void address_copy(struct address *to, const struct address *from);

/* The same mailbox here: domain equal, local part equal without ASCII case. */
bool address_equals(const struct address *a, const struct address *b);

/* The key under which a local user is stored: local part in lower case. */
void address_fold(const struct address *a, char text_r[ADDRESS_TEXT]);

/*
 * A domain name as lower-case A-labels; no trailing dot, no literal. Checks
 * label lengths and letters-digits-hyphen (and "_" not). 0, -E_SYNTAX, or
 * -E_NOMEM, as above.
 */
int address_domain(struct span s, char text_r[ADDRESS_DOMAIN_MAX + 1]);

#endif

/* The addresses of whoever has signed in. */
#include "daemon/transfer/own_addresses.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

/* No address has it, not even in a quoted local part. */
#define BETWEEN '\n'

void
own_addresses_add(struct buf *others, struct span address)
{
	static const char between = BETWEEN;

	buf_put(others, address);
	buf_put(others, span_make(&between, 1));
}

void
own_addresses_free(struct own_addresses *own)
{
	free(own->others);
	*own = (struct own_addresses){0};
}

int
own_addresses_set(
    struct own_addresses *own, struct span main, struct span others)
{
	own_addresses_free(own);
	if (main.n == 0 || span_copy(main, own->user, sizeof own->user) < 0) {
		own->user[0] = '\0';
		return -E_RANGE;
	}
	if (others.n == 0)
		return 0;
	own->others = malloc(others.n);
	if (own->others == NULL) {
		own->user[0] = '\0';
		return -E_NOMEM;
	}
	memcpy(own->others, others.p, others.n);
	own->others_n = others.n;
	return 0;
}

bool
own_addresses_has(
    const struct own_addresses *own, const struct address *address)
{
	struct span left = span_make(own->others, own->others_n);
	char folded[ADDRESS_TEXT];
	size_t n;

	address_fold(address, folded);
	if (own->user[0] == '\0')
		return false;
	if (span_equals(span_of(folded), span_of(own->user)))
		return true;
	for (; left.n > 0; left = span_skip(left, n < left.n ? n + 1 : n)) {
		const char *end = memchr(left.p, BETWEEN, left.n);

		n = end != NULL ? (size_t)(end - left.p) : left.n;
		if (span_equals(span_part(left, 0, n), span_of(folded)))
			return true;
	}
	return false;
}

/*
 * Messages between our own processes: one that was taken is, encoded again,
 * the same octets; all its texts lie within them.
 */
#include "fuzz.h"

#include "base/err.h"
#include "daemon/channel/message.h"

#include <stdlib.h>
#include <string.h>

void
fuzz_one(struct span input)
{
	char *exact = fuzz_exact(input);
	struct span octets = span_make(exact, input.n);
	struct message m, again;
	struct buf said;
	int rc = message_decode(octets, -1, &m);

	assert(rc == 0 || rc == -E_SYNTAX);
	if (rc == 0) {
		assert(m.type < MESSAGE_TYPES && m.file == -1);
		assert(strcmp(message_name(m.type), "unknown") != 0);
		buf_init(&said, 2 * MESSAGE_MAX);
		assert(message_encode(&m, &said) == 0);
		assert(span_equals(buf_span(&said), octets));
		assert(message_decode(buf_span(&said), -1, &again) == 0);
		buf_fini(&said);
		/* Whatever lacks an octet or has one too many is none. */
		assert(message_decode(span_part(octets, 0, input.n - 1), -1,
			   &again) == -E_SYNTAX);
	}
	free(exact);
}

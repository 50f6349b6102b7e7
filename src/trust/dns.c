/*
 * Names as the pure modules may ask for them. This is where text that a
 * stranger chose (a macro, an MX target) becomes a question or is refused. Not
 * the wire form: daemon/resolver/dns_packet.c. Limits: RFC 1035 2.3.4.
 */
#include "trust/dns.h"

#include "base/err.h"

#define DNS_LABEL_MAX 63

int
dns_name(struct span text, char name_r[DNS_NAME_MAX])
{
	size_t label = 0;

	name_r[0] = '\0';
	if (text.n > 0 && text.p[text.n - 1] == '.')
		text.n--;
	if (text.n == 0 || text.n >= DNS_NAME_MAX)
		return -E_RANGE;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '.') {
			if (label == 0)
				return -E_SYNTAX;
			label = 0;
			continue;
		}
		if (text.p[i] < ' ' || text.p[i] > '~')
			return -E_SYNTAX;
		if (++label > DNS_LABEL_MAX)
			return -E_RANGE;
	}
	if (label == 0)
		return -E_SYNTAX;
	return span_copy(text, name_r, DNS_NAME_MAX);
}

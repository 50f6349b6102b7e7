/*
 * The operator's lists of hosts. Networks are sorted by family, prefix length
 * and address, so that an address is found by one binary search for each
 * prefix length in use. Names are sorted as text, with "below" entries kept
 * with their leading dot, and searched once for each dot of the name asked
 * for. Not here: the look-ups, and what a listed host may do.
 */
#include "trust/hosts.h"

#include "trust/dns.h"

#include <stdlib.h>
#include <string.h>

#define BITS_MAX 128

struct hosts {
	struct ip_net *nets; /* sorted, addresses masked */
	unsigned net_count;
	char **names; /* sorted, lower case; owned */
	unsigned name_count;
	bool bits4[BITS_MAX + 1]; /* prefix lengths in use */
	bool bits6[BITS_MAX + 1];
};

static int
compare_nets(const void *a, const void *b)
{
	const struct ip_net *one = a;
	const struct ip_net *other = b;

	if (one->address.family != other->address.family)
		return one->address.family < other->address.family ? -1 : 1;
	if (one->bits != other->bits)
		return one->bits < other->bits ? -1 : 1;
	return memcmp(one->address.b, other->address.b,
	    one->address.family == 4 ? 4 : sizeof(one->address.b));
}

static int
compare_names(const void *a, const void *b)
{
	const char *const *one = a;
	const char *const *other = b;

	return strcmp(*one, *other);
}

static void
lower(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text + ('a' - 'A'));
	}
}

/*
 * Whether NAME is made of letters, digits, hyphens and underscores, and its
 * last label is no number: "192.0.2" or "10.0.0.1/99" is a slip, not a name.
 */
static bool
is_host_name(struct span name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	bool number = true;

	for (size_t i = 0; i < name.n; i++) {
		if (strchr(allowed, name.p[i]) == NULL)
			return false;
		if (name.p[i] == '.')
			number = true;
		else if (name.p[i] < '0' || name.p[i] > '9')
			number = false;
	}
	return !number;
}

static int
add_name(struct hosts *h, struct span entry)
{
	char text[DNS_NAME_MAX + 1] = ".";
	char *name = text + 1;
	bool below = false;
	char *copy;

	if (span_starts_nocase(entry, span_of("*.")))
		entry = span_skip(entry, 1);
	if (entry.n > 0 && entry.p[0] == '.') {
		entry = span_skip(entry, 1);
		below = true;
	}
	if (dns_name(entry, name) != 0)
		return -E_SYNTAX;
	lower(name);
	if (!is_host_name(span_of(name)))
		return -E_SYNTAX;
	copy = strdup(below ? text : name);
	if (copy == NULL)
		return -E_NOMEM;
	h->names[h->name_count++] = copy;
	return 0;
}

static int
add_entry(struct hosts *h, struct span entry)
{
	struct ip_net *net = &h->nets[h->net_count];

	if (ip_net_parse(entry, net) != 0)
		return add_name(h, entry);
	if (net->address.family == 6)
		h->bits6[net->bits] = true;
	else
		h->bits4[net->bits] = true;
	h->net_count++;
	return 0;
}

struct hosts *
hosts_new(const char *const *entries, unsigned n, struct err *e)
{
	struct hosts *h = calloc(1, sizeof(*h));
	int code;

	if (h == NULL)
		goto no_memory;
	h->nets = calloc(n + 1u, sizeof(h->nets[0]));
	h->names = calloc(n + 1u, sizeof(h->names[0]));
	if (h->nets == NULL || h->names == NULL)
		goto no_memory;
	for (unsigned i = 0; i < n; i++) {
		code = add_entry(h, span_of(entries[i]));
		if (code == -E_NOMEM)
			goto no_memory;
		if (code != 0) {
			err_set(e, code,
			    "\"%s\" is no address, network or host name",
			    entries[i]);
			goto failed;
		}
	}
	qsort(h->nets, h->net_count, sizeof(h->nets[0]), compare_nets);
	qsort(h->names, h->name_count, sizeof(h->names[0]), compare_names);
	return h;

no_memory:
	err_set(e, -E_NOMEM, "no memory for a list of %u hosts", n);
failed:
	hosts_free(&h);
	return NULL;
}

void
hosts_free(struct hosts **h)
{
	if (*h == NULL)
		return;
	for (unsigned i = 0; i < (*h)->name_count; i++)
		free((*h)->names[i]);
	free((*h)->names);
	free((*h)->nets);
	free(*h);
	*h = NULL;
}

bool
hosts_has_ip(const struct hosts *h, struct ip ip)
{
	const bool *used = ip.family == 6 ? h->bits6 : h->bits4;
	unsigned max = ip.family == 6 ? BITS_MAX : 32;

	for (unsigned bits = 0; bits <= max; bits++) {
		struct ip_net key = {.bits = (uint8_t)bits};

		if (!used[bits])
			continue;
		key.address = ip_mask(ip, bits);
		if (bsearch(&key, h->nets, h->net_count, sizeof(key),
			compare_nets) != NULL)
			return true;
	}
	return false;
}

static bool
is_listed(const struct hosts *h, const char *name)
{
	return bsearch(&name, h->names, h->name_count, sizeof(h->names[0]),
		   compare_names) != NULL;
}

bool
hosts_has_name(const struct hosts *h, struct span name)
{
	char text[DNS_NAME_MAX];

	if (h->name_count == 0 || dns_name(name, text) != 0)
		return false;
	lower(text);
	if (is_listed(h, text))
		return true;
	for (const char *dot = strchr(text, '.'); dot != NULL;
	     dot = strchr(dot + 1, '.')) {
		if (is_listed(h, dot))
			return true;
	}
	return false;
}

bool
hosts_needs_name(const struct hosts *h)
{
	return h->name_count > 0;
}

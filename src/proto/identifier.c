/*
 * Identifiers of holds: making them, and knowing our own (WIRE 2). Not for
 * finding the hold (store/) nor for who may ask (origin/serve). See
 * identifier.h.
 *
 * The first tag is made with the server's secret over the key alone, so that
 * a guess is told from an identifier without the disk (AT-05). The second one
 * ties the identifier to its message, recipient and destination (DM-05), so
 * that nobody who knows a text can test for it (AT-08).
 */
#include "proto/identifier.h"

#include "base/base64.h"
#include "base/err.h"

#include <sodium.h>
#include <string.h>

#define TAG           8 /* octets of an HMAC that are kept */
#define RAW           (16 + TAG + TAG)
#define CHARACTERS    (IDENTIFIER_TEXT - 1)
#define DIGEST_OCTETS 32

/* A field with its length in front: no two lists of fields look the same. */
static void
hash_field(crypto_auth_hmacsha256_state *mac, struct span field)
{
	uint8_t length[8];

	for (unsigned i = 0; i < sizeof(length); i++)
		length[i] = (uint8_t)((uint64_t)field.n >> (56 - 8 * i));
	crypto_auth_hmacsha256_update(mac, length, sizeof(length));
	if (field.n > 0)
		crypto_auth_hmacsha256_update(
		    mac, (const unsigned char *)field.p, field.n);
}

/* HMAC-SHA-256 over N fields, cut to its first TAG octets. It needs no memory,
   so that no identifier of ours is ever taken for a guess. */
static void
make_tag(const uint8_t *secret, const struct span *fields, size_t n,
    uint8_t tag_r[TAG])
{
	uint8_t full[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state mac;

	crypto_auth_hmacsha256_init(&mac, secret, IDENTIFIER_SECRET);
	for (size_t i = 0; i < n; i++)
		hash_field(&mac, fields[i]);
	crypto_auth_hmacsha256_final(&mac, full);
	memcpy(tag_r, full, TAG);
	sodium_memzero(full, sizeof(full));
	sodium_memzero(&mac, sizeof(mac));
}

static struct span
key_span(const struct key *key)
{
	return span_make(key->b, sizeof(key->b));
}

void
identifier_make(
    const struct identifier_parts *parts, char text_r[IDENTIFIER_TEXT])
{
	uint8_t raw[RAW];
	struct span first[] = {key_span(&parts->key)};
	struct span second[] = {
	    key_span(&parts->key),
	    parts->sender,
	    parts->recipient,
	    span_make(parts->digest, DIGEST_OCTETS),
	    parts->domain,
	};

	memcpy(raw, parts->key.b, sizeof(parts->key.b));
	make_tag(parts->server_secret, first, 1, raw + 16);
	make_tag(parts->user_secret, second, 5, raw + 16 + TAG);
	base64_url(span_make(raw, sizeof(raw)), text_r, IDENTIFIER_TEXT);
}

int
identifier_check(
    struct span id, const uint8_t *server_secret, struct key *key_r)
{
	uint8_t raw[RAW];
	uint8_t tag[TAG];
	struct key key;
	struct span field;
	size_t n;

	if (id.n != CHARACTERS ||
	    base64_url_decode(id, raw, sizeof(raw), &n) < 0 || n != RAW)
		return -E_NONE;
	memcpy(key.b, raw, sizeof(key.b));
	field = key_span(&key);
	make_tag(server_secret, &field, 1, tag);
	if (sodium_memcmp(tag, raw + sizeof(key.b), TAG) != 0)
		return -E_NONE;
	*key_r = key;
	return 0;
}

static void
stub_tag(struct key notice, struct span user, const uint8_t *server_secret,
    uint8_t tag_r[TAG])
{
	/* the first keeps it apart from the first tag of an identifier */
	const struct span fields[] = {span_of("stub"), key_span(&notice), user};

	make_tag(server_secret, fields, 3, tag_r);
}

void
identifier_stub(struct key notice, struct span user,
    const uint8_t *server_secret, char text_r[IDENTIFIER_STUB_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t tag[TAG];

	stub_tag(notice, user, server_secret, tag);
	key_text(notice, text_r);
	for (unsigned i = 0; i < TAG; i++) {
		text_r[KEY_TEXT - 1 + 2 * i] = digits[tag[i] >> 4];
		text_r[KEY_TEXT + 2 * i] = digits[tag[i] & 15];
	}
	text_r[IDENTIFIER_STUB_TEXT - 1] = '\0';
}

int
identifier_stub_check(struct span text, struct span user,
    const uint8_t *server_secret, struct key *notice_r)
{
	char made[IDENTIFIER_STUB_TEXT];
	struct key key;

	if (text.n != IDENTIFIER_STUB_TEXT - 1 ||
	    key_parse(span_part(text, 0, KEY_TEXT - 1), &key) < 0)
		return -E_NONE;
	identifier_stub(key, user, server_secret, made);
	if (!span_equals_secret(span_of(made), text))
		return -E_NONE;
	*notice_r = key;
	return 0;
}

/* ALPHA / DIGIT / "-" / "_" / "." / "=" / "+" / "/" / "@" */
static bool
is_id_octet(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-_.=+/@", c) != NULL);
}

bool
identifier_is_legal(struct span s)
{
	if (s.n == 0 || s.n > IDENTIFIER_FOREIGN_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_id_octet(s.p[i]))
			return false;
	}
	return true;
}

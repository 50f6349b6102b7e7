/*
 * SHA-256 of a message while its octets pass by.
 *
 * Not for identifiers and passwords, which need keys (proto/identifier.c,
 * daemon/auth). Which octets count is the caller's affair: docs/WIRE.md 2.
 *
 * Read on in digest.h.
 */
#include "message/digest.h"

#include "base/base64.h"
#include "base/err.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct digest {
	EVP_MD_CTX *context;
	bool failed;
};

/* Of the process; it is never given back. */
static const EVP_MD *sha256;

int
digest_prepare(void)
{
	if (sha256 == NULL)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	return sha256 != NULL ? 0 : -E_NOMEM;
}

struct digest *
digest_new(void)
{
	struct digest *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	d->context = digest_prepare() == 0 ? EVP_MD_CTX_new() : NULL;
	if (d->context == NULL ||
	    EVP_DigestInit_ex(d->context, sha256, NULL) != 1)
		digest_free(&d);
	return d;
}

void
digest_free(struct digest **d)
{
	if (*d == NULL)
		return;
	EVP_MD_CTX_free((*d)->context);
	free(*d);
	*d = NULL;
}

void
digest_add(struct digest *d, struct span octets)
{
	if (octets.n > 0 &&
	    EVP_DigestUpdate(d->context, octets.p, octets.n) != 1)
		d->failed = true;
}

int
digest_end(struct digest *d, uint8_t sum_r[DIGEST_SIZE])
{
	if (d->failed || EVP_DigestFinal_ex(d->context, sum_r, NULL) != 1)
		return -E_SYSTEM;
	return 0;
}

void
digest_text(const uint8_t sum[DIGEST_SIZE], char text_r[DIGEST_TEXT])
{
	base64_url(span_make(sum, DIGEST_SIZE), text_r, DIGEST_TEXT);
}

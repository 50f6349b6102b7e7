/* Certificates for tests: made when needed, so none can grow too old. */
#include "certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#define PEM_MAX    16384
#define A_DAY_LONG 86400

/* A test without its certificate is no test. */
static void
must(int worked)
{
	if (worked != 1)
		abort();
}

static void
take_text(BIO *bio, struct buf *text_r)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	buf_init(text_r, PEM_MAX);
	buf_put(text_r, span_make(p, (size_t)n));
	BIO_free(bio);
}

static void
describe(X509 *x, const char *name)
{
	char alternative[300];
	X509_EXTENSION *extension;
	X509_NAME *subject = X509_get_subject_name(x);

	must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0));
	must(X509_set_issuer_name(x, subject));
	(void)snprintf(alternative, sizeof alternative, "DNS:%s", name);
	extension =
	    X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternative);
	must(X509_add_ext(x, extension, -1));
	X509_EXTENSION_free(extension);
}

void
certificate_make(const char *name, struct buf *certificate_r, struct buf *key_r)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *pem = BIO_new(BIO_s_mem());

	must(key != NULL && x != NULL && pem != NULL);
	must(X509_set_version(x, X509_VERSION_3));
	must(ASN1_INTEGER_set(X509_get_serialNumber(x), 1));
	must(X509_gmtime_adj(X509_getm_notBefore(x), -A_DAY_LONG) != NULL);
	must(X509_gmtime_adj(X509_getm_notAfter(x), A_DAY_LONG) != NULL);
	must(X509_set_pubkey(x, key));
	describe(x, name);
	must(X509_sign(x, key, EVP_sha256()) > 0);
	must(PEM_write_bio_X509(pem, x));
	take_text(pem, certificate_r);
	pem = BIO_new(BIO_s_mem());
	must(pem != NULL);
	must(PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL));
	take_text(pem, key_r);
	X509_free(x);
	EVP_PKEY_free(key);
}

/*
 * TLS contexts, made once at start from texts in memory. Not for handshakes
 * and octets: see conn_tls.c. Policy in one place: TLS 1.2 and later, the
 * library's ciphers, no renegotiation (a peer could make us work, RFC 5246
 * 7.2.2 names no limit), no compression (CRIME), no tickets and no session
 * cache: a mail session is one connection, and resumption across SNI names
 * and certificates is a source of surprises.
 *
 * SSL_OP_IGNORE_UNEXPECTED_EOF stays off: a stream cut short without
 * close_notify is a failure, since a forged FIN would otherwise pass for the
 * peer's own orderly close (WIRE 4.7).
 */
#include "net/tls.h"

#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#define TLS_PEM_MAX         (1u << 22) /* octets; all public CAs are 0.3 MiB */
#define TLS_CHAIN_MAX       10         /* certificates between ours and root */
#define TLS_AUTHORITIES_MAX 2000       /* there are about 150 public ones */

static int
fault(struct err *err, const char *what)
{
	unsigned long cause = ERR_peek_last_error();
	const char *why = cause == 0 ? NULL : ERR_reason_error_string(cause);

	ERR_clear_error();
	return err_set(
	    err, -E_SYNTAX, "%s: %s", what, why == NULL ? "unusable" : why);
}

/*
 * With the first of a kind (provider(7): digests, ciphers, ...) the library
 * learns all of that kind, and notes that it has, even if some or all of them
 * failed. So each kind is asked for here, and in it each that handshakes use.
 */
#define LEARN(type, name)                                   \
	do {                                                \
		type *one = type##_fetch(NULL, name, NULL); \
		all = all && one != NULL;                   \
		type##_free(one);                           \
	} while (0)

static bool
learn_for_octets(void)
{
	bool all = true;

	LEARN(EVP_MD, "SHA256");
	LEARN(EVP_MD, "SHA384");
	LEARN(EVP_MD, "SHA512");
	LEARN(EVP_MD, "SHA1");
	LEARN(EVP_CIPHER, "AES-128-GCM");
	LEARN(EVP_CIPHER, "AES-256-GCM");
	LEARN(EVP_CIPHER, "ChaCha20-Poly1305");
	LEARN(EVP_MAC, "HMAC");
	LEARN(EVP_KDF, "HKDF");
	LEARN(EVP_KDF, "TLS13-KDF");
	LEARN(EVP_KDF, "TLS1-PRF");
	LEARN(EVP_RAND, "CTR-DRBG");
	return all;
}

static bool
learn_for_keys(void)
{
	bool all = true;

	LEARN(EVP_KEYMGMT, "EC");
	LEARN(EVP_KEYMGMT, "RSA");
	LEARN(EVP_KEYMGMT, "X25519");
	LEARN(EVP_KEYMGMT, "ED25519");
	LEARN(EVP_KEYMGMT, "DH");
	LEARN(EVP_KEYEXCH, "X25519");
	LEARN(EVP_KEYEXCH, "ECDH");
	LEARN(EVP_KEYEXCH, "DH");
	LEARN(EVP_SIGNATURE, "ECDSA");
	LEARN(EVP_SIGNATURE, "RSA");
	LEARN(EVP_SIGNATURE, "ED25519");
	LEARN(EVP_ASYM_CIPHER, "RSA");
	LEARN(OSSL_DECODER, "EC");
	LEARN(OSSL_DECODER, "RSA");
	LEARN(OSSL_DECODER, "X25519");
	LEARN(OSSL_DECODER, "ED25519");
	LEARN(OSSL_ENCODER, "EC");
	return all;
}

#undef LEARN

int
tls_prepare(struct err *err)
{
	unsigned char octets[1];
	bool all;

	ERR_clear_error();
	all = learn_for_octets() && learn_for_keys();
	all = all && RAND_bytes(octets, sizeof octets) == 1 &&
	      RAND_priv_bytes(octets, sizeof octets) == 1 &&
	      ERR_peek_error() == 0; /* some of a kind may be missing */
	ERR_clear_error();
	return all ? 0 : err_set(err, -E_NOMEM, "no memory for TLS");
}

/* Without memory the library may make one that lacks what handshakes need, and
   only its errors tell. */
static SSL_CTX *
new_whole(const SSL_METHOD *method)
{
	SSL_CTX *tls;

	ERR_clear_error();
	tls = SSL_CTX_new(method);
	if (ERR_peek_error() == 0)
		return tls;
	SSL_CTX_free(tls);
	return NULL;
}

static SSL_CTX *
new_context(const SSL_METHOD *method)
{
	SSL_CTX *tls = new_whole(method);

	if (tls == NULL)
		return NULL;
	SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
	SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION |
				     SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
				     SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_num_tickets(tls, 0); /* TLS 1.3 has its own kind */
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	/* The pump sends what fits, from wherever out() is by then, and idle
	   sessions give their buffers back. */
	SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				  SSL_MODE_RELEASE_BUFFERS);
	return tls;
}

/* No key has a passphrase here; asking a terminal would stop the server. */
static int
no_passphrase(char *room, int size, int writing, void *arg)
{
	(void)room, (void)size, (void)writing, (void)arg;
	return -1;
}

/* Reads PEM; NULL for none or too much. Borrows TEXT until BIO_free. */
static BIO *
open_text(struct span text)
{
	if (text.n == 0 || text.n > TLS_PEM_MAX)
		return NULL;
	return BIO_new_mem_buf(text.p, (int)text.n);
}

static X509 *
next_certificate(BIO *bio)
{
	return PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
}

/* The reader stops at the end of the text and at garbage: tells which. */
static bool
ended_well(void)
{
	unsigned long cause = ERR_peek_last_error();
	bool end = ERR_GET_LIB(cause) == ERR_LIB_PEM &&
		   ERR_GET_REASON(cause) == PEM_R_NO_START_LINE;

	if (end)
		ERR_clear_error();
	return end;
}

/* What signs our certificate, for peers that know only the root. */
static bool
use_chain(SSL_CTX *tls, BIO *bio)
{
	X509 *next;

	for (unsigned n = 0; n < TLS_CHAIN_MAX; n++) {
		next = next_certificate(bio);
		if (next == NULL)
			return ended_well();
		if (SSL_CTX_add0_chain_cert(tls, next) != 1) {
			X509_free(next);
			return false;
		}
	}
	return false;
}

static int
use_certificate(SSL_CTX *tls, struct span chain, struct err *err)
{
	BIO *bio = open_text(chain);
	X509 *own = bio == NULL ? NULL : next_certificate(bio);
	int failed = 0;

	if (own == NULL || SSL_CTX_use_certificate(tls, own) != 1)
		failed = fault(err, "certificate");
	else if (!use_chain(tls, bio))
		failed = fault(err, "certificate chain");
	X509_free(own);
	BIO_free(bio);
	return failed;
}

static int
use_key(SSL_CTX *tls, struct span private_key, struct err *err)
{
	BIO *bio = open_text(private_key);
	EVP_PKEY *key = NULL;
	int failed = 0;

	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	/* Checks that the key fits the certificate, too. */
	if (key == NULL || SSL_CTX_use_PrivateKey(tls, key) != 1)
		failed = fault(err, "private key");
	EVP_PKEY_free(key);
	BIO_free(bio);
	return failed;
}

int
tls_server(struct span certificate_chain, struct span private_key,
    SSL_CTX **tls_r, struct err *err)
{
	SSL_CTX *tls;
	int failed;

	ERR_clear_error();
	tls = new_context(TLS_server_method());
	if (tls == NULL)
		return fault(err, "TLS");
	failed = use_certificate(tls, certificate_chain, err);
	if (failed == 0)
		failed = use_key(tls, private_key, err);
	if (failed != 0) {
		SSL_CTX_free(tls);
		return failed;
	}
	*tls_r = tls;
	return 0;
}

static bool
add_authorities(X509_STORE *store, BIO *bio)
{
	X509 *authority;
	bool added;

	for (unsigned n = 0; n < TLS_AUTHORITIES_MAX; n++) {
		authority = next_certificate(bio);
		if (authority == NULL)
			return ended_well() && n > 0;
		added = X509_STORE_add_cert(store, authority) == 1;
		X509_free(authority);
		if (!added)
			return false;
	}
	return false;
}

/* What must not fail silently: without authorities nothing would verify. */
static int
use_authorities(SSL_CTX *tls, struct span ca, struct err *err)
{
	BIO *bio;
	bool added = false;

	if (ca.n == 0) {
		if (SSL_CTX_set_default_verify_paths(tls) != 1)
			return fault(err, "the system's authorities");
		return 0;
	}
	bio = open_text(ca);
	if (bio != NULL)
		added = add_authorities(SSL_CTX_get_cert_store(tls), bio);
	BIO_free(bio);
	return added ? 0 : fault(err, "authorities");
}

int
tls_client(struct span ca, bool must_verify, SSL_CTX **tls_r, struct err *err)
{
	SSL_CTX *tls;
	int failed;

	ERR_clear_error();
	tls = new_context(TLS_client_method());
	if (tls == NULL)
		return fault(err, "TLS");
	failed = use_authorities(tls, ca, err);
	if (failed != 0) {
		SSL_CTX_free(tls);
		return failed;
	}
	SSL_CTX_set_verify(
	    tls, must_verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	*tls_r = tls;
	return 0;
}

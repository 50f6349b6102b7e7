/*
 * TLS contexts: TLS 1.2 and later, the library's defaults for ciphers,
 * server's preference, no renegotiation, no compression, tickets off.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/err.h"
#include "base/span.h"

#include <openssl/ssl.h>

/*
 * Finds in the library what handshakes need, once for each process that is to
 * live: the library looks for each kind of operation only once, and when memory
 * is missing at that moment the kind is missing for good. 0; -E_NOMEM: this
 * process must end.
 */
int tls_prepare(struct err *err);

/* From PEM texts in memory (roles have no files). 0, -E_SYNTAX with why. */
int tls_server(struct span certificate_chain, struct span private_key,
    SSL_CTX **tls_r, struct err *err);

/*
 * For dialling. CA (PEM, or empty) is what certificates are checked against;
 * with MUST_VERIFY false a bad certificate is accepted, as opportunistic TLS
 * between servers requires (RFC 7435).
 */
int
tls_client(struct span ca, bool must_verify, SSL_CTX **tls_r, struct err *err);

#endif

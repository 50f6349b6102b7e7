/*
 * TLS of one connection, for conn.c alone: OpenSSL behind outcomes that plain
 * sockets have too, so that the pump has one way to read and one to write.
 */
#ifndef NET_CONN_TLS_H
#define NET_CONN_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

enum conn_io {
	CONN_IO_DONE,       /* some octets, or the handshake */
	CONN_IO_WANT_READ,  /* again when the socket is readable */
	CONN_IO_WANT_WRITE, /* again when the socket is writable */
	CONN_IO_END,        /* the peer closed in good order */
	CONN_IO_BROKEN      /* nothing more can be done with it */
};

struct conn_tls;

/*
 * Ready for a handshake over FD, which stays the caller's. NAME is for SNI and
 * for matching the certificate (NULL: neither). NULL: no memory, or a NAME
 * that no certificate can bear.
 */
struct conn_tls *
conn_tls_new(SSL_CTX *context, int fd, bool server_side, const char *name);
void conn_tls_free(struct conn_tls **t);

enum conn_io conn_tls_handshake(struct conn_tls *t);

/* CONN_IO_DONE with *N_R > 0 octets moved, or why not. */
enum conn_io
conn_tls_read(struct conn_tls *t, void *to, size_t room, size_t *n_r);
enum conn_io
conn_tls_write(struct conn_tls *t, const void *from, size_t n, size_t *n_r);

/* Tells the peer that nothing follows (close_notify), if it will listen. */
void conn_tls_goodbye(struct conn_tls *t);

#endif

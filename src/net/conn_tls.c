/*
 * TLS of one connection: calls OpenSSL and translates what it says into what
 * the pump understands. Not for contexts, keys and policy: see tls.c.
 *
 * OpenSSL reads and writes the socket itself. Either call may want the socket
 * in the other direction (a key update, RFC 8446 4.6.3), which is why both
 * wants are outcomes of both.
 */
#include "net/conn_tls.h"

#include "base/span.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

struct conn_tls {
	SSL *ssl;
};

/* OpenSSL writes with write(2), which has no MSG_NOSIGNAL. */
static void
ignore_broken_pipes(void)
{
	static bool ignored;

	if (!ignored)
		signal(SIGPIPE, SIG_IGN);
	ignored = true;
}

/* The copy is for SNI's call, a macro that takes no const. */
static bool
set_name(SSL *ssl, const char *name)
{
	char copy[TLSEXT_MAXLEN_host_name + 1];

	return span_copy(span_of(name), copy, sizeof copy) == 0 &&
	       SSL_set_tlsext_host_name(ssl, copy) == 1 &&
	       SSL_set1_host(ssl, copy) == 1;
}

struct conn_tls *
conn_tls_new(SSL_CTX *context, int fd, bool server_side, const char *name)
{
	struct conn_tls *t;

	ignore_broken_pipes();
	ERR_clear_error();
	t = calloc(1, sizeof *t);
	if (t == NULL)
		return NULL;
	t->ssl = SSL_new(context);
	if (t->ssl == NULL || SSL_set_fd(t->ssl, fd) != 1)
		goto fail;
	if (server_side)
		SSL_set_accept_state(t->ssl);
	else
		SSL_set_connect_state(t->ssl);
	if (!server_side && name != NULL && !set_name(t->ssl, name))
		goto fail;
	return t;
fail:
	conn_tls_free(&t);
	return NULL;
}

void
conn_tls_free(struct conn_tls **t)
{
	if (*t == NULL)
		return;
	SSL_free((*t)->ssl);
	free(*t);
	*t = NULL;
}

/*
 * A TCP end without close_notify is CONN_IO_BROKEN, not CONN_IO_END: anybody on
 * the way can forge a FIN, and an orderly close is a statement of the peer's
 * (it confirms a pull, WIRE 4.7).
 */
static enum conn_io
outcome(const struct conn_tls *t, int result)
{
	switch (SSL_get_error(t->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return CONN_IO_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return CONN_IO_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return CONN_IO_END;
	default: /* OpenSSL's own numbers: all others are the end of it */
		return CONN_IO_BROKEN;
	}
}

/*
 * The last flight of a handshake is the client's, and without tickets (tls.c)
 * nothing goes back. A client that waits for the acknowledgement before it
 * says EHLO (RFC 896, as most do) would lose the 40 ms by which the kernel
 * delays that; so it is asked to send it now. Best effort.
 */
static void
acknowledge(SSL *ssl)
{
	int one = 1;

	if (SSL_is_server(ssl))
		(void)setsockopt(SSL_get_fd(ssl), IPPROTO_TCP, TCP_QUICKACK,
		    &one, sizeof one);
}

enum conn_io
conn_tls_handshake(struct conn_tls *t)
{
	int result;

	/* SSL_get_error looks into the queue, so it must be empty before. */
	ERR_clear_error();
	result = SSL_do_handshake(t->ssl);
	if (result != 1)
		return outcome(t, result);
	acknowledge(t->ssl);
	return CONN_IO_DONE;
}

enum conn_io
conn_tls_read(struct conn_tls *t, void *to, size_t room, size_t *n_r)
{
	int result;

	ERR_clear_error();
	result = SSL_read_ex(t->ssl, to, room, n_r);
	return result == 1 ? CONN_IO_DONE : outcome(t, result);
}

enum conn_io
conn_tls_write(struct conn_tls *t, const void *from, size_t n, size_t *n_r)
{
	int result;

	ERR_clear_error();
	result = SSL_write_ex(t->ssl, from, n, n_r);
	return result == 1 ? CONN_IO_DONE : outcome(t, result);
}

void
conn_tls_goodbye(struct conn_tls *t)
{
	ERR_clear_error();
	(void)SSL_shutdown(t->ssl); /* best effort: the socket may be full */
}

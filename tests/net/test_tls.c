/* Contexts: which texts make one, and which are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "certificate.h"
#include "net/tls.h"

#include <string.h>

struct scene {
	struct buf certificate, key;
	struct buf other_certificate, other_key;
	SSL_CTX *tls;
	struct err err;
};

static int
start(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	certificate_make("mx.a.test", &s->certificate, &s->key);
	certificate_make("mx.b.test", &s->other_certificate, &s->other_key);
	*state = s;
	return 0;
}

static int
stop(void **state)
{
	struct scene *s = *state;

	SSL_CTX_free(s->tls);
	buf_fini(&s->certificate);
	buf_fini(&s->key);
	buf_fini(&s->other_certificate);
	buf_fini(&s->other_key);
	free(s);
	return 0;
}

static int
serve(struct scene *s)
{
	return tls_server(
	    buf_span(&s->certificate), buf_span(&s->key), &s->tls, &s->err);
}

static void
assert_refused(struct scene *s, int result, const char *what)
{
	assert_int_equal(result, -E_SYNTAX);
	assert_memory_equal(s->err.text, what, strlen(what));
	assert_null(s->tls);
}

static void
a_certificate_and_its_key_make_a_server(void **state)
{
	struct scene *s = *state;

	assert_int_equal(serve(s), 0);
	assert_int_equal(SSL_CTX_get_min_proto_version(s->tls), TLS1_2_VERSION);
	assert_int_equal(SSL_CTX_get_num_tickets(s->tls), 0);
}

static void
a_chain_is_used_whole(void **state)
{
	struct scene *s = *state;
	STACK_OF(X509) *chain = NULL;

	buf_put(&s->certificate, buf_span(&s->other_certificate));
	assert_int_equal(serve(s), 0);
	SSL_CTX_get0_chain_certs(s->tls, &chain);
	assert_int_equal(sk_X509_num(chain), 1);
}

static void
a_chain_without_end_is_refused(void **state)
{
	struct scene *s = *state;

	for (unsigned n = 0; n < 11; n++)
		buf_put(&s->certificate, buf_span(&s->other_certificate));
	assert_refused(s, serve(s), "certificate chain");
}

static void
a_chain_with_a_broken_end_is_refused(void **state)
{
	struct scene *s = *state;
	struct span half = buf_span(&s->other_certificate);

	half.n /= 2;
	buf_put(&s->certificate, half);
	assert_refused(s, serve(s), "certificate chain");
}

static void
a_key_of_another_certificate_is_refused(void **state)
{
	struct scene *s = *state;

	assert_refused(s,
	    tls_server(buf_span(&s->certificate), buf_span(&s->other_key),
		&s->tls, &s->err),
	    "private key");
}

static void
empty_and_senseless_texts_are_refused(void **state)
{
	struct scene *s = *state;
	struct span none = {NULL, 0};
	struct span junk = span_of("-----BEGIN NONSENSE-----\nx\n");

	assert_refused(s, tls_server(none, buf_span(&s->key), &s->tls, &s->err),
	    "certificate");
	assert_refused(s, tls_server(junk, buf_span(&s->key), &s->tls, &s->err),
	    "certificate");
	assert_refused(s,
	    tls_server(buf_span(&s->certificate), none, &s->tls, &s->err),
	    "private key");
	assert_refused(s,
	    tls_server(buf_span(&s->certificate), junk, &s->tls, &s->err),
	    "private key");
	assert_refused(
	    s, tls_client(junk, true, &s->tls, &s->err), "authorities");
}

static void
a_client_verifies_only_where_it_must(void **state)
{
	struct scene *s = *state;
	struct span ca = buf_span(&s->certificate);

	assert_int_equal(tls_client(ca, false, &s->tls, &s->err), 0);
	assert_int_equal(SSL_CTX_get_verify_mode(s->tls), SSL_VERIFY_NONE);
	SSL_CTX_free(s->tls);
	assert_int_equal(tls_client(ca, true, &s->tls, &s->err), 0);
	assert_int_equal(SSL_CTX_get_verify_mode(s->tls), SSL_VERIFY_PEER);
}

static void
a_client_without_authorities_takes_those_of_the_system(void **state)
{
	struct scene *s = *state;
	struct span none = {NULL, 0};

	assert_int_equal(tls_client(none, true, &s->tls, &s->err), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_certificate_and_its_key_make_a_server),
	    CASE(a_chain_is_used_whole),
	    CASE(a_chain_without_end_is_refused),
	    CASE(a_chain_with_a_broken_end_is_refused),
	    CASE(a_key_of_another_certificate_is_refused),
	    CASE(empty_and_senseless_texts_are_refused),
	    CASE(a_client_verifies_only_where_it_must),
	    CASE(a_client_without_authorities_takes_those_of_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What a process that lives on makes of OpenSSL when memory was missing once.
 * The library learns its algorithms at their first use; if that fails they are
 * missing for good. So each try is the first of a process of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/failing.h"
#include "certificate.h"
#include "message/digest.h"
#include "net/tls.h"

#define TEXT_MAX 4096
#define STEP     19 /* allocations; of a handshake some three thousand */
#define START_STEP \
	997 /* of a start some forty thousand; all of them take minutes */

enum end { GOES_ON, STAYS_BROKEN, NONE_FAILED };

/* Of the server; made in another process, since making it teaches, too. */
struct pem {
	char certificate[TEXT_MAX], key[TEXT_MAX];
};

static struct pem *pem;

static void
in_child(void (*play)(unsigned n), unsigned n, int *status_r)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL); /* else cmocka goes on in it */
		play(n);
		_exit(STAYS_BROKEN);
	}
	assert_int_equal(waitpid(pid, status_r, 0), pid);
	/* a process that the library ends by a signal is not broken for good */
	*status_r = WIFEXITED(*status_r) ? WEXITSTATUS(*status_r) : GOES_ON;
}

/* PLAY with each STEP-th allocation failing goes on. */
static void
play_all(void (*play)(unsigned n), unsigned step)
{
	int status = GOES_ON;
	unsigned n;

	for (n = 1; status != NONE_FAILED; n += step) {
		in_child(play, n, &status);
		if (status == STAYS_BROKEN)
			fail_msg("broken for good by allocation %u", n);
	}
	assert_true(n > 1 + step);
}

/* ---- digests ---- */

static bool
sum_up(void)
{
	struct digest *d = digest_new();
	uint8_t sum[DIGEST_SIZE];
	bool done = d != NULL && digest_end(d, sum) == 0;

	digest_free(&d);
	return done;
}

static void
sum_up_twice(unsigned n)
{
	if (digest_prepare() < 0)
		_exit(STAYS_BROKEN);
	failing_begin(n);
	(void)sum_up();
	if (!failing_end())
		_exit(NONE_FAILED);
	_exit(sum_up() ? GOES_ON : STAYS_BROKEN);
}

/* GD-03 */
static void
a_digest_without_memory_is_made_the_next_time(void **state)
{
	(void)state;
	play_all(sum_up_twice, 1);
}

/* ---- handshakes ---- */

static SSL_CTX *server, *client;

static bool
shake(SSL *s, SSL *c)
{
	BIO *near_end, *far_end;
	bool done = false;

	if (s == NULL || c == NULL ||
	    BIO_new_bio_pair(&near_end, 0, &far_end, 0) != 1)
		return false;
	SSL_set_bio(s, near_end, near_end);
	SSL_set_bio(c, far_end, far_end);
	SSL_set_accept_state(s);
	SSL_set_connect_state(c);
	for (unsigned i = 0; i < 20 && !done; i++) {
		int of_client = SSL_do_handshake(c);

		done = SSL_do_handshake(s) == 1 && of_client == 1;
	}
	return done;
}

static bool
shake_hands(void)
{
	SSL *s = SSL_new(server), *c = SSL_new(client);
	bool done = shake(s, c);

	SSL_free(s);
	SSL_free(c);
	return done;
}

static void
shake_hands_twice(unsigned n)
{
	struct err err = {0};

	if (tls_prepare(&err) < 0 ||
	    tls_server(span_of(pem->certificate), span_of(pem->key), &server,
		&err) < 0 ||
	    tls_client(span_of(""), false, &client, &err) < 0)
		_exit(STAYS_BROKEN);
	failing_begin(n);
	(void)shake_hands();
	if (!failing_end())
		_exit(NONE_FAILED);
	_exit(shake_hands() ? GOES_ON : STAYS_BROKEN);
}

/* Memory is missing while all is prepared, as at the start of a process. */
static void
start_and_shake_hands(unsigned n)
{
	struct err err = {0};
	bool made;

	failing_begin(n);
	made = tls_prepare(&err) == 0 &&
	       tls_server(span_of(pem->certificate), span_of(pem->key), &server,
		   &err) == 0 &&
	       tls_client(span_of(""), false, &client, &err) == 0;
	if (!failing_end())
		_exit(NONE_FAILED);
	_exit(!made || shake_hands() ? GOES_ON : STAYS_BROKEN);
}

static void
make_certificate(unsigned n)
{
	struct buf certificate, key;

	(void)n;
	certificate_make("mx.b.test", &certificate, &key);
	if (span_copy(buf_span(&certificate), pem->certificate, TEXT_MAX) ==
		0 &&
	    span_copy(buf_span(&key), pem->key, TEXT_MAX) == 0)
		_exit(GOES_ON);
}

static void
open_pem(void)
{
	int status;

	pem = mmap(NULL, sizeof *pem, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(pem != MAP_FAILED);
	in_child(make_certificate, 0, &status);
	assert_int_equal(status, GOES_ON);
}

/* GD-03 */
static void
a_handshake_without_memory_succeeds_the_next_time(void **state)
{
	(void)state;
	open_pem();
	play_all(shake_hands_twice, STEP);
	munmap(pem, sizeof *pem);
}

static void
what_starts_without_memory_says_so_or_can_shake_hands(void **state)
{
	(void)state;
	open_pem();
	play_all(start_and_shake_hands, START_STEP);
	munmap(pem, sizeof *pem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_digest_without_memory_is_made_the_next_time),
	    cmocka_unit_test(a_handshake_without_memory_succeeds_the_next_time),
	    cmocka_unit_test(
		what_starts_without_memory_says_so_or_can_shake_hands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

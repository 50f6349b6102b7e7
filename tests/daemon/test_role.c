/* What a role does with what main sends. */
#include "daemon/role/role.h"

#include "daemon/channel/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEARD 8 /* added to the exit status */

static int heard;

static void
hear(struct role *role, struct peer *from, struct message *m)
{
	(void)role;
	(void)from;
	(void)m;
	heard = HEARD;
}

static void
say(int fd, enum message_type type)
{
	struct message m;
	struct buf octets;

	buf_init(&octets, MESSAGE_MAX);
	message_init(&m, type);
	assert_int_equal(message_encode(&m, &octets), 0);
	assert_int_equal(send(fd, octets.p, octets.n, 0), octets.n);
	buf_fini(&octets);
}

/* In a process of its own, which a role gives up much for. */
static int
run(int fd)
{
	static const struct role_program program = {
	    .kind = ROLE_KEEPER, .message = hear};
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(role_run(&program, fd) + heard);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
a_role_that_failed_hears_nothing_more(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	say(ends[0], MESSAGE_SETUP); /* without settings */
	say(ends[0], MESSAGE_PROCESS);
	assert_int_equal(run(ends[1]), 1);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_role_that_failed_hears_nothing_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

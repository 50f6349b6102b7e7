/* What a supervisor hears, on a socket of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/main/service.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/test-service-XXXXXX";
static char path[64];

/* A socket of that name, which the environment names as systemd does. */
static int
supervisor(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const size_t n = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path, name, n);
	if (*name == '@')
		at.sun_path[0] = '\0';
	unlink(name);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&at,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
	    0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

/* The next datagram as text; "" if there is none. */
static const char *
heard(int fd)
{
	static char text[200];
	ssize_t n = recv(fd, text, sizeof text - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void
each_stage_is_told_once(void **state)
{
	int fd = supervisor(path);
	long long when = 0;

	(void)state;
	service_ready();
	assert_string_equal(heard(fd), "READY=1");
	service_reloading();
	assert_int_equal(
	    sscanf(heard(fd), "RELOADING=1\nMONOTONIC_USEC=%lld", &when), 1);
	assert_true(when > 0);
	service_stopping();
	assert_string_equal(heard(fd), "STOPPING=1");
	assert_string_equal(heard(fd), "");
	close(fd);
}

static void
a_name_that_is_in_no_folder_is_understood(void **state)
{
	char name[64];
	int fd;

	(void)state;
	snprintf(name, sizeof name, "@test-service-%d", (int)getpid());
	fd = supervisor(name);
	service_ready();
	assert_string_equal(heard(fd), "READY=1");
	close(fd);
}

static void
without_a_supervisor_nothing_happens(void **state)
{
	char longer[300];
	int fd = supervisor(path);

	(void)state;
	memset(longer, 'x', sizeof longer);
	longer[0] = '/';
	longer[sizeof longer - 1] = '\0';
	setenv("NOTIFY_SOCKET", longer, 1);
	service_ready();
	setenv("NOTIFY_SOCKET", "", 1);
	service_ready();
	setenv("NOTIFY_SOCKET", path + 1, 1); /* not from the root */
	service_ready();
	unsetenv("NOTIFY_SOCKET");
	service_ready();
	assert_string_equal(heard(fd), "");
	close(fd);
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL || chdir("/") != 0)
		return -1;
	snprintf(path, sizeof path, "%s/socket", folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_stage_is_told_once),
	    cmocka_unit_test(a_name_that_is_in_no_folder_is_understood),
	    cmocka_unit_test(without_a_supervisor_nothing_happens),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/*
 * Tells whoever supervises us how far we are. Never waits and never fails: a
 * supervisor that does not listen is no reason to serve nobody.
 */
#include "daemon/main/service.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Fills in the address of $NOTIFY_SOCKET; its length, 0 if there is none. */
static socklen_t
address_of(struct sockaddr_un *to)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path == NULL ? 0 : strlen(path);

	if (n < 2 || n > sizeof to->sun_path || strchr("/@", *path) == NULL)
		return 0;
	to->sun_family = AF_UNIX;
	memcpy(to->sun_path, path, n);
	if (*path == '@')
		to->sun_path[0] = '\0'; /* a name that is in no folder */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

static void
tell(const char *text)
{
	struct sockaddr_un to = {0};
	const socklen_t n = address_of(&to);
	int fd;

	if (n == 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL,
	    (const struct sockaddr *)&to, n);
	close(fd);
}

void
service_ready(void)
{
	tell("READY=1");
}

/* The time tells this reload from an earlier one. */
void
service_reloading(void)
{
	struct timespec now = {0};
	char text[80];

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)snprintf(text, sizeof text,
	    "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	tell(text);
}

void
service_stopping(void)
{
	tell("STOPPING=1");
}

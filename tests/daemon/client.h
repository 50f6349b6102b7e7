/* Whoever has connected to a front that is alone. */
#ifndef TESTS_DAEMON_CLIENT_H
#define TESTS_DAEMON_CLIENT_H

#include "single.h"

#include "daemon/front/front.h"

struct client {
	struct single single; /* the front */
	struct front_listener listener;
	int wire; /* the client's end */
};

/* Connected to WHICH from ADDRESS; BEGIN begins such a session. */
void
client_open(struct client *c, enum role_listener which, const char *address,
    void (*begin)(struct front_listener *listener, int fd, struct ip peer));
void client_run(struct client *c);
void client_close(struct client *c);

#endif

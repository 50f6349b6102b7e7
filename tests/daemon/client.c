/* A front that is alone, and a client of it. */
#include "client.h"

#include <sys/socket.h>
#include <unistd.h>

void
client_open(struct client *c, enum role_listener which, const char *address,
    void (*begin)(struct front_listener *listener, int fd, struct ip peer))
{
	int ends[2];

	single_open(&c->single, &front_program);
	c->listener.front = c->single.role.state;
	c->listener.which = which;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	c->wire = ends[1];
	begin(&c->listener, ends[0], ip_of(address));
}

void
client_run(struct client *c)
{
	for (unsigned i = 0; i < 5; i++)
		single_run(&c->single);
}

void
client_close(struct client *c)
{
	close(c->wire);
	client_run(c);
	single_close(&c->single);
}
